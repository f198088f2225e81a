# Writes the commit that is built into a C++ source, at each build, and only where it is another one
# than before:  cmake -DSOURCE=... -DOUTPUT=... -P commit.cmake
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_minimum_required(VERSION 3.25)
  find_package(Git QUIET)
  set(commit "unknown commit")
  if(GIT_FOUND)
    execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty=-modified --abbrev=10 --exclude=*
      WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE found RESULT_VARIABLE failed
      ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(failed EQUAL 0 AND found)
      set(commit ${found})
    endif()
  endif()
  file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"// Made by cmake/commit.cmake.
#include \"harness/text/embedded.hpp\"

namespace normdiff::embedded {

std::string_view commit() { return \"@commit@\"; }

}  // namespace normdiff::embedded
")
  return()
endif()

set(COMMIT_SOURCE ${PROJECT_BINARY_DIR}/commit.cpp)
add_custom_target(normdiff_commit
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${COMMIT_SOURCE}
          -P ${PROJECT_SOURCE_DIR}/cmake/commit.cmake
  BYPRODUCTS ${COMMIT_SOURCE}
  COMMENT "Looking up which commit this is")

# Writes the data files of harness/ into a C++ source, so that the programs need no source tree.
# Runs again at build time whenever one of them changes:  cmake -DSOURCE=... -DOUTPUT=... -P embed.cmake
function(literal file result)
  file(READ ${file} text)
  # A raw string literal holds at most 64 KiB; no data file comes near that.
  set(${result} "R\"normdiff(${text})normdiff\"" PARENT_SCOPE)
endfunction()

# Appends to `code` the function `name`, which gives the files that fit the pattern, by name.
function(folder name pattern)
  string(APPEND code "const std::vector<std::pair<std::string_view, std::string_view>>& ${name}() {\n")
  string(APPEND code "  static const std::vector<std::pair<std::string_view, std::string_view>> list = {\n")
  file(GLOB files ${pattern})
  list(SORT files)
  foreach(file IN LISTS files)
    get_filename_component(file_name ${file} NAME)
    literal(${file} text)
    string(APPEND code "      {\"${file_name}\", ${text}},\n")
  endforeach()
  string(APPEND code "  };\n  return list;\n}\n\n")
  set(code "${code}" PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  set(code "// Made by cmake/embed.cmake.\n#include \"harness/text/embedded.hpp\"\n\nnamespace normdiff::embedded {\n\n")
  literal(${SOURCE}/harness/check/error_kinds.toml text)
  string(APPEND code "std::string_view error_kinds() { return ${text}; }\n\n")
  literal(${SOURCE}/harness/subject/support.toml text)
  string(APPEND code "std::string_view support() { return ${text}; }\n\n")
  folder(deviations ${SOURCE}/harness/triage/deviations/*.toml)
  folder(python_worker ${SOURCE}/harness/subjects/python/*.py)
  string(APPEND code "}  // namespace normdiff::embedded\n")
  file(WRITE ${OUTPUT} "${code}")
  return()
endif()

file(GLOB embedded_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/harness/triage/deviations/*.toml
     ${PROJECT_SOURCE_DIR}/harness/subjects/python/*.py
     ${PROJECT_SOURCE_DIR}/harness/check/error_kinds.toml
     ${PROJECT_SOURCE_DIR}/harness/subject/support.toml)
set(EMBEDDED_SOURCE ${PROJECT_BINARY_DIR}/embedded.cpp)
add_custom_command(
  OUTPUT ${EMBEDDED_SOURCE}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${EMBEDDED_SOURCE}
          -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${embedded_files} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  COMMENT "Embedding deviations, error kinds, the support table and the Python worker")

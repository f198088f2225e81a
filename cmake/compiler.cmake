# How every target of ours is compiled. Torch's headers come in as SYSTEM and are not warned about.
add_library(normdiff_compiler INTERFACE)
target_include_directories(normdiff_compiler INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(normdiff_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
  -ffp-contract=off)  # the same verdicts on every machine: no fused multiply-add unless written
# g++ 12 warns of overlapping copies inside its own std::string in C++20, falsely (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(normdiff_compiler INTERFACE -Wno-restrict)
endif()

if(NORMDIFF_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# How every target of ours is compiled. Torch's headers come in as SYSTEM and are not warned about.
add_library(normdiff_compiler INTERFACE)
target_include_directories(normdiff_compiler INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(normdiff_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
  -ffp-contract=off)  # the same verdicts on every machine: no fused multiply-add unless written

if(NORMDIFF_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

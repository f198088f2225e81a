# Finds every LibTorch: each prefix of CMAKE_PREFIX_PATH, the variable and the environment's (an
# unpacked libtorch archive, a torch package of Python, the folder of either, or a virtual
# environment that has the package), NORMDIFF_VENV, Debian's in /usr. For
# each an imported target LibTorch::VERSION; LIBTORCH_VERSIONS lists them. The first of two of the
# same version is taken.
#
# The targets are made by hand: two find_package(Torch) in one project end up with the headers of
# one and the library of the other.
set(LIBTORCH_VERSIONS "")

function(normdiff_find_libtorch_file result folder)
  foreach(name IN LISTS ARGN)
    foreach(sub lib lib/${CMAKE_LIBRARY_ARCHITECTURE} include include/torch/csrc/api/include
                share/cmake/Torch lib/${CMAKE_LIBRARY_ARCHITECTURE}/cmake/Torch)
      if(EXISTS ${folder}/${sub}/${name})
        set(${result} ${folder}/${sub}/${name} PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
  set(${result} "" PARENT_SCOPE)
endfunction()

function(normdiff_add_libtorch prefix)
  normdiff_find_libtorch_file(cpu ${prefix} libtorch_cpu.so)
  normdiff_find_libtorch_file(c10 ${prefix} libc10.so)
  normdiff_find_libtorch_file(header ${prefix} torch/headeronly/version.h torch/version.h)
  if(NOT cpu OR NOT c10 OR NOT header)
    return()
  endif()
  file(STRINGS ${header} lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX MATCHALL "[0-9]+" numbers "${lines}")
  list(JOIN numbers "." headers)
  set(version ${headers})
  if(prefix STREQUAL "/usr" AND headers STREQUAL "1.13.0")
    set(version 1.13.1)  # Debian's: the source of 1.13.1, which calls itself 1.13.0a0
  endif()
  set(NORMDIFF_LIBTORCH_FOUND TRUE PARENT_SCOPE)
  if(version IN_LIST LIBTORCH_VERSIONS)
    message(STATUS "LibTorch ${version}: ${prefix} left out, another of the same version was taken")
    return()
  endif()

  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND version VERSION_LESS 2)
    message(STATUS "LibTorch ${version}: ${prefix} left out, clang does not take its script headers in C++20; "
                   "take g++, or LibTorch 2")
    return()
  endif()

  normdiff_find_libtorch_file(config ${prefix} TorchConfig.cmake)
  if(config)
    file(STRINGS ${config} old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
    if(old_abi)
      message(STATUS "LibTorch ${version}: ${prefix} left out, it has the pre-C++11 ABI; "
                     "take the download that says cxx11 ABI")
      return()
    endif()
  endif()

  set(includes ${prefix}/include ${prefix}/include/torch/csrc/api/include)
  list(REMOVE_ITEM includes /usr/include)  # the compiler's own already; as -isystem it breaks it
  get_filename_component(folder ${cpu} DIRECTORY)
  add_library(LibTorch::${version} INTERFACE IMPORTED GLOBAL)
  set_target_properties(LibTorch::${version} PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${includes}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${includes}"
    # One item, so that nothing gets between the libraries and --no-as-needed: kernels register
    # themselves, nobody calls them.
    INTERFACE_LINK_LIBRARIES "-Wl,--push-state,--no-as-needed,${cpu},${c10},--pop-state"
    INTERFACE_LINK_OPTIONS "-Wl,-rpath,${folder}"
    INTERFACE_COMPILE_DEFINITIONS
      "NORMDIFF_LIBTORCH_VERSION=\"${version}\";NORMDIFF_LIBTORCH_HEADERS=\"${headers}\"")
  message(STATUS "LibTorch ${version}: ${prefix}")
  set(LIBTORCH_VERSIONS ${LIBTORCH_VERSIONS} ${version} PARENT_SCOPE)
endfunction()

string(REPLACE ":" ";" prefixes "$ENV{CMAKE_PREFIX_PATH}")
list(PREPEND prefixes ${CMAKE_PREFIX_PATH})
list(REMOVE_DUPLICATES prefixes)
foreach(prefix IN LISTS prefixes)
  set(NORMDIFF_LIBTORCH_FOUND FALSE)
  file(GLOB packages ${prefix}/lib/python3*/site-packages/torch)  # of a virtual environment
  foreach(folder IN ITEMS ${prefix} ${prefix}/torch ${prefix}/libtorch ${packages})
    normdiff_add_libtorch(${folder})
  endforeach()
  if(NOT NORMDIFF_LIBTORCH_FOUND)
    message(STATUS "LibTorch: none in ${prefix}, an entry of CMAKE_PREFIX_PATH; it should hold lib/libtorch_cpu.so")
  endif()
endforeach()
file(GLOB prefixes ${NORMDIFF_VENV}/lib/python3*/site-packages/torch)
foreach(prefix IN LISTS prefixes ITEMS /usr)
  normdiff_add_libtorch(${prefix})
endforeach()

if(NOT LIBTORCH_VERSIONS)
  message(STATUS "LibTorch: none found, so no hosts are built; normdiff and the textbook subject "
                 "are. To add one: make setup, or apt install libtorch-dev, or "
                 "-DCMAKE_PREFIX_PATH=/path/to/libtorch")
endif()
list(SORT LIBTORCH_VERSIONS COMPARE NATURAL)

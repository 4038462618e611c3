# SPDX-License-Identifier: Apache-2.0
# Options, warnings and sanitizers that every target of this project shares.
option(LEANWORKER_TESTS "Build the tests" ON)
option(LEANWORKER_FUZZ "Build the libFuzzer programs (needs clang)" OFF)
set(LEANWORKER_SANITIZE "" CACHE STRING "Value for -fsanitize, for example address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

add_library(leanworker_flags INTERFACE)
target_include_directories(leanworker_flags INTERFACE ${PROJECT_BINARY_DIR}/include)
target_compile_options(leanworker_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees uninitialised members in every moved std::variant.
  target_compile_options(leanworker_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(LEANWORKER_SANITIZE)
  target_compile_options(leanworker_flags INTERFACE -fsanitize=${LEANWORKER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(LEANWORKER_SANITIZE MATCHES "undefined")
    # For tests/ubsan.supp: only checks that can be survived can be suppressed. After the option above, which it takes back in part.
    target_compile_options(leanworker_flags INTERFACE -fsanitize-recover=null)
  endif()
  target_link_options(leanworker_flags INTERFACE -fsanitize=${LEANWORKER_SANITIZE})
endif()

# leanworker_library(NAME SOURCES … PUBLIC … PRIVATE …): a static library with the project's flags.
function(leanworker_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC leanworker_flags ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# leanworker_program(NAME SOURCES … LIBRARIES …): an executable with the project's flags.
function(leanworker_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE leanworker_flags ${arg_LIBRARIES})
endfunction()

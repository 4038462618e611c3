# SPDX-License-Identifier: Apache-2.0
# Checks the shape of the repository: cmake -D ROOT=<folder> -P layout.cmake. Prints every violation, then fails.
#   1. the include table of docs/ARCHITECTURE.md: who may include whom, and which libraries      4. every test and every program is built somewhere
#   2. files of at most 400 lines, functions of at most 70                                       5. no relative includes but of neighbours
#   3. the licence line first                                                                    6. includes lead to files that exist
#   7. names that are bound to some versions of Lean
cmake_policy(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/include_rules.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/lean_rules.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/size_rules.cmake)

set(violations 0)
function(violation text)
  message("layout: ${text}")
  math(EXPR count "${violations} + 1")
  set(violations ${count} PARENT_SCOPE)
endfunction()

# Everything that people write here; build folders and what is fetched are not.
set(folders actors apps child config lean messages tests docs)
set(sources)
foreach(folder IN LISTS folders)
  foreach(ending hpp cpp lean mjs cjs js sh cmake)
    file(GLOB_RECURSE found RELATIVE ${ROOT} ${ROOT}/${folder}/*.${ending})
    list(APPEND sources ${found})
  endforeach()
  file(GLOB_RECURSE found RELATIVE ${ROOT} ${ROOT}/${folder}/CMakeLists.txt)
  list(APPEND lists ${found})
endforeach()
list(APPEND lists CMakeLists.txt)
list(FILTER sources EXCLUDE REGEX "/(node_modules|\\.lake|build)/")
# Samples are input: their first lines, and every position in them, belong to the test.
list(FILTER sources EXCLUDE REGEX "^tests/real_lean/samples/")

# Every word of every CMakeLists.txt, without comments, as a path from the root: what is not named there is not built.
foreach(list_file IN LISTS lists)
  get_filename_component(folder ${list_file} DIRECTORY)
  file(READ ${ROOT}/${list_file} text)
  string(REGEX REPLACE "#[^\n]*" "" text "${text}")
  string(REPLACE "\${CMAKE_CURRENT_SOURCE_DIR}/" "" text "${text}")
  string(REGEX MATCHALL "[^] \n\"();[]+" words "${text}")
  foreach(word IN LISTS words)
    set("named_${folder}/${word}" TRUE)
  endforeach()
endforeach()

foreach(source IN LISTS sources)
  file(READ ${ROOT}/${source} text)
  # Semicolons and brackets mean lists to CMake; nothing below looks at them.
  string(REGEX REPLACE "[][;]" " " text "${text}")
  string(REPLACE "\\" "/" text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  if(NOT source MATCHES "^apps/demo/") # inputs for people to look at, not sources
    check_licence(${source} "${lines}")
  endif()
  if(NOT source MATCHES "\\.cmake$")
    check_length(${source} "${lines}")
  endif()
  if(source MATCHES "^lean/.*\\.lean$")
    check_versions(${source} "${text}")
  endif()
  if(source MATCHES "\\.[hc]pp$")
    check_functions(${source} "${lines}")
    check_includes(${source} "${lines}")
  endif()
  if(source MATCHES "^tests/.*(_test\\.cpp|\\.test\\.mjs)$" OR source MATCHES "^apps/.*\\.cpp$")
    check_named(${source})
  endif()
endforeach()

list(LENGTH sources count)
if(count LESS 50)
  violation("only ${count} files were found; is ROOT=${ROOT} right?")
endif()
if(violations GREATER 0)
  message(FATAL_ERROR "layout: ${violations} violations in ${count} files")
endif()
message("layout: ${count} files are as they should be")

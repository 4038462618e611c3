# SPDX-License-Identifier: Apache-2.0
# The README's example is the program that is compiled and run, word for word but for the licence line.
file(READ ${README} readme)
file(READ ${EXAMPLE} example)
string(REGEX REPLACE "^[^\n]*\n" "" example "${example}")
string(FIND "${readme}" "${example}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "README.md does not contain ${EXAMPLE} as it is")
endif()
string(REGEX MATCHALL "\n" lines "${example}")
list(LENGTH lines count)
if(count GREATER 25)
  message(FATAL_ERROR "the example has ${count} lines, at most 25 are promised")
endif()

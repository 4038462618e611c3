# SPDX-License-Identifier: Apache-2.0
# Finds the C++ Actor Framework 0.17, which ships neither a CMake package nor a .pc file in Debian.
# Defines CAF::core and, for tests, CAF::test (headers only, caf/test/dsl.hpp).
find_path(CAF_INCLUDE_DIR caf/config.hpp)
find_library(CAF_core_LIBRARY caf_core)
mark_as_advanced(CAF_INCLUDE_DIR CAF_core_LIBRARY)

if(CAF_INCLUDE_DIR)
  # "#define CAF_VERSION 1706" means 0.17.6
  file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp CAF_version_line REGEX "^#define CAF_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+" CAF_version_number "${CAF_version_line}")
  math(EXPR CAF_version_major "${CAF_version_number} / 10000")
  math(EXPR CAF_version_minor "(${CAF_version_number} / 100) % 100")
  math(EXPR CAF_version_patch "${CAF_version_number} % 100")
  set(CAF_VERSION "${CAF_version_major}.${CAF_version_minor}.${CAF_version_patch}")
endif()
set(CAF_core_FOUND ${CAF_core_LIBRARY})

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF REQUIRED_VARS CAF_INCLUDE_DIR CAF_core_LIBRARY VERSION_VAR CAF_VERSION HANDLE_COMPONENTS
  REASON_FAILURE_MESSAGE "install Debian's libcaf-dev")

if(CAF_FOUND AND NOT TARGET CAF::core)
  find_package(Threads REQUIRED)
  add_library(CAF::core UNKNOWN IMPORTED)
  set_target_properties(CAF::core PROPERTIES IMPORTED_LOCATION "${CAF_core_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}" INTERFACE_LINK_LIBRARIES Threads::Threads)
  add_library(CAF::test INTERFACE IMPORTED)
  set_target_properties(CAF::test PROPERTIES INTERFACE_LINK_LIBRARIES CAF::core)
endif()

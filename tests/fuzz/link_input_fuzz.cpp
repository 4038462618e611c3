// SPDX-License-Identifier: Apache-2.0
#include "properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  leanworker::fuzz::check_link_input({data, size});
  return 0;
}

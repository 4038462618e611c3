// SPDX-License-Identifier: Apache-2.0
#include "properties.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace leanworker::fuzz {
namespace {

using check = void (*)(bytes);

/// Calls the check with every file of a folder of the corpus, with every beginning of it, and with single bytes of it changed.
void replay(const char* folder, check holds) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{std::filesystem::path{LEANWORKER_FUZZ_CORPUS} / folder}) {
    std::ifstream file{entry.path(), std::ios::binary};
    std::vector<char> text{std::istreambuf_iterator<char>{file}, {}};
    std::vector<std::uint8_t> input(text.begin(), text.end());
    SCOPED_TRACE(entry.path().filename().string());
    ++files;
    for (std::size_t size = 0; size <= input.size(); ++size)
      ASSERT_NO_THROW(holds({input.data(), size})) << "the first " << size << " bytes";
    for (std::size_t at = 0; at < std::min<std::size_t>(input.size(), 200); ++at)
      for (std::uint8_t change : {0x01, 0x80, 0xFF}) {
        auto changed = input;
        changed[at] ^= change;
        ASSERT_NO_THROW(holds(changed)) << "byte " << at << " xor " << int{change};
      }
  }
  EXPECT_GT(files, 0u) << folder;
}

TEST(corpus, frames_keep_their_properties) { replay("frame", check_frame); }
TEST(corpus, the_cutter_keeps_its_properties) { replay("frame_cutter", check_frame_cutter); }
TEST(corpus, what_a_link_receives_is_read_only_where_it_is_json) { replay("link_input", check_link_input); }
TEST(corpus, seals_keep_their_properties) { replay("seal", check_seal); }
TEST(corpus, the_json_scan_keeps_its_properties) { replay("json_scan", check_json_scan); }

} // namespace
} // namespace leanworker::fuzz

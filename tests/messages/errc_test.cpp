// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/errc.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

namespace leanworker {
namespace {

errc nth(int index) { return static_cast<errc>(index); }

TEST(errc, every_code_has_a_name_of_its_own_in_lower_case_letters) {
  std::set<std::string> names;
  for (int i = 0; i < errc_count; ++i) {
    std::string name{to_string(nth(i))};
    EXPECT_TRUE(names.insert(name).second) << name << " names two codes";
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::islower(c) || c == '_'; })) << name;
  }
}

TEST(errc, every_code_has_a_sentence_of_its_own) {
  std::set<std::string> sentences;
  for (int i = 0; i < errc_count; ++i) {
    std::string sentence{describe(nth(i))};
    EXPECT_TRUE(sentences.insert(sentence).second) << to_string(nth(i)) << " shares its sentence";
    EXPECT_FALSE(sentence.empty());
    EXPECT_FALSE(sentence.ends_with('.')) << sentence;
  }
}

TEST(errc, the_names_are_those_of_the_enumerators) {
  EXPECT_EQ(to_string(errc::none), "none");
  EXPECT_EQ(to_string(errc::not_started), "not_started");
  EXPECT_EQ(to_string(errc::start_timeout), "start_timeout");
  EXPECT_EQ(to_string(errc::request_timeout), "request_timeout");
  EXPECT_EQ(to_string(errc::killed_its_worker), "killed_its_worker");
  EXPECT_EQ(to_string(errc::stopped), "stopped");
}

TEST(errc, a_value_outside_the_enumeration_is_unknown_and_harmless) {
  for (int i : {errc_count, errc_count + 1, 255}) {
    EXPECT_EQ(to_string(nth(i)), "unknown") << i;
    EXPECT_EQ(describe(nth(i)), "unknown failure") << i;
  }
}

} // namespace
} // namespace leanworker

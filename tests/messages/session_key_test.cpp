// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/session_key.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

namespace leanworker {
namespace {

session_key rich() {
  return {"/opt/lean", "/home/project", "core", "imports=12,rss=800", {"Init.Data.List", "Lean"}, {{"maxRecDepth", "100"}, {"pp.all", "true"}}, "v1"};
}

/// Texts that look like borders, so that badly told borders show.
std::string random_text(std::mt19937& dice) {
  static const std::string letters = std::string{"ab/.,=[]{}%\" \n"} + '\0' + "\xC3\xA9\xFF\x7F" + "2C";
  std::string text;
  for (auto left = dice() % 5; left > 0; --left)
    text += letters[dice() % letters.size()];
  return text;
}

session_key random_key(std::mt19937& dice) {
  session_key key;
  for (auto* part : {&key.toolchain, &key.project, &key.capability, &key.policy, &key.metadata})
    *part = random_text(dice);
  for (auto left = dice() % 4; left > 0; --left)
    key.imports.push_back(random_text(dice));
  for (auto left = dice() % 4; left > 0; --left)
    key.options[random_text(dice)] = random_text(dice);
  return key;
}

/// Changes exactly one place; false where this key has no such place.
using change = std::function<bool(session_key&, std::mt19937&)>;

bool swap_two_imports(session_key& key, std::mt19937&) {
  if (key.imports.size() < 2 || key.imports[0] == key.imports[1])
    return false;
  std::swap(key.imports[0], key.imports[1]);
  return true;
}

/// "ab","c" becomes "a","bc": all bytes in the same order, only the border moves.
bool move_a_border(session_key& key, std::mt19937&) {
  if (key.imports.size() < 2 || key.imports[0].empty())
    return false;
  key.imports[1].insert(key.imports[1].begin(), key.imports[0].back());
  key.imports[0].pop_back();
  return true;
}

bool move_a_text_to_the_next_part(session_key& key, std::mt19937&) {
  if (key.toolchain == key.project)
    return false;
  std::swap(key.toolchain, key.project);
  return true;
}

bool change_an_option(session_key& key, std::mt19937&) {
  if (key.options.empty())
    return false;
  key.options.begin()->second += 'x';
  return true;
}

bool swap_name_and_value(session_key& key, std::mt19937&) {
  if (key.options.size() != 1 || key.options.begin()->first == key.options.begin()->second)
    return false;
  auto [name, value] = *key.options.begin();
  key.options = {{value, name}};
  return true;
}

std::vector<change> all_changes() {
  std::vector<change> changes{swap_two_imports, move_a_border, move_a_text_to_the_next_part, change_an_option, swap_name_and_value};
  for (auto part : {&session_key::toolchain, &session_key::project, &session_key::capability, &session_key::policy, &session_key::metadata})
    changes.push_back([part](session_key& key, std::mt19937& dice) {
      auto& text = key.*part;
      text.insert(text.begin() + static_cast<std::ptrdiff_t>(dice() % (text.size() + 1)), 'x');
      return true;
    });
  changes.push_back([](session_key& key, std::mt19937& dice) { return key.imports.push_back(random_text(dice)), true; });
  changes.push_back([](session_key& key, std::mt19937& dice) {
    return key.options.emplace(random_text(dice), random_text(dice)).second;
  });
  return changes;
}

TEST(session_key, a_key_prints_as_documented) {
  session_key key;
  EXPECT_EQ(key.str(), "default");
  key.toolchain = "/opt/lean";
  key.imports = {"Init.Data.List", "Lean"};
  key.options = {{"maxRecDepth", "100"}};
  EXPECT_EQ(key.str(), "toolchain=/opt/lean imports=[Init.Data.List,Lean] options={maxRecDepth=100}");
  EXPECT_EQ(rich().str(), "toolchain=/opt/lean project=/home/project capability=core policy=imports%3D12%2Crss%3D800 "
                          "imports=[Init.Data.List,Lean] options={maxRecDepth=100,pp.all=true} metadata=v1");
}

TEST(session_key, a_key_is_one_readable_line_whatever_is_in_it) {
  session_key key;
  key.project = std::string{"a b\nc\"d%e\x7F\xC3\xA9"} + '\0';
  EXPECT_EQ(key.str(), "project=a%20b%0Ac%22d%25e%7F%C3%A9%00");
}

TEST(session_key, I30_parse_gives_back_what_str_wrote) {
  std::mt19937 dice{1};
  for (int round = 0; round < 5'000; ++round) {
    auto key = random_key(dice);
    auto text = key.str();
    ASSERT_EQ(session_key::parse(text), key) << text;
    ASSERT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; })) << text;
  }
}

TEST(session_key, I30_keys_that_differ_in_one_place_print_and_hash_differently) {
  auto changes = all_changes();
  std::vector<unsigned> done(changes.size());
  std::mt19937 dice{2};
  for (int round = 0; round < 10'000; ++round) {
    auto key = random_key(dice);
    auto other = key;
    auto which = dice() % changes.size();
    if (!changes[which](other, dice))
      continue;
    ++done[which];
    ASSERT_NE(key, other) << key.str();
    ASSERT_NE(key.str(), other.str()) << "change " << which;
    ASSERT_NE(key.hash(), other.hash()) << key.str() << " and " << other.str();
  }
  for (std::size_t which = 0; which < changes.size(); ++which)
    EXPECT_GT(done[which], 20u) << "change " << which << " was hardly tried";
}

TEST(session_key, I30_equal_keys_print_and_hash_alike_however_they_were_made) {
  auto one = rich();
  session_key other;
  other.options["pp.all"] = "true"; // in another order
  other.options["maxRecDepth"] = "100";
  other.imports = one.imports;
  other.metadata = "v1";
  other.policy = one.policy;
  other.capability = "core";
  other.project = "/home/project";
  other.toolchain = "/opt/lean";
  EXPECT_EQ(one, other);
  EXPECT_EQ(one.str(), other.str());
  EXPECT_EQ(one.hash(), other.hash());
}

TEST(session_key, I30_the_order_of_imports_means_something) {
  auto one = rich();
  auto other = rich();
  std::swap(other.imports[0], other.imports[1]);
  EXPECT_NE(one, other);
  EXPECT_NE(one.hash(), other.hash());
  EXPECT_NE(one.str(), other.str());
}

TEST(session_key, I30_nothing_at_all_and_an_empty_entry_are_different) {
  session_key none;
  session_key one;
  one.imports = {""};
  session_key two;
  two.imports = {"", ""};
  session_key option;
  option.options = {{"", ""}};
  std::set<std::uint64_t> hashes;
  std::set<std::string> texts;
  for (const auto& key : {none, one, two, option}) {
    hashes.insert(key.hash());
    texts.insert(key.str());
    EXPECT_EQ(session_key::parse(key.str()), key) << key.str();
  }
  EXPECT_EQ(hashes.size(), 4u);
  EXPECT_EQ(texts.size(), 4u);
}

TEST(session_key, T18_two_policies_are_two_keys_and_never_share_a_child) {
  auto one = rich();
  auto other = rich();
  other.policy = "imports=12,rss=801";
  EXPECT_NE(one, other);
  EXPECT_NE(one.hash(), other.hash());
  EXPECT_NE(one.child_part(), other.child_part());
  EXPECT_NE(one.child_part().hash(), other.child_part().hash());
}

TEST(session_key, the_child_part_has_what_needs_a_process_and_nothing_else) {
  auto part = rich().child_part();
  EXPECT_EQ(part, (session_key{"/opt/lean", "/home/project", "core", "imports=12,rss=800", {}, {}, {}}));
  auto other = rich();
  other.imports = {"Std"};
  other.options.clear();
  other.metadata = "v2";
  EXPECT_EQ(other.child_part(), part);
  EXPECT_EQ(other.child_part().hash(), part.hash());
  for (auto place : {&session_key::toolchain, &session_key::project, &session_key::capability, &session_key::policy}) {
    auto changed = rich();
    (changed.*place) += "x";
    EXPECT_NE(changed.child_part(), part);
  }
}

TEST(session_key, the_hash_of_the_default_key_is_fnv_1a_of_seven_zeros) {
  std::uint64_t expected = 0xcbf2'9ce4'8422'2325u;
  for (int byte = 0; byte < 7 * 8; ++byte)
    expected *= 0x100'0000'01b3u;
  EXPECT_EQ(session_key{}.hash(), expected) << "the same in every process, so it may be written down";
}

TEST(session_key, parse_takes_nothing_but_what_str_writes) {
  for (auto text : {"", " ", "default ", " default", "Default", "default toolchain=/a", "toolchain=", "toolchain", "toolchain=/a ", " toolchain=/a",
                    "toolchain=/a  project=/b", "toolchain=/a toolchain=/b", "toolchain=/a project=", "project=/b toolchain=/a", "unknown=1",
                    "imports=", "imports=[", "imports=[a", "imports=[a,b", "imports=[a]]", "imports=[a] imports=[b]", "imports=[]x", "options={}",
                    "options={a}", "options={a=1", "options={b=1,a=2}", "options={a=1,a=2}", "options={a=1,}", "toolchain=%", "toolchain=%4",
                    "toolchain=%4g", "toolchain=%2f", "toolchain=%41", "toolchain=a\"b", "toolchain=a=b", "toolchain=\xC3\xA9", "metadata=a\n"})
    EXPECT_EQ(session_key::parse(text), std::nullopt) << '"' << text << '"';
}

TEST(session_key, parse_survives_any_damage_and_takes_only_canonical_text) {
  std::mt19937 dice{3};
  auto good = rich().str();
  for (int round = 0; round < 20'000; ++round) {
    auto text = good;
    for (auto left = 1 + dice() % 3; left > 0; --left) {
      auto at = dice() % text.size();
      if (dice() % 2)
        text[at] = "a=,[]{}% 2C"[dice() % 11];
      else
        text.erase(at, 1 + dice() % 3);
    }
    if (auto key = session_key::parse(text)) {
      ASSERT_EQ(key->str(), text);
    }
  }
}

} // namespace
} // namespace leanworker

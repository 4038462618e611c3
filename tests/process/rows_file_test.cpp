// SPDX-License-Identifier: Apache-2.0
// Rows into a file: all of them, or the file of before.
#include "rows_fixture.hpp"

#include <leanworker/actors/json_lines_file.hpp>

#include <fcntl.h>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

class rows_file : public rows_fixture {
protected:
  client::stream_outcome run(const std::string& body, json_lines_options options = {}) {
    json_lines_file file{target, options};
    return lease().run(body, file);
  }
  std::string target = path("rows.jsonl");
};

TEST_F(rows_file, a_success_commits_every_row_on_a_line) {
  auto ended = run(R"({"op":"stream_many","count":3})");
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_EQ(text_of(target), "{\"i\":0}\n{\"i\":1}\n{\"i\":2}\n");
  EXPECT_EQ(files(), 1u) << "no temporary file is left";
}

TEST_F(rows_file, one_stream_of_several_can_be_chosen) {
  ASSERT_TRUE(run(R"({"op":"stream_interleaved"})", {"warnings"}).ok());
  EXPECT_EQ(text_of(target), "{\"i\":0}\n{\"i\":1}\n");
}

TEST_F(rows_file, wrapped_rows_tell_their_stream_and_sequence) {
  ASSERT_TRUE(run(R"({"op":"stream_many","count":1})", {"", true}).ok());
  EXPECT_EQ(text_of(target), "{\"stream\":\"rows\",\"sequence\":0,\"row\":{\"i\":0}}\n");
}

TEST_F(rows_file, no_rows_make_an_empty_file) {
  ASSERT_TRUE(run(R"({"op":"echo","value":1})").ok());
  EXPECT_TRUE(std::filesystem::exists(target));
  EXPECT_EQ(text_of(target), "");
}

TEST_F(rows_file, conformance_stream_child_crash_after_rows_discards_tentative_rows) {
  ASSERT_TRUE(run(R"({"op":"stream_many","count":1})").ok());
  auto ended = run(R"({"op":"stream_many_then_abort","count":100000})");
  EXPECT_EQ(ended.outcome.code, errc::child_signalled);
  EXPECT_EQ(text_of(target), "{\"i\":0}\n") << "the file of before stays";
  EXPECT_EQ(files(), 1u);
}

TEST_F(rows_file, an_error_of_the_child_commits_nothing) {
  EXPECT_EQ(run(R"({"op":"row_then_error"})").outcome.code, errc::child_refused);
  EXPECT_EQ(files(), 0u);
}

TEST_F(rows_file, a_payload_that_is_no_JSON_is_named_and_nothing_is_committed) {
  auto ended = run(R"({"op":"stream_raw","raw":"{\"a\":"})");
  EXPECT_EQ(ended.outcome.code, errc::row_malformed);
  EXPECT_NE(ended.outcome.message.find("row 1 of stream 'rows' is no JSON, at byte 5"), std::string::npos) << ended.outcome.message;
  EXPECT_EQ(files(), 0u);
}

TEST_F(rows_file, a_payload_that_is_no_UTF8_is_named) {
  auto ended = run(R"({"op":"stream_raw","bytes":[34,195,40,34]})");
  EXPECT_EQ(ended.outcome.code, errc::row_malformed) << ended.outcome.message;
}

TEST_F(rows_file, a_payload_over_several_lines_is_put_on_one) {
  ASSERT_TRUE(run(R"({"op":"stream_raw","raw":"{\n  \"a\": \"b c\"\n}"})").ok());
  EXPECT_EQ(text_of(target), "{\"good\":true}\n{\"a\":\"b c\"}\n");
}

TEST_F(rows_file, a_folder_that_is_not_there_is_named) {
  target = path("nowhere/rows.jsonl");
  auto ended = run(R"({"op":"stream_many","count":1})");
  EXPECT_EQ(ended.outcome.code, errc::io_error);
  EXPECT_NE(ended.outcome.message.find(target), std::string::npos);
  EXPECT_EQ(generation_of_next_work(), 0u);
}

TEST_F(rows_file, a_full_disk_is_told_and_nothing_is_committed) {
  int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  json_lines_file file{full, {}};
  auto ended = lease().run(R"({"op":"stream_many","count":100000})", file);
  ::close(full);
  EXPECT_EQ(ended.outcome.code, errc::io_error);
  EXPECT_NE(ended.outcome.message.find("No space"), std::string::npos) << ended.outcome.message;
}

TEST_F(rows_file, after_the_deadline_nothing_takes_the_final_name) {
  json_lines_file file{target};
  rows_summary nothing;
  EXPECT_EQ(file.finish({nothing, "{}", row_consumer::clock::now() - 1ms}).code, errc::sink_timeout);
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(rows_file, a_tee_gives_the_same_to_all_and_fails_as_one) {
  auto count = std::make_shared<counting_rows>();
  auto collected = std::make_shared<collected_rows>();
  tee_rows good{{count, collected, std::make_shared<json_lines_file>(target)}};
  ASSERT_TRUE(lease().run(R"({"op":"stream_many","count":10})", good).ok());
  EXPECT_EQ(count->count(), 10u);
  EXPECT_EQ(collected->kept().size(), 10u);
  auto text = text_of(target);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  tee_rows bad{{std::make_shared<collected_rows>(100), std::make_shared<json_lines_file>(path("other.jsonl"))}};
  EXPECT_EQ(lease().run(R"({"op":"stream_many","count":10})", bad).outcome.code, errc::sink_full);
  EXPECT_EQ(files(), 1u);
}

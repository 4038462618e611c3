// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/row_consumer.hpp>

#include <nlohmann/json.hpp>

namespace leanworker {
namespace {

std::string text_of(const nlohmann::json& value, const char* member) {
  auto found = value.find(member);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

} // namespace

bool decode_note(const frame_view& frame, row_note& out) {
  auto value = nlohmann::json::parse(frame.body, nullptr, false);
  if (!value.is_object())
    return false;
  out = {};
  switch (frame.header.kind) {
    case frame_kind::diagnostic:
      out.kind = note_kind::diagnostic;
      out.code = text_of(value, "code");
      break;
    case frame_kind::progress: {
      out.kind = note_kind::progress;
      out.code = text_of(value, "phase");
      if (auto current = value.find("current"); current != value.end() && current->is_number_unsigned())
        out.current = current->get<std::uint64_t>();
      if (auto total = value.find("total"); total != value.end() && total->is_number_unsigned())
        out.total = total->get<std::uint64_t>();
      break;
    }
    case frame_kind::log: out.code = text_of(value, "level"); break;
    default: return false;
  }
  out.message = text_of(value, "message");
  return !out.code.empty();
}

sink_status row_consumer::rows(const row_slice& slice) {
  sink_status status;
  visit_rows(
    slice,
    [&](const data_row& one) {
      status = row(one);
      return status.ok();
    },
    [&](const frame_view& frame) {
      if (row_note said; decode_note(frame, said))
        note(said);
      return true;
    });
  return status;
}

} // namespace leanworker

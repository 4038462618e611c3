// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/data_row.hpp>

#include <cstring>
#include <memory>
#include <string_view>

namespace leanworker::internal {

/// A payload as it lies in a slab: an allocation of its own that ends with the padding, so that a sanitizer sees a read too far, and with the padding
/// full of one character, as whatever comes next in a slab could be.
class padded_json {
public:
  explicit padded_json(std::string_view json, char next = '}') : bytes_{new char[json.size() + slab_padding_bytes]}, size_{json.size()} {
    std::memcpy(bytes_.get(), json.data(), json.size());
    std::memset(bytes_.get() + json.size(), next, slab_padding_bytes);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }
  data_row row(std::string_view stream = "decls", std::uint64_t sequence = 17) const { return {stream, sequence, view()}; }

private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

} // namespace leanworker::internal

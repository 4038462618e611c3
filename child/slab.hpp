// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace leanworker {

/// A block of bytes that frames are read into and that row payloads are used in, without a copy. Behind the last byte lie
/// `slab_padding_bytes` more that may be read (simdjson's on-demand parser reads past the end of its input).
struct slab {
  std::unique_ptr<std::uint8_t[]> bytes;
  std::size_t capacity_bytes = 0;
};

inline constexpr std::size_t slab_padding_bytes = 64;

/// The usual size. 128 to 256 KiB reaches the speed of the bare pipe (measured), and stays within the L2 cache of the reader.
inline constexpr std::size_t slab_bytes_default = 128u << 10;

/// Hands out slabs and takes them back when their last user lets go, on whatever thread that happens. A slab larger than the usual size is
/// freed instead of kept. Keeps at most `idle_max` slabs. Slabs may outlive the pool.
class slab_pool {
public:
  explicit slab_pool(std::size_t slab_bytes = slab_bytes_default, std::size_t idle_max = 64);

  /// A slab of at least `capacity_bytes`.
  std::shared_ptr<slab> acquire(std::size_t capacity_bytes = 0);

  std::size_t slab_bytes() const noexcept { return slab_bytes_; }
  /// Slabs waiting for use.
  std::size_t idle() const;

private:
  struct shelf {
    mutable std::mutex mutex;
    std::vector<std::unique_ptr<slab>> slabs;
    std::size_t idle_max = 0;
  };
  std::size_t slab_bytes_;
  std::shared_ptr<shelf> shelf_;
};

} // namespace leanworker

// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/slab.hpp>

namespace leanworker {
namespace {

std::unique_ptr<slab> make_slab(std::size_t capacity_bytes) {
  auto result = std::make_unique<slab>();
  // Not value-initialised: a slab for a large announced frame must not touch its pages before the bytes arrive.
  result->bytes = std::make_unique_for_overwrite<std::uint8_t[]>(capacity_bytes + slab_padding_bytes);
  result->capacity_bytes = capacity_bytes;
  return result;
}

} // namespace

slab_pool::slab_pool(std::size_t slab_bytes, std::size_t idle_max) : slab_bytes_{slab_bytes}, shelf_{std::make_shared<shelf>()} {
  shelf_->idle_max = idle_max;
}

std::shared_ptr<slab> slab_pool::acquire(std::size_t capacity_bytes) {
  if (capacity_bytes > slab_bytes_)
    return make_slab(capacity_bytes);
  std::unique_ptr<slab> found;
  {
    std::lock_guard guard{shelf_->mutex};
    if (!shelf_->slabs.empty()) {
      found = std::move(shelf_->slabs.back());
      shelf_->slabs.pop_back();
    }
  }
  if (!found)
    found = make_slab(slab_bytes_);
  return {found.release(), [shelf = shelf_](slab* used) {
            std::unique_ptr<slab> owner{used};
            std::lock_guard guard{shelf->mutex};
            if (shelf->slabs.size() < shelf->idle_max)
              shelf->slabs.push_back(std::move(owner));
          }};
}

std::size_t slab_pool::idle() const {
  std::lock_guard guard{shelf_->mutex};
  return shelf_->slabs.size();
}

} // namespace leanworker

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

/// What must hold for any bytes at all. The fuzz targets call these with bytes they make up, `corpus_test` with those that were kept. Each throws
/// `std::logic_error` when it does not hold.
namespace leanworker::fuzz {

using bytes = std::span<const std::uint8_t>;

/// One byte of choices (bit 0: sender, bits 1 and 2: cap), a header of 24 bytes, the body of a row.
/// A header is taken exactly if it is the one that its fields encode to, and a row likewise; a refusal is for the first reason in the document's order.
void check_frame(bytes input);

/// One byte of choices (as above; bit 3: batches are kept until the end, bits 4 and 5: size of a slab), one byte n, n bytes of piece lengths, a stream.
/// However the stream is split, the same frames and the same error come out, and no room is made for a frame that is refused.
void check_frame_cutter(bytes input);

/// 16 bytes of a key, one byte of choices (bits 0 to 4: kind), 8 bytes of a header's id field.
/// Of all fields with that id below, exactly one opens for that kind: the one that the key seals.
void check_seal(bytes input);

/// A stream as a child writes it. Everything that a parent decodes of each frame's body is decoded, as if it were of every kind: nothing throws, and
/// nothing is read of a body that is no JSON text, or nests deeper than is allowed.
void check_link_input(bytes input);

/// JSON text. The scan agrees with another parser about what is JSON, and about the members of an object.
void check_json_scan(bytes input);

} // namespace leanworker::fuzz

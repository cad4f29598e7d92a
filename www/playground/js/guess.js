// Which format a payload is in, and what a TLV is about: tried out with the codec, most telling signs first.

import { fit, ids, objectFacts } from './codec.js';
import { textOf } from './input.js';

/** The number of the format that fits best; undefined for no bytes. */
export function guessFormat(bytes, path, options) {
  if (bytes.length === 0) return undefined;
  const candidates = order(bytes, path);
  let best = candidates[0], score = 0;
  for (const format of candidates) {
    // A large payload is tried once only.
    const found = bytes.length > 65_536 && score > 0 ? 0 : fit(format, format === 40 ? '/' : path, bytes, options);
    if (found > score + 0.25) [best, score] = [format, found];
  }
  // TLV does not name its object: without a path it can't be read, but its frame can be told.
  if (score === 0 && ids(path).length === 0 && fit(11542, '/65534', bytes, options)) return 11542;
  return best;
}

function order(bytes, path) {
  const text = textOf(bytes)?.trimStart();
  const single = ids(path).length >= 3;
  switch (text?.[0]) {
    case '[': return [110, 320, 11543];
    case '{': return [11543, 110];
    case '<': return [40, 0];
  }
  const first = bytes[0];
  if (first >= 0x80 && first <= 0x9f) return [112, 322, 11542];
  if (first >= 0xa0 && first <= 0xbf) return [11544, 11542];
  // The tag of CBOR in front.
  if (first === 0xd9 && bytes[1] === 0xd9 && bytes[2] === 0xf7) return [112, 11544, 60];
  if (text !== undefined && single) return [0, 60, 11542, 42];
  if (text !== undefined && text !== '') return [0, 11542, 60];
  return single ? [11542, 60, 42] : [11542, 60];
}

/**
 * Paths that a TLV without one could be about, best first: objects that know all its resources with types that fit.
 * Core and common sensor objects are looked at.
 */
export function guessPaths(bytes, options) {
  const found = [];
  for (const id of COMMON) {
    const facts = objectFacts(id, options);
    if (!facts) continue;
    for (const path of [`/${id}/0`, `/${id}`]) {
      const score = fit(11542, path, bytes, options);
      if (score > 1.99) {
        found.push({ path, name: facts.name });
        break;
      }
    }
  }
  return found.slice(0, 4);
}

const COMMON = [
  3, 1, 4, 5, 6, 7, 2, 0, 3303, 3304, 3311, 3305, 3315, 3301, 3306, 3308, 3316, 3317, 3318, 3320, 3321, 3322, 3323, 3325, 3328,
  3330, 3331, 3334, 3336, 3338, 3340, 3342, 3347, 3300, 3302, 3200, 3202, 9, 10, 11, 12, 13, 14, 16, 19, 20, 21, 22, 23, 24,
  25, 26, 27,
];

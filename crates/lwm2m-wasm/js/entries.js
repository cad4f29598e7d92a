// Entries from records and to records, in one pass each. The layout is told in src/entries.rs.

import {
  BYTES, BYTES_LENGTH, Lwm2mError, RECORDS, STRIDE, f64, i32, i64, onStart, put, room, text, u64, u8, wasm, withText, word,
} from './wasm.js';

const TYPES = ['string', 'integer', 'unsigned', 'float', 'boolean', 'opaque', 'time', 'objlnk', 'corelnk', 'none', 'delete'];
const KINDS = new Map(TYPES.map((type, kind) => [type, kind]));
const NUMBER = 11, BIGINT = 12, UNTYPED_TEXT = 13;
const TIMED = 1 << 16, RELATIVE = 1 << 17, UNTYPED = 1 << 18, MADE = 1 << 19, TEXT_TIME = 1 << 20;

// Paths as text, in a table by their ids: the same ones come again and again. One slot each, the newest stays.
const SLOTS = 8192;
const slots = new Array(SLOTS).fill('/');
const slotHigh = new Int32Array(SLOTS), slotLow = new Int32Array(SLOTS), slotLevels = new Int8Array(SLOTS);

/** A path as text, of its ids. */
export function pathText(levels, high, low) {
  const hash = (Math.imul(high, 0x9e3779b1) + Math.imul(low, 0x85ebca6b) + levels) >>> 19;
  if (slotHigh[hash] === high && slotLow[hash] === low && slotLevels[hash] === levels) return slots[hash];
  let path = levels === 0 ? '/' : '/' + (high & 0xffff);
  if (levels > 1) path += (high >>> 16) === 0xffff ? '/-' : '/' + (high >>> 16);
  if (levels > 2) path += '/' + (low & 0xffff);
  if (levels > 3) path += '/' + (low >>> 16);
  slotHigh[hash] = high;
  slotLow[hash] = low;
  slotLevels[hash] = levels;
  return slots[hash] = path;
}

/** Builds the entries from `first` to before `end` of an answer. `bytes` is the payload, into which opaque values point. */
export function readEntries(first, end, bytes, bigints, dates) {
  const stride = word(STRIDE), all = text();
  const made = word(BYTES_LENGTH) ? u8.slice(word(BYTES), word(BYTES) + word(BYTES_LENGTH)) : bytes;
  const entries = new Array(end - first);
  // Local names: an import is looked up at every use.
  const words = i32, floats = f64, signeds = i64, unsigneds = u64;
  let at = (word(RECORDS) >> 3) + stride * first;
  for (let n = 0; n < entries.length; n++, at += stride) {
    const record = at << 1;
    const flags = words[record], kind = flags & 0xff;
    const place = words[record + 3];
    let value;
    switch (kind) {
      case 0: case 8:
        value = all.substring(place, place + words[record + 4]);
        break;
      case 1:
        value = bigints ? signeds[at + 2] : signed(record + 4, at + 2);
        break;
      case 2:
        value = bigints ? unsigneds[at + 2] : unsigned(record + 4, at + 2);
        break;
      case 3:
        value = floats[at + 2];
        break;
      case 4:
        value = words[record + 4] !== 0;
        break;
      case 5:
        value = (flags & MADE ? made : bytes).subarray(place, place + words[record + 4]);
        break;
      case 6:
        value = signed(record + 4, at + 2);
        if (dates) value = date(value);
        break;
      case 7:
        value = { object: words[record + 4] & 0xffff, instance: words[record + 4] >>> 16 };
        break;
      default:
        value = null;
    }
    const entry = { path: pathText(flags >> 8 & 7, words[record + 1], words[record + 2]), type: TYPES[kind], value };
    if (flags & UNTYPED) entry.typed = false;
    if (flags & TIMED) {
      if (flags & RELATIVE) entry.timeOffset = floats[at + 3];
      else entry.time = dates ? date(floats[at + 3]) : floats[at + 3];
    }
    entries[n] = entry;
  }
  return entries;
}

/** A signed number of 64 bits as a number if it is safe, else as a bigint. */
function signed(half, at) {
  const high = i32[half + 1];
  return high >= -0x200000 && high < 0x200000 && (high !== -0x200000 || i32[half] !== 0)
    ? high * 0x100000000 + (i32[half] >>> 0) : i64[at];
}

function unsigned(half, at) {
  const high = i32[half + 1] >>> 0;
  return high < 0x200000 ? high * 0x100000000 + (i32[half] >>> 0) : u64[at];
}

/** A Date, or the seconds where no Date reaches. */
function date(seconds) {
  return Math.abs(Number(seconds)) <= 8.64e12 ? new Date(Number(seconds) * 1000) : seconds;
}

// Paths that were read before, with their ids. Emptied when full: what is in use is soon there again.
let paths = new Map();
onStart(() => paths = new Map());

/** The ids of a path: `{ levels, high, low }`. */
export function idsOf(path, strict) {
  let ids = paths.get(path);
  if (ids !== undefined && (ids.strict || !strict)) return ids;
  if (typeof path !== 'string') throw new Lwm2mError('Path', `a path is a string such as "/3/0/9", not ${typeof path}`);
  const levels = withText(path, (length) => wasm.path(length, strict ? 1 : 0));
  const at = word(RECORDS) >> 2;
  ids = { levels, high: i32[at], low: i32[at + 1], strict: !!strict };
  if (paths.size >= 4096) paths.clear();
  paths.set(path, ids);
  return ids;
}

/** Writes entries for `encode`: the input is the records, root, prefix and the blob. Gives the number of records. */
export function writeEntries(entries, root, prefix, strict) {
  const ids = new Array(entries.length);
  let blob = 3 * (root.length + prefix.length);
  for (let n = 0; n < entries.length; n++) {
    const { path, value } = entries[n];
    ids[n] = idsOf(path, strict);
    if (typeof value === 'string') blob += 3 * value.length;
    else if (value instanceof Uint8Array) blob += value.length;
    else if (value instanceof ArrayBuffer) blob += value.byteLength;
    blob += 40; // A time as text.
  }
  const start = room(32 * entries.length + blob);
  const rootLength = put(start + 32 * entries.length, root);
  const prefixLength = put(start + 32 * entries.length + rootLength, prefix);
  const texts = start + 32 * entries.length + rootLength + prefixLength;
  let next = texts;
  for (let n = 0; n < entries.length; n++) {
    const entry = entries[n], { levels, high, low } = ids[n];
    const at = (start >> 3) + 4 * n, record = at << 1;
    let { value } = entry;
    let kind = entry.type === undefined ? kindOf(value, entry.path) : KINDS.get(entry.type);
    let flags = 0;
    i32[record + 3] = next - texts;
    if (kind === UNTYPED_TEXT || kind === 0 || kind === 8) {
      if (typeof value !== 'string') throw bad(entry, 'a string');
      const length = put(next, value);
      f64[at + 2] = 0;
      i32[record + 4] = length;
      next += length;
    } else if (kind === NUMBER || kind === 3) {
      if (typeof value !== 'number') throw bad(entry, 'a number');
      f64[at + 2] = value;
    } else if (kind === 1 || kind === 2 || kind === 6 || kind === BIGINT) {
      if (value instanceof Date) value = Math.floor(value.getTime() / 1000);
      if (typeof value === 'number') {
        if (!Number.isSafeInteger(value)) throw bad(entry, 'a whole number, or a bigint beyond 2^53');
        value = BigInt(value);
      }
      if (typeof value !== 'bigint') throw bad(entry, 'a bigint or a whole number');
      if (kind === BIGINT && value > MAX_SIGNED) kind = 2;
      if (kind === 2 ? value < 0n || value > MAX_UNSIGNED : value < -MAX_SIGNED - 1n || value > MAX_SIGNED) {
        throw bad(entry, 'a number of 64 bits');
      }
      u64[at + 2] = value;
    } else if (kind === 4) {
      if (typeof value !== 'boolean') throw bad(entry, 'true or false');
      f64[at + 2] = 0;
      i32[record + 4] = value ? 1 : 0;
    } else if (kind === 5) {
      const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
      if (!(bytes instanceof Uint8Array)) throw bad(entry, 'a Uint8Array');
      u8.set(bytes, next);
      f64[at + 2] = 0;
      i32[record + 4] = bytes.length;
      next += bytes.length;
    } else if (kind === 7) {
      const object = value?.object, instance = value?.instance;
      if (!isId(object) || !isId(instance)) throw bad(entry, '{ object, instance }');
      f64[at + 2] = 0;
      i32[record + 4] = object | instance << 16;
    } else if (kind === undefined) {
      throw bad(entry, `of a type that exists; "${entry.type}" is none`);
    }
    let time = entry.time;
    if (time === undefined && entry.timeOffset !== undefined) {
      time = entry.timeOffset;
      flags |= RELATIVE;
    }
    if (time !== undefined && time !== null) {
      flags |= TEXT_TIME;
      const length = put(next, time instanceof Date ? String(time.getTime() / 1000) : String(time).slice(0, 40));
      i32[record + 6] = next - texts;
      i32[record + 7] = length;
      next += length;
    }
    i32[record] = kind | levels << 8 | flags;
    i32[record + 1] = high;
    i32[record + 2] = low;
  }
  return [entries.length, rootLength, prefixLength];
}

const MAX_SIGNED = (1n << 63n) - 1n, MAX_UNSIGNED = (1n << 64n) - 1n;

const isId = (id) => Number.isInteger(id) && id >= 0 && id <= 0xffff;

/** The kind of a value that comes without a type. */
function kindOf(value, path) {
  switch (typeof value) {
    case 'number': return NUMBER;
    case 'string': return UNTYPED_TEXT;
    case 'bigint': return BIGINT;
    case 'boolean': return 4;
    case 'undefined': return 9;
  }
  if (value === null) return 9;
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return 5;
  if (value instanceof Date) return 6;
  if (typeof value === 'object' && 'object' in value) return 7;
  throw new Lwm2mError('BadEntry', `${path}: no value of LwM2M`, undefined, path);
}

function bad({ path, type, value }, wanted) {
  const what = type === undefined ? 'the value' : `the value of type ${type}`;
  const shown = typeof value === 'bigint' || typeof value === 'number' ? String(value) : typeof value;
  return new Lwm2mError('BadEntry', `${path}: ${what} must be ${wanted}, and is ${shown}`, undefined, path);
}

// Fields as they are shown: leaves with the key, colon and blanks before a value drawn together, each with a colour and
// a few words. What bytes mean comes from the package; here it is only put into words.

import { bytesText, count, moment, safe, valueText } from './words.js';
import { hex } from './input.js';

const STRUCT = 'k-struct', NAME = 'k-name', VALUE = 'k-value', META = 'k-meta';

const CLASSES = {
  TlvId: NAME, PathKey: NAME, Prefix: NAME, BaseName: NAME, Name: NAME,
  BaseTime: META, Time: META, BaseVersion: META,
  BaseValue: VALUE, Value: VALUE, Delete: VALUE, Skipped: META,
};

/** What a key goes with: they are shown as one. */
const JOINED = new Set(['Key', 'Punctuation', 'Blank']);
const HIDDEN = new Set(['Punctuation', 'Blank']);

/**
 * The fields to show, in order and without a hole:
 * `{ start, end, kind, title, text, css, entry?, path?, bad, listed }`.
 */
export function shown(annotation, bytes) {
  const leaves = annotation.fields.filter((field, n, all) => n + 1 === all.length || all[n + 1].depth <= field.depth);
  const fields = [];
  for (let n = 0; n < leaves.length; n++) {
    const first = leaves[n];
    let last = first;
    // A key takes its value along, with what stands between.
    if (first.kind === 'Key') {
      let next = n + 1;
      while (next < leaves.length && JOINED.has(leaves[next].kind) && leaves[next].kind !== 'Key') next++;
      if (next < leaves.length && CLASSES[leaves[next].kind]) {
        last = leaves[next];
        n = next;
      }
    }
    // The ids of one key of LwM2M CBOR are one field, whatever array they stand in.
    if (first.kind === 'PathKey') {
      while (leaves[n + 1]?.kind === 'PathKey' && leaves[n + 1].depth === first.depth) last = leaves[++n];
    }
    const own = { ...last, start: first.start, valueStart: first.kind === 'PathKey' ? first.start : last.start };
    const bad = last.kind === 'Error';
    fields.push({
      start: own.start, end: own.end, kind: own.kind, entry: own.entry, path: own.path, bad,
      title: title(own),
      text: words(own, bytes, annotation),
      css: bad || own.kind === 'Incomplete' ? VALUE : CLASSES[own.kind] ?? STRUCT,
      listed: !HIDDEN.has(own.kind),
      unread: own.kind === 'Unread',
    });
  }
  return fields;
}

const TITLES = { TlvType: 'Type', TlvId: 'Id', TlvLength: 'Length', ArrayHead: 'Array', MapHead: 'Map', PathKey: 'Ids' };

const title = ({ kind, name }) => TITLES[kind] ?? name.charAt(0).toUpperCase() + name.slice(1);

const TLV = ['object instance', 'resource instance', 'multiple resource', 'resource'];

function words({ kind, start, end, valueStart, entry, path }, bytes, { entries, error }) {
  const own = bytes.subarray(valueStart, end);
  switch (kind) {
    case 'PathKey': return path ? `${ids(own)}: ${path}` : plain(own);
    case 'TlvType': return TLV[own[0] >> 6];
    case 'TlvId': return `${own.reduce((id, byte) => id * 256 + byte, 0)}${path ? `, ${path}` : ''}`;
    case 'TlvLength': return count(own.reduce((length, byte) => length * 256 + byte, 0), 'byte');
    case 'ArrayHead': return head(own, 'item');
    case 'MapHead': return head(own, 'pair');
    case 'BaseTime': case 'Time': return time(plain(own));
    case 'Value': case 'Delete': {
      const one = entries[entry];
      return one ? valueText(one) : plain(own);
    }
    case 'Error': return error?.message ?? '';
    case 'Unread': return count(end - start, 'byte');
    case 'Incomplete': return bytesText(own);
    default: return plain(own);
  }
}

/** The ids of a key, one after the other. */
function ids(own) {
  const found = item(own);
  return found?.replace(/[[\]]/g, '') ?? hex(own);
}

/** The head of an array or map of CBOR: how many follow. */
function head(own, word) {
  const low = own[0] & 31;
  if (low === 31) return 'until the break';
  return count(low < 24 ? low : own.subarray(1).reduce((length, byte) => length * 256 + byte, 0), word);
}

function time(text) {
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) return text;
  return number >= 2 ** 28 ? moment(number) : `${number > 0 ? '+' : ''}${text} s`;
}

/** A name, a number or a key in the words of its syntax: JSON as it stands, CBOR items spelled out. */
function plain(own) {
  if (own.length === 0) return '';
  const text = bytesText(own);
  if (own[0] === 0x22 || own[0] === 0x2d || (own[0] >= 0x30 && own[0] <= 0x39 && own.length < 24 && /^[\d.eE+-]+$/.test(text))) {
    try {
      return safe(String(JSON.parse(text)));
    } catch { /* then it is CBOR after all */ }
  }
  return item(own) ?? text;
}

/** One item of CBOR in words; undefined if it is none. */
export function item(own) {
  const view = new DataView(own.buffer, own.byteOffset, own.byteLength);
  let at = 0;
  const read = (depth) => {
    const first = view.getUint8(at++), major = first >> 5, low = first & 31;
    if (major === 7) {
      if (low === 25) { at += 2; return String(half(view.getUint16(at - 2))); }
      if (low === 26) { at += 4; return String(view.getFloat32(at - 4)); }
      if (low === 27) { at += 8; return String(view.getFloat64(at - 8)); }
      return ['false', 'true', 'null', 'undefined'][low - 20] ?? `simple ${low}`;
    }
    let argument = low;
    if (low === 24) argument = view.getUint8(at++);
    else if (low === 25) { argument = view.getUint16(at); at += 2; }
    else if (low === 26) { argument = view.getUint32(at); at += 4; }
    else if (low === 27) { argument = view.getBigUint64(at); at += 8; }
    else if (low > 27 && low < 31) throw new RangeError('reserved');
    switch (major) {
      case 0: return String(argument);
      case 1: return String(-1n - BigInt(argument));
      case 2: case 3: {
        if (low === 31) throw new RangeError('in pieces');
        const part = own.subarray(at, at += Number(argument));
        return major === 2 ? hex(part.subarray(0, 24)) : safe(new TextDecoder().decode(part));
      }
      case 4: {
        const items = [];
        while (low === 31 ? view.getUint8(at) !== 0xff : items.length < argument) {
          if (depth > 4 || items.length > 64) throw new RangeError('too much');
          items.push(read(depth + 1));
        }
        if (low === 31) at++;
        return `[${items.join(', ')}]`;
      }
      case 6: return read(depth + 1);
      default: throw new RangeError('a map');
    }
  };
  try {
    return read(0);
  } catch {
    return undefined;
  }
}

function half(bits) {
  const exponent = bits >> 10 & 31, fraction = bits & 1023, sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

// The functions of the package. Every rule of LwM2M is in the wasm module; this shapes what goes in and comes out.

import { idsOf, readEntries, writeEntries } from './entries.js';
import {
  BYTES, Lwm2mError, check, copy, guarded, onStart, put, ready, room, text, u8, wasm, withText, word,
} from './wasm.js';

export { Lwm2mError };

const NO_OPTIONS = Object.freeze({});

export function decode(format, path, bytes, options = NO_OPTIONS) {
  return guarded(() => {
    const payload = asBytes(bytes);
    const count = read(wasm_decode, format, path, payload, options);
    return readEntries(0, count, payload, options.bigint !== false, options.dates === true);
  });
}

export function encode(format, path, entries, options = NO_OPTIONS) {
  return guarded(() => {
    ready();
    const number = formatOf(format), { levels, high, low } = idsOf(path, options.strict);
    const models = modelsOf(options);
    const list = Array.isArray(entries) ? entries : [...entries];
    const [count, root, prefix] = writeEntries(list, options.root ?? '', options.prefix ?? '', options.strict);
    const length = check(wasm.encode(number, head(levels, options), high, low, models, count, root, prefix));
    return u8.slice(word(BYTES), word(BYTES) + length);
  });
}

const wasm_decode = (...args) => wasm.decode(...args);

/** Calls a function that reads a payload. */
function read(call, format, path, bytes, options) {
  ready();
  const number = formatOf(format), { levels, high, low } = idsOf(path, options.strict);
  const models = modelsOf(options), { root = '', prefix = '' } = options;
  let at = room(bytes.length + 3 * (root.length + prefix.length));
  copy(at, bytes);
  at += bytes.length;
  const rootLength = put(at, root), prefixLength = put(at + rootLength, prefix);
  return check(call(number, head(levels, options), high, low, models, bytes.length, rootLength, prefixLength));
}

const head = (levels, options) => levels << 8 | (options.strict ? 1 : 0);

function asBytes(bytes) {
  if (bytes instanceof Uint8Array) return bytes;
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw new Lwm2mError('BadPayload', 'a payload is a Uint8Array or an ArrayBuffer');
}

const formats = new Map();

function formatOf(format) {
  if (typeof format === 'number') {
    if (Number.isInteger(format) && format >= 0 && format <= 0xffff) return format;
  } else {
    const known = formats.get(format);
    if (known !== undefined) return known;
  }
  const number = withText(String(format), (length) => wasm.format(length));
  if (formats.size < 256) formats.set(format, number);
  return number;
}

// Sets of definitions in the module, by what they were made of. The oldest goes when there are too many.
let sets = new Map(), lists = new WeakMap(), listCount = 0;
onStart(() => { sets = new Map(); });

function modelsOf({ models, versions }) {
  if (models === undefined && versions === undefined) return 0;
  let key = '';
  if (models !== undefined) {
    let number = lists.get(models);
    if (number === undefined) lists.set(models, number = ++listCount);
    key += number;
  }
  if (versions !== undefined) key += `\n${JSON.stringify(versions)}`;
  let set = sets.get(key);
  if (set === undefined) {
    if (sets.size >= 64) {
      const [oldest, handle] = sets.entries().next().value;
      sets.delete(oldest);
      wasm.forget(handle);
    }
    set = withText(lines(models ?? [], versions ?? {}), (length) => wasm.models(length));
    sets.set(key, set);
  }
  return set;
}

/** Definitions and versions in the lines of src/facts.rs. */
function lines(models, versions) {
  const clean = (text) => String(text ?? '').replace(/[\t\r\n]+/g, ' ');
  const out = [];
  for (const object of models) {
    out.push(['O', object.id, object.version ?? '1.0', clean(object.name), object.lwm2m ?? '1.0',
      object.multiple ? 1 : 0, object.mandatory ? 1 : 0]);
    for (const [id, resource] of Object.entries(object.resources ?? {})) {
      out.push(['R', resource.id ?? id, clean(resource.name), resource.operations ?? 'RW', resource.type ?? '',
        resource.multiple ? 1 : 0, resource.mandatory ? 1 : 0, clean(resource.range), clean(resource.units)]);
    }
  }
  for (const [id, version] of Object.entries(versions)) {
    out.push(id === 'lwm2m' ? ['D', version] : ['V', id, version ?? '']);
  }
  return out.map((fields) => fields.join('\t')).join('\n');
}

export function object(id, options = NO_OPTIONS) {
  return guarded(() => {
    ready();
    const models = modelsOf(options);
    return check(wasm.object(models, id)) ? JSON.parse(text()) : undefined;
  });
}

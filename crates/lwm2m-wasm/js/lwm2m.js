// The functions of the package. Every rule of LwM2M is in the wasm module; this shapes what goes in and comes out.

import { idsOf, pathText, readEntries, writeEntries } from './entries.js';
import {
  BYTES, Lwm2mError, RECORDS, STRIDE, check, copy, errorOf, extra, guarded, i32, json, onStart, put, ready, room, text, u8,
  wasm, withText, word,
} from './wasm.js';

export { Lwm2mError };

const NO_OPTIONS = Object.freeze({});

export function decode(format, path, bytes, options = NO_OPTIONS) {
  return guarded(() => {
    const payload = asBytes(bytes);
    const count = read('decode', format, path, payload, options);
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

/** Calls a function of the module that reads a payload. */
function read(name, format, path, bytes, options) {
  ready();
  const number = formatOf(format), { levels, high, low } = idsOf(path, options.strict);
  const models = modelsOf(options), { root = '', prefix = '' } = options;
  let at = room(bytes.length + 3 * (root.length + prefix.length));
  copy(at, bytes);
  at += bytes.length;
  const rootLength = put(at, root), prefixLength = put(at + rootLength, prefix);
  return check(wasm[name](number, head(levels, options), high, low, models, bytes.length, rootLength, prefixLength));
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

/** Definitions and versions in the lines of src/definitions.rs. */
function lines(models, versions) {
  const clean = (text) => String(text ?? '').replace(/[\t\r\n]+/g, ' ');
  const out = [];
  for (const object of models) {
    out.push(['O', object.id, object.version ?? '1.0', clean(object.name), object.lwm2m ?? '1.0',
      object.multiple ? 1 : 0, object.mandatory ? 1 : 0]);
    for (const [id, resource] of Object.entries(object.resources ?? {})) {
      out.push(['R', resource.id ?? id, clean(resource.name), resource.operations ?? 'RW', resource.type ?? '',
        resource.multiple ? 1 : 0, resource.mandatory ? 1 : 0, clean(resource.range), clean(resource.units)]);
      for (const [value, name] of Object.entries(resource.values ?? {})) out.push(['N', value, clean(name)]);
    }
  }
  for (const [id, version] of Object.entries(versions)) {
    out.push(id === 'lwm2m' ? ['D', version] : ['V', id, version ?? '']);
  }
  return out.map((fields) => fields.join('\t')).join('\n');
}

// Facts that were asked for, by the set of definitions and the id of the object.
let facts = new Map();
onStart(() => { facts = new Map(); });

export function object(id, options = NO_OPTIONS) {
  return guarded(() => {
    const known = factsOf(id, options);
    return known === undefined ? undefined : JSON.parse(known);
  });
}

export function resource(path, options = NO_OPTIONS) {
  return guarded(() => {
    const { levels, high, low } = idsOf(path, options.strict);
    return levels < 3 ? undefined : object(high & 0xffff, options)?.resources[low & 0xffff];
  });
}

/** The facts of an object as JSON, so that everybody gets a copy of their own. */
function factsOf(id, options) {
  ready();
  const models = modelsOf(options), key = models * 0x10000 + Number(id);
  let known = facts.get(key);
  if (known === undefined && !facts.has(key)) {
    known = Number.isInteger(id) && id >= 0 && id < 0xffff && check(wasm.object(models, id)) ? text() : undefined;
    if (facts.size >= 512) facts.clear();
    facts.set(key, known);
  }
  return known;
}

export function parsePath(path, options = NO_OPTIONS) {
  return guarded(() => {
    const { levels, high, low } = idsOf(path, options.strict);
    const ids = [high & 0xffff, high >>> 16, low & 0xffff, low >>> 16].slice(0, levels);
    const isNew = ids[1] === 0xffff;
    const parsed = { path: pathText(levels, high, low), level: LEVELS[levels], ids: isNew ? ids.slice(0, 1) : ids };
    PARTS.forEach((part, level) => {
      if (level < parsed.ids.length) parsed[part] = ids[level];
    });
    return parsed;
  });
}

const LEVELS = ['root', 'object', 'object instance', 'resource', 'resource instance'];
const PARTS = ['object', 'instance', 'resource', 'resourceInstance'];

export function parseLinks(links, options = NO_OPTIONS) {
  return guarded(() => {
    ready();
    const { root = '' } = options;
    const given = typeof links === 'string' ? links : asBytes(links);
    let at = room(3 * (given.length + root.length));
    const length = typeof given === 'string' ? put(at, given) : (copy(at, given), given.length);
    check(wasm.links(length, put(at + length, root), options.strict ? 1 : 0));
    return json();
  });
}

export function parseAttributes(query, options = NO_OPTIONS) {
  return guarded(() => {
    ready();
    const { path, lwm2m = '1.2' } = options;
    const { levels, high, low } = idsOf(path ?? '/', options.strict);
    const models = modelsOf(options), minor = Number(/^1\.(\d+)$/.exec(lwm2m)?.[1] ?? 2);
    withText(String(query), (length) =>
      wasm.attributes(length, path === undefined ? 0 : 1, head(levels, options), high, low, models, minor));
    return json();
  });
}

// The kinds of fields never change.
let kinds;

export function annotate(format, path, bytes, options = NO_OPTIONS) {
  return guarded(() => {
    const payload = asBytes(bytes);
    const count = read('annotate', format, path, payload, options);
    const entries = readEntries(0, count, payload, options.bigint !== false, options.dates === true);
    const { fields, error } = extra();
    const stride = 2 * word(STRIDE);
    let at = (word(RECORDS) >> 2) + stride * count;
    const spans = entries.map(() => {
      const span = { start: i32[at], end: i32[at + 1] };
      at += stride;
      return span;
    });
    const raw = i32.slice(at, at + stride * fields);
    kinds ??= (check(wasm.kinds()), json());
    const annotation = { fields: [], entries, spans };
    for (let n = 0; n < raw.length; n += stride) {
      const info = raw[n + 2], [kind, name] = kinds[info & 0xff];
      const field = { start: raw[n], end: raw[n + 1], kind, name, depth: info >> 16 & 0xff };
      if (raw[n + 3] !== -1) field.entry = raw[n + 3];
      const levels = info >> 8 & 0xff;
      if (levels !== 255) field.path = pathText(levels, raw[n + 4], raw[n + 5]);
      annotation.fields.push(field);
    }
    if (error) annotation.error = errorOf(error);
    return annotation;
  });
}

export function decodeGroups(format, path, bytes, options = NO_OPTIONS) {
  return guarded(() => {
    const payload = asBytes(bytes);
    read('groups', format, path, payload, options);
    let first = 0;
    return extra().map(([prefix, count]) => {
      const end = first + count;
      const entries = readEntries(first, end, payload, options.bigint !== false, options.dates === true);
      first = end;
      return { prefix, entries };
    });
  });
}

export { toTree } from './tree.js';

// A case in the address: everything stands after the #, which no server sees.

import { base64url, fromBase64url } from './input.js';

/** Longer addresses are cut by some programs. */
const LONGEST = 16_000;

/** The address part of a case; none if it would be too long. */
export async function toAddress({ text, kind, format, path, strict, root, prefix, lwm2m, ddfs }) {
  const parts = new URLSearchParams();
  if (format !== undefined) parts.set('f', format);
  if (path !== '/') parts.set('p', path);
  if (kind !== 'auto') parts.set('k', kind);
  if (strict) parts.set('s', '1');
  if (root) parts.set('r', root);
  if (prefix) parts.set('g', prefix);
  if (lwm2m) parts.set('v', lwm2m);
  if (text !== '') await put(parts, 'x', text);
  for (const ddf of ddfs) await put(parts, 'd', `${ddf.name}\n${ddf.text}`);
  const address = parts.toString().replace(/%2F/g, '/');
  return address.length <= LONGEST ? address : undefined;
}

/** The case that an address holds; missing parts are as in a new one. Foreign text never fails: what is odd is left out. */
export async function fromAddress(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const number = Number(parts.get('f') ?? NaN);
  const ddfs = [];
  for (const part of parts.getAll('d').slice(0, 8)) {
    const whole = await get(part);
    const end = whole?.indexOf('\n') ?? -1;
    if (end > 0) ddfs.push({ name: whole.slice(0, end), text: whole.slice(end + 1) });
  }
  const kind = parts.get('k');
  return {
    text: (parts.has('x') ? await get(parts.get('x')) : '') ?? '',
    kind: ['hex', 'base64', 'text'].includes(kind) ? kind : 'auto',
    format: Number.isInteger(number) && number >= 0 && number <= 0xffff ? number : undefined,
    path: parts.get('p') ?? '/',
    strict: parts.get('s') === '1',
    root: parts.get('r') ?? '',
    prefix: parts.get('g') ?? '',
    lwm2m: ['1.0', '1.1', '1.2'].includes(parts.get('v')) ? parts.get('v') : '',
    ddfs,
  };
}

/** Plain where that is shorter and safe, else packed with a `~` in front. */
async function put(parts, key, text) {
  const bytes = new TextEncoder().encode(text);
  const packed = `~${base64url(await through(bytes, new CompressionStream('deflate-raw')))}`;
  const bare = /^[0-9a-f\s]*$/i.test(text) ? text.replace(/\s+/g, '') : text.trim();
  const plain = !bare.startsWith('~') && encodeURIComponent(bare).length <= packed.length;
  parts.append(key, plain ? bare : packed);
}

async function get(part) {
  if (!part.startsWith('~')) return part;
  try {
    return new TextDecoder().decode(await through(fromBase64url(part.slice(1)), new DecompressionStream('deflate-raw'), 4 << 20));
  } catch {
    return undefined;
  }
}

/** Bytes through a stream, at most `limit` of them. */
async function through(bytes, stream, limit = Infinity) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const pieces = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) throw new RangeError('too long');
    pieces.push(value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

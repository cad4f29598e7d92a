// The wasm module's memory and functions. What stands in its memory is told in src/state.rs and src/entries.rs.

/** The instance's exports; undefined until it is needed or given. */
export let wasm;
/** Views of the module's memory. They are renewed whenever it has grown. */
export let u8, i32, f64, i64, u64;
/** Where in `i32` the header stands. */
let head = 0;
/** Gives `{ module, registry }`; set by the entry of each environment. */
let source;
/** Called when there is a new instance: what was kept of the old one is worth nothing. */
const listeners = [];

export const onStart = (listener) => listeners.push(listener);

/** Says where the module comes from when it is first needed. */
export const setSource = (load) => { source ??= load; };

/** Starts with this compiled module, and these bytes of registry.bin if any. */
export function start(module, registry) {
  wasm = new WebAssembly.Instance(module, {}).exports;
  source = () => ({ module, registry });
  head = wasm.header() >> 2;
  views();
  for (const listener of listeners) listener();
  if (registry?.length) {
    copy(room(registry.length), registry);
    check(wasm.registry(registry.length));
  }
}

/** The bytes of registry.bin, if there are any. */
export function registryBytes() {
  return source?.().registry;
}

/** Makes sure that there is an instance. */
export function ready() {
  if (wasm) return;
  if (!source) throw new Lwm2mError('NotReady', 'call init() of lwm2m/manual first, and wait for it');
  const { module, registry } = source();
  start(module, registry);
}

function views() {
  const { buffer } = wasm.memory;
  u8 = new Uint8Array(buffer);
  i32 = new Int32Array(buffer);
  f64 = new Float64Array(buffer);
  i64 = new BigInt64Array(buffer);
  u64 = new BigUint64Array(buffer);
}

/** Makes room for the arguments of the next call and gives its address, a multiple of 8. */
export function room(length) {
  const at = wasm.input(length);
  if (u8.length === 0) views();
  return at;
}

export function copy(at, bytes) {
  u8.set(bytes, at);
}

/** A number of the header, in the order of `Word` in src/state.rs. */
export const word = (place) => i32[head + place];
export const RECORDS = 0, STRIDE = 1, TEXT = 2, TEXT_LENGTH = 3, ASCII = 4, BYTES = 5, BYTES_LENGTH = 6;
const EXTRA = 7, EXTRA_LENGTH = 8;

/** Looks at the number that a call gave: -1 is thrown as the error it stands for. */
export function check(result) {
  if (u8.length === 0) views();
  if (result < 0) throw failure();
  return result;
}

/** Calls into the module. Should it ever stop with a trap, the next call begins with a new instance. */
export function guarded(call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      wasm = undefined;
      throw new Lwm2mError('Internal', `lwm2m has stopped, please report this: ${error.message}`);
    }
    throw error;
  }
}

/** Why something could not be read or written. See index.d.ts. */
export class Lwm2mError extends Error {
  constructor(code, message, at, path) {
    super(message);
    this.code = code;
    if (at !== undefined) this.at = at;
    if (path !== undefined) this.path = path;
  }
}
Lwm2mError.prototype.name = 'Lwm2mError';

const failure = () => errorOf(json());

/** The error that a failure of the module stands for. */
export const errorOf = ({ code, message, at, path }) => new Lwm2mError(code, message, at, path);

// A mark of the byte order in a value is part of the value.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of the answer. */
export function text() {
  const at = word(TEXT), length = word(TEXT_LENGTH);
  if (length === 0) return '';
  if (length <= SHORT && word(ASCII)) {
    return String.fromCharCode.apply(null, u8.subarray(at, at + length));
  }
  return decoder.decode(u8.subarray(at, at + length));
}
// Below this many bytes a call of TextDecoder costs more than it saves; measured with Node 20 and Chromium.
const SHORT = 24;

/** What the answer tells beside its entries. */
export const extra = () => JSON.parse(decoder.decode(u8.subarray(word(EXTRA), word(EXTRA) + word(EXTRA_LENGTH))));

/** The JSON document that is the answer. */
export const json = () => JSON.parse(text());

/** Writes text at an address, and gives the number of bytes. There must be room for three a character. */
export function put(at, string) {
  const length = string.length;
  if (length > 64) return encoder.encodeInto(string, u8.subarray(at, at + 3 * length)).written;
  for (let n = 0; n < length; n++) {
    const unit = string.charCodeAt(n);
    if (unit > 127) return encoder.encodeInto(string, u8.subarray(at, at + 3 * length)).written;
    u8[at + n] = unit;
  }
  return length;
}

/** Calls a function of the module with one text. */
export function withText(string, call) {
  ready();
  const at = room(3 * string.length);
  return check(call(put(at, string)));
}

// Object definitions (DDF XML): a module of its own, so that only those pay who need it.

import { Lwm2mError, registryBytes } from './wasm.js';

let wasm, source;

/** Says where the module comes from when it is first needed. */
export const setDdfSource = (load) => { source ??= load; };

export function loadDdf(xml) {
  return call([bytesOf(xml)], (length) => wasm.load(length));
}

export function lint(xml, fileName = '') {
  return call([bytesOf(xml), encoder.encode(fileName)], (length, name) => wasm.lint(length, name));
}

const encoder = new TextEncoder(), decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function bytesOf(xml) {
  if (typeof xml === 'string') return encoder.encode(xml);
  if (ArrayBuffer.isView(xml)) return new Uint8Array(xml.buffer, xml.byteOffset, xml.byteLength);
  if (xml instanceof ArrayBuffer) return new Uint8Array(xml);
  throw new Lwm2mError('BadPayload', 'a definition is a string, a Uint8Array or an ArrayBuffer');
}

/** Calls a function with these bytes one after another; gives its answer. */
function call(parts, run) {
  if (!wasm) {
    if (!source) throw new Lwm2mError('NotReady', 'the module of lwm2m/ddf is not loaded');
    wasm = new WebAssembly.Instance(source(), {}).exports;
    const registry = registryBytes();
    if (registry) call([registry], (length) => wasm.registry(length));
  }
  let at = wasm.input(parts.reduce((sum, part) => sum + part.length, 0));
  for (const part of parts) {
    new Uint8Array(wasm.memory.buffer).set(part, at);
    at += part.length;
  }
  const result = run(...parts.map((part) => part.length));
  const header = new Uint32Array(wasm.memory.buffer, wasm.header(), 4);
  const text = decoder.decode(new Uint8Array(wasm.memory.buffer, header[2], header[3]));
  if (result < 0) {
    const { code, message, line, column } = JSON.parse(text);
    throw Object.assign(new Lwm2mError(code, message), line && { line, column });
  }
  return text && JSON.parse(text);
}

// For those who load the module themselves: no top-level await, no file name.
import { Lwm2mError, start, wasm } from './wasm.js';

export * from './lwm2m.js';

/** Starts with a module or its bytes, and the bytes of registry.bin if wanted. */
export function initSync({ wasm: module, registry }) {
  if (!(module instanceof WebAssembly.Module)) module = new WebAssembly.Module(module);
  start(module, registry === undefined ? undefined : bytes(registry));
}

/** As initSync; each may also be a URL, a Response, or a promise of any of these. */
export async function init({ wasm: module, registry }) {
  const [compiled, facts] = await Promise.all([compile(await module), load(await registry)]);
  start(compiled, facts);
}

/** What the entries for browsers do: nothing, if somebody has started already. */
export async function startFrom(module, registry) {
  if (!wasm) await init({ wasm: module, registry });
}

/** A module from whatever there is. */
export async function compile(module) {
  if (module instanceof WebAssembly.Module) return module;
  if (typeof module === 'string' || module instanceof URL) module = await fetch(module);
  if (!(module instanceof Response)) return WebAssembly.compile(module);
  found(module);
  // A server that does not know the media type of wasm must not stop us.
  return /^application\/wasm/.test(module.headers.get('content-type'))
    ? WebAssembly.compileStreaming(module) : WebAssembly.compile(await module.arrayBuffer());
}

async function load(registry) {
  if (registry === undefined) return undefined;
  if (typeof registry === 'string' || registry instanceof URL) registry = await fetch(registry);
  return bytes(registry instanceof Response ? await found(registry).arrayBuffer() : registry);
}

function found(response) {
  if (response.ok) return response;
  throw new Lwm2mError('NotReady', `${response.url} answers ${response.status}: copy it beside the code of lwm2m`);
}

const bytes = (data) => ArrayBuffer.isView(data)
  ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);

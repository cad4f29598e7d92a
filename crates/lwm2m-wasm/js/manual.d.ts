// lwm2m/manual: the same functions, started by hand.
export * from "./index.js";

/** Where a file comes from: its bytes, an answer of `fetch`, or its address. */
export type Source = ArrayBuffer | ArrayBufferView<ArrayBuffer> | Response | URL | string;

/**
 * Starts lwm2m. Without `registry` values of TLV, text and LwM2M CBOR have no types: `opaque`, with `typed: false`.
 */
export function init(files: {
  wasm: WebAssembly.Module | Source | Promise<WebAssembly.Module | Source>;
  registry?: Source | Promise<Source>;
}): Promise<void>;

/** The same at once, from what is in memory. Browsers want `init` for a module of this size in the main thread. */
export function initSync(files: {
  wasm: WebAssembly.Module | ArrayBuffer | ArrayBufferView<ArrayBuffer>;
  registry?: ArrayBuffer | ArrayBufferView;
}): void;

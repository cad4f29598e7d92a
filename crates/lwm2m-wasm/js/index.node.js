// Node.js and Bun: read from disk, at first use. No top-level await, so that require() works.
import { readFileSync } from 'node:fs';
import { setSource } from './wasm.js';

const file = (name) => readFileSync(new URL(name, import.meta.url));

setSource(() => ({ module: new WebAssembly.Module(file('./lwm2m.wasm')), registry: file('./registry.bin') }));

export * from './lwm2m.js';

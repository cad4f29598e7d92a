// As index.node.js, without the registry.
import { readFileSync } from 'node:fs';
import { setSource } from './wasm.js';

setSource(() => ({ module: new WebAssembly.Module(readFileSync(new URL('./lwm2m.wasm', import.meta.url))) }));

export * from './lwm2m.js';

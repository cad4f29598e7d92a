// Workers: the platform compiles the module and hands over the data.
import module from './lwm2m.wasm';
import registry from './registry.bin';
import { setSource } from './wasm.js';

setSource(() => ({ module, registry: new Uint8Array(registry) }));

export * from './lwm2m.js';

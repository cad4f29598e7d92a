// As index.workerd.js, without the registry.
import module from './lwm2m.wasm';
import { setSource } from './wasm.js';

setSource(() => ({ module }));

export * from './lwm2m.js';

// Node.js and Bun.
import { readFileSync } from 'node:fs';
import { setDdfSource } from './ddf.js';

setDdfSource(() => new WebAssembly.Module(readFileSync(new URL('./ddf.wasm', import.meta.url))));

export { lint, loadDdf } from './ddf.js';

// Workers.
import module from './ddf.wasm';
import { setDdfSource } from './ddf.js';

setDdfSource(() => module);

export { lint, loadDdf } from './ddf.js';

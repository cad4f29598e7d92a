// Browsers.
import { setDdfSource } from './ddf.js';
import { compile } from './manual.js';

const module = await compile(await fetch(new URL('./ddf.wasm', import.meta.url)));
setDdfSource(() => module);

export { lint, loadDdf } from './ddf.js';

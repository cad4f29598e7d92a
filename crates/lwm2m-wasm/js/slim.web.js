// As index.web.js, without the registry.
import { startFrom } from './manual.js';

await startFrom(fetch(new URL('./lwm2m.wasm', import.meta.url)));

export * from './lwm2m.js';

// Browsers, with or without a bundler: fetched at import, so that everything is synchronous afterwards.
import { startFrom } from './manual.js';

await startFrom(
  fetch(new URL('./lwm2m.wasm', import.meta.url)),
  fetch(new URL('./registry.bin', import.meta.url)),
);

export * from './lwm2m.js';

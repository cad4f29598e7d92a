import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as lwm2m from 'lwm2m/manual';
import { check } from './same.mjs';

const file = (name) => readFileSync(fileURLToPath(import.meta.resolve(`lwm2m/${name}`)));
try {
  lwm2m.decode('tlv', '/3/0', new Uint8Array(0));
} catch (error) {
  if (error.code !== 'NotReady') throw error;
}
lwm2m.initSync({ wasm: file('lwm2m.wasm'), registry: file('registry.bin') });
console.log(check(lwm2m));

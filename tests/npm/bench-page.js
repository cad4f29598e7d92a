// In a page: by the clock, for there is no other.
import * as cbor from 'cbor-x';
import * as lwm2m from 'lwm2m';
import { PAYLOADS, measure, table } from './bench.mjs';

globalThis.bench = async () => {
  const payloads = {};
  for (const [key, name] of Object.entries(PAYLOADS)) {
    payloads[key] = new Uint8Array(await (await fetch(`/payloads/${name}`)).arrayBuffer());
  }
  return table(measure({ lwm2m, cbor, payloads, now: () => performance.now() / 1000 }));
};

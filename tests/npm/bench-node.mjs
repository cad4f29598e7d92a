// node bench-node.mjs FOLDER: in processor time, which neighbours do not change much.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as cbor from 'cbor-x';
import * as lwm2m from 'lwm2m';
import { PAYLOADS, measure, table } from './bench.mjs';

const folder = process.argv[2];
const payloads = Object.fromEntries(Object.entries(PAYLOADS).map(([key, name]) => [key, readFileSync(join(folder, name))]));
const now = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
const codec = createRequire(import.meta.url)('lwm2m-codec');
console.log(`Node.js ${process.version}, processor time, median of 7`);
console.log(table(measure({ lwm2m, cbor, codec, payloads, now })));
const first = Array.from({ length: 9 }, () => Number(execFileSync(process.execPath, ['bench-first.mjs']))).sort((a, b) => a - b);
console.log(`import to first decode, median of 9${first[4].toFixed(1).padStart(12)} ms  (must be 20 at most${first[4] > 20 ? ', MISSED' : ''})`);

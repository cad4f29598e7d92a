import { readFileSync } from 'node:fs';
import * as lwm2m from 'lwm2m';
import { run } from './vectors.mjs';

console.log(JSON.stringify(run(lwm2m, readFileSync(process.argv[2], 'utf8'))));

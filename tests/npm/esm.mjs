import * as lwm2m from 'lwm2m';
import * as ddf from 'lwm2m/ddf';
import { check } from './same.mjs';

console.log(check(lwm2m, ddf));

// What every bundler gets, and what a page without one loads.
import * as lwm2m from 'lwm2m';
import * as ddf from 'lwm2m/ddf';
import { check } from './same.mjs';

try {
  globalThis.result = check(lwm2m, ddf);
} catch (error) {
  globalThis.result = String(error.stack);
}

import * as lwm2m from 'lwm2m';
import * as ddf from 'lwm2m/ddf';
import { check } from './same.mjs';

export default { fetch: () => new Response(check(lwm2m, ddf)) };

const lwm2m = require('lwm2m');
const ddf = require('lwm2m/ddf');
const { check } = require('./same.mjs');

console.log(check(lwm2m, ddf));

const start = performance.now();
const { decode } = await import('lwm2m');
decode('tlv', '/3/0', new Uint8Array([0xc1, 9, 100]));
console.log(performance.now() - start);

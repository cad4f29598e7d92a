import { decode, object } from 'lwm2m/slim';

const [entry] = decode('tlv', '/3/0', new Uint8Array([0xc1, 9, 100]));
console.log(entry.type === 'opaque' && entry.typed === false && object(3) === undefined ? 'same' : entry);

// Measures decoding and encoding of lwm2m next to libraries that know CBOR or JSON and no LwM2M, in one run.

/** Entries of Device, decoded or not, in the form that each rival has. `now` gives seconds. */
export function measure({ lwm2m, cbor, codec, payloads, now }) {
  const text = new TextDecoder(), utf8 = new TextEncoder();
  const { a, b, c, c2, d, e } = payloads;
  const device = lwm2m.decode(11542, '/3/0', a), many = lwm2m.decode(112, '/', e);
  const generic = { b: cbor.decode(b), c: JSON.parse(text.decode(c)), d: cbor.decode(d), e: cbor.decode(e) };
  const rows = [
    ['TLV, Device, 178 B', 'lwm2m-codec', 100, () => lwm2m.decode(11542, '/3/0', a), codec && (() => codec.decode('tlv', '/3/0', a))],
    ['SenML CBOR, Device, 299 B', 'cbor-x', 0.5, () => lwm2m.decode(112, '/3/0', b), () => cbor.decode(b)],
    ['LwM2M CBOR, Device, 179 B', 'cbor-x', 0.5, () => lwm2m.decode(11544, '/3/0', d), () => cbor.decode(d)],
    ['SenML CBOR, 1,000 records', 'cbor-x', 0.5, () => lwm2m.decode(112, '/', e), () => cbor.decode(e)],
    ['SenML JSON, Device, 578 B', 'JSON.parse', 0.5, () => lwm2m.decode(110, '/3/0', c), () => JSON.parse(text.decode(c))],
    ['LwM2M JSON, Device, 584 B', 'JSON.parse', 0.5, () => lwm2m.decode(11543, '/3/0', c2), () => JSON.parse(text.decode(c2))],
    ['write TLV, Device', 'lwm2m-codec', 0, () => lwm2m.encode(11542, '/3/0', device)],
    ['write SenML CBOR, Device', 'cbor-x', 0, () => lwm2m.encode(112, '/3/0', device), () => cbor.encode(generic.b)],
    ['write LwM2M CBOR, Device', 'cbor-x', 0, () => lwm2m.encode(11544, '/3/0', device), () => cbor.encode(generic.d)],
    ['write SenML CBOR, 1,000 records', 'cbor-x', 0, () => lwm2m.encode(112, '/', many), () => cbor.encode(generic.e)],
    ['write SenML JSON, Device', 'JSON.stringify', 0, () => lwm2m.encode(110, '/3/0', device), () => utf8.encode(JSON.stringify(generic.c))],
  ];
  return rows.filter(([, , , , theirs]) => theirs).map(([what, rival, must, ours, theirs]) => {
    // In turns, so that a busy moment hits both.
    const rates = [[], []];
    for (let round = 0; round < 7; round++) [ours, theirs].forEach((work, n) => rates[n].push(rate(work, now)));
    const [mine, other] = rates.map((list) => list.sort((x, y) => x - y)[list.length >> 1]);
    return { what, rival, must, mine, other, ratio: mine / other };
  });
}

/** Runs a second, in slices that the clock can tell. */
function rate(work, now) {
  let count = 1;
  for (;;) {
    const start = now();
    for (let n = 0; n < count; n++) work();
    const took = now() - start;
    if (took > 0.1) return count / took;
    count = Math.ceil(count * Math.min(20, 0.15 / Math.max(took, 0.001)));
  }
}

export function table(rows) {
  const number = (value) => Math.round(value).toLocaleString('en').padStart(12);
  return rows.map(({ what, rival, must, mine, other, ratio }) =>
    `${what.padEnd(34)}${number(mine)}/s  ${rival.padEnd(15)}${number(other)}/s  ${ratio.toFixed(2).padStart(8)} times`
    + (must ? `  (must be ${must}${ratio < must ? ', MISSED' : ''})` : '')).join('\n');
}

export const PAYLOADS = {
  a: 'a_device_tlv.bin', b: 'b_device_senml_cbor.bin', c: 'c_device_senml_json.bin', c2: 'c2_device_oma_json.bin',
  d: 'd_device_lwm2m_cbor.bin', e: 'e_composite1000_senml_cbor.bin',
};

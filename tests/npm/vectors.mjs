// Runs rows of the vectors through the package and tells where the result is not the one of the native core. The rows and
// what they must give come from tests/tests/npm.rs, one JSON object a line.

const TYPES = ['string', 'integer', 'unsigned', 'float', 'boolean', 'opaque', 'time', 'objlnk', 'corelnk'];

/** The synthetic object of the vectors: nine types, single and multiple, with short and long ids. */
const ALL_TYPES = { id: 33000, name: 'All types', multiple: true, resources: {} };
for (const base of [0, 100, 1000, 1100]) {
  TYPES.forEach((type, place) => {
    const id = base + place;
    ALL_TYPES.resources[id] = { id, name: type, operations: 'RW', type, multiple: base % 1000 === 100 };
  });
}
const MODELS = [ALL_TYPES];

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const encoder = new TextEncoder();
const bits = (number) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, number);
  return Number.isNaN(number) ? 'NaN' : hex(new Uint8Array(view.buffer));
};

function value({ type, value }) {
  switch (type) {
    case 'string': case 'corelnk': return hex(encoder.encode(value));
    case 'opaque': return hex(value);
    case 'float': return bits(value);
    case 'objlnk': return `${value.object}:${value.instance}`;
    case 'none': case 'delete': return '';
    default: return String(value);
  }
}

function time(entry) {
  if (entry.time !== undefined) return `;${bits(entry.time)}`;
  return entry.timeOffset === undefined ? '' : `;now${bits(entry.timeOffset)}`;
}

const shown = (entries) => entries
  .map((entry) => `${entry.path}|${entry.type}|${value(entry)}${time(entry)}${entry.typed === false ? '?' : ''}`).join(' ');

function attempt(work) {
  try {
    return work();
  } catch (error) {
    if (error.name !== 'Lwm2mError') throw error;
    // More than all memory of the module is counted differently than more than all memory of this computer.
    const message = error.message.replace(/, \d{10,} more needed/, ', many more needed');
    return `${error.code}@${error.at ?? ''}${error.path ?? ''} ${message}`;
  }
}

/** What came out of one row, as the native side writes it. */
function result(lwm2m, row) {
  const bytes = unhex(row.hex ?? '');
  if (row.kind === 'links') {
    return attempt(() => lwm2m.parseLinks(bytes, { strict: row.strict })
      .map(({ target, path, attributes }) =>
        `${target}${path === undefined ? '' : `=${path}`}${Object.entries(attributes).map(([k, v]) => `;${k}=${v}`).join('')}`)
      .join(','));
  }
  if (row.kind === 'path') return attempt(() => lwm2m.parsePath(row.path, { strict: row.strict }).path);
  if (row.kind === 'attributes') {
    return attempt(() => JSON.stringify(lwm2m.parseAttributes(row.query, { strict: row.strict })));
  }
  const options = { root: row.root, strict: row.strict, models: MODELS };
  return attempt(() => {
    const entries = lwm2m.decode(row.format, row.path, bytes, options);
    // Numbers instead of bigints must be the same numbers.
    const plain = lwm2m.decode(row.format, row.path, bytes, { ...options, bigint: false });
    plain.forEach((entry, n) => {
      if (value(entry) !== value(entries[n])) throw new Error(`${row.id}: ${value(entry)} without bigints`);
    });
    const annotation = lwm2m.annotate(row.format, row.path, bytes, options);
    if (shown(annotation.entries) !== shown(entries)) throw new Error(`${row.id}: annotated otherwise`);
    const again = attempt(() => hex(lwm2m.encode(row.format, row.path, entries, options)));
    return `${shown(entries)} -> ${again}`;
  });
}

/** `{ count, bad }`, the first bad ones in words. */
export function run(lwm2m, text) {
  const rows = text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const bad = [];
  for (const row of rows) {
    const got = result(lwm2m, row);
    if (got !== row.want) bad.push(`${row.id} ${JSON.stringify(row)}\n  got  ${got}\n  want ${row.want}`);
  }
  return { count: rows.length, bad: bad.length, shown: bad.slice(0, 10) };
}

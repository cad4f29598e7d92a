// The page: one state, one function that draws what follows from it.

import {
  FORMATS, SINGLE, TEXTUAL, annotate, encode, errorOf, formatName, groups, ids, links, optionsOf, parsePath, resourceFacts, strictError,
} from './codec.js';
import { drawDdf, readDdf } from './definitions.js';
import { byId, copyFrom, h, icon, say } from './dom.js';
import { EXAMPLES } from './examples.js';
import { shown } from './fields.js';
import { drawFormats, inEveryFormat, sentence } from './formats.js';
import { guessFormat, guessPaths } from './guess.js';
import { BYTES, FIELDS, drawBytes, drawFields } from './hex.js';
import { MAX_BYTES, hex, read, textOf, write } from './input.js';
import { fromAddress, toAddress } from './share.js';
import { ROWS, commonTime, drawEditor, drawLinks, drawSelected, drawValues, summary } from './values.js';
import { count, parseValue, size } from './words.js';

/** What a person chose and typed. Everything else follows from it. */
const state = { text: '', kind: 'auto', format: undefined, path: '/', strict: false, root: '', prefix: '', lwm2m: '', ddfs: [] };
/** How it is looked at. */
const look = { names: true, editing: undefined, pinned: undefined, bytes: BYTES, fields: FIELDS, rows: ROWS };
/** What followed the last time. */
let now = { bytes: new Uint8Array(), fields: [], entries: [], options: {} };

function change(part) {
  Object.assign(state, part);
  look.editing = undefined;
  look.pinned = undefined;
  Object.assign(look, { bytes: BYTES, fields: FIELDS, rows: ROWS });
  follow();
}

let models = [], modelsOf;

function follow() {
  if (modelsOf !== state.ddfs) [models, modelsOf] = [state.ddfs.flatMap((ddf) => ddf.objects ?? []), state.ddfs];
  const options = optionsOf({ ...state, models });
  const input = state.text.length > 4 * MAX_BYTES
    ? { kind: 'hex', problem: `That is more than ${size(MAX_BYTES)}B, the most that one payload can have here.` }
    : read(state.text, state.kind);
  const bytes = input.bytes ?? new Uint8Array();
  const pathError = errorOf(() => parsePath(state.path || '/', options));
  const path = pathError ? '/' : state.path || '/';
  const guessed = guessFormat(bytes, path, options);
  const format = state.format ?? guessed;
  now = { input, bytes, options, path, pathError, guessed, format, fields: [], entries: [] };
  if (bytes.length && format === 40) {
    now.error = errorOf(() => { now.links = links(textOf(bytes) ?? ''); });
  } else if (bytes.length || (state.format !== undefined && state.text === '')) {
    const annotation = bytes.length ? annotate(format, path, bytes, options) : { fields: [], entries: [] };
    now.annotation = annotation;
    now.entries = annotation.entries;
    now.error = annotation.error;
    now.fields = shown(annotation, bytes);
    if (!now.error && !state.strict && bytes.length) now.strictError = strictError(format, path, bytes, options);
    // What mixes devices behind a gateway is read as one group for each.
    if (now.error?.code === 'OtherPrefix' && !errorOf(() => { now.groups = groups(format, path, bytes, options); })) {
      now.error = undefined;
      now.entries = [];
      now.fields = [];
    }
    if (now.error && format === 11542 && ids(path).length === 0) now.paths = guessPaths(bytes, options);
    if (!now.groups) now.formats = inEveryFormat(now.entries, path, options, format, now.error ? undefined : bytes);
  }
  draw();
  remember();
}

// Drawing

function draw() {
  drawOptions();
  drawPayload();
  drawMiddle();
  drawRight();
  index();
  if (look.pinned) highlight(look.pinned);
}

function drawOptions() {
  const select = byId('format');
  const wanted = [
    ['', now.guessed === undefined ? 'Guess the format' : `${formatName(now.guessed)} (${now.guessed}), guessed`],
    ...FORMATS.map(({ number, name }) => [String(number), `${name} (${number})`]),
  ];
  if (state.format !== undefined && !FORMATS.some(({ number }) => number === state.format)) {
    wanted.push([String(state.format), `Format ${state.format}`]);
  }
  select.replaceChildren(...wanted.map(([value, text]) => h('option', { value }, text)));
  select.value = state.format === undefined ? '' : String(state.format);
  for (const id of ['path', 'root', 'prefix', 'lwm2m', 'kind']) {
    if (byId(id) !== document.activeElement || byId(id).tagName === 'SELECT') byId(id).value = state[id];
  }
  byId('path').setAttribute('aria-invalid', String(!!now.pathError));
  byId('path').title = now.pathError ? sentence(now.pathError.message) : 'The path of the request';
  byId('strict').checked = state.strict;
  byId('more').classList.toggle('is-set', !!(state.root || state.prefix || state.lwm2m));
  byId('examples').replaceChildren(...EXAMPLES.map((example) => h('button', {
    type: 'button', 'data-test': 'example', 'aria-selected': String(example.text === state.text && (example.path ?? '/') === state.path),
    onclick: () => change({ kind: 'auto', format: undefined, path: '/', strict: false, root: '', prefix: '', lwm2m: '', ...example, name: undefined }),
  }, example.name)));
}

function drawPayload() {
  const { input, bytes, error } = now;
  const area = byId('payload');
  if (area.value !== state.text) area.value = state.text;
  area.setAttribute('aria-invalid', String(!!(input.problem || error)));
  byId('payload-about').textContent = state.text.trim() === '' ? '' : input.problem ? '' : `${count(bytes.length, 'byte')} of ${input.kind}`;
  byId('problem').replaceChildren(...problem());
  // What ends too early is marked where it begins.
  const at = error?.at >= bytes.length ? now.fields.findLast((field) => field.kind === 'Incomplete')?.start : error?.at;
  const parts = [];
  if (bytes.length && (now.fields.length || error || now.links)) {
    const legend = [['k-struct', 'structure'], ['k-name', 'name'], ['k-value', 'value'], ['k-meta', 'time']];
    const { rows, left } = drawFields(now.fields, look.fields);
    parts.push(h('div.pg-section', {},
      h('h3.flex', {}, 'Bytes', now.fields.length > 0 && h('span.end.flex.pg-legend', {}, legend.map(([css, word]) => h('span', {}, h('i.swatch', { class: css }), word)))),
      h('div.hex', { 'data-test': 'hex', role: 'group', 'aria-label': `Bytes, ${bytes.length}. The list of fields below says what they mean.` },
        drawBytes(bytes, now.fields, at, look.bytes)),
      bytes.length > look.bytes && more(`${count(bytes.length - look.bytes, 'byte')} more`, () => { look.bytes *= 4; draw(); })));
    if (rows.length) {
      parts.push(h('div.section', {}, h('h3', {}, error ? 'Fields read before the error' : 'Fields'),
        h('div.fields', { role: 'listbox', 'aria-label': 'Fields', id: 'fields' }, rows),
        left > 0 && more(`${count(left, 'field')} more`, () => { look.fields *= 4; draw(); })));
    }
  }
  byId('bytes').replaceChildren(...parts);
}

const more = (words, onclick) => h('p.small', {}, h('button.as-link', { type: 'button', onclick }, `Show ${words}`));

/** What is wrong, where and what to do, beside the payload. */
function problem() {
  const { input, error, paths, path, format } = now;
  if (input.problem) return [note('is-error', 'error', 'This is no payload yet.', input.problem)];
  if (now.pathError) return [note('is-error', 'error', 'The path does not fit.', sentence(now.pathError.message))];
  if (!error) return [];
  if (paths || (ids(path).length < 3 && SINGLE.has(format) && state.text.trim() !== '')) {
    const what = SINGLE.has(format) ? `${formatName(format)} is one value, and does not say of which resource.` : 'TLV does not name its object.';
    return [h('div.note', { 'data-test': 'ask-path' }, icon('help'), h('div', {},
      h('p', {}, h('b', {}, 'What was asked for? '), `${what} Give the path of the request, such as ${SINGLE.has(format) ? '/3/0/9' : '/3/0'}.`),
      paths?.length ? h('p', {}, 'It could be ', paths.map((guess, n) => [n ? ', ' : '', h('button.as-link', {
        type: 'button', 'data-test': 'path-guess', onclick: () => change({ path: guess.path }),
      }, `${guess.path} (${guess.name})`)]), '.') : ''))];
  }
  const where = error.at === undefined ? error.code : `${error.code} at byte ${error.at} (${error.at.toString(16)} hex)`;
  return [note('is-error', 'error', 'This cannot be read to its end.', sentence(error.message), h('p.mono', { 'data-test': 'error-code' }, where))];
}

const note = (css, name, title, words, last) => h('div.note', { class: css, 'data-test': 'problem' }, icon(name),
  h('div', {}, h('p', {}, h('b', {}, `${title} `), words), last));

function drawMiddle() {
  const { entries, error, options } = now;
  const see = { names: look.names, options, limit: look.rows, time: commonTime(entries) };
  const toggle = (names, word) => h('button.btn.btn-s', {
    type: 'button', 'aria-pressed': String(look.names === names), 'data-test': `by-${word.toLowerCase()}`, onclick: () => { look.names = names; draw(); },
  }, word);
  const about = now.groups ? count(now.groups.length, 'device') : now.links ? count(now.links.length, 'link') : entries.length || now.bytes.length
    ? (error ? (entries.length ? `${count(entries.length, 'value')} could be read` : 'none could be read') : summary(entries)) : '';
  const parts = [h('div.pane-head', {}, h('h2', {}, now.links ? 'Links' : 'Values'),
    h('span.small', { class: error ? 'pg-some' : 'faint', 'data-test': 'summary' }, about),
    h('span.end', {}, !now.links && h('span.group', { role: 'group', 'aria-label': 'Show' }, toggle(true, 'Names'), toggle(false, 'Ids'))))];
  if (now.links) parts.push(h('div', {}, drawLinks(now.links)));
  else if (now.groups) {
    parts.push(...now.groups.map(({ prefix, entries: own }) => h('div', { 'data-test': 'group', 'data-prefix': prefix },
      h('div.pg-device', {}, h('b', {}, prefix === '' ? 'The gateway itself' : `Device ${prefix}`), h('span.small.faint.end', {}, summary(own))),
      drawValues(own, { ...see, time: commonTime(own), fixed: true }, {}).parts)));
  } else if (entries.length) {
    const { parts: rows, left } = drawValues(entries, see, {
      edit: (at) => { look.editing = at; draw(); document.querySelector('[data-test=editor]')?.focus(); },
      remove: (at) => rewrite(entries.filter((_, other) => other !== at), `Removed ${entries[at].path}`),
    });
    const list = h('div.pg-values', { role: 'listbox', 'aria-label': 'Values', id: 'values' }, rows);
    parts.push(list);
    if (look.editing !== undefined) editor(list, see);
    const time = commonTime(entries);
    if (time) parts.push(h('dl.pairs.pg-section', { 'data-test': 'measured' }, h('dt', {}, 'Measured'), h('dd', {}, time, h('span.faint', {}, entries.length > 1 ? ', all values' : ''))));
    if (left > 0) parts.push(h('div.pg-section', {}, more(`${count(left, 'value')} more`, () => { look.rows *= 4; draw(); })));
  } else if (now.annotation && !error) {
    parts.push(h('p.pg-section.muted', {}, 'Nothing is in it: an empty list of values.'));
  } else if (state.text.trim() === '') {
    parts.push(h('p.pg-section.muted', {}, 'The values of a payload appear here, with the names that are registered for them.'));
  }
  if (!now.links && !now.groups && now.format !== undefined) parts.push(adder());
  parts.push(h('div', { id: 'selected' }));
  if (now.strictError) {
    parts.push(h('div.section', {}, h('div.note.is-pending', { 'data-test': 'strict-finding' }, icon('warning'),
      h('div', {}, h('p', {}, h('b', {}, 'Strict mode refuses it. '), sentence(now.strictError.message)),
        h('p.mono', {}, now.strictError.at === undefined ? now.strictError.code : `${now.strictError.code} at byte ${now.strictError.at}`)))));
  } else if (now.annotation && !error && now.bytes.length) {
    parts.push(h('div.section', {}, h('div.note', { 'data-test': 'clean' }, icon('check'), h('span', {}, state.strict ? 'No findings in strict mode.' : 'No findings. In strict mode too.'))));
  }
  parts.push(...state.ddfs.map((ddf) => drawDdf(ddf, {
    remove: () => change({ ddfs: state.ddfs.filter((other) => other !== ddf) }),
    use: (path) => change({ path }),
  })));
  parts.push(h('div.section', {}, h('div.pg-drop.small.muted', {}, 'Drop a payload or an object definition (DDF) anywhere')));
  byId('g-val').replaceChildren(...parts);
  drawChosen();
}

function editor(list, see) {
  const { entries } = now, at = look.editing, entry = entries[at];
  const close = () => { look.editing = undefined; draw(); focusRow(at); };
  const form = drawEditor(entry, see, {
    oncancel: close,
    oncommit: (text) => {
      let value;
      try {
        value = parseValue(entry.type, text);
      } catch (words) {
        if (typeof words === 'string') return words;
        throw words;
      }
      const problem = rewrite(entries.map((other, n) => (n === at ? { ...other, value } : other)), `${entry.path} is now ${text}`);
      if (!problem) focusRow(at);
      return problem;
    },
  });
  list.querySelector(`[data-e="${at}"]`)?.replaceWith(form);
}

/** A line to add a value: a path and what it is to be. */
function adder() {
  const hint = h('span.hint', { hidden: true, role: 'status' });
  const path = h('input.input.mono', { placeholder: example(), 'aria-label': 'Path of the new value', spellcheck: false, autocomplete: 'off', 'data-test': 'add-path' });
  const value = h('input.input', { placeholder: 'value', 'aria-label': 'New value', spellcheck: false, autocomplete: 'off', 'data-test': 'add-value' });
  return h('form.pg-add', {
    onsubmit: (event) => {
      event.preventDefault();
      const type = resourceFacts(path.value.trim(), now.options)?.type ?? (/^-?\d+$/.test(value.value) ? 'integer' : Number.isNaN(Number(value.value)) ? 'string' : 'float');
      let words;
      try {
        words = rewrite([...now.entries, { path: path.value.trim(), type, value: parseValue(type, value.value) }], `Added ${path.value.trim()}`);
      } catch (expected) {
        if (typeof expected !== 'string') throw expected;
        words = expected;
      }
      if (words) {
        hint.textContent = sentence(/^(a|an|true|pairs|seconds) /.test(words) ? `This must be ${words}` : words);
        hint.className = 'hint is-error';
        hint.hidden = false;
      }
    },
  }, path, value, h('button.btn.btn-s', { type: 'submit', 'data-test': 'add' }, icon('plus'), 'Add'), hint);
}

function example() {
  const [last] = now.entries.slice(-1);
  const [object, instance] = last ? ids(last.path) : ids(now.path);
  return object === undefined ? '/3303/0/5700' : `/${object}/${instance ?? 0}/…`;
}

/** Makes the entries the payload, in its format. Gives the words of the error if that cannot be. */
function rewrite(entries, done) {
  const { format, path, options, input } = now;
  let bytes;
  const error = errorOf(() => { bytes = encode(format === 40 ? 112 : format, path, entries, options); });
  if (error) return error.message;
  put(bytes, input.kind, { format: state.format ?? format });
  say(done);
  return undefined;
}

/** Shows bytes as the payload, written as it was, or as text where they are text. */
function put(bytes, kind, part = {}) {
  const format = part.format ?? now.format;
  const written = write(bytes, TEXTUAL.has(format) ? (kind === 'base64' ? 'base64' : 'text') : kind === 'text' ? 'hex' : kind);
  change({ ...part, text: written.text, kind: read(written.text).kind === written.kind ? 'auto' : written.kind });
}

function drawRight() {
  const { formats, format, error, path, bytes } = now;
  const parts = [h('div.pane-head', {}, h('h2', {}, 'Every other format'), h('span.end.small.faint.desk', {}, 'edit a value, all change'))];
  if (formats && (now.entries.length || !error)) {
    if (error) parts.push(h('div.pg-section', {}, h('div.note.is-error', {}, icon('error'), h('span', {}, `Sizes are of the ${count(now.entries.length, 'value')} that could be read.`))));
    parts.push(...drawFormats(formats, format, !!error, {
      use: ({ number, bytes, path }) => put(bytes, now.input.kind, { format: number, path: path ?? now.path }),
      copy: copyFrom,
    }));
    if (now.entries.length > 1 && !SINGLE.has(format)) {
      parts.push(h('p.pg-section.small.muted', {}, h('b', {}, 'Text, CBOR, opaque'), ' carry one value: leave one to see them.'));
    }
  } else {
    parts.push(h('p.pg-section.muted', {}, now.links ? 'A list of links has no other format.' : now.groups ? 'Several devices are in it: choose one under “Device”, as its gateway prefix, to see its values in other formats.' : 'What the payload would be in the other formats, and how long.'));
  }
  if (bytes.length && format !== undefined) {
    const [first] = now.entries;
    const code = format === 40
      ? 'import { parseLinks } from "lwm2m";\n\nparseLinks(text)'
      : `import { decode } from "lwm2m";\n\ndecode(${format}, ${JSON.stringify(path)}, bytes${state.strict ? ', { strict: true }' : ''})${first ? `\n  .find((entry) => entry.path === "${first.path}")\n  .value` : ''}`;
    parts.push(snippet('In code', code));
    if (format !== 40) {
      const body = bytes.length <= 512 ? hex(bytes, '') : '@payload.bin';
      const path_ = path === '/' ? '' : ` --path ${path}`;
      parts.push(snippet('In a shell', `footbridge decode ${FORMATS.find(({ number }) => number === format)?.short ?? format}${path_}${state.strict ? ' --strict' : ''} ${body}`));
    }
  }
  byId('g-fmt').replaceChildren(...parts);
}

const snippet = (title, text) => h('div.section', {},
  h('h3.flex', {}, title, h('button.btn.btn-s.btn-icon.btn-quiet.end', { type: 'button', 'aria-label': `Copy: ${title}`, title: 'Copy', onclick: (event) => copyFrom(event.currentTarget, text) }, icon('copy'))),
  h('pre.code', { tabIndex: 0 }, text));

// Linking bytes, fields and values

let byField = new Map(), byEntry = new Map(), lit = [];

function index() {
  byField = new Map();
  byEntry = new Map();
  lit = [];
  for (const element of document.querySelectorAll('[data-f]')) add(byField, Number(element.dataset.f), element);
  for (const element of document.querySelectorAll('#values [data-e]')) add(byEntry, Number(element.dataset.e), element);
}

function add(map, key, element) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(element);
}

/** What a field or an entry is linked with: `{ fields, entry }`. */
function linked(element) {
  const field = element.closest?.('[data-f]')?.dataset.f, entry = element.closest?.('#values [data-e]')?.dataset.e;
  if (field !== undefined) return { fields: [Number(field)], entry: now.fields[field]?.entry };
  if (entry === undefined) return undefined;
  const own = now.fields.flatMap((field, n) => (field.entry === Number(entry) && field.listed ? [n] : []));
  const values = own.filter((n) => now.fields[n].kind === 'Value');
  return { fields: values.length ? values : own, entry: Number(entry) };
}

function highlight(link) {
  for (const element of lit) {
    element.classList.remove('is-on');
    if (element.getAttribute('role') === 'option') element.setAttribute('aria-selected', 'false');
  }
  lit = link ? [...link.fields.flatMap((n) => byField.get(n) ?? []), ...(byEntry.get(link.entry) ?? [])] : [];
  for (const element of lit) {
    element.classList.add('is-on');
    if (element.getAttribute('role') === 'option') element.setAttribute('aria-selected', 'true');
  }
}

function pin(link) {
  look.pinned = link;
  highlight(link);
  drawChosen();
}

/** The panel of the selected value. */
function drawChosen() {
  const place = byId('selected');
  const at = look.pinned?.entry ?? (now.entries.length === 1 ? 0 : undefined);
  const entry = now.entries[at];
  if (!entry) return place.replaceChildren();
  const own = now.fields.filter((field) => field.entry === at && field.kind === 'Value');
  const bytes = own.map((field) => hex(now.bytes.subarray(field.start, Math.min(field.end, field.start + 32))) + (field.end - field.start > 32 ? ' …' : '')).join(' ');
  place.replaceChildren(h('div.section', { 'data-test': 'selected' },
    h('h3.flex', {}, 'Selected ', h('span.badge.is-accent', {}, entry.path)), drawSelected(entry, bytes, now)));
}

function focusRow(at) {
  byEntry.get(at)?.[0]?.focus();
}

function move(list, event) {
  const rows = [...list.querySelectorAll('[role=option]')];
  const at = rows.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
  if (next === undefined || at < 0) return false;
  event.preventDefault();
  const row = rows[Math.max(0, Math.min(rows.length - 1, next))];
  for (const other of rows) other.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
  return true;
}

// What people do

addEventListener('mouseover', (event) => {
  const link = linked(event.target);
  if (link) highlight(link);
});
addEventListener('mouseout', (event) => {
  if (linked(event.target) && !linked(event.relatedTarget ?? document.body)) highlight(look.pinned);
});
addEventListener('focusin', (event) => {
  const link = event.target.getAttribute?.('role') === 'option' && linked(event.target);
  if (link) pin(link);
});
addEventListener('click', (event) => {
  const link = !event.target.closest('button') && linked(event.target);
  if (link) {
    pin(link);
    const hidden = event.target.closest('.hex') ? byField.get(link.fields[0])?.find((element) => element.closest('.fields')) : byField.get(link.fields[0])?.[0];
    hidden?.scrollIntoView({ block: 'nearest' });
  }
  if (!event.target.closest('#more')) byId('more').open = false;
});
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const list = event.target.closest?.('[role=listbox]');
  if (list && move(list, event)) return;
  const row = event.target.closest?.('#values [data-e]');
  if (row && event.target === row && (event.key === 'Enter' || event.key === 'F2')) {
    event.preventDefault();
    row.querySelector('[data-test=edit]')?.click();
  } else if (row && event.target === row && event.key === 'Delete') {
    const at = Number(row.dataset.e);
    row.querySelector('[data-test=remove]')?.click();
    focusRow(Math.min(at, now.entries.length - 1));
  } else if (event.key === 'Escape' && look.pinned) {
    pin(undefined);
  } else if (!/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName ?? '')) {
    if (event.key === '/') {
      event.preventDefault();
      pane('g-in');
      byId('payload').focus();
    } else if (event.key === '?') byId('keys').showModal();
  }
});

byId('payload').addEventListener('input', () => change({ text: byId('payload').value }));
byId('format').addEventListener('change', (event) => change({ format: event.target.value === '' ? undefined : Number(event.target.value) }));
byId('strict').addEventListener('change', (event) => change({ strict: event.target.checked }));
for (const id of ['path', 'root', 'prefix', 'lwm2m', 'kind']) {
  byId(id).addEventListener(byId(id).tagName === 'SELECT' ? 'change' : 'input', () => change({ [id]: byId(id).value.trim() }));
}
byId('options').addEventListener('submit', (event) => event.preventDefault());
byId('clear').addEventListener('click', () => {
  change({ text: '', kind: 'auto', format: undefined });
  byId('payload').focus();
});
byId('help').addEventListener('click', () => byId('keys').showModal());
byId('file').addEventListener('click', () => byId('chooser').click());
byId('chooser').addEventListener('change', async (event) => {
  await take([...event.target.files]);
  event.target.value = '';
});
byId('share').addEventListener('click', async (event) => {
  const button = event.currentTarget;
  const label = button.lastElementChild;
  await address();
  let word;
  if (tooLong) word = 'Too large for an address';
  else {
    try {
      await navigator.clipboard.writeText(location.href);
      word = 'Address copied';
    } catch {
      word = 'Copy the address bar';
    }
  }
  label.textContent = word;
  say(word);
  setTimeout(() => { label.textContent = 'Share'; }, 1800);
});

addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('is-dropping');
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) document.body.classList.remove('is-dropping');
});
addEventListener('drop', async (event) => {
  event.preventDefault();
  document.body.classList.remove('is-dropping');
  const files = [...event.dataTransfer.files];
  if (files.length) await take(files);
  else if (event.dataTransfer.getData('text')) change({ text: event.dataTransfer.getData('text'), kind: 'auto' });
});

/** Files that were chosen or dropped: definitions are kept, the last other one is the payload. */
async function take(files) {
  let ddfs = state.ddfs, payload;
  for (const file of files.slice(0, 32)) {
    if (file.size > MAX_BYTES) {
      say(`${file.name} is larger than ${size(MAX_BYTES)}B`);
      byId('problem').replaceChildren(note('is-error', 'error', `${file.name} is too large.`, `The most is ${size(MAX_BYTES)}B.`));
      continue;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const text = textOf(bytes);
    const bare = text?.replace(/^\ufeff/, '') ?? '';
    if (/<LWM2M[\s>]/.test(bare) || (/\.xml$/i.test(file.name) && bare.trimStart().startsWith('<'))) {
      const ddf = await readDdf(file.name, bare);
      ddfs = [...ddfs.filter((other) => other.name !== ddf.name), ddf].slice(-8);
    } else payload = { bytes, text };
  }
  const part = { ddfs };
  if (payload) {
    const isText = payload.text !== undefined;
    Object.assign(part, { text: isText ? payload.text : hex(payload.bytes), kind: isText ? 'auto' : 'hex', format: undefined });
  }
  change(part);
  if (ddfs !== state.ddfs || part.ddfs.length) pane('g-val');
}

// Panes on a phone

function pane(id) {
  for (const other of ['g-in', 'g-val', 'g-fmt']) byId(other).classList.toggle('alt', other !== id);
  for (const tab of byId('panes').children) tab.setAttribute('aria-selected', String(tab.dataset.pane === id));
}

byId('panes').append(...[['g-in', 'Payload'], ['g-val', 'Values'], ['g-fmt', 'Formats']].map(([id, word]) => h('button', {
  type: 'button', role: 'tab', 'data-pane': id, 'aria-selected': String(id === 'g-in'), 'aria-controls': id, onclick: () => pane(id),
}, word)));

// The address

let timer, tooLong = false, own = location.hash;

function remember() {
  clearTimeout(timer);
  timer = setTimeout(address, 200);
}

async function address() {
  clearTimeout(timer);
  const part = await toAddress(state);
  tooLong = part === undefined;
  own = part ? `#${part}` : '#';
  history.replaceState(null, '', part ? `#${part}` : location.pathname + location.search);
  document.documentElement.dataset.address = tooLong ? 'too-long' : 'current';
}

async function load() {
  const loaded = await fromAddress(location.hash);
  loaded.ddfs = await Promise.all(loaded.ddfs.map(({ name, text }) => readDdf(name, text)));
  // Hex was written without blanks to be short.
  const input = read(loaded.text, loaded.kind);
  if (input.kind === 'hex' && input.bytes?.length) loaded.text = hex(input.bytes);
  change(loaded);
}

addEventListener('hashchange', () => {
  if (location.hash !== own) load();
});

if (location.hash.length > 1) await load();
else change({ text: EXAMPLES[0].text });
byId('start').hidden = true;
document.documentElement.dataset.ready = 'true';

// The values as a tree of objects, instances and resources; each row can be edited.

import { ids, objectFacts, resourceFacts } from './codec.js';
import { h, icon } from './dom.js';
import { count, editText, safe, timeText, unit, valueText } from './words.js';

/** So many rows are drawn at once. */
const ROWS = 300;

/**
 * The tree: `[{ object, path, instances: [{ path, rows: [{ entry, index }] }] }]`, objects and instances in order of
 * first appearance; what stands above an instance is in an instance of its own path.
 */
export function grouped(entries) {
  const objects = new Map();
  entries.forEach((entry, index) => {
    const [object, instance] = ids(entry.path);
    const key = object === undefined ? '/' : `/${object}`;
    if (!objects.has(key)) objects.set(key, new Map());
    const parts = entry.path.split('/');
    const place = parts.length > 2 ? `/${object}/${instance ?? '-'}` : key;
    const instances = objects.get(key);
    if (!instances.has(place)) instances.set(place, []);
    instances.get(place).push({ entry, index });
  });
  return [...objects].map(([path, instances]) => ({
    path, instances: [...instances].map(([place, rows]) => ({ path: place, rows })),
  }));
}

/**
 * Draws the tree. `see` is `{ names, options, limit, broken }`; `act` has `edit(index, row)` and `remove(index)`.
 */
export function drawValues(entries, see, act) {
  const parts = [];
  let left = see.limit ?? ROWS;
  for (const { path, instances } of grouped(entries)) {
    if (left <= 0) break;
    const facts = path === '/' ? undefined : objectFacts(ids(path)[0], see.options);
    const name = path === '/' ? 'Everything' : facts?.name ?? `Object ${path.slice(1)}`;
    parts.push(h('div.pg-object', {},
      icon(facts || path === '/' ? 'object' : 'unknown'),
      h('b.clip', { title: name }, see.names ? safe(name) : path),
      h('span.path.end', {}, see.names ? path : '', facts ? `${see.names ? ', ' : ''}version ${facts.version ?? '1.0'}` : path === '/' ? '' : ', not registered')));
    for (const { path: place, rows } of instances) {
      if (place !== path) {
        const number = place.slice(path.length + 1);
        parts.push(h('div.pg-instance', {},
          h('span', {}, see.names ? (number === '-' ? 'New instance, its id left to the device' : `Instance ${number}`) : place),
          h('span.path.end', {}, see.names ? place : '')));
      }
      for (const { entry, index } of rows) {
        if (left-- <= 0) break;
        parts.push(drawRow(entry, index, { ...see, beside: rows }, act));
      }
    }
  }
  return { parts, left: Math.max(0, entries.length - (see.limit ?? ROWS)) };
}

function drawRow(entry, index, see, act) {
  const facts = resourceFacts(entry.path, see.options);
  const [, , resource, instance] = ids(entry.path);
  const name = resource === undefined ? entry.path : see.names ? facts?.name ?? `Resource ${resource}` : String(resource);
  const id = resource === undefined ? '' : instance === undefined ? String(resource) : `${resource}/${instance}`;
  const time = see.time ? '' : timeText(entry);
  const canEdit = !see.fixed && entry.type !== 'none' && entry.type !== 'delete';
  return h('div.res', {
    tabIndex: -1, role: 'option', 'aria-selected': 'false', 'data-e': index, 'data-test': 'value', 'data-path': entry.path,
    title: `${entry.path}${time ? `, ${time}` : ''}`,
    ondblclick: () => canEdit && act.edit(index),
  },
    h('span.clip.pg-name', { title: safe(name) }, safe(name), instance !== undefined && h('span.faint.narrow', {}, ` ${instance}`), time && h('small', {}, time)),
    h('span.path', {}, id),
    h('span.value', {}, h('b', { 'data-test': 'text', class: canEdit ? '' : 'faint' }, valueText(entry)), unitOf(entry, facts, see) && h('i', {}, unitOf(entry, facts, see))),
    h('span.res-do', {},
      h('span.tiny.faint', {}, entry.typed === false ? `${entry.type}?` : entry.type),
      canEdit && h('button.btn.btn-s.btn-icon.btn-quiet', {
        type: 'button', tabIndex: -1, 'aria-label': `Change ${entry.path}`, title: 'Change (Enter)', 'data-test': 'edit',
        onclick: (event) => { event.stopPropagation(); act.edit(index); },
      }, icon('write', true)),
      !see.fixed && h('button.btn.btn-s.btn-icon.btn-quiet', {
        type: 'button', tabIndex: -1, 'aria-label': `Remove ${entry.path}`, title: 'Remove (Delete)', 'data-test': 'remove',
        onclick: (event) => { event.stopPropagation(); act.remove(index); },
      }, icon('x', true))));
}

/** The field in which a value is edited, in place of its row. */
export function drawEditor(entry, see, { oncommit, oncancel }) {
  const facts = resourceFacts(entry.path, see.options);
  const hint = h('span.hint', { id: 'pg-edit-hint', role: 'status' }, `${entry.type}${facts?.range ? `, ${facts.range}` : ''}. Enter takes it, Escape leaves it.`);
  const input = entry.type === 'boolean'
    ? h('select.input', {}, h('option', { value: 'true' }, 'true'), h('option', { value: 'false' }, 'false'))
    : h('input.input', { spellcheck: false, autocomplete: 'off' });
  input.value = editText(entry);
  input.setAttribute('aria-label', `New value of ${entry.path}`);
  input.setAttribute('aria-describedby', 'pg-edit-hint');
  input.dataset.test = 'editor';
  const commit = () => {
    const problem = oncommit(input.value);
    if (problem) {
      input.setAttribute('aria-invalid', 'true');
      hint.textContent = `This must be ${problem}.`;
      hint.classList.add('is-error');
    }
  };
  return h('form.pg-edit', {
    onsubmit: (event) => { event.preventDefault(); commit(); },
    onkeydown: (event) => {
      if (event.key === 'Escape') { event.stopPropagation(); oncancel(); }
    },
  }, h('div.flex', {}, input, h('button.btn.btn-s.btn-primary', { type: 'submit', 'data-test': 'take' }, 'Take it'),
    h('button.btn.btn-s.btn-quiet', { type: 'button', onclick: oncancel }, 'Cancel')), hint);
}

/** The unit of a value: of its definition, else the one that the sensor itself names beside its measured values. */
function unitOf({ path, type }, facts, { beside = [] }) {
  if (facts?.units) return unit(facts.units);
  if (type !== 'float' || !MEASURED.has(ids(path)[2])) return '';
  const place = path.split('/').slice(0, 3).join('/');
  const named = beside.find(({ entry }) => entry.path === `${place}/5701` && entry.type === 'string');
  return named ? unit(named.entry.value) : '';
}

/** Sensor Value, and the least and largest of it. Source: OMA registry, common resources. */
const MEASURED = new Set([5700, 5601, 5602, 5603, 5604]);

/** When all of them were measured, if the payload says one time for all. */
export function commonTime(entries) {
  const time = entries.length ? timeText(entries[0]) : '';
  return time && entries.every((entry) => timeText(entry) === time) ? time : '';
}

/** What is known of the selected value. */
export function drawSelected(entry, bytes, see) {
  const facts = resourceFacts(entry.path, see.options);
  const units = unitOf(entry, facts, { beside: see.entries.map((other) => ({ entry: other })) });
  const operations = { '': 'for bootstrap servers only', R: 'read', W: 'write', RW: 'read, write', E: 'execute' };
  const pairs = [
    ['Name', facts?.name ?? 'not in the definitions that are known here'],
    ['Type', entry.typed === false ? `${entry.type}, as the payload shows it` : entry.type],
    ['Value', h('span', {}, h('b', {}, valueText(entry)), units ? ` ${safe(units)}` : '')],
    ['Measured', timeText(entry)],
    ['Range', facts?.range],
    ['Operations', facts && operations[facts.operations]],
    ['Bytes', bytes && h('span.mono', {}, bytes)],
  ];
  return h('dl.pairs', {}, pairs.filter(([, value]) => value).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

/** Links, in the place of values. */
export function drawLinks(links) {
  return links.slice(0, ROWS).map(({ target, attributes }) => h('div.res.pg-link', { 'data-test': 'link' },
    h('b.mono.clip', { title: target }, safe(target)),
    h('span.small.muted.clip', {}, Object.entries(attributes).map(([name, value]) => (value === true ? name : `${name}=${safe(value)}`)).join('; ') || 'no attributes')));
}

export const summary = (entries) => {
  const instances = new Set(entries.map((entry) => entry.path.split('/').slice(0, 3).join('/')));
  return `${count(entries.length, 'value')} of ${count(instances.size, 'instance')}`;
};

export { ROWS };

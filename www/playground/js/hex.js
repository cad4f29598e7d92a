// The bytes and the list of fields: both drawn from the fields, linked by their numbers.

import { h } from './dom.js';
import { pair } from './input.js';
import { letter } from './words.js';

/** So many bytes and fields are drawn at once; a button draws the next ones. */
const BYTES = 2048, FIELDS = 400;

/** Eight bytes a line, each in the colour of its field. */
export function drawBytes(bytes, fields, errorAt, limit = BYTES) {
  const rows = [];
  const end = Math.min(bytes.length, limit);
  let n = 0;
  for (let start = 0; start < end; start += 8) {
    const row = h('div.hex-row', {}, h('span', {}, start.toString(16).padStart(4, '0')));
    let letters = '';
    for (let at = start; at < start + 8; at++) {
      if (at >= bytes.length) {
        row.append(h('span'));
        continue;
      }
      while (n < fields.length && fields[n].end <= at) n++;
      const field = fields[n];
      const inside = field && at >= field.start;
      const cell = h('span.b', {}, pair(bytes[at]));
      if (inside) {
        cell.classList.add(field.unread ? 'is-unread' : field.css);
        cell.dataset.f = n;
        if (at === field.start) cell.classList.add('first');
        if (at === field.end - 1) cell.classList.add('last');
      }
      if (at === errorAt) cell.classList.add('is-bad');
      row.append(cell);
      letters += letter(bytes[at]);
    }
    row.append(h('span', { 'aria-hidden': 'true' }, letters));
    rows.push(row);
  }
  return rows;
}

/** The fields in words. */
export function drawFields(fields, limit = FIELDS) {
  const listed = fields.map((field, n) => [field, n]).filter(([field]) => field.listed);
  const rows = listed.slice(0, limit).map(([field, n]) => h('div', {
    tabIndex: -1, role: 'option', 'data-f': n, class: field.bad ? 'is-bad' : field.unread ? 'is-unread' : '',
    'aria-selected': 'false', 'data-test': 'field',
  },
    h('i.swatch', { class: field.css }),
    h('span.muted', {}, field.title),
    h('span.mono.clip', { title: field.text }, field.text),
    h('span.path', {}, `${field.start.toString(16).padStart(4, '0')} +${field.end - field.start}`)));
  if (rows[0]) rows[0].tabIndex = 0;
  return { rows, left: listed.length - rows.length };
}

export { BYTES, FIELDS };

// The same values in every other format, with what it costs in bytes.

import { FORMATS, SINGLE, TEXTUAL, encode, errorOf, ids } from './codec.js';
import { h, icon } from './dom.js';
import { hex } from './input.js';
import { size } from './words.js';

/** The ETCH formats say the same as their SenML, but for wishes and deletions; they are shown when there are some. */
const ETCH = new Set([320, 322]);

/** Formats that have no place for a time. */
const TIMELESS = new Set([11542, 11544, 0, 42, 60]);

/**
 * The entries in each format: `[{ number, name, bytes?, note?, why? }]`; `path` is the path of the request. `payload` is
 * what there is in the format `current`, if all of it could be read.
 */
export function inEveryFormat(entries, path, options, current, payload) {
  const isEtch = entries.some((entry) => entry.type === 'delete' || entry.type === 'none');
  const one = entries.length === 1 && ids(entries[0].path).length >= 3;
  return FORMATS
    .filter(({ number }) => number !== 40)
    .filter(({ number }) => number === current || ((isEtch || !ETCH.has(number)) && (one || !SINGLE.has(number))))
    .map(({ number, name }) => ({
      number, name, ...(number === current && payload ? { bytes: payload, path } : written(number, entries, path, options)),
    }));
}

function written(number, entries, path, options) {
  let list = entries, note;
  if (TIMELESS.has(number) && entries.some(isTimed)) {
    list = entries.map(({ time, timeOffset, ...entry }) => entry);
    note = 'no time';
  }
  const base = SINGLE.has(number) ? entries[0]?.path ?? path : number === 11542 ? common(list, path) : path;
  if (number === 11542 && base === '/') return { why: entries.length ? 'one TLV is about one object, and these are several' : 'a TLV needs the path of an object' };
  let bytes;
  const error = errorOf(() => { bytes = encode(number, base, list, options); });
  return error ? { why: error.message } : { bytes, note, path: base };
}

const isTimed = (entry) => entry.time !== undefined || entry.timeOffset !== undefined;

/** The deepest path, down to an instance, that all entries lie below, if it is deeper than that of the request. */
function common(entries, path) {
  const asked = ids(path);
  if (asked.length >= 2 || entries.length === 0) return path;
  const parts = entries[0].path.split('/').slice(1, 3);
  const same = (depth) => entries.every((entry) => entry.path.split('/')[depth] === parts[depth - 1] && entry.path.split('/').length > depth);
  if (!same(1)) return path;
  return same(2) && parts[1] !== undefined && parts[1] !== '-' ? `/${parts[0]}/${parts[1]}` : `/${parts[0]}`;
}

/** Draws the list. `act` has `use(format)` and `copy(button, text)`. */
export function drawFormats(formats, current, broken, act) {
  const largest = Math.max(1, ...formats.map(({ bytes }) => bytes?.length ?? 0));
  return formats.map((format) => {
    const { number, name, bytes, note, why } = format;
    const isCurrent = number === current;
    const text = bytes && (TEXTUAL.has(number) ? new TextDecoder().decode(bytes) : hex(bytes.subarray(0, 96)));
    const fill = h('i', { class: `f-${number}` });
    fill.style.setProperty('width', `${100 * (bytes?.length ?? 0) / largest}%`);
    const about = why ? 'not possible' : isCurrent ? (broken ? 'what could be read' : 'this one') : note;
    return h('div.pg-format', { class: isCurrent ? 'is-current' : '', 'data-test': 'format', 'data-format': number },
      h('div.flex', {},
        why ? h('b.muted', {}, name) : h('button.as-link.strong', {
          type: 'button', 'data-test': 'use', onclick: () => act.use(format), disabled: isCurrent,
          title: isCurrent ? 'The payload is in this format' : `Go on with the payload in ${name}`,
        }, name),
        h('span.path', {}, String(number)), h('span.tiny.faint.clip', {}, about),
        bytes && h('span.end.nowrap', {}, h('b', {}, size(bytes.length)), h('span.muted', {}, ' B')),
        bytes && h('button.btn.btn-s.btn-icon.btn-quiet', {
          type: 'button', 'aria-label': `Copy ${name}`, title: `Copy ${name}`, 'data-test': 'copy',
          onclick: (event) => act.copy(event.currentTarget, TEXTUAL.has(number) ? text : hex(bytes, '')),
        }, icon('copy'))),
      why ? h('p.small.muted', {}, sentence(why))
        : [h('span.meter', {}, fill), h('div.mono.clip.faint.pg-line', {}, text || 'no bytes: nothing to say')]);
  });
}

export const sentence = (words) => {
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
};

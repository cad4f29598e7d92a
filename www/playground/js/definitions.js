// Definitions that were dropped on the page: what is odd about them, and a look at what they define.

import { readDefinition } from './codec.js';
import { h, icon } from './dom.js';
import { count, unit } from './words.js';
import { sentence } from './formats.js';

/** So many findings and resources are drawn. */
const ROWS = 200;

/** Reads a file: `{ name, text, findings, objects, error }`. */
export async function readDdf(name, text) {
  return { name, text, ...await readDefinition(name, text) };
}

const LOOK = { error: ['error', 'is-error'], warning: ['warning', 'is-pending'], note: ['help', ''] };

/** Draws one definition. `act` has `remove()` and `use(path)`. */
export function drawDdf({ name, findings, objects, error }, act) {
  const numbers = ['error', 'warning', 'note'].map((severity) => {
    const found = findings.filter((finding) => finding.severity.toLowerCase() === severity).length;
    return found && count(found, severity);
  }).filter(Boolean);
  return h('div.pg-ddf', { 'data-test': 'ddf' },
    h('div.flex', {}, icon('object'), h('b.clip', {}, name),
      h('span.small.muted.nowrap', {}, numbers.join(', ') || 'no findings'),
      h('button.btn.btn-s.btn-quiet.end', { type: 'button', onclick: act.remove, 'aria-label': `Forget ${name}` }, 'Forget')),
    error && h('p.note.is-error', {}, icon('error'), h('span', {}, sentence(error.message))),
    h('ul.pg-findings', {}, findings.slice(0, ROWS).map(({ severity, line, column, rule, message, help }) => {
      const [look, css] = LOOK[severity.toLowerCase()] ?? LOOK.note;
      return h('li', { class: css, 'data-test': 'finding' }, icon(look, true),
        h('span.path', {}, `${line}:${column}`),
        h('span', {}, sentence(message), help && h('span.muted', {}, ` ${sentence(help)}`), ' ', h('code.faint', {}, rule)));
    })),
    objects.map((object) => {
      const resources = Object.values(object.resources);
      return h('details', { open: objects.length === 1 },
        h('summary', {}, h('b', {}, object.name), h('span.path', {}, ` /${object.id}, version ${object.version ?? '1.0'}, ${count(resources.length, 'resource')}`)),
        h('div.pg-preview', {}, resources.slice(0, ROWS).map((resource) => [
          h('span.path', {}, String(resource.id)), h('span.clip', { title: resource.name }, resource.name),
          h('span.tiny.faint', {}, resource.operations || '–'), h('span.tiny.faint', {}, `${resource.type ?? 'none'}${resource.multiple ? ' ×n' : ''}`),
          h('span.tiny.faint.clip', {}, [resource.range, unit(resource.units)].filter(Boolean).join(' '))])),
        h('button.btn.btn-s', { type: 'button', onclick: () => act.use(`/${object.id}/0`) }, `Read payloads at /${object.id}/0`));
    }));
}

// Entries as a tree of plain objects, by id or by name.

import { object } from './lwm2m.js';

export function toTree(entries, options = {}) {
  const tree = {};
  // The times of what stands in the tree: the newest value stays.
  const times = new Map();
  const namer = options.names ? names(options) : undefined;
  for (const { path, type, value, time, timeOffset } of entries) {
    const steps = path === '/' ? [] : path.slice(1).split('/');
    const isValue = type !== 'none' && type !== 'delete';
    if (steps.length === 0 || type === 'delete') continue;
    const age = time === undefined && timeOffset === undefined ? Infinity : Number(time ?? timeOffset + 1e13);
    if (times.has(path) && age < times.get(path)) continue;
    if (isValue) times.set(path, age);
    let at = tree;
    const last = steps.length - 1;
    for (let level = 0; level < last; level++) {
      const key = namer ? namer(steps, level) : steps[level];
      if (typeof at[key] !== 'object' || at[key] === null || ArrayBuffer.isView(at[key])) at[key] = {};
      at = at[key];
    }
    const key = namer ? namer(steps, last) : steps[last];
    if (isValue) at[key] = value;
    else if (last < 2) at[key] ??= {};
  }
  return tree;
}

/** Gives the key of a step: the name of an object or a resource, where one is known and stands for one id only. */
function names(options) {
  const objects = new Map();
  const known = (id) => {
    let facts = objects.get(id);
    if (facts === undefined) {
      const definition = object(Number(id), options), resources = new Map(), seen = new Map();
      for (const { name } of Object.values(definition?.resources ?? {})) seen.set(name, (seen.get(name) ?? 0) + 1);
      for (const { id, name } of Object.values(definition?.resources ?? {})) {
        if (usable(name)) resources.set(String(id), seen.get(name) === 1 ? name : `${name} (${id})`);
      }
      objects.set(id, facts = { name: usable(definition?.name) ? definition.name : id, resources });
    }
    return facts;
  };
  return (steps, level) => {
    if (level === 0) return known(steps[0]).name;
    return level === 2 ? known(steps[0]).resources.get(steps[2]) ?? steps[2] : steps[level];
  };
}

// A name that is a number would stand for another id; the third one is no ordinary key.
const usable = (name) => !!name && !/^\d+$/.test(name) && name !== '__proto__';

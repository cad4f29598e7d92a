// The npm package as this page uses it: nothing about LwM2M is decided here or elsewhere in the page.

import {
  Lwm2mError, annotate, decode, decodeGroups as groups, encode, object, parseLinks as links, parsePath,
} from '../lwm2m/index.web.js';

export { annotate, encode, groups, links, parsePath };

/** The content formats that the page offers, in the order of its lists. */
export const FORMATS = [
  { number: 11542, name: 'TLV', short: 'tlv' },
  { number: 11544, name: 'LwM2M CBOR', short: 'lwm2m-cbor' },
  { number: 112, name: 'SenML CBOR', short: 'senml-cbor' },
  { number: 110, name: 'SenML JSON', short: 'senml-json' },
  { number: 11543, name: 'LwM2M JSON', short: 'lwm2m-json' },
  { number: 322, name: 'SenML-ETCH CBOR', short: 'senml-etch-cbor' },
  { number: 320, name: 'SenML-ETCH JSON', short: 'senml-etch-json' },
  { number: 60, name: 'CBOR', short: 'cbor' },
  { number: 0, name: 'Text', short: 'text' },
  { number: 42, name: 'Opaque', short: 'opaque' },
  { number: 40, name: 'Link format', short: 'link-format' },
];

export const formatName = (number) => FORMATS.find((format) => format.number === number)?.name ?? `Format ${number}`;

/** Formats that carry one value and nothing else. */
export const SINGLE = new Set([0, 42, 60]);

/** Formats of text. */
export const TEXTUAL = new Set([0, 40, 110, 320, 11543]);

// What the options of the page mean to the package. One object for as long as nothing changes: the package knows it again.
let known = { key: '', options: {} };

export function optionsOf({ strict, root, prefix, lwm2m, models }) {
  const key = JSON.stringify([strict, root, prefix, lwm2m]);
  if (known.key !== key || known.models !== models) {
    const options = { strict, root, prefix };
    if (models.length) options.models = models;
    // Core objects in the version that belongs to the release; the others in their newest.
    if (lwm2m) {
      options.versions = { lwm2m };
      for (let id = 0; id <= 27; id++) options.versions[id] = null;
    }
    known = { key, models, options };
  }
  return known.options;
}

/** The error of reading it strictly; undefined if there is none. */
export function strictError(format, path, bytes, options) {
  return errorOf(() => decode(format, path, bytes, { ...options, strict: true }));
}

/** The error of a call; undefined if there is none. */
export function errorOf(call) {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof Lwm2mError) return error;
    throw error;
  }
}

/** Whether a payload can be read so, and how well: the higher the better; 0 if not. */
export function fit(format, path, bytes, options) {
  let entries;
  try {
    entries = decode(format, path, bytes, options);
  } catch (error) {
    if (error instanceof Lwm2mError) return 0;
    throw error;
  }
  const typed = entries.filter((entry) => entry.typed !== false).length;
  return 1 + (entries.length ? typed / entries.length : 0);
}

// Definitions by id: asked for again and again while a page is drawn.
let objects = new Map(), objectsOf;

export function objectFacts(id, options) {
  if (objectsOf !== options) {
    objects = new Map();
    objectsOf = options;
  }
  if (!objects.has(id)) objects.set(id, object(id, options));
  return objects.get(id);
}

/** The ids in a path, as numbers; `-` of a new instance as undefined. */
export const ids = (path) => (path === '/' ? [] : path.slice(1).split('/').map((id) => (id === '-' ? undefined : Number(id))));

export function resourceFacts(path, options) {
  const [objectId, , resource] = ids(path);
  return resource === undefined ? undefined : objectFacts(objectId, options)?.resources[resource];
}

/** Reads a definition and says what is odd about it. Loads the second part of the package at the first call. */
export async function readDefinition(name, text) {
  const { lint, loadDdf } = await import('../lwm2m/ddf.web.js');
  const bytes = new TextEncoder().encode(text);
  const findings = lint(bytes, name);
  let objects = [];
  const error = errorOf(() => { objects = loadDdf(bytes).objects; });
  return { findings, objects, error };
}

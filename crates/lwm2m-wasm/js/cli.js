#!/usr/bin/env node
// npx lwm2m types 3303 3304: TypeScript types of objects, from the registry or from definitions of one's own.
import { readFileSync } from 'node:fs';
import { loadDdf } from './ddf.node.js';
import { object } from './index.node.js';

const HELP = `usage: lwm2m types [--numbers] [--dates] ID… | FILE.xml…

Prints TypeScript types of these objects: registered ones by id, or those of a DDF file.
  --numbers   integers as \`bigint: false\` gives them
  --dates     times as \`dates: true\` gives them

  npx lwm2m types 3303 3304 > objects.ts`;

function main(args) {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || command === '--help') return console.log(HELP);
  if (command !== 'types') throw `there is no command \`${command}\`\n\n${HELP}`;
  const flags = { numbers: false, dates: false };
  const objects = [];
  for (const arg of rest) {
    if (arg.startsWith('--')) {
      if (!(arg.slice(2) in flags)) throw `there is no option ${arg}\n\n${HELP}`;
      flags[arg.slice(2)] = true;
    } else if (/^\d+$/.test(arg)) {
      objects.push(object(Number(arg)) ?? fail(`no object ${arg} is registered; name a DDF file of it instead`));
    } else {
      objects.push(...loadDdf(readFileSync(arg)).objects);
    }
  }
  if (objects.length === 0) throw HELP;
  console.log(types(objects, flags));
}

function fail(why) {
  throw why;
}

/** The source text of the types of these objects. */
export function types(objects, { numbers = false, dates = false } = {}) {
  const of = {
    string: 'string', corelnk: 'string', float: 'number', boolean: 'boolean', opaque: 'Uint8Array', objlnk: 'ObjectLink',
    integer: numbers ? 'number | bigint' : 'bigint', unsigned: numbers ? 'number | bigint' : 'bigint',
    time: dates ? 'Date | number | bigint' : 'number | bigint',
  };
  const out = ['// Made by `npx lwm2m types`.', 'import type { ObjectLink } from "lwm2m";', ''];
  const taken = new Set(), names = [];
  for (const one of objects) {
    let name = identifier(one.name);
    if (taken.has(name)) name += `_${one.id}`;
    taken.add(name);
    names.push([one, name]);
    const resources = Object.values(one.resources).filter(({ type }) => type);
    const counts = new Map();
    for (const { name } of Object.values(one.resources)) counts.set(name, (counts.get(name) ?? 0) + 1);
    // As toTree names them.
    const key = (resource) => !usable(resource.name) ? String(resource.id)
      : counts.get(resource.name) === 1 ? resource.name : `${resource.name} (${resource.id})`;
    const type = (resource) => resource.multiple ? `Record<number, ${of[resource.type]}>` : of[resource.type];
    const about = (resource) => [
      resource.operations && `Operations ${resource.operations}.`, resource.units && `In ${resource.units}.`,
      resource.range && `Range ${resource.range}.`,
    ].filter(Boolean).join(' ').replaceAll('*/', '* /');
    const body = (name) => resources.map((resource) =>
      `  /** ${about(resource)} */\n  ${JSON.stringify(name(resource))}${resource.mandatory ? '' : '?'}: ${type(resource)};`);
    const title = `${one.name} (${one.id}), version ${one.version}`.replaceAll('*/', '* /');
    out.push(`/** ${title}: an instance, by the names of its resources. */`, `export interface ${name} {`, ...body(key), '}', '');
    out.push(`/** ${title}: an instance, by the ids of its resources. */`, `export interface ${name}ById {`,
      ...body(({ id }) => id), '}', '');
    const entries = resources.map((resource) =>
      `  | { path: \`/${one.id}/\${number}/${resource.id}${resource.multiple ? '/${number}' : ''}\`; `
      + `type: "${resource.type}"; value: ${of[resource.type]} }`);
    out.push(`/** ${title}: its entries. */`, `export type ${name}Entry =`, ...(entries.length ? entries : ['  never']), ';', '');
  }
  out.push('/** `toTree(entries, { names: true })` of these objects. */', 'export interface Objects {',
    ...names.map(([{ name, id }, type]) => `  ${JSON.stringify(usable(name) ? name : String(id))}?: Record<number, ${type}>;`), '}', '',
    '/** `toTree(entries)` of these objects. */', 'export interface ObjectsById {',
    ...names.map(([{ id }, type]) => `  ${id}?: Record<number, ${type}ById>;`), '}');
  return out.join('\n');
}

const usable = (name) => !!name && !/^\d+$/.test(name) && name !== '__proto__';

/** A name as TypeScript takes it: `ConnectivityMonitoring`. */
function identifier(name) {
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean).map((word) => word[0].toUpperCase() + word.slice(1));
  const joined = words.join('');
  return /^[A-Za-z]/.test(joined) ? joined : `Object${joined}`;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(typeof error === 'string' ? error : `lwm2m: ${error.message}`);
  process.exitCode = 1;
}

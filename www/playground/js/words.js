// Values and names as people read them.

import { hex, textOf } from './input.js';

const UNITS = { Cel: '°C', '/100': '%', '%': '%', C: '°C' };

/** A unit as people write it. */
export const unit = (units) => UNITS[units] ?? units ?? '';

/** Control, invisible and direction-changing characters as escapes. */
export function safe(text) {
  return text.replace(/[\0-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`);
}

/** The value of an entry in one line. */
export function valueText({ type, value }) {
  switch (type) {
    case 'string': case 'corelnk': return value === '' ? '(empty)' : safe(value);
    case 'opaque': return value.length ? hex(value.subarray(0, 64)) + (value.length > 64 ? ' …' : '') : '(no bytes)';
    case 'time': return moment(value);
    case 'objlnk': return value.object === 65535 && value.instance === 65535 ? 'none' : `${value.object}:${value.instance}`;
    case 'float': return float(value);
    case 'none': return 'no value';
    case 'delete': return 'to be deleted';
    default: return String(value);
  }
}

/** A value as it is edited. */
export function editText({ type, value }) {
  switch (type) {
    case 'opaque': return hex(value);
    case 'objlnk': return `${value.object}:${value.instance}`;
    case 'float': return float(value);
    case 'none': case 'delete': return '';
    default: return String(value);
  }
}

const float = (value) => (Object.is(value, -0) ? '-0' : String(value));

/** What a person typed as a value of that type; throws the words to show. */
export function parseValue(type, text) {
  const bare = text.trim();
  switch (type) {
    case 'string': case 'corelnk': return text;
    case 'integer': case 'unsigned':
      if (!/^[+-]?\d+$/.test(bare)) throw 'a whole number, such as 200';
      return BigInt(bare.replace('+', ''));
    case 'float': {
      const number = Number(bare);
      if (bare === '' || Number.isNaN(number)) throw 'a number, such as 25.5';
      return number;
    }
    case 'boolean':
      if (!/^(true|false|1|0)$/.test(bare)) throw 'true or false';
      return bare === 'true' || bare === '1';
    case 'opaque': {
      const digits = bare.replace(/\s/g, '');
      if (!/^([0-9a-f]{2})*$/i.test(digits)) throw 'pairs of hexadecimal digits, such as 01 ab ff';
      return Uint8Array.from(digits.match(/../g) ?? [], (byte) => parseInt(byte, 16));
    }
    case 'time': {
      if (/^-?\d+$/.test(bare)) return BigInt(bare);
      const date = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(bare) ? bare : `${bare.replace(' ', 'T')}Z`);
      if (Number.isNaN(date)) throw 'seconds since 1970, or a date such as 2026-11-23 12:00:00';
      return BigInt(Math.floor(date / 1000));
    }
    case 'objlnk': {
      const [, object, instance] = bare.match(/^(\d{1,5}):(\d{1,5})$/) ?? [];
      if (!(object <= 65535 && instance <= 65535)) throw 'an object and an instance, such as 3:0';
      return { object: Number(object), instance: Number(instance) };
    }
    default: throw 'a value';
  }
}

/** Seconds since 1970 as a date. */
export function moment(seconds) {
  const number = Number(seconds);
  if (!(Math.abs(number) <= 8.64e12)) return `${seconds} s`;
  const fraction = String(number).match(/\.\d+$/)?.[0] ?? '';
  return `${new Date(Math.floor(number) * 1000).toISOString().slice(0, 19).replace('T', ' ')}${fraction} UTC`;
}

/** When an entry was measured; empty if the payload does not say. */
export function timeText(entry) {
  if (entry.timeOffset !== undefined) {
    return entry.timeOffset <= 0 ? `${-entry.timeOffset} s before it arrived` : `${entry.timeOffset} s after it arrived`;
  }
  return entry.time === undefined ? '' : moment(entry.time);
}

export const count = (number, word, words = `${word}s`) => `${number.toLocaleString('en')} ${number === 1 ? word : words}`;

/** Bytes as a size. */
export function size(bytes) {
  return bytes < 10_000 ? bytes.toLocaleString('en') : `${(bytes / 1024).toFixed(1)} Ki`;
}

/** A byte as a character, or a dot. */
export const letter = (byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : byte === 32 ? ' ' : '·');

/** Bytes of a field as text if they are, else as hex. */
export const bytesText = (bytes) => (bytes.length && textOf(bytes) !== undefined ? safe(textOf(bytes)) : hex(bytes.subarray(0, 24)));

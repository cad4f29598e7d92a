// What people paste: hex in many costumes, base64 in two alphabets, JSON and link format as they are.

/** The most bytes that the page takes: as much as the codec reads at once. */
export const MAX_BYTES = 1 << 20;

/**
 * The bytes of what was pasted: `{ kind, bytes }`, or `{ kind, problem }`.
 * `kind` is `hex`, `base64` or `text`; with `auto` the first that fits.
 */
export function read(text, kind = 'auto') {
  const bare = text.trim();
  if (bare === '') return { kind: kind === 'auto' ? 'hex' : kind, bytes: new Uint8Array() };
  if (kind === 'text') return asText(text);
  if (kind === 'hex') return asHex(text);
  if (kind === 'base64') return asBase64(bare);
  if (/^[[{<]/.test(bare)) return asText(text);
  // What is a number or a word is a value as text, however well it would pass as base64.
  if (/^[+-]?\d{1,3}$|^[+-]?\d*\.\d+$|^(true|false)$/i.test(bare)) return asText(bare);
  const hex = asHex(text);
  if (hex.bytes) return hex;
  // Pairs with blanks between were meant to be hex, and the slip is worth telling.
  if (/^(?:[^\s<{["]{2}\s+){2,}[^\s]{1,2}$/.test(bare)) return hex;
  const base64 = asBase64(bare);
  if (base64.bytes && bare.replace(/\s/g, '').length >= 4) return base64;
  // So are mostly hexadecimal digits.
  const digits = bare.replace(/[^0-9a-f]/gi, '').length;
  if (digits > 8 && digits / bare.replace(/\s/g, '').length > 0.9) return hex;
  return asText(text);
}

function asText(text) {
  return { kind: 'text', bytes: new TextEncoder().encode(text) };
}

function asHex(text) {
  const digits = undump(text);
  const found = digits.search(/[^0-9a-f]/i);
  if (found >= 0) {
    return { kind: 'hex', problem: `“${digits[found]}” is no hexadecimal digit. Correct it, or say above how the payload is written.` };
  }
  if (digits.length % 2) {
    return { kind: 'hex', problem: `Two digits make a byte, and there are ${digits.length.toLocaleString('en')}: one is missing.` };
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let n = 0; n < bytes.length; n++) bytes[n] = parseInt(digits.slice(2 * n, 2 * n + 2), 16);
  return { kind: 'hex', bytes };
}

/** The digits of a line of hex, an array in a program or a hex dump with addresses and characters. */
function undump(text) {
  const dump = /^\s*(?:[0-9a-f]{4,8}[:\s]\s*)((?:[0-9a-f]{2}[\s-]?){1,4}(?:\s?[0-9a-f]{2}[\s-]?)*)(?:\s{2,}.*|\s*\|.*)?$/i;
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  // Addresses grow by the number of bytes: without that it is a line of hex.
  const addresses = lines.map((line) => parseInt(line.trim().match(/^[0-9a-f]{4,8}(?=[:\s])/i)?.[0] ?? 'x', 16));
  const isDump = lines.length > 0 && addresses[0] === 0
    && addresses.every((address, n) => n === 0 || address > addresses[n - 1])
    && (lines.length > 1 || /^\s*0{4,8}[:\s]/.test(lines[0])) && lines.every((line) => dump.test(line));
  const rows = isDump ? lines.map((line) => line.match(dump)[1]) : [text];
  return rows.join(' ').replace(/0x|\\x|%/gi, ' ').replace(/[\s,;:."'`\-–_[\](){}]+/g, '');
}

function asBase64(bare) {
  const digits = bare.replace(/\s/g, '').replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  const found = digits.search(/[^A-Za-z0-9+/]/);
  if (found >= 0) return { kind: 'base64', problem: `“${digits[found]}” is no digit of base64. Correct it, or say above how the payload is written.` };
  if (digits.length % 4 === 1) return { kind: 'base64', problem: 'Base64 ends too early: a digit is missing.' };
  return { kind: 'base64', bytes: Uint8Array.from(atob(digits), (letter) => letter.charCodeAt(0)) };
}

/** Bytes as text of that kind. Bytes that are no text become hex: `{ kind, text }`. */
export function write(bytes, kind) {
  if (kind === 'base64') return { kind, text: base64(bytes) };
  if (kind === 'text') {
    const text = textOf(bytes);
    if (text !== undefined) return { kind, text };
  }
  return { kind: 'hex', text: hex(bytes) };
}

/** Bytes as text, if that is what they are. */
export function textOf(bytes) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // Control characters do not come through a text field unharmed.
    return /[\0-\x08\x0b-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Pairs of digits with blanks between. */
export const hex = (bytes, between = ' ') => Array.from(bytes, (byte) => PAIRS[byte]).join(between);

export const pair = (byte) => PAIRS[byte];

function base64(bytes) {
  let letters = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    letters += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(letters);
}

/** Base64 for addresses: its other alphabet, without padding. */
export const base64url = (bytes) => base64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');

export function fromBase64url(text) {
  return asBase64(text).bytes;
}

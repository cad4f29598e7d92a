// Elements from data. Text only ever becomes text.

/** An element: `h('button.btn', { type: 'button', onclick }, 'Text', child)`. */
export function h(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class') element.className += ` ${value}`;
    else if (key in element && key !== 'list') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** An icon of the sprite in the page. What it stands in has a name; it has none. */
export function icon(name, small = false) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', small ? 'icon icon-s' : 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** The element with that id. */
export const byId = (id) => document.getElementById(id);

/** Copies text and says so in the button for a moment. */
export async function copyFrom(button, text) {
  const label = button.getAttribute('aria-label') ?? button.textContent;
  let word = 'Copied';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    word = 'Your browser does not allow copying';
  }
  say(`${word}: ${label}`);
  button.classList.add(word === 'Copied' ? 'is-copied' : 'is-refused');
  setTimeout(() => button.classList.remove('is-copied', 'is-refused'), 1200);
}

/** Tells what happened to who listens rather than looks. */
export function say(words) {
  byId('said').textContent = words;
}

// The theme before anything else; then the page, or in words why there is none.

const root = document.documentElement;
const KEY = 'footbridge.theme';

try {
  const theme = localStorage.getItem(KEY);
  if (theme) root.dataset.theme = theme;
} catch { /* a browser without storage follows the system */ }

document.getElementById('theme').addEventListener('click', () => {
  const now = root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  root.dataset.theme = now === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, root.dataset.theme);
  } catch { /* then only until the page is left */ }
});

import('./app.js').then(
  () => { document.getElementById('start').hidden = true; },
  (error) => {
    console.error(error);
    document.getElementById('start').textContent = `The playground could not start: ${error.message}. `
      + 'A current browser with WebAssembly is needed, and the page must come from a web server, not from a file.';
  },
);

// Builds the page with one bundler: node bundle.mjs vite|esbuild|webpack|workerd FOLDER
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [bundler, out] = process.argv.slice(2);
const dist = dirname(fileURLToPath(import.meta.resolve('lwm2m/lwm2m.wasm')));
mkdirSync(out, { recursive: true });

const build = {
  async vite() {
    const { build } = await import('vite');
    await build({
      root: here, base: './', logLevel: 'warn', configFile: false,
      build: { outDir: out, emptyOutDir: true, target: 'esnext', rolldownOptions: { input: join(here, 'bundled.html') } },
    });
  },
  async webpack() {
    const { default: webpack } = await import('webpack');
    await new Promise((done, failed) => webpack({
      mode: 'production', context: here, entry: './page.js', output: { path: out, filename: 'page.js', module: true },
      experiments: { outputModule: true },
    }, (error, stats) => error || stats.hasErrors() ? failed(error ?? new Error(stats.toString())) : done()));
    copyFileSync(join(here, 'bundled.html'), join(out, 'bundled.html'));
  },
  async esbuild() {
    const { build } = await import('esbuild');
    await build({ entryPoints: [join(here, 'page.js')], bundle: true, format: 'esm', outfile: join(out, 'page.js'), logLevel: 'warning' });
    // esbuild leaves `new URL(…, import.meta.url)` as it is: the files stand beside the bundle.
    for (const name of ['lwm2m.wasm', 'registry.bin', 'ddf.wasm']) copyFileSync(join(dist, name), join(out, name));
    copyFileSync(join(here, 'bundled.html'), join(out, 'bundled.html'));
  },
  async bench() {
    const { build } = await import('esbuild');
    await build({ entryPoints: [join(here, 'bench-page.js')], bundle: true, format: 'esm', outfile: join(out, 'page.js'), logLevel: 'warning' });
    for (const name of ['lwm2m.wasm', 'registry.bin']) copyFileSync(join(dist, name), join(out, name));
    copyFileSync(join(here, 'bundled.html'), join(out, 'bundled.html'));
  },
  async workerd() {
    const { build } = await import('esbuild');
    await build({
      entryPoints: [join(here, 'worker.js')], bundle: true, format: 'esm', conditions: ['workerd'],
      external: ['*.wasm', '*.bin'], outfile: join(out, 'worker.js'), logLevel: 'warning',
    });
    for (const name of ['lwm2m.wasm', 'registry.bin', 'ddf.wasm']) copyFileSync(join(dist, name), join(out, name));
    copyFileSync(join(here, 'worker.capnp'), join(out, 'worker.capnp'));
  },
};
await build[bundler]();

/** Builds `index.html`, the theory lab and the benchmark page into `dist/`: static files that work from any path of any host. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const SHARED =
  /www\/(knobs\/|views\/(figure|marks|plot|scales|style)\b|(knobs|protocol|state|theme|typed|url|values)\b)|node_modules\/(lit|@lit)/;

export default defineConfig({
  root: path('..'),
  base: './',
  publicDir: path('public'),
  cacheDir: path('node_modules/.vite'),
  worker: { format: 'es' },
  build: {
    outDir: path('../dist'),
    emptyOutDir: true,
    // Every browser with WebAssembly SIMD and module workers.
    target: 'es2022',
    // The page's Content-Security-Policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // `cargo xtask` reads from it what the first load fetches.
    manifest: true,
    rolldownOptions: {
      input: { index: path('../index.html'), lab: path('../lab.html'), bench: path('bench.html') },
      // What the explorer's first load shares with the lab, in one piece: many small ones compress worse.
      output: { codeSplitting: { groups: [{ name: 'shared', test: SHARED, minShareCount: 2 }] } },
    },
  },
});

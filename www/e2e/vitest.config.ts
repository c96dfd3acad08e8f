/**
 * Tests in a real browser, on the built page. `cargo xtask test --only e2e` serves it and names both in the
 * environment (SDL_URL, CHROME); everything after `--` comes here, such as a file's name.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  cacheDir: fileURLToPath(new URL('../node_modules/.vite-e2e', import.meta.url)),
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['**/*.test.ts'],
    environment: 'node',
    // Two training runs keep two cores busy: one page at a time.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});

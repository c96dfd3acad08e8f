/** Unit tests: beside the sources, run by Node, without a browser. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'pkg/**', 'e2e/**'],
    environment: 'node',
  },
});

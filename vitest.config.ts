import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    testTimeout: 45_000,
    hookTimeout: 45_000,
    maxWorkers: 2,
  },
});

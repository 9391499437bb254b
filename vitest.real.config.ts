import { defineConfig } from 'vitest/config';

/** Tests against servers that take long to install: `npm run test:probes`. What they answered is recorded for `npm test`. */
export default defineConfig({
  test: {
    include: ['test/**/*.real.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Slow fault cases run in `npm run test:faults`; see test/faults/harness.ts.
    exclude: ['test/bench/**', 'test/faults/**/*.slow.test.ts', 'test/faults/**/*.long.test.ts'],
    testTimeout: 45_000,
    hookTimeout: 45_000,
    maxWorkers: 2,
    provide: { faultSeed: null },
  },
});

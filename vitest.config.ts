import { defineConfig } from 'vitest/config';

/** Rooms whose tests leave nothing behind in a module: their files share the modules of a worker, which halves their cost. */
const SHARING = [
  ...[
    'activity',
    'app',
    'calendar',
    'cli',
    'config',
    'decide',
    'deploy',
    'docs',
    'faults',
    'fleet',
    'monitoring',
    'notify',
  ],
  ...[
    'policy',
    'providers',
    'queue',
    'recording',
    'simulation',
    'simulator',
    'store',
    'system',
    'telemetry',
    'web',
    'work',
  ],
  'yaml',
].map((room) => `test/${room}/**/*.test.ts`);
/** Slow fault cases run in `npm run test:faults`; see test/faults/harness.ts. */
const ELSEWHERE = ['test/bench/**', 'test/faults/**/*.slow.test.ts', 'test/faults/**/*.long.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 45_000,
    hookTimeout: 45_000,
    // One more than the two cores: much of the time a test waits for a daemon, a server or a clock.
    maxWorkers: 3,
    provide: { faultSeed: null },
    projects: [
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: [...ELSEWHERE, ...SHARING] } },
      { extends: true, test: { name: 'sharing', include: SHARING, exclude: ELSEWHERE, isolate: false } },
    ],
  },
});

import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';

// `npm run test:faults`: every fault case, or with --long only the long run. What else stands on the line are parts of file
// names; -t takes a part of a test's name, as vitest's own does.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string' },
    testNamePattern: { type: 'string', short: 't' },
  },
});
const seed = values.seed === undefined ? null : Number(values.seed);
if (seed !== null && !Number.isSafeInteger(seed)) {
  process.stderr.write(`--seed is a whole number, not "${values.seed}"\n`);
  process.exit(2);
}
const LONG = 'test/faults/**/*.long.test.ts';
await startVitest('test', positionals, {
  watch: false,
  // Not the one of `npm test`, whose parts name their own files.
  config: false,
  testTimeout: 45_000,
  hookTimeout: 45_000,
  maxWorkers: 2,
  include: [values.long ? LONG : 'test/faults/**/*.test.ts'],
  exclude: values.long ? [] : [LONG],
  provide: { faultSeed: seed },
  ...(values.testNamePattern === undefined ? {} : { testNamePattern: values.testNamePattern }),
});

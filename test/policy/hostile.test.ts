import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../../src/policy/compile.ts';
import { cpuTime } from '../yaml/cpu-time.ts';
import { OPTIONS } from './support.ts';

const WORDS = [
  'policies',
  'calendars',
  'name',
  'match',
  'when',
  'do',
  'all',
  'not',
  'labels',
  'status',
  'during',
  'cron',
  'idleFor',
  'renew',
  'periods',
  'notify',
  'limits',
  'percent',
  '__proto__',
  'constructor',
  'cn.workdays',
];
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    ...WORDS,
    'Mon-Fri 08:00-09:00',
    '* * * * *',
    '30m',
    '10%',
    'stop',
    'p',
    null,
    true,
    0,
    1,
    -1,
    1.5,
    1e300,
  ),
  fc.string({ maxLength: 12 }),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...WORDS), tie('tree'), { maxKeys: 5 }),
  ),
}));
const policy = fc.record(
  {
    name: leaf,
    match: tree,
    when: fc.oneof(
      tree,
      fc.dictionary(fc.constantFrom('during', 'cron', 'idleFor', 'statusFor', 'balanceBelow', 'timezone'), leaf),
    ),
    do: fc.oneof(tree, fc.constantFrom('stop', 'notify')),
    limits: tree,
    notice: leaf,
    afterwards: leaf,
  },
  { requiredKeys: [] },
);

test('whatever the tree, a policy file is compiled or refused with places', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  fc.assert(
    fc.property(fc.array(policy, { maxLength: 3 }), tree, (policies, calendars) => {
      // JSON is YAML.
      const text = JSON.stringify({ policies, calendars }, null, 1);
      const result = compile([{ file: 'p.yaml', text }], OPTIONS);
      if (result.ok) return;
      expect(result.errors.length).toBeGreaterThan(0);
      const lines = text.split('\n');
      for (const { line, column, message } of result.errors) {
        expect(message).toMatch(/\S/);
        expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? -1) + 1);
      }
    }),
    { numRuns: 500 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
});

test('500 policies are compiled in little time', () => {
  const policies = Array.from(
    { length: 500 },
    (_, i) =>
      `  - name: p${i}\n    match: { name: "a${i}-*", labels: { env: dev } }\n    when: { during: "Mon-Fri 08:${String(i % 60).padStart(2, '0')}-21:00", idleFor: 1h }\n    do: stop\n`,
  );
  const text = `policies:\n${policies.join('')}`;
  const took = cpuTime(() => {
    const result = compile([{ file: 'p.yaml', text }], OPTIONS);
    expect(result.ok ? result.set.policies.length : result.errors).toBe(500);
  });
  // About 200 ms.
  expect(took).toBeLessThan(2_000);
});

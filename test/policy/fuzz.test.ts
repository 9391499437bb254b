import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compile } from '../../src/policy/compile.ts';
import { inherited, type Spoiling, spoiling, spoilt } from '../support/mutate.ts';
import { cpuTime } from '../yaml/cpu-time.ts';
import { OPTIONS } from './support.ts';

const SEED = 20_251_122;
/** Of one file with all its mistakes. */
const MOST_CPU_MS = 800;
const FOLDER = new URL('../../policies/', import.meta.url);
/** The policies that we ship, as people begin with them. */
const SHIPPED = readdirSync(FOLDER)
  .filter((name) => /(?<!\.test)\.yaml$/.test(name))
  .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'));

const UNKNOWN = { ...OPTIONS, accounts: null, notifiers: null };

/** Compiles it, and holds what comes of it against what is promised. `true`: it was taken. */
function check(text: string): boolean {
  let taken = false;
  const took = cpuTime(() => {
    const result = compile([{ file: 'p.yaml', text }], UNKNOWN);
    taken = result.ok;
    if (result.ok) {
      const names = result.set.policies.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const policy of result.set.policies) {
        expect(policy.name).toMatch(/^[a-z0-9-]+$/);
        expect(policy.steps.length).toBeGreaterThan(0);
        for (const ms of [policy.noticeMs, policy.minimumUptimeMs, policy.cooldownMs, policy.catchUpMs]) {
          expect(Number.isSafeInteger(ms) && ms >= 0).toBe(true);
        }
        for (const limit of Object.values(policy.limits ?? {})) {
          expect(limit === null || (Number.isFinite(limit) && limit > 0)).toBe(true);
        }
      }
      return;
    }
    const lines = text.split('\n');
    expect(result.errors.length).toBeGreaterThan(0);
    for (const { line, column, length, message } of result.errors) {
      expect(message).toMatch(/\S/);
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(length).toBeGreaterThanOrEqual(1);
    }
  });
  expect(took).toBeLessThan(MOST_CPU_MS);
  return taken;
}

test('shipped policies with other values, keys and shapes are taken as promised or refused with places', () => {
  const before = inherited();
  let taken = 0;
  fc.assert(
    fc.property(fc.nat(30), spoiling, (which, how) => {
      const data: unknown = parse(SHIPPED[which % SHIPPED.length] ?? '');
      if (check(spoilt(JSON.stringify(data, null, 1), how))) taken += 1;
    }),
    { numRuns: 250, seed: SEED },
  );
  expect(taken).toBeGreaterThan(5);
  expect(inherited()).toBe(before);
  expect('polluted' in {}).toBe(false);
});

/** Damages the text itself, whose comments, indents and quotes JSON has not. */
function damaged(text: string, damages: Spoiling['damages']): string {
  const asJson = spoilt(JSON.stringify(text), { changes: [], damages });
  try {
    const back: unknown = JSON.parse(asJson);
    return typeof back === 'string' ? back : asJson;
  } catch {
    return asJson.slice(1).replaceAll('\\n', '\n').replaceAll('\\"', '"');
  }
}

test('shipped policies with damaged text are taken as promised or refused with places', () => {
  const before = inherited();
  fc.assert(
    fc.property(fc.nat(30), spoiling, (which, { damages }) => {
      check(damaged(SHIPPED[which % SHIPPED.length] ?? '', damages));
    }),
    { numRuns: 250, seed: SEED },
  );
  expect(inherited()).toBe(before);
});

test('a map with the names of JavaScript in it is a map like any other', () => {
  const odd = '{ toString: null, valueOf: 1, length: -1, constructor: { prototype: { polluted: true } } }';
  const before = inherited();
  for (const key of ['account', 'provider', 'id', 'name', 'status', 'billing', 'labels', 'not']) {
    for (const value of [
      odd,
      `[${odd}]`,
      '{ length: 0 }',
      '{ length: 1000000000 }',
      '{ length: { a: 1 } }',
      '[{ length: [1] }]',
    ]) {
      expect(
        check(`policies:\n  - name: p\n    match: { ${key}: ${value} }\n    when: { idleFor: 1h }\n    do: stop\n`),
      ).toBe(false);
    }
  }
  expect(inherited()).toBe(before);
});

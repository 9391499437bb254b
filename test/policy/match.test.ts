import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Labels } from '../../src/fleet/label.ts';
import { PROVIDER_KINDS } from '../../src/fleet/provider-kind.ts';
import { BILLINGS, STATUSES } from '../../src/fleet/status.ts';
import { compileMatch } from '../../src/policy/compile-match.ts';
import { type MatchClauses, type MatchMap, matchGrammar } from '../../src/policy/match-grammar.ts';
import { instance } from './support.ts';

const match = (text: unknown) => compileMatch(matchGrammar.parse(text));

describe('what a match covers', () => {
  const CASES: readonly (readonly [object | 'all', Partial<Instance>, Labels, boolean])[] = [
    ['all', {}, {}, true],
    [{ name: 'dev-*' }, { name: 'dev-7' }, {}, true],
    [{ name: 'dev-*' }, { name: 'prod-7' }, {}, false],
    [{ name: ['a', 'b*'] }, { name: 'bc' }, {}, true],
    [{ name: 'DEV-1' }, { name: 'dev-1' }, {}, false],
    [{ account: 'chenyu' }, {}, {}, false],
    [{ provider: 'chenyu*' }, { provider: 'chenyu-v1' }, {}, true],
    [{ id: 'gpu-105b6*' }, {}, {}, true],
    [{ room: 'room-1??' }, {}, {}, true],
    // The label as well as the product key.
    [{ gpu: '*4090*' }, { gpu: 'NVIDIA 4090', gpuType: 'x' }, {}, true],
    [{ gpu: 'geforce_rtx_4090_*' }, {}, {}, true],
    [{ gpu: '*A100*' }, {}, {}, false],
    [{ status: ['running', 'starting'] }, { status: 'starting' }, {}, true],
    [{ status: 'unknown' }, { status: 'unknown' }, {}, true],
    [{ billing: 'hourly' }, { billing: 'unknown' }, {}, false],
    [{ billing: ['hourly', 'unknown'] }, { billing: 'unknown' }, {}, true],
    [{ labels: { env: 'dev' } }, {}, { env: 'dev' }, true],
    [{ labels: { env: 'dev' } }, {}, {}, false],
    [{ labels: { env: ['dev', 'test'], owner: 'w*' } }, {}, { env: 'test', owner: 'wang' }, true],
    [{ labels: { env: ['dev', 'test'], owner: 'w*' } }, {}, { env: 'test' }, false],
    [{ labels: { env: '*' } }, {}, {}, false],
    // Named like what every object has.
    [{ labels: { constructor: '*' } }, {}, {}, false],
    [{ labels: { constructor: 'Object' } }, {}, {}, false],
    [{ name: '*', not: { name: 'dev-1' } }, {}, {}, false],
    [{ name: '*', not: { name: 'dev-1', status: 'stopped' } }, {}, {}, true],
    [{ name: '*', not: [{ name: 'x' }, { labels: { keep: 'true' } }] }, {}, { keep: 'true' }, false],
    [{ not: { account: 'chenyu' } }, {}, {}, true],
    // What is unknown could be what is to be left alone.
    [{ not: { billing: 'monthly' } }, { billing: 'unknown' }, {}, false],
    [{ not: { status: 'running' } }, { status: 'unknown' }, {}, false],
    [{ not: { billing: 'monthly' } }, { billing: 'hourly' }, {}, true],
  ];
  test.each(CASES)('%j covers %j with %j: %s', (text, more, labels, answer) => {
    expect(match(text).instance(instance(more), labels)).toBe(answer);
  });
});

describe('which accounts a match reaches', () => {
  test.each([
    ['all', 'chenyu', 'chenyu', true],
    [{ name: 'x' }, 'chenyu', 'chenyu', true],
    [{ account: 'hxy-*' }, 'chenyu', 'chenyu', false],
    [{ provider: 'chenyu' }, 'old', 'chenyu-v1', false],
    [{ account: ['a', 'old'], provider: ['chenyu', 'chenyu-v1'] }, 'old', 'chenyu-v1', true],
    [{ not: { account: 'old' } }, 'old', 'chenyu-v1', false],
    // Leaves out some instances of the account only.
    [{ not: { account: 'old', name: 'x' } }, 'old', 'chenyu-v1', true],
  ] as const)('%j reaches %s: %s', (text, name, provider, answer) => {
    expect(match(text).account({ name, provider })).toBe(answer);
  });
});

describe('what afterwards covers: the same, whatever the status', () => {
  test.each([
    [{ status: 'running', name: 'dev-1' }, true],
    [{ status: 'running', name: 'dev-2' }, false],
    [{ name: 'dev-1', not: { status: 'stopped' } }, true],
    // Running it was covered, so it may have been stopped by this policy.
    [{ name: 'dev-*', not: { status: 'stopped', name: 'dev-1' } }, true],
    [{ name: 'dev-*', not: { name: 'dev-1' } }, false],
    ['all', true],
  ] as const)('%j: %s', (text, answer) => {
    expect(match(text).instanceWhateverStatus(instance({ status: 'stopped' }), {})).toBe(answer);
  });
});

test('a match reads back as one line', () => {
  const text = {
    provider: 'huixingyun',
    name: ['dev-*', 'test-*'],
    labels: { env: 'dev' },
    not: { name: 'dev-1', status: 'stopped' },
  };
  expect(match(text).text).toBe('provider=huixingyun name=dev-*|test-* labels.env=dev not(status=stopped name=dev-1)');
  expect(match('all').text).toBe('all');
  expect([match('all').all, match(text).all]).toEqual([true, false]);
});

describe('whatever is written', () => {
  const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
  const clauses = fc.record(
    {
      account: some('a', 'b', 'a*'),
      provider: some(...PROVIDER_KINDS),
      name: some('x', 'y*', '?'),
      status: some(...STATUSES),
      billing: some(...BILLINGS),
      labels: fc.dictionary(fc.constantFrom('env', 'owner'), some('dev', 'd*'), { minKeys: 1 }),
    },
    { requiredKeys: [] },
  );
  const instances = fc.record({
    account: fc.constantFrom('a', 'b', 'ab'),
    provider: fc.constantFrom(...PROVIDER_KINDS),
    name: fc.constantFrom('x', 'y', 'yz'),
    status: fc.constantFrom(...STATUSES),
    billing: fc.constantFrom(...BILLINGS),
  });
  const labels = fc.dictionary(fc.constantFrom('env', 'owner'), fc.constantFrom('dev', 'prod'));
  const matches: fc.Arbitrary<MatchMap> = fc
    .tuple(
      clauses,
      fc.array(
        clauses.filter((map) => Object.keys(map).length > 0),
        { maxLength: 2 },
      ),
    )
    .map(([map, not]) => (not.length > 0 ? { ...map, not } : map))
    .filter((map) => Object.keys(map).length > 0);

  /** Said as plainly as possible. */
  const glob = (patterns: readonly string[], text: string) =>
    patterns.some((each) =>
      each === '?' ? text.length === 1 : each.endsWith('*') ? text.startsWith(each.slice(0, -1)) : each === text,
    );
  const holds = (map: MatchClauses, one: Instance, given: Labels, maybe: boolean): boolean =>
    (map.account === undefined || glob(map.account, one.account)) &&
    (map.provider === undefined || glob(map.provider, one.provider)) &&
    (map.name === undefined || glob(map.name, one.name)) &&
    (map.status === undefined || map.status.includes(one.status) || (maybe && one.status === 'unknown')) &&
    (map.billing === undefined || map.billing.includes(one.billing) || (maybe && one.billing === 'unknown')) &&
    Object.entries(map.labels ?? {}).every(([key, values]) => given[key] !== undefined && glob(values, given[key]));
  const plainly = ({ not = [], ...map }: MatchMap, one: Instance, given: Labels) =>
    holds(map, one, given, false) && !not.some((each) => holds(each, one, given, true));

  test('the compiled match says what the plain reading says', () => {
    fc.assert(
      fc.property(matches, instances, labels, (text, more, given) => {
        const compiled = compileMatch(text);
        const one = instance(more);
        const answer = compiled.instance(one, given);
        expect(answer).toBe(plainly(text, one, given));
        // An account that is not reached has no instance that is covered.
        if (answer) expect(compiled.account({ name: one.account, provider: one.provider })).toBe(true);
        // Whatever is covered in some status is covered whatever the status.
        const inSomeStatus = STATUSES.some((status) => compiled.instance({ ...one, status }, given));
        if (inSomeStatus) expect(compiled.instanceWhateverStatus(one, given)).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });
});

import { nearestWord } from '../fleet/nearest-word.ts';
import type { Policy } from '../policy/policy.ts';
import { namesInTest, type PolicyTestParts } from '../policy/test-grammar.ts';
import { clockText } from './clause-stands.ts';
import { idsOf, isMany, momentOf } from './given-fleet.ts';
import type { TestGround } from './policy-test.ts';

type Path = readonly PropertyKey[];

/** Something in a test that makes no sense, with where it stands in the test. */
export interface Senseless {
  readonly path: Path;
  readonly message: string;
}

/** What a test is held against. */
export type TestSurroundings = Pick<TestGround, 'accounts' | 'policies' | 'zone'>;

/** Names in a test that stand for nothing; of a test that is not all right, too. */
export function strangeNames(written: unknown, { accounts, policies }: TestSurroundings): readonly Senseless[] {
  const strange: Senseless[] = [];
  const test = namesInTest.parse(written);
  const check = (what: string, name: string | undefined, known: readonly string[], path: Path, shown = known) => {
    if (name === undefined || known.includes(name)) return;
    const near = nearestWord(name, known);
    const there = shown.length === 0 ? 'there is none' : `there are ${shown.join(', ')}`;
    strange.push({
      path,
      message: `there is no ${what} "${name}"; ${near === null ? there : `did you mean "${near}"?`}`,
    });
  };
  const known = { accounts: accounts.map(({ name }) => name), policies: policies.map(({ name }) => name) };
  const account = (name: string | undefined, path: Path) => check('account', name, known.accounts, path);
  const policy = (name: string | undefined, path: Path) => check('policy', name, known.policies, path);
  const { fleet } = test;
  const given = Object.keys(fleet ?? {});
  const machines = given.flatMap(idsOf);
  // Of many alike the test itself says how they are called.
  const machine = (id: string | undefined, path: Path) => {
    if (fleet !== undefined) check('machine', id, machines, path, given);
  };
  for (const [index, name] of test.policies.entries()) policy(name, ['policies', index]);
  for (const [id, each] of Object.entries(fleet ?? {})) {
    account(each?.account, ['fleet', id, 'account']);
    policy(each?.stoppedBy, ['fleet', id, 'stoppedBy']);
    if (isMany(id) && idsOf(id).length === 1)
      strange.push({
        path: ['fleet', id],
        message: `"${id}" gives no machines: the lower number first, and at most 1000`,
      });
  }
  for (const name of Object.keys(test.accounts)) account(name, ['accounts', name]);
  for (const [index, event] of test.timeline.entries()) {
    const path = ['timeline', index];
    for (const id of Object.keys(event.set)) machine(id, [...path, 'set', id]);
    for (const name of Object.keys(event.accounts)) account(name, [...path, 'accounts', name]);
    machine(event.hold.instance, [...path, 'hold', 'instance']);
    machine(event.personStarts, [...path, 'personStarts']);
  }
  for (const key of ['expect', 'never'] as const) {
    for (const [index, each] of test[key].entries()) {
      machine(each.instance, [key, index, 'instance']);
      policy(each.policy, [key, index, 'policy']);
    }
  }
  return strange;
}

/**
 * What else makes no sense: what happens or is expected outside of the test, or stands in another order than it happens,
 * and a test that could not fail. Nothing can be run before these are mended.
 * @param test what is right of it
 * @param isWhole is nothing left out of it because it is wrong? What depends on it is not judged.
 */
export function senselessIn(test: PolicyTestParts, around: TestSurroundings, isWhole = true): readonly Senseless[] {
  return [...oddTimes(test, around), ...(isWhole ? whyItCannotFail(test, around) : [])];
}

function oddTimes(test: PolicyTestParts, { zone }: TestSurroundings): readonly Senseless[] {
  const { now, for: length, timeline = [], expect = [] } = test;
  if (now === undefined || length === undefined) return [];
  const odd: Senseless[] = [];
  const from = momentOf(now, 0, zone);
  const until = from + length;
  let latest = from;
  for (const [key, items] of Object.entries({ timeline, expect })) {
    for (const [index, { at, after }] of items.entries()) {
      if (at === undefined && after === undefined) continue;
      const moment = at === undefined ? from + (after ?? 0) : momentOf(at, from, zone);
      const say = (message: string) => odd.push({ path: [key, index, at === undefined ? 'after' : 'at'], message });
      if (moment < from) say(`the test begins at ${clockText(from, zone)}, after that`);
      else if (moment >= until) say(`the test ends at ${clockText(until, zone)}, before that`);
      else if (key === 'timeline' && moment < latest)
        say(`what stands above it happens later, at ${clockText(latest, zone)}; write the earlier first`);
      else if (key === 'timeline') latest = moment;
    }
  }
  return odd;
}

/** Could anything come out otherwise than the test says? */
function whyItCannotFail(test: PolicyTestParts, around: TestSurroundings): readonly Senseless[] {
  const { expect = [], never = [], others, fleet = {}, policies: asked } = test;
  if (expect.length > 0) return [];
  const policies = around.policies.filter(({ name, enabled }) => enabled && asked?.includes(name) !== false);
  const hasMachines = Object.keys(fleet).length > 0;
  const deciding = policies.filter(({ scope }) => hasMachines || scope === 'account');
  const cannot = (why: string) => [{ path: ['name'], message: `this test cannot fail: it expects nothing, ${why}` }];
  if (policies.length === 0) return cannot('and its policies are turned off');
  if (deciding.length === 0) return cannot('has no machine, and none of its policies is about accounts');
  if (never.length > 0) return [];
  if (others === 'allowed') return cannot('and others: allowed takes whatever comes');
  return deciding.some(acts)
    ? []
    : cannot('and its policies do nothing but tell; what must not be told stands under never');
}

/** May it do something, besides telling? */
function acts({ mode, steps }: Policy): boolean {
  return mode === 'enforce' && steps.some(({ kind }) => kind !== 'notify');
}

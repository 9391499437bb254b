import { expect, test } from 'vitest';
import { historyOfAll } from '../../../src/decide/histories.ts';
import { HOUR as DECIDE_HOUR, NOON, TestHistory } from '../../decide/kit.ts';
import { after, days, HOUR } from './support.ts';

const FLEET = `
fleet:
  one: { account: hxy, count: 3, gpuType: card, workload: idle }
  two: { account: chenyu, count: 3, gpuType: card, billing: hourly, workload: idle }
`;
const policy = (limits: string) =>
  `  - { name: night, match: all, when: { during: "Mon-Sun 20:00-24:00" }, do: stop, limits: ${limits} }\n`;

async function stops(limits: string) {
  const simulation = await days(policy(limits), FLEET);
  return {
    accounts: simulation.accounts.map(({ name }) => name),
    acts: simulation.coming.flatMap(({ kind, at, account }) => (kind === 'act' ? [{ at, account }] : [])),
  };
}

test('what a policy may do in an hour is counted over all accounts, as the ledger counts it', async () => {
  const { acts, accounts } = await stops('{ perHour: 2, percent: "100%" }');
  expect(acts.map(({ at }) => after(at).slice(0, 8))).toEqual([
    '0d 20:00',
    '0d 20:00',
    '0d 21:00',
    '0d 21:00',
    '0d 22:00',
    '0d 22:00',
  ]);
  expect(new Set(acts.map(({ account }) => account))).toEqual(new Set(['hxy', 'chenyu']));
  // Told in the order of the fleet all the same.
  expect(accounts).toEqual(['hxy', 'chenyu']);
});

test('what it may do to an account at once is counted on each', async () => {
  const { acts } = await stops('{ percent: "34%" }');
  const first = acts.filter(({ at }) => at < (acts[0]?.at ?? 0) + HOUR / 60);
  expect(first.map(({ account }) => account).sort()).toEqual(['chenyu', 'hxy']);
});

test('a history of several accounts answers for each by its own', () => {
  const [hxy, chenyu] = [new TestHistory(), new TestHistory()];
  hxy.acted.push({ policy: 'p', target: 'hxy/a', account: 'hxy', at: NOON });
  chenyu.acted.push({ policy: 'p', target: 'chenyu', account: 'chenyu', at: NOON - DECIDE_HOUR / 2 });
  hxy.set('p', 'hxy/a', 'once', 0, 'done');
  chenyu.set('p', 'hxy/a', 'once', 0, 'open');
  chenyu.openOn.set('chenyu/b', 'paid');
  chenyu.low.set('p|chenyu', 'low');
  const all = historyOfAll(
    new Map([
      ['hxy', hxy],
      ['chenyu', chenyu],
    ]),
  );
  expect(all.step('p', 'hxy/a', 'once', 0)).toBe('done');
  expect([all.lastActedAt('p', 'hxy/a'), all.lastActedAt('p', 'chenyu')]).toEqual([NOON, NOON - DECIDE_HOUR / 2]);
  expect([all.open('hxy/b'), all.open('chenyu/b')]).toEqual(['none', 'paid']);
  expect(all.actedAt('p', 'chenyu')).toEqual(chenyu.actedAt('p', 'chenyu'));
  expect(all.lowBalance('p', 'chenyu')).toBe(chenyu.lowBalance('p', 'chenyu'));
});

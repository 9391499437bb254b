import { describe, expect, test } from 'vitest';
import { type ReachAccount, reachOf, widened } from '../../src/decide/reach.ts';
import type { Account } from '../../src/fleet/account.ts';
import type { Labels } from '../../src/fleet/label.ts';
import { compile } from '../../src/policy/compile.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { instance, OPTIONS } from '../policy/support.ts';

const ACCOUNT: Account = {
  name: 'hxy',
  provider: 'huixingyun',
  baseUrl: 'https://api-v1.huixingyun.com',
  pollEveryMs: 60_000,
  requestsPerSecond: 5,
  actions: ['stop', 'cardless-stop', 'start', 'restart', 'snapshot', 'renew'],
  statusWords: new Map(),
  billingWords: new Map(),
  prices: new Map(),
  spendLimit: { perDayFen: 10_000, callsPerDay: 5 },
};

function policies(text: string): readonly Policy[] {
  const compiled = compile([{ file: 'p.yaml', text: `policies:\n${text}` }], {
    ...OPTIONS,
    accounts: null,
    notifiers: null,
  });
  if (!compiled.ok) throw new Error(renderAll(compiled.errors));
  return compiled.set.policies;
}

function fleet(change: Partial<Account> = {}, labels: Labels = {}, size = 2): readonly ReachAccount[] {
  const instances = Array.from({ length: size }, (_, i) => ({
    instance: instance({ account: 'hxy', provider: 'huixingyun', id: `m${i}`, name: i === 0 ? 'dev-0' : `prod-${i}` }),
    labels: i === 0 ? labels : {},
  }));
  return [{ account: { ...ACCOUNT, ...change }, instances }];
}

const policy = (more = '') => `
  - name: p
    mode: enforce
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00" }
    do: stop
    ${more}`;
const BASE = policy();

/** What becomes possible by going from one to the other. */
function opened(from: string, to: string, before = fleet(), after = before): readonly string[] {
  return widened(reachOf(policies(from), before), reachOf(policies(to), after));
}

describe('what widens reach', () => {
  test.each([
    ['a match that takes more in', BASE, BASE.replace('"dev-*"', '"*"'), ['stop hxy/m1']],
    [
      'a policy that is new',
      BASE,
      BASE + policy().replace('name: p', 'name: q').replace('do: stop', 'do: restart'),
      ['restart hxy/m0'],
    ],
    ['observe that becomes enforce', BASE.replace('enforce', 'observe'), BASE, ['stop hxy/m0']],
    ['a policy that is switched on', policy('enabled: false'), BASE, ['stop hxy/m0']],
    ['another action', BASE, BASE.replace('do: stop', 'do: cardless-stop'), ['cardless-stop hxy/m0']],
    [
      'a limit that goes',
      policy('limits: { perHour: 2, percent: "10%" }'),
      policy('limits: { percent: "10%" }'),
      ['stop hxy/m0 (2 an hour become any number)'],
    ],
    [
      'a limit that grows',
      policy('limits: { perPass: 1, percent: "10%" }'),
      policy('limits: { perPass: 2, percent: "10%" }'),
      ['stop hxy/m0 (1 a pass become 2)'],
    ],
    ['the default limits replaced', BASE, policy('limits: { percent: "100%" }'), ['stop hxy/m0 (1 a minute become 2)']],
    [
      'a limit that goes with a new name',
      policy('limits: { perHour: 2 }'),
      policy('limits: { perHour: 9 }').replace('name: p', 'name: q'),
      ['stop hxy/m0 (2 an hour become 9)'],
    ],
    [
      'renewals for longer',
      BASE.replace('do: stop', 'do: { renew: { periods: { daily: 1 } } }').replace(
        'during: "Mon-Sun 23:00-08:00"',
        'expiresWithin: 3h',
      ),
      BASE.replace('do: stop', 'do: { renew: { periods: { daily: 7 } } }').replace(
        'during: "Mon-Sun 23:00-08:00"',
        'expiresWithin: 3h',
      ),
      ['renew hxy/m0 (1 periods become 7)'],
    ],
  ])('%s', (_name, from, to, expected) => {
    expect(opened(from, to)).toEqual(expected);
    expect(opened(to, from).filter((entry) => expected.includes(entry))).toEqual([]);
  });

  test.each([
    ['a protection that is taken away', fleet({}, { protect: 'true' }), fleet(), ['stop hxy/m0']],
    ['an action that the account newly allows', fleet({ actions: ['renew'] }), fleet(), ['stop hxy/m0']],
    ['a spend limit where there was none', fleet({ spendLimit: null }), fleet(), ['pay hxy']],
    [
      'a spend limit that grows',
      fleet(),
      fleet({ spendLimit: { perDayFen: 20_000, callsPerDay: 5 } }),
      ['pay hxy (10000 fen a day become 20000)'],
    ],
    [
      'half a spend limit that goes',
      fleet(),
      fleet({ spendLimit: { perDayFen: 10_000, callsPerDay: null } }),
      ['pay hxy (5 calls a day become any number)'],
    ],
    ['an account that is new', [], fleet(), ['pay hxy', 'stop hxy/m0']],
    ['an account that was never listed', [], [{ account: ACCOUNT, instances: null }], ['pay hxy', 'stop hxy/*']],
  ])('%s', (_name, before, after, expected) => {
    expect(opened(BASE, BASE, before, after)).toEqual(expected);
  });
});

test.each([
  ['nothing', BASE, BASE],
  ['a match that takes less in', BASE.replace('"dev-*"', '"*"'), BASE],
  ['conditions', BASE, BASE.replace('23:00-08:00', '00:00-24:00')],
  ['another name', BASE, BASE.replace('name: p', 'name: other')],
  ['a limit that shrinks', policy('limits: { perHour: 9 }'), policy('limits: { perHour: 2 }')],
  [
    'a policy that only observes',
    BASE,
    BASE + BASE.replace('name: p', 'name: q').replace('enforce', 'observe').replace('"dev-*"', '"*"'),
  ],
  [
    'a message',
    BASE,
    BASE + BASE.replace('name: p', 'name: q').replace('do: stop', 'do: notify').replace('"dev-*"', '"*"'),
  ],
  ['a policy that goes', BASE + BASE.replace('name: p', 'name: q'), BASE],
])('%s widens nothing', (_name, from, to) => {
  expect(opened(from, to)).toEqual([]);
});

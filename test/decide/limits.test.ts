import { expect, test } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import { asksArmed } from '../../src/decide/limits.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import { PROVIDER_KINDS } from '../../src/fleet/provider-kind.ts';
import type { Condition, Limits, Step } from '../../src/policy/policy.ts';
import { HOUR } from '../support/clock.ts';
import { account, policy, TestHistory, view, world } from './kit.ts';

const NONE: Limits = { perPass: null, perHour: null, percent: null };
const LIMITS = [null, { ...NONE, perPass: 1 }, { ...NONE, perHour: 1 }, { ...NONE, percent: 50 }];
const LONG: Condition = { kind: 'statusFor', status: null, ms: HOUR };

interface Case {
  readonly step: Step;
  readonly on?: Partial<Instance>;
}
const CASES: readonly Case[] = [
  { step: { kind: 'stop' } },
  { step: { kind: 'restart' } },
  { step: { kind: 'snapshot', name: 'x' } },
  { step: { kind: 'start' }, on: { status: 'stopped' } },
];

/** A history of which nobody has read what was armed lately. */
class Unread extends TestHistory {
  isAsked = false;
  override actedAt(): readonly number[] {
    this.isAsked = true;
    return [];
  }
}

test('what was armed lately is said to be asked for by just the limits that ask for it', () => {
  const asked: string[] = [];
  const said: string[] = [];
  for (const provider of PROVIDER_KINDS) {
    for (const { step, on = {} } of CASES) {
      for (const limits of LIMITS) {
        const history = new Unread();
        const each = policy({ steps: [step], conditions: [LONG], limits });
        evaluate([each], world([account([view({ provider, ...on })])], { history }));
        const what = `${step.kind} on ${provider} with ${JSON.stringify(limits)}`;
        if (history.isAsked) asked.push(what);
        if (asksArmed(each, provider)) said.push(what);
      }
    }
  }
  // chenyu v1 saves no images.
  expect(said.filter((what) => !what.startsWith('snapshot on chenyu-v1'))).toEqual(asked);
  expect(asked).toContain('start on chenyu with {"perPass":null,"perHour":null,"percent":50}');
});

import { expect, test } from 'vitest';
import { meaningsOf } from '../../src/app/meanings.ts';
import type { ActivityConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';
import { HOUR, MINUTE, policy } from '../decide/kit.ts';

const prometheus = { kind: 'prometheus', name: 'prometheus', url: 'http://p', query: [], judges: 'work' } as const;

function rule(fields: Partial<ActivityConfig> & { threshold?: number; token?: string } = {}): ActivityConfig {
  const { threshold = 5, token = 'one', ...rest } = fields;
  const match = policy().match;
  const probes = [{ ...prometheus, threshold, staleAfterMs: null, token: new Secret(token) }];
  return { match, everyMs: MINUTE, presenceMs: 2 * HOUR, probes, ...rest };
}

const idle = policy({ name: 'idle' });
const other = policy({ name: 'other', conditions: [{ kind: 'runningFor', ms: HOUR }] });
const of = (...activity: readonly ActivityConfig[]) => meaningsOf({ activity }, [idle, other]).map(({ hash }) => hash);

test('what idleness is found out by is part of what a policy means that asks for it, and of no other', () => {
  const [before, untouched] = of(rule());
  for (const changed of [of(rule({ threshold: 50 })), of(rule({ presenceMs: HOUR })), of(rule(), rule()), of()]) {
    expect(changed[0]).not.toBe(before);
    expect(changed[1]).toBe(untouched);
  }
});

test('how often is looked, and by which secret, makes no difference', () => {
  expect(of(rule({ everyMs: 5 * MINUTE, token: 'two' }))).toEqual(of(rule()));
});

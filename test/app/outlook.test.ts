import { beforeEach, expect, test } from 'vitest';
import { comingByInstance, Outlook } from '../../src/app/outlook.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import type { World } from '../../src/decide/world.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { account, during, hold, policy, view, world } from '../decide/kit.ts';

const WAIT_MS = 20_000;

let cause: string;
let policies: readonly Policy[];
let made: string[];
let worldOf: (name: string) => Promise<World | null>;
let stop: AbortController;
let outlook: Outlook;
beforeEach(() => {
  cause = 'nothing';
  policies = [policy({ name: 'dark', conditions: [during('Mon-Sun 23:00-08:00')] })];
  made = [];
  worldOf = () => Promise.resolve(world([account([view()])]));
  stop = new AbortController();
  outlook = new Outlook({
    names: () => ['hxy'],
    policies: () => policies,
    zone: () => zoneNamed('Asia/Shanghai'),
    cause: () => Promise.resolve(cause),
    world: (name) => {
      made.push(`${name} ${cause}`);
      return worldOf(name);
    },
    onPutOff: (error) => {
      throw error;
    },
    signal: stop.signal,
  });
});

const stopsIn = async (waitMs = WAIT_MS) =>
  [...comingByInstance((await outlook.look(waitMs)).values())].map(([key, coming]) => [key, coming[0]?.kind]);

test('is made once for all who ask, and kept for a while', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => stopsIn()));
  expect(all.every((each) => each[0]?.[1] === 'act')).toBe(true);
  await stopsIn();
  expect(made).toEqual(['hxy nothing']);
});

test('a hold counts at once, also where an outlook without it is still being made', async () => {
  const gate = Promise.withResolvers<void>();
  const without = world([account([view()])]);
  worldOf = async () => {
    await gate.promise;
    return without;
  };
  const early = outlook.look(WAIT_MS);
  while (made.length === 0) await new Promise((resolve) => setImmediate(resolve));
  cause = 'a hold';
  const held = world([account([view()])], { holds: hold('hxy/gpu-1', without.now + 86_400_000) });
  const later = stopsIn();
  worldOf = () => Promise.resolve(held);
  gate.resolve();
  await early;
  expect(await later).toEqual([['hxy/gpu-1', 'kept']]);
  expect(await stopsIn()).toEqual([['hxy/gpu-1', 'kept']]);
});

test('other policies count at once', async () => {
  await stopsIn();
  policies = [];
  expect(await stopsIn()).toEqual([]);
  expect(made).toHaveLength(2);
});

test('who does not wait is told what is known by then', async () => {
  const gate = Promise.withResolvers<World>();
  worldOf = () => gate.promise;
  expect([...(await outlook.look(0))]).toEqual([]);
  gate.resolve(world([account([view()])]));
  expect(await stopsIn()).toEqual([['hxy/gpu-1', 'act']]);
  expect(made).toHaveLength(1);
});

test('an account that was never listed has none, and one that cannot be read says so', async () => {
  worldOf = () => Promise.resolve(null);
  expect([...(await outlook.look(WAIT_MS))]).toEqual([]);
  worldOf = () => Promise.reject(new Error('Redis has gone'));
  await expect(outlook.look(WAIT_MS)).rejects.toThrow('Redis has gone');
  worldOf = () => Promise.resolve(world([account([view()])]));
  expect(await stopsIn()).toEqual([['hxy/gpu-1', 'act']]);
});

test('nothing is worked out any more once the daemon stops', async () => {
  stop.abort(new Error('the daemon stops'));
  await expect(outlook.look(WAIT_MS)).rejects.toThrow('the daemon stops');
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Recorded, RecordedPass } from '../../../src/app/recording/read-recording.ts';
import { PolicyShelf, policiesIn } from '../../../src/app/recording/replay.ts';
import { billOf, daysAsRecorded, type WhatIf, whatIf } from '../../../src/app/recording/what-if.ts';
import { HOUR, MINUTE, NOON } from '../../decide/kit.ts';
import { newFolder } from '../../support/folder.ts';
import { active, recording, ruledBy, type Then } from './passes.ts';

async function ask(policy: string, hours: number, then: (at: number) => Then = () => ({})): Promise<WhatIf> {
  const text = `policies:\n  - ${policy}\n`;
  const shelf = new PolicyShelf();
  return await whatIf(recording(hours, then), (rules) => shelf.of({ ...rules, files: [{ file: 'a.yaml', text }] }));
}

const STOP = '{ name: stop, match: all, when: { idleFor: 3h }, do: stop }';
const NOTHING = '{ name: nothing, match: all, when: { idleFor: 100d }, do: stop }';
const acts = ({ acts: all }: WhatIf) => all.map(({ at, action }) => [(at - NOON) / HOUR, action]);

test('what idled all day would have been stopped once, and is down from then on', async () => {
  const found = await ask(STOP, 10);
  expect(acts(found)).toEqual([[2, 'stop']]);
  expect(found.stops).toMatchObject([{ policy: 'stop', missedAt: null }]);
  expect(billOf(found)).toMatchObject({
    instances: 1,
    unpriced: 0,
    upMs: 2 * HOUR,
    recordedUpMs: 10 * HOUR,
    fen: expect.closeTo(400),
    recordedFen: expect.closeTo(2e3),
    paidFen: 0,
  });
});

test('work that was done there afterwards would have been in its way: somebody would have started it', async () => {
  const found = await ask(STOP, 10, (at) => (at >= NOON + 6 * HOUR ? { activity: active(at) } : {}));
  expect(acts(found)).toEqual([[2, 'stop']]);
  expect(found.stops).toMatchObject([{ missedAt: NOON + 6 * HOUR }]);
  expect(billOf(found)).toMatchObject({ upMs: 6 * HOUR, recordedUpMs: 10 * HOUR });
});

test('what the policies of the time have stopped goes on as before, until it was started', async () => {
  const down: Then = {
    instance: { status: 'stopped' },
    tracked: { statusSince: NOON + 4 * HOUR, upSince: null, stopMode: 'normal', stoppedBy: 'old' },
    activity: { kind: 'not-applicable', at: NOON },
  };
  const then = (at: number) => (at >= NOON + 4 * HOUR && at < NOON + 7 * HOUR ? down : {});
  expect(billOf(await ask(NOTHING, 10, then))).toMatchObject({ upMs: 10 * HOUR, recordedUpMs: 7 * HOUR });
  const later = await ask(STOP.replace('3h', '6h'), 10, (at) => (at >= NOON + 4 * HOUR ? down : {}));
  expect(acts(later)).toEqual([[5, 'stop']]);
  expect(billOf(later)).toMatchObject({ upMs: 5 * HOUR, recordedUpMs: 4 * HOUR });
});

test('what a person has stopped is stopped', async () => {
  const down: Then = {
    instance: { status: 'stopped' },
    tracked: { statusSince: NOON + 4 * HOUR, upSince: null },
    activity: { kind: 'not-applicable', at: NOON },
  };
  const found = await ask(NOTHING, 10, (at) => (at >= NOON + 4 * HOUR ? down : {}));
  expect(billOf(found)).toMatchObject({ upMs: 4 * HOUR, recordedUpMs: 4 * HOUR });
});

test('a renewal of the time is not counted on, and one that is decided now is', async () => {
  const expiry = NOON + 6 * HOUR;
  const then = (at: number): Then => ({
    instance: { billing: 'daily', expiresAt: at >= NOON + HOUR ? expiry + 24 * HOUR : expiry },
    activity: active(at),
    ...(at === NOON + 50 * MINUTE && { decided: { 'act|old|hxy/gpu-1|0': { action: 'renew' } } }),
  });
  const told = await ask('{ name: tell, match: all, when: { expiresWithin: 2h }, do: notify }', 8, then);
  expect(acts(told)).toEqual([[4, 'notify']]);
  const renewed = await ask(
    '{ name: renew, match: { billing: daily }, when: { expiresWithin: 3h }, do: { renew: { periods: 1 } } }',
    26,
    then,
  );
  expect(acts(renewed)).toEqual([[3, 'renew']]);
  expect(billOf(renewed)).toMatchObject({ paidFen: 4000, fen: 0, recordedFen: 0 });
});

test('what is stopped for the night is started in the morning', async () => {
  const policy =
    '{ name: night, match: all, when: { during: "Mon-Sun 23:00-08:00", idleFor: 30m }, do: stop, afterwards: start }';
  const found = await ask(policy, 24);
  expect(acts(found)).toEqual([
    [11, 'stop'],
    [20, 'start'],
  ]);
  expect(billOf(found)).toMatchObject({ upMs: 15 * HOUR, recordedUpMs: 24 * HOUR });
});

const hoursOf = ({ simulation }: WhatIf) =>
  simulation?.accounts
    .flatMap(({ machines }) => machines)
    .map(({ timeline }) => timeline.map(({ at, doing }) => [(at - NOON) / HOUR, doing]));

test('what a machine would have been at changes when something is done, and comes to the same hours and money', async () => {
  const policy =
    '{ name: night, match: all, when: { during: "Mon-Sun 23:00-08:00", idleFor: 30m }, do: stop, afterwards: start }';
  const then = (at: number): Then => (at >= NOON + 5 * HOUR && at < NOON + 7 * HOUR ? { activity: active(at) } : {});
  const found = await ask(policy, 24, then);
  const { simulation } = found;
  expect(hoursOf(found)).toEqual([
    [
      [0, 'idle'],
      [5, 'busy'],
      [7, 'idle'],
      [11, 'off'],
      [20, 'idle'],
    ],
  ]);
  const [account] = simulation?.accounts ?? [];
  const [machine] = account?.machines ?? [];
  const [use] = found.uses;
  expect(machine).toMatchObject({
    upMs: use?.upMs,
    upWithoutMs: use?.recordedUpMs,
    fen: use?.fen,
    withoutFen: use?.recordedFen,
    interruptions: 1,
    whileBusy: 0,
    acts: [{ action: 'stop' }, { action: 'start' }],
  });
  const sum = (hours: readonly number[] = []) => hours.reduce((total, fen) => total + fen, 0);
  expect(sum(account?.hours.running)).toBeCloseTo(use?.fen ?? 0);
  expect(sum(account?.hours.without)).toBeCloseTo(use?.recordedFen ?? 0);
  expect(simulation?.assumptions).toMatchObject({ work: 'recorded', unknown: 0 });
  expect(simulation?.seed).toBeNull();
  expect((await ask(NOTHING, 2)).simulation?.bill).toMatchObject({ upMs: 2 * HOUR, upWithoutMs: 2 * HOUR });
});

test('of a time that nobody recorded nothing is counted', async () => {
  async function* holed(): AsyncGenerator<Recorded> {
    for await (const each of recording(10, () => ({}))) {
      const hour = (each.at - NOON) / HOUR;
      if (hour <= 1 || hour >= 9) yield each;
    }
  }
  const shelf = new PolicyShelf();
  const files = [{ file: 'a.yaml', text: `policies:\n  - ${NOTHING}\n` }];
  const found = await whatIf(holed(), (rules) => shelf.of({ ...rules, files }));
  expect(found.unknownMs).toBe(8 * HOUR);
  expect(hoursOf(found)).toEqual([
    [
      [0, 'idle'],
      [1, 'unknown'],
      [9, 'idle'],
    ],
  ]);
  expect(found.simulation?.assumptions.unrecordedMs).toBe(8 * HOUR);
  expect(billOf(found)).toMatchObject({ upMs: 2 * HOUR, recordedUpMs: 2 * HOUR });
});

const LOW = '{ name: low, match: { account: hxy }, when: { balanceBelow: 91 }, do: notify }';
/** 100 yuan, less 2 an hour as long as the machine is up. */
const spending = (at: number): Then => ({
  instance: { provider: 'chenyu' },
  fen: 10_000 - Math.round((200 * (at - NOON)) / HOUR),
});
const balanceOf = ({ simulation }: Pick<WhatIf, 'simulation'>) => simulation?.accounts[0]?.hours.balance;

test('money that would not have been spent is there, to be decided on as well', async () => {
  const asWas = await ask(LOW, 8, spending);
  expect(acts(asWas)).toEqual([[expect.closeTo(4.67, 1), 'notify']]);
  expect(balanceOf(asWas)?.slice(0, 8)).toEqual([9_833, 9_633, 9_433, 9_233, 9_033, 8_833, 8_633, 8_433]);
  const stopped = await ask(`${STOP}\n  - ${LOW}`, 8, spending);
  expect(acts(stopped)).toEqual([[2, 'stop']]);
  // The look at which it was stopped still shows what had been spent by then.
  expect(balanceOf(stopped)?.slice(0, 8)).toEqual([9_833, 9_633, ...Array(6).fill(9_600)]);
  const { hours } = stopped.simulation?.accounts[0] ?? {};
  expect(hours?.without.slice(0, 8).map(Math.round)).toEqual(Array(8).fill(200));
});

test('a renewal that is made is spent, and one that was made then and is not is there', async () => {
  const paid = { instance: { billing: 'daily', rawBilling: 'daily' } } as const;
  const renew = '{ name: renew, match: all, when: { expiresWithin: 12h }, do: { renew: { periods: 1 } } }';
  const expiring = (): Then => ({
    ...paid,
    instance: { ...paid.instance, expiresAt: NOON + 14 * HOUR },
    fen: 10_000,
  });
  const made = await ask(renew, 4, expiring);
  expect(acts(made)).toEqual([[2, 'renew']]);
  expect(balanceOf(made)?.slice(0, 4)).toEqual([10_000, 10_000, 6_000, 6_000]);
  const then = (at: number): Then => {
    const isRenewed = at >= NOON + 2 * HOUR;
    const decided = at === NOON + 100 * MINUTE ? { 'act|renew|hxy/gpu-1|0': { action: 'renew', costFen: 4_000 } } : {};
    const expiresAt = NOON + (isRenewed ? 38 : 14) * HOUR;
    return { instance: { ...paid.instance, expiresAt }, fen: isRenewed ? 6_000 : 10_000, decided };
  };
  expect(balanceOf(await ask(NOTHING, 4, then))?.slice(0, 4)).toEqual([10_000, 10_000, 10_000, 10_000]);
});

test('hours that a clock went through twice are counted once', async () => {
  async function* passes() {
    const all: RecordedPass[] = [];
    for await (const each of ruledBy(
      `policies:\n  - ${NOTHING}\n`,
      recording(4, () => ({})),
    ))
      all.push(each);
    yield* all.filter(({ at }) => at <= NOON + 3 * HOUR);
    yield* all.filter(({ at }) => at > NOON + 2 * HOUR);
  }
  const { simulation } = await daysAsRecorded(passes());
  expect(simulation?.bill).toMatchObject({ upMs: 4 * HOUR, upWithoutMs: 4 * HOUR });
});

test('of a folder the same files mean what they meant in the mode of the time', async () => {
  const folder = await newFolder('policies-');
  await writeFile(join(folder, 'a.yaml'), `policies:\n  - ${STOP}\n`);
  async function* passes() {
    for await (const each of recording(6, () => ({})))
      if (each.kind === 'pass') {
        const mode = each.at < NOON + 4 * HOUR ? 'observe' : 'enforce';
        yield { ...each, rules: { ...each.rules, mode, id: mode } as const };
      }
  }
  const found = await whatIf(passes(), await policiesIn(folder, folder));
  expect(acts(found)).toEqual([[4, 'stop']]);
});

test('policies that were in force and are refused by now are not taken for a mistake of whoever asks', async () => {
  const misspelt = 'policies: [{ name: old, match: all, when: { idelFor: 3h }, do: stop }]';
  const passes = ruledBy(
    misspelt,
    recording(1, () => ({})),
  );
  await expect(daysAsRecorded(passes)).rejects.toThrow('this version refuses policies that were in force on 2026-');
});

test('the days as they were stand beside the same days without policies', async () => {
  const text = `policies:\n  - ${STOP}\n`;
  const then = (at: number): Then =>
    at <= NOON + 2 * HOUR
      ? spending(at)
      : {
          instance: { status: 'stopped' },
          tracked: { statusSince: NOON + 2 * HOUR, upSince: null, stopMode: 'normal', stoppedBy: 'stop' },
          activity: { kind: 'not-applicable', at },
          fen: 9_600,
        };
  const { replay, simulation } = await daysAsRecorded(ruledBy(text, recording(6, then)));
  const [machine] = simulation?.accounts[0]?.machines ?? [];
  expect(machine).toMatchObject({ upMs: 130 * MINUTE, upWithoutMs: 6 * HOUR, interruptions: 1 });
  expect(machine?.timeline.map(({ at, doing }) => [(at - NOON) / HOUR, doing])).toEqual([
    [0, 'idle'],
    [expect.closeTo(2.17, 1), 'off'],
  ]);
  expect(machine?.acts).toMatchObject([{ action: 'stop', at: NOON + 2 * HOUR, reason: 'due' }]);
  expect(simulation?.bill).toMatchObject({ fen: expect.closeTo(433.3, 0), withoutFen: expect.closeTo(1_200) });
  expect(balanceOf({ simulation })?.slice(0, 6)).toEqual([9_833, 9_633, 9_600, 9_600, 9_600, 9_600]);
  // Nothing of it was kept in this recording's own words.
  expect(replay).toMatchObject({ passes: 37, acts: 1, otherwisePasses: 1 });
});

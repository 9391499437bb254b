import { createHmac, hkdfSync } from 'node:crypto';
import { describe, test } from 'vitest';
import { isAtWork } from '../../src/activity/presence.ts';
import { type ActivityReport, ActivityTokens, pushProbe, readingOf } from '../../src/activity/push-probe.ts';
import { remember } from '../../src/activity/verdict.ts';
import type { ActivitySignal, ActivityVerdict } from '../../src/fleet/activity.ts';
import { expect } from '../support/in-words.ts';
import { forever, HOUR, instance, MINUTE, NOON, SECOND } from './fleet.ts';

describe('tokens', () => {
  const tokens = new ActivityTokens('control-token-of-the-daemon');

  test('are the instance’s own', () => {
    expect(tokens.accepts('cy/inst_a', tokens.tokenFor('cy/inst_a'))).toBe(true);
    expect(tokens.accepts('cy/inst_b', tokens.tokenFor('cy/inst_a'))).toBe(false);
    expect(tokens.accepts('cy2/inst_a', tokens.tokenFor('cy/inst_a'))).toBe(false);
  });

  test.each(['', 'x', 'control-token-of-the-daemon', '令牌'])('"%s" is none', (text) => {
    expect(tokens.accepts('cy/inst_a', text)).toBe(false);
  });

  test('no part of one, and no more than one, is one', () => {
    const whole = tokens.tokenFor('cy/inst_a');
    for (let length = 0; length < whole.length; length += 1) {
      expect(tokens.accepts('cy/inst_a', whole.slice(0, length))).toBe(false);
    }
    expect(tokens.accepts('cy/inst_a', `${whole}A`)).toBe(false);
    expect(tokens.accepts('cy/inst_a', ` ${whole}`)).toBe(false);
  });

  test('agree between replicas, and change with the control token', () => {
    expect(new ActivityTokens('control-token-of-the-daemon').tokenFor('cy/a')).toBe(tokens.tokenFor('cy/a'));
    expect(new ActivityTokens('another-control-token').accepts('cy/a', tokens.tokenFor('cy/a'))).toBe(false);
  });

  test('are an HMAC under a key that is derived from the control token and is not it', () => {
    const key = Buffer.from(hkdfSync('sha256', 'control-token-of-the-daemon', '', 'lamplighter activity token', 32));
    expect(tokens.tokenFor('cy/a')).toBe(createHmac('sha256', key).update('cy/a').digest('base64url'));
  });

  test('one that was replaced is none any more', () => {
    const second = tokens.tokenFor('cy/a', 1);
    expect(tokens.accepts('cy/a', second, 1)).toBe(true);
    expect(tokens.accepts('cy/a', second)).toBe(false);
    expect(tokens.accepts('cy/a', tokens.tokenFor('cy/a'), 1)).toBe(false);
    expect(ActivityTokens.isLike(second)).toBe(true);
    expect(ActivityTokens.isLike('')).toBe(false);
  });

  test('are made for "account/id" only', () => {
    expect(() => tokens.tokenFor('inst_a')).toThrow('"inst_a" is not an instance: write account/id');
  });
});

describe('a report as a reading', () => {
  const at = (ms: number) => new Date(ms).toISOString();

  test('is as old as its arrival, and judges work', () => {
    expect(readingOf({ verdict: 'idle', lastActiveAt: at(NOON - HOUR), evidence: 'gpu 0 %' }, NOON)).toEqual({
      probe: 'push',
      at: NOON,
      verdict: 'idle',
      reason: null,
      lastActiveAt: NOON - HOUR,
      judges: 'work',
      evidence: 'gpu 0 %',
    });
    expect(readingOf({ verdict: 'active' }, NOON)).toMatchObject({
      verdict: 'active',
      lastActiveAt: null,
      evidence: 'reported active',
    });
  });

  test('a clock a little ahead is now; a clock far ahead is not believed', () => {
    expect(readingOf({ verdict: 'idle', lastActiveAt: at(NOON + 90 * SECOND) }, NOON)).toMatchObject({
      verdict: 'idle',
      lastActiveAt: NOON,
    });
    for (const verdict of ['idle', 'active'] as const) {
      expect(readingOf({ verdict, lastActiveAt: at(NOON + 3 * MINUTE) }, NOON)).toMatchObject({
        verdict: 'unknown',
        reason: 'bad-answer',
        lastActiveAt: null,
      });
    }
  });

  test('offsets are understood', () => {
    expect(readingOf({ verdict: 'idle', lastActiveAt: '2026-11-21T11:00:00+08:00' }, NOON).lastActiveAt).toBe(
      NOON - HOUR,
    );
  });
});

describe('a report with signals', () => {
  const signal = (name: ActivitySignal, verdict: ActivityVerdict) => ({ signal: name, verdict, detail: `${verdict}!` });
  const idleGpu = signal('gpu', 'idle');

  test.each<[string, ActivityReport, object]>([
    ['the GPU is enough', { verdict: 'idle', signals: [idleGpu] }, { verdict: 'idle', judges: 'work' }],
    ['the CPU is enough', { verdict: 'idle', signals: [signal('cpu', 'idle')] }, { verdict: 'idle' }],
    [
      'the disk is not',
      { verdict: 'idle', signals: [signal('disk', 'idle')] },
      { verdict: 'unknown', reason: 'not-judged' },
    ],
    [
      'a GPU that cannot be read leaves it open, whatever the sender makes of it',
      { verdict: 'idle', signals: [signal('gpu', 'unknown'), signal('cpu', 'idle')] },
      { verdict: 'unknown', reason: 'not-judged', evidence: 'gpu: unknown!' },
    ],
    [
      'work is work',
      { verdict: 'idle', signals: [signal('gpu', 'unknown'), signal('cpu', 'active'), signal('session', 'active')] },
      { verdict: 'active', judges: 'work' },
    ],
    [
      'people are people',
      { verdict: 'idle', signals: [idleGpu, signal('session', 'active')] },
      { verdict: 'active', judges: 'people', evidence: 'session: active!' },
    ],
    [
      'a silent terminal proves nothing',
      { verdict: 'idle', signals: [signal('terminal', 'idle')] },
      { verdict: 'unknown' },
    ],
    [
      'a terminal that cannot be read is in nobody’s way',
      { verdict: 'idle', signals: [idleGpu, signal('terminal', 'unknown')] },
      { verdict: 'idle' },
    ],
    [
      'the sender knows of work besides',
      { verdict: 'active', signals: [idleGpu] },
      { verdict: 'active', judges: 'work' },
    ],
    [
      'the sender does not know',
      { verdict: 'unknown', signals: [idleGpu] },
      { verdict: 'unknown', reason: 'not-judged' },
    ],
    ['cards that are missing', { verdict: 'idle', signals: [idleGpu], cards: 7 }, { verdict: 'unknown' }],
    ['all cards', { verdict: 'idle', signals: [idleGpu], cards: 8 }, { verdict: 'idle' }],
    ['cards that are missing, without signals', { verdict: 'idle', cards: 1 }, { verdict: 'unknown' }],
    [
      'a keep-alive, even by a sender that cannot see its cards',
      { verdict: 'unknown', keepAlive: { text: '2h wang', writtenSecondsAgo: 3_600 } },
      { verdict: 'active', judges: 'people', keepAlive: { owner: 'wang', endsAt: NOON + HOUR } },
    ],
    [
      'a keep-alive signal is taken from the file alone',
      { verdict: 'idle', signals: [idleGpu, signal('keep-alive', 'active')] },
      { verdict: 'idle' },
    ],
  ])('%s', (_name, report, expected) => {
    expect(readingOf(report, NOON, 8)).toMatchObject(expected);
  });

  test('the sender knows of work besides, whoever sits there', () => {
    const reading = readingOf({ verdict: 'active', signals: [idleGpu, signal('session', 'active')] }, NOON);
    expect(reading).toMatchObject({ verdict: 'active', judges: 'work' });
    expect(isAtWork(reading)).toBe(true);
  });

  test('keeps no longer than a day after the file was written', () => {
    const keepAlive = { text: '2099-01-01T00:00:00Z wang', writtenSecondsAgo: 3_600 };
    expect(readingOf({ verdict: 'idle', keepAlive }, NOON).keepAlive?.endsAt).toBe(NOON + 23 * HOUR);
  });

  test('tells times by how long ago they were, so that the sender’s clock does not matter', () => {
    const signals = [idleGpu, { ...signal('terminal', 'idle'), lastActiveSecondsAgo: 90 }];
    expect(readingOf({ verdict: 'idle', signals }, NOON).signals?.[1]?.lastActiveAt).toBe(NOON - 90 * SECOND);
  });
});

describe('what happens between two reports', () => {
  const counters = { boot: 'b1', upSeconds: 1_000, ownCpuUs: 300_000, cpuUs: 50_000_000, networkBytes: 9_000_000 };
  const load = (name: ActivitySignal, threshold: number) => ({
    signal: name,
    verdict: 'idle' as const,
    value: 0.1,
    threshold,
    unit: name === 'cpu' ? '%' : 'B/s',
  });
  const report = (change: Partial<typeof counters> = {}): ActivityReport => ({
    verdict: 'idle',
    signals: [load('cpu', 5), load('network', 10_000)],
    counters: { ...counters, ...change },
  });
  const { marks } = readingOf(report(), NOON);
  const next = (change: Partial<typeof counters>) =>
    readingOf(report({ upSeconds: 1_060, ...change }), NOON, null, marks);

  test('counts, against the sender’s own thresholds', () => {
    // 6 s of a core in 60 s, a fourth of which was the sender's own.
    expect(next({ cpuUs: 56_000_000, ownCpuUs: 1_500_000 })).toMatchObject({
      verdict: 'active',
      judges: 'work',
      evidence: 'cpu: 7.5 % over 60 s',
    });
    expect(next({ networkBytes: 9_600_000 })).toMatchObject({
      verdict: 'active',
      evidence: 'network: 10000 B/s over 60 s',
    });
    expect(next({ cpuUs: 52_000_000 })).toMatchObject({ verdict: 'idle', signals: [{ value: 2.8 }, { value: 0.1 }] });
  });

  test('leaves open what went back, and is not compared with another boot or a time long ago', () => {
    expect(next({ cpuUs: 1_000 })).toMatchObject({ verdict: 'unknown', reason: 'not-judged' });
    for (const change of [{ boot: 'b2' }, { upSeconds: 1_000 + 901 }, { upSeconds: 999 }]) {
      expect(next({ cpuUs: 900_000_000, ...change })).toMatchObject({ verdict: 'idle' });
    }
  });

  test('a boot that the cloud does not show begins the idle clock anew', () => {
    const before = { ...readingOf(report(), NOON - 2 * MINUTE), lastActiveAt: NOON - 3 * HOUR };
    const booted = readingOf(report({ boot: 'b2', upSeconds: 40 }), NOON, null, before.marks);
    expect(booted).toMatchObject({ verdict: 'idle', lastActiveAt: NOON - 40 * SECOND });
    expect(remember(before, booted).lastActiveAt).toBe(NOON - 40 * SECOND);
    const next = readingOf(report({ boot: 'b2', upSeconds: 100 }), NOON + MINUTE, null, booted.marks);
    expect(remember(remember(before, booted), next).lastActiveAt).toBe(NOON - 40 * SECOND);
  });

  test('keeps nothing of the boot but a number', () => {
    expect(Object.values(marks ?? {}).every(Number.isFinite)).toBe(true);
  });
});

test('the push probe is never gone to', async () => {
  await expect(pushProbe.read(instance(), forever())).rejects.toThrow('a bug of ours');
});

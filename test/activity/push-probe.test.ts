import { createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ActivityTokens, pushProbe, readingOf } from '../../src/activity/push-probe.ts';
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

test('the push probe is never gone to', async () => {
  await expect(pushProbe.read(instance(), forever())).rejects.toThrow('a bug of ours');
});

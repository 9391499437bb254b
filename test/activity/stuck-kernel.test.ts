import { test } from 'vitest';
import { busyButDoingNothing } from '../../src/decide/stuck-kernel.ts';
import type { ActivitySignal, ActivityVerdict, ProbeReading, SignalReading } from '../../src/fleet/activity.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import { expect } from '../support/in-words.ts';
import { HOUR, MINUTE, NOON, reading } from './fleet.ts';

const signal = (name: ActivitySignal, verdict: ActivityVerdict, lastActiveAt: number | null = null): SignalReading => ({
  signal: name,
  verdict,
  judges: 'work',
  value: null,
  threshold: null,
  unit: '',
  onlyPositive: false,
  lastActiveAt,
  detail: NO_DETAIL,
});
const jupyter = (verdict: ActivityVerdict, lastActiveAt: number | null) =>
  reading({ verdict, signals: [signal('kernel', verdict, lastActiveAt)] });
const ssh = (...signals: readonly SignalReading[]) => reading({ probe: 'ssh', signals });
const AT_REST = [signal('gpu', 'idle'), signal('cpu', 'idle'), signal('disk', 'idle'), signal('network', 'idle')];
const BUSY = jupyter('active', NOON - 9 * HOUR);

test.each<[string, readonly ProbeReading[], string | null]>([
  ['busy for hours, and all else at rest', [BUSY, ssh(...AT_REST)], 'for 9 h'],
  ['at the agent’s word', [BUSY, reading({ probe: 'push', signals: AT_REST.slice(0, 2) })], 'busy but doing nothing'],
  ['a kernel at rest', [jupyter('idle', NOON - 9 * HOUR), ssh(...AT_REST)], null],
  ['a word of an hour ago', [jupyter('active', NOON - 3 * HOUR + MINUTE), ssh(...AT_REST)], null],
  ['nothing else to tell', [BUSY], null],
  ['the GPU alone', [BUSY, ssh(signal('gpu', 'idle'))], null],
  ['a GPU that cannot be read', [BUSY, ssh(signal('gpu', 'unknown'), ...AT_REST.slice(1))], null],
  ['a network at work', [BUSY, ssh(...AT_REST.slice(0, 3), signal('network', 'active'))], null],
  ['a disk that cannot be read', [BUSY, ssh(...AT_REST.slice(0, 2), signal('disk', 'unknown'))], null],
])('%s', (_name, readings, expected) => {
  const told = busyButDoingNothing(readings, NOON);
  if (expected === null) expect(told).toBeNull();
  else expect(told).toContain(expected);
});

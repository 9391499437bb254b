import { describe, test } from 'vitest';
import { calibrate, doubtful } from '../../src/activity/calibration.ts';
import { heightOf, rememberNoise } from '../../src/activity/noise.ts';
import { remember } from '../../src/activity/verdict.ts';
import type { ActivitySignal, ProbeReading, SignalReading } from '../../src/fleet/activity.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import { expect } from '../support/in-words.ts';
import { MINUTE, NOON, reading } from './fleet.ts';

const THRESHOLDS = { gpu: 5, cpu: 5, network: 10_000, session: 1 } as const;
type Named = keyof typeof THRESHOLDS;

function part(signal: Named, value: number, threshold: number = THRESHOLDS[signal]): SignalReading {
  const verdict = value >= threshold ? 'active' : 'idle';
  const judges = signal === 'session' ? 'people' : 'work';
  const rest = { unit: signal === 'network' ? 'B/s' : '%', onlyPositive: false, lastActiveAt: null, detail: NO_DETAIL };
  return { signal, verdict, judges, value, threshold, ...rest };
}

/** A machine that was looked at every ten minutes, by what each look saw. */
function looked(looks: number, at: (look: number) => readonly SignalReading[], probe = 'ssh'): ProbeReading {
  let last: ProbeReading | undefined;
  for (let look = 0; look < looks; look += 1) {
    const signals = at(look);
    const active = signals.some(({ verdict }) => verdict === 'active');
    const time = NOON - (looks - look) * 10 * MINUTE;
    last = remember(last, reading({ probe, at: time, verdict: active ? 'active' : 'idle', signals }));
  }
  if (last === undefined) throw new Error('nobody looked');
  return last;
}

const kind = (...machines: readonly ProbeReading[]) =>
  calibrate(
    machines.map((one) => ({ account: 'hxy', image: 'img-1', gpu: '4090', readings: [one] })),
    NOON,
  );
const of = (machine: ProbeReading, signal: ActivitySignal) =>
  kind(machine)[0]?.signals.find((one) => one.signal === signal);

describe('a heartbeat that is above the threshold while everything rests', () => {
  const heartbeat = (look: number) => [part('gpu', 0), part('cpu', 1), part('network', 11_000 + (look % 10) * 400)];

  test('is measured, and a threshold above it is proposed for all machines of its image', () => {
    const [found, ...others] = kind(looked(60, heartbeat), looked(100, heartbeat));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ account: 'hxy', image: 'img-1', gpu: '4090', instances: 2 });
    const network = found?.signals.find(({ signal }) => signal === 'network');
    expect(network).toMatchObject({ looks: 160, active: 1, alone: 1, threshold: 10_000, unit: 'B/s' });
    // All of it is below 14 600.
    expect(network?.floor).toBeGreaterThanOrEqual(14_200);
    expect(network?.floor).toBeLessThan(18_000);
    expect(network?.proposed).toBeGreaterThanOrEqual((network?.floor ?? 0) * 1.5);
    expect(network?.proposed).toBeLessThan(28_000);
    expect(found?.signals.find(({ signal }) => signal === 'cpu')).toMatchObject({
      active: 0,
      floor: null,
      proposed: null,
    });
  });

  test('is no noise where somebody sits there, or something else works', () => {
    const watched = looked(100, (look) => [...heartbeat(look), part('session', 1)]);
    expect(of(watched, 'network')).toMatchObject({ active: 1, alone: 0, proposed: null });
    const training = looked(100, (look) => [part('gpu', 90), ...heartbeat(look).slice(1)]);
    expect(of(training, 'network')).toMatchObject({ alone: 0, proposed: null });
  });

  test('is none far above the threshold: that is a download', () => {
    const download = looked(100, () => [part('gpu', 0), part('network', 5_000_000)]);
    expect(of(download, 'network')).toMatchObject({ alone: 1, proposed: null });
  });

  test('nor is a card that works while the rest of the machine rests', () => {
    expect(
      of(
        looked(100, () => [part('gpu', 20), part('cpu', 1)]),
        'gpu',
      ),
    ).toMatchObject({ alone: 1, proposed: null });
  });

  test('is said nothing of too soon, and begins anew with another threshold', () => {
    expect(kind(looked(35, heartbeat))).toEqual([]);
    const before = looked(100, heartbeat);
    const raised = reading({ probe: 'ssh', at: NOON, signals: [part('network', 11_000, 20_000)] });
    expect(remember(before, raised).noise?.network).toMatchObject({ threshold: 20_000, looks: 1, active: 0 });
    expect(remember(before, raised).noise?.cpu?.looks).toBe(100);
  });
});

describe('a signal that is not to be trusted', () => {
  test('never comes to rest: an L40S that shows 100 % with nothing on it', () => {
    const stuck = looked(150, () => [part('gpu', 100), part('cpu', 1), part('network', 10)]);
    const gpu = of(stuck, 'gpu');
    expect(gpu).toMatchObject({
      proposed: null,
      doubt: expect.stringContaining('never at rest in 150 looks over 25 h'),
    });
    expect(doubtful([stuck], NOON)).toContain('ssh gpu: never at rest');
    expect(doubtful([looked(150, (look) => [part('gpu', look === 70 ? 0 : 100), part('cpu', 1)])], NOON)).toBeNull();
    expect(doubtful([looked(140, () => [part('gpu', 100), part('cpu', 1)])], NOON)).toBeNull();
    // Work that the rest of the machine shows as well.
    expect(doubtful([looked(150, () => [part('gpu', 100), part('cpu', 80)])], NOON)).toBeNull();
  });

  test('never shows anything: a split card that reads 0 while everything else works', () => {
    const silent = looked(150, (look) => [part('gpu', 0), part('cpu', look % 2 === 0 ? 90 : 1)]);
    expect(doubtful([silent], NOON)).toContain('ssh gpu: never anything but 0 in 150 looks over 25 h');
    expect(doubtful([looked(150, () => [part('gpu', 0), part('cpu', 1)])], NOON)).toBeNull();
    expect(doubtful([looked(150, (look) => [part('gpu', look === 3 ? 2 : 0), part('cpu', 90)])], NOON)).toContain(
      'cpu',
    );
  });
});

test('what could not be read changes nothing, and a look without a measure leaves nothing', () => {
  const before = looked(5, () => [part('cpu', 1)]);
  const failed = reading({ probe: 'ssh', at: NOON, verdict: 'unknown', reason: 'unreachable' });
  expect(remember(before, failed).noise).toEqual(before.noise);
  expect(rememberNoise(undefined, reading())).toBeUndefined();
});

test('what was long ago is forgotten: after two weeks everything counts half', () => {
  const long = looked(20_000, () => [part('cpu', 10), part('gpu', 0)]);
  expect(long.noise?.cpu).toMatchObject({ looks: 10_000, active: 10_000, alone: 10_000 });
  expect(
    heightOf(
      [long.noise?.cpu].flatMap((each) => each ?? []),
      1,
    ),
  ).toBeGreaterThanOrEqual(10);
});

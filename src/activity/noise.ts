import type { Noise, ProbeReading, SignalReading } from '../fleet/activity.ts';

/** Two weeks at a look a minute; then everything is halved, so that what a machine did long ago is forgotten. */
const MOST_LOOKS = 20_000;

/**
 * What a probe's readings tell of the noise of each signal that has a measure: how often it was above its threshold, and how
 * often while everything else on the machine was at rest, and how high it stood then. Begins anew with another threshold.
 */
export function rememberNoise(
  before: ProbeReading['noise'],
  reading: ProbeReading,
): Readonly<Record<string, Noise>> | undefined {
  const measured = (reading.signals ?? []).filter(isMeasured);
  if (measured.length === 0) return before;
  const noise: Record<string, Noise> = { ...before };
  for (const part of measured) {
    const known = noise[part.signal];
    const same = known !== undefined && known.threshold === part.threshold ? known : fresh(part.threshold, reading.at);
    noise[part.signal] = add(same, part, reading.signals ?? []);
  }
  return noise;
}

type Measured = SignalReading & { readonly value: number; readonly threshold: number };

function isMeasured(part: SignalReading): part is Measured {
  const isTold = part.verdict === 'active' || part.verdict === 'idle';
  return isTold && part.judges === 'work' && part.value !== null && part.threshold !== null && !part.onlyPositive;
}

function fresh(threshold: number, at: number): Noise {
  return { threshold, from: at, looks: 0, active: 0, alone: 0, beside: 0, most: 0, heights: {} };
}

function add(noise: Noise, part: Measured, all: readonly SignalReading[]): Noise {
  const others = all.filter(({ signal, verdict }) => signal !== part.signal && verdict === 'active');
  const isActive = part.verdict === 'active';
  const isAlone = isActive && others.length === 0;
  const heights = { ...noise.heights };
  if (isAlone) heights[stepOf(part.value)] = (heights[stepOf(part.value)] ?? 0) + 1;
  const next: Noise = {
    ...noise,
    looks: noise.looks + 1,
    active: noise.active + (isActive ? 1 : 0),
    alone: noise.alone + (isAlone ? 1 : 0),
    beside: noise.beside + (!isActive && others.some(({ judges }) => judges === 'work') ? 1 : 0),
    most: Math.max(noise.most, part.value),
    heights,
  };
  return next.looks < MOST_LOOKS ? next : halved(next);
}

function halved(noise: Noise): Noise {
  const half = (count: number) => Math.floor(count / 2);
  const heights = Object.entries(noise.heights).flatMap(([step, count]) =>
    half(count) === 0 ? [] : [[step, half(count)] as const],
  );
  return {
    ...noise,
    looks: half(noise.looks),
    active: half(noise.active),
    alone: half(noise.alone),
    beside: half(noise.beside),
    heights: Object.fromEntries(heights),
  };
}

/** Four steps to a doubling: fine enough for a threshold, and some dozens at most between one byte and a gigabyte. */
const STEPS = 4;

function stepOf(value: number): string {
  return String(value <= 0 ? 0 : Math.max(0, Math.ceil(Math.log2(value) * STEPS)));
}

/** Below or at which height so large a share of the readings stood that were above the threshold alone; `null`: none did. */
export function heightOf(noises: readonly Noise[], share: number): number | null {
  const counts = new Map<number, number>();
  for (const { heights } of noises) {
    for (const [step, count] of Object.entries(heights)) {
      counts.set(Number(step), (counts.get(Number(step)) ?? 0) + count);
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [step, count] of [...counts].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= total * share) return 2 ** (step / STEPS);
  }
  return null;
}

import type { ActivitySignal, Noise, ProbeReading } from '../fleet/activity.ts';
import { ACTIVITY_SIGNALS } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import { english } from '../fleet/detail/english.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import { heightOf } from './noise.ts';

/** With fewer looks, or over a shorter time, nothing is said. */
const FEWEST_LOOKS = 60;
const SHORTEST_MS = 6 * 3_600_000;
/** A signal that never rests, or never shows anything, is doubted after a day. */
const DOUBTED_AFTER_MS = 24 * 3_600_000;
/** Above its threshold alone in so large a share of the looks, a signal keeps the machine from ever being idle for long. */
const NOISY_SHARE = 0.1;
/** What stands so many times above the threshold is no noise. */
const NOISE_UP_TO = 10;
/** What nearly all of the noise stands below, and how far above it a threshold is safe. */
const FLOOR_SHARE = 0.95;
const MARGIN = 1.5;
/** Of the looks in which other things were at work, so many must have been silent before silence is doubted. */
const FEWEST_BESIDE = 60;

/** Where the noise of a kind of machine is looked for. */
export interface Calibrated {
  /** Of one account: machines of the same image and cards are alike. `null`: the cloud does not say of which image they are. */
  readonly account: string;
  readonly image: string | null;
  readonly gpu: string;
  /** Those that were looked at for long enough. */
  readonly instances: number;
  readonly signals: readonly CalibratedSignal[];
}

export interface CalibratedSignal {
  readonly probe: string;
  readonly signal: ActivitySignal;
  readonly unit: string;
  readonly threshold: number;
  readonly looks: number;
  /** Shares of the looks: above the threshold at all, and alone, while everything else rested. */
  readonly active: number;
  readonly alone: number;
  /** Nearly all that was above it alone stood at or below this; `null`: nothing was. */
  readonly floor: number | null;
  /** A threshold above that noise; `null`: there is no need, or it is no noise. */
  readonly proposed: number | null;
  /** Why the signal itself is not to be trusted; `null`: nothing speaks against it. */
  readonly doubt: string | null;
}

/** One machine with its latest readings. */
export interface CalibrationRow {
  readonly account: string;
  readonly image: string | null;
  readonly gpu: string;
  readonly readings: readonly ProbeReading[];
}

/** What the noise of machines of one kind is, and which thresholds would stand above it. Proposes and changes nothing. */
export function calibrate(rows: readonly CalibrationRow[], now: number): readonly Calibrated[] {
  const kinds = Map.groupBy(rows, ({ account, image, gpu }) => JSON.stringify([account, image, gpu]));
  return [...kinds.values()].flatMap((alike) => {
    const [first] = alike;
    const signals = signalsOf(alike, now);
    if (first === undefined || signals.length === 0) return [];
    const { account, image, gpu } = first;
    return [{ account, image, gpu, instances: alike.filter((row) => isTold(row, now)).length, signals }];
  });
}

/** Has it been looked at for long enough? */
function isTold({ readings }: CalibrationRow, now: number): boolean {
  return readings.some(({ noise = {} }) => Object.values(noise).some((each) => isEnough(each, now)));
}

function isEnough(noise: Noise, now: number): boolean {
  return noise.looks >= FEWEST_LOOKS && now - noise.from >= SHORTEST_MS;
}

function signalsOf(rows: readonly CalibrationRow[], now: number): readonly CalibratedSignal[] {
  const found: { readonly probe: string; readonly signal: ActivitySignal; unit: string; noise: Noise }[] = [];
  for (const { readings } of rows) {
    for (const { probe, noise = {}, signals = [] } of readings) {
      for (const signal of ACTIVITY_SIGNALS) {
        const known = noise[signal];
        if (known === undefined || !isEnough(known, now)) continue;
        found.push({ probe, signal, unit: signals.find((part) => part.signal === signal)?.unit ?? '', noise: known });
      }
    }
  }
  const alike = Map.groupBy(found, ({ probe, signal, noise }) => `${probe} ${signal} ${noise.threshold}`);
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const noises = same.map(({ noise }) => noise);
    return [{ ...judged(first.signal, noises, now), probe: first.probe, signal: first.signal, unit: first.unit }];
  });
}

function judged(
  signal: ActivitySignal,
  noises: readonly Noise[],
  now: number,
): Omit<CalibratedSignal, 'probe' | 'signal' | 'unit'> {
  const sum = (of: (noise: Noise) => number) => noises.reduce((all, noise) => all + of(noise), 0);
  const looks = sum((noise) => noise.looks);
  const active = sum((noise) => noise.active) / looks;
  const alone = sum((noise) => noise.alone) / looks;
  const threshold = noises[0]?.threshold ?? 0;
  const floor = heightOf(noises, FLOOR_SHARE);
  const doubt = doubtOf(noises, now);
  // A card that works while the rest of the machine rests is what cards are for: of them nothing is proposed.
  const isNoise = signal !== 'gpu' && alone >= NOISY_SHARE && floor !== null && floor <= threshold * NOISE_UP_TO;
  return {
    threshold,
    looks,
    active,
    alone,
    floor: floor === null ? null : rounded(floor),
    proposed: isNoise && floor !== null ? rounded(rounded(floor) * MARGIN) : null,
    doubt: doubt === null ? null : english(doubt, rfc3339),
  };
}

/** Of any of the machines: one that lies is enough to look at. */
function doubtOf(noises: readonly Noise[], now: number): Detail | null {
  for (const { from, looks, active, alone, beside, most } of noises) {
    if (now - from < DOUBTED_AFTER_MS) continue;
    const hours = Math.floor((now - from) / 3_600_000);
    if (active === looks && alone > looks / 2) {
      return { kind: 'never-at-rest', looks, hours };
    }
    if (most === 0 && beside >= FEWEST_BESIDE) {
      return { kind: 'never-but-zero', looks, hours, beside };
    }
  }
  return null;
}

/** Upwards to two digits. */
function rounded(value: number): number {
  if (value <= 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / unit - 1e-9) * unit).toPrecision(6));
}

/** What is not to be trusted on one machine, for people; `null`: nothing speaks against anything. */
export function doubtful(readings: readonly ProbeReading[], now: number): Detail | null {
  const doubts = readings.flatMap(({ probe, noise = {} }) =>
    Object.entries(noise).flatMap(([signal, known]): readonly Detail[] => {
      const doubt = doubtOf([known], now);
      return doubt === null ? [] : [{ kind: 'signal-doubtful', probe, signal, why: doubt }];
    }),
  );
  return doubts.length === 0 ? null : { kind: 'parts', parts: doubts };
}

import type { SignalReading } from '../../fleet/activity.ts';
import { type Detail, isSame } from '../../fleet/detail/detail.ts';
import { type Card, readCards } from './gpu-table.ts';
import type { MachineFacts } from './output.ts';
import { signal } from './signal.ts';

/**
 * Where cards tell no utilisation (MIG), power and clock are all there is. By readings of H100 and H200 in MIG: idle 10 to
 * 11 % of the power at 17 % of the clock, at work 42 % and more at full clock. In between nothing is proven.
 */
const LOW_POWER = 0.2;
const HIGH_POWER = 0.3;
const LOW_CLOCK = 0.5;

/** Readings of one card that are needed after the first is dropped. */
const FEWEST_SAMPLES = 2;

/** A machine started without cards is a small one; what AutoDL starts without a card has 2 GiB. */
const CARDLESS_BYTES = 4 * 1024 ** 3;

interface Judged {
  readonly verdict: 'active' | 'idle' | 'unknown';
  readonly value: number | null;
  readonly why: Detail;
}

/**
 * What all cards say, each by its peak: one busy card of eight is work. `rented`: how many cards there must be, by the
 * cloud; `null`: it does not say.
 */
export function gpuSignals(
  facts: MachineFacts,
  rented: number | null,
  thresholdPercent: number,
): readonly SignalReading[] {
  return [gpu(facts, rented, thresholdPercent), processes(facts)];
}

function gpu(facts: MachineFacts, rented: number | null, threshold: number): SignalReading {
  const say = (verdict: SignalReading['verdict'], detail: Detail, value: number | null = null): SignalReading =>
    signal('gpu', verdict, detail, { value, threshold, unit: '%' });
  if (isCardless(facts, rented)) return say('not-applicable', { kind: 'runs-cardless' });
  if (facts.smi === 'none') return say('unknown', { kind: 'smi-missing' });
  if (facts.smi === 'hung') return say('unknown', { kind: 'smi-hangs' });
  const failed = facts.samples.find(({ code }) => code !== 0);
  if (failed !== undefined) return say('unknown', complaint(failed.lines, failed.code));

  // The first answer may be of the driver waking up: an idle L40S was seen with 100 %.
  const tables = facts.samples.slice(1).map(({ lines }) => readCards(lines));
  if (tables.length < FEWEST_SAMPLES || tables.includes(null)) return say('unknown', { kind: 'smi-odd' });
  const byIndex = new Map<number, Card[]>();
  for (const card of tables.flatMap((table) => table ?? [])) {
    byIndex.set(card.index, [...(byIndex.get(card.index) ?? []), card]);
  }
  const cards = [...byIndex].map(([index, readings]) => ({
    index,
    isWhole: readings.length === tables.length,
    judged: judgeCard(readings, threshold, facts.apps),
  }));
  const peak = maximum(cards.map(({ judged }) => judged.value));
  const heldGib = memoryHeld([...byIndex.values()]);
  const active = cards.filter(({ judged }) => judged.verdict === 'active');
  if (active.length > 0) {
    const which = active.map(({ index, judged }): Detail => ({ kind: 'card', index, what: judged.why }));
    return say('active', { kind: 'cards-busy', busy: active.length, cards: cards.length, which, heldGib }, peak);
  }
  if (cards.length === 0) return say('unknown', { kind: 'smi-lists-none' });
  if (rented !== null && cards.length !== rented) {
    return say('unknown', { kind: 'cards-miscounted', cards: cards.length, rented }, peak);
  }
  const broken = cards.find(({ isWhole, judged }) => !isWhole || judged.verdict === 'unknown');
  if (broken !== undefined) {
    const what: Detail = broken.isWhole ? broken.judged.why : { kind: 'comes-and-goes' };
    return say('unknown', { kind: 'card-unclear', index: broken.index, what }, peak);
  }
  const whys = cards.flatMap(({ judged }) => (judged.value === null ? [judged.why] : []));
  const reasons = whys.filter((why, place) => whys.findIndex((each) => isSame(each, why)) === place);
  return say('idle', { kind: 'cards-idle', cards: cards.length, peak, reasons, heldGib }, peak);
}

function judgeCard(readings: readonly Card[], threshold: number, apps: number | null): Judged {
  // Under MIG utilisation is absent, or stands at 0 whatever runs.
  if (readings.some(({ mig }) => mig)) return judgeByPower(readings, apps);
  const peak = maximum(readings.map(({ utilisation }) => utilisation));
  if (peak !== null && peak >= threshold)
    return { verdict: 'active', value: peak, why: { kind: 'utilisation', percent: peak } };
  if (peak === null || readings.some(({ utilisation }) => utilisation === null)) {
    return { verdict: 'unknown', value: peak, why: { kind: 'no-utilisation' } };
  }
  return { verdict: 'idle', value: peak, why: { kind: 'utilisation', percent: peak } };
}

/** Weak evidence, so that it takes all of it to prove idleness. Processes are seen by their presence only: containers hide them. */
function judgeByPower(readings: readonly Card[], apps: number | null): Judged {
  const power = maximum(readings.map((card) => card.power));
  const clock = maximum(readings.map((card) => card.clock));
  if (power === null || clock === null) {
    return { verdict: 'unknown', value: null, why: { kind: 'mig-blind' } };
  }
  const seen: Detail = { kind: 'mig', power: percent(power), clock: percent(clock) };
  if (power >= HIGH_POWER && clock >= LOW_CLOCK) return { verdict: 'active', value: null, why: seen };
  const isLow = power < LOW_POWER && clock < LOW_CLOCK && (apps ?? 0) === 0;
  return { verdict: isLow ? 'idle' : 'unknown', value: null, why: seen };
}

/** All three must agree: what the cloud says, what is there, and the size of the machine. */
function isCardless(facts: MachineFacts, rented: number | null): boolean {
  const saysNone = facts.samples.some(({ code, lines }) => code !== 0 && lines[0]?.startsWith('No devices were found'));
  const noCards = facts.devices === 0 && (facts.smi === 'none' || saysNone);
  return rented === 0 && noCards && facts.memoryBytes !== null && facts.memoryBytes <= CARDLESS_BYTES;
}

/** The driver's own words are known and few; others are not passed on. */
function complaint(lines: readonly string[], code: number): Detail {
  const text = lines.join(' ');
  if (/No devices were found/i.test(text)) return { kind: 'smi-no-cards' };
  if (/couldn't communicate with the NVIDIA driver/i.test(text)) return { kind: 'smi-no-driver' };
  if (/Driver\/library version mismatch/i.test(text)) return { kind: 'smi-mismatch' };
  // GNU timeout's and the shell's way of saying "killed".
  if (code === 124 || code === 137) return { kind: 'smi-silent' };
  return { kind: 'smi-failed', code };
}

/**
 * Processes that the driver names. A model that is held in memory for days is one, and the processes of a container are
 * mostly none: this words the evidence and proves nothing.
 */
function processes(facts: MachineFacts): SignalReading {
  const detail: Detail = facts.apps === null ? { kind: 'not-told' } : { kind: 'gpu-apps', count: facts.apps };
  return signal('gpu-processes', 'not-applicable', detail, {
    value: facts.apps,
    unit: 'processes',
    onlyPositive: true,
  });
}

/** In GiB. */
function memoryHeld(cards: readonly (readonly Card[])[]): number {
  const mib = cards.reduce((sum, readings) => sum + (maximum(readings.map((card) => card.memoryUsed)) ?? 0), 0);
  // Below that it is the driver's own.
  return mib < 1_024 ? 0 : Math.round(mib / 1_024);
}

function maximum(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

function percent(share: number): number {
  return Math.round(share * 100);
}

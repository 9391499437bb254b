import { localDay, type Zone, zoneNamed } from '../../../calendar/zone.ts';
import { assertNever } from '../../../fleet/assert-never.ts';
import { reasonIn } from '../../../web/console/board-words.ts';
import { policyText } from '../../../web/console/policy-text.ts';
import { wordIn } from '../../../web/console/words.ts';
import { policyFacts } from '../../boards/policy-facts.ts';
import type { Simulation } from '../../simulate.ts';
import type { MachineRun } from '../run.ts';
import { DOINGS, HOUR_MS, hourBegan } from '../track.ts';
import { filled, type ReportLanguage, type ReportWords, wordsFor } from './words.ts';

const MINUTE_MS = 60_000;
/** One capital letter for each thing that a machine can be at; small ones and digits are the minutes before it. */
const LETTERS = 'ABCDEFG';

/**
 * What the report's own script draws. Small, since a month of a thousand machines is a quarter of a million changes: times
 * are minutes from the beginning, names stand once and are referred to by their places.
 */
export function reportData(simulation: Simulation, language: ReportLanguage) {
  const { from, reached, accounts, coming, bill, seed, timezone, policies } = simulation;
  const words = wordsFor(language, simulation.assumptions.work);
  const zone = zoneNamed(timezone);
  const machines = accounts.flatMap((account, place) => account.machines.map((machine) => ({ machine, place })));
  const places = new Map(machines.map(({ machine }, place) => [machine.key, place]));
  const names = {
    account: listOf(accounts.map(({ name }) => name)),
    policy: listOf(policies.map(({ name }) => name)),
    action: listOf([]),
    reason: listOf([]),
    kind: listOf([]),
    refused: listOf(['']),
  };
  const minute = (at: number) => Math.floor((at - from) / MINUTE_MS);
  const days = daysOf(simulation, zone);
  const acts = coming.map(({ at, instance, account, kind, action, policy, reason, refused }) => [
    minute(at),
    instance === null ? -1 : (places.get(instance) ?? -1),
    names.account.of(account),
    names.kind.of(refused === undefined ? kind : 'refused'),
    names.action.of(wordIn(language, action)),
    names.policy.of(policy),
    names.reason.of(reasonIn(language, reason)),
    names.refused.of(refused === undefined ? '' : (words.refusals[refused] ?? reasonIn(language, refused))),
  ]);
  const befell = accounts.flatMap(({ name, happenings }) =>
    happenings.map(({ at, instance, kind }) => [
      minute(at),
      instance === null ? -1 : (places.get(instance) ?? -1),
      names.account.of(name),
      names.kind.of(kind),
      -1,
      -1,
      -1,
      0,
    ]),
  );
  return {
    words: { doing: words.doing, kinds: words.kinds, labels: words.labels },
    lang: words.htmlLang,
    from,
    minutes: minute(reached),
    // Of the hour of the clock in which it begins so much is over.
    lead: Math.floor((from - hourBegan(from, zone)) / MINUTE_MS),
    timezone,
    seed,
    doings: DOINGS,
    days: days.map(({ day, at, isPart }) => ({ day, at: minute(at), isPart })),
    accounts: accounts.map(({ name, hours: { running, without, paid, balance } }) => ({
      name,
      with: byDay(running, days),
      without: byDay(without, days),
      paid: byDay(paid, days),
      // Every hour is more than any curve shows.
      balance: balance?.map((fen) => (fen === null ? null : Math.round(fen))) ?? null,
    })),
    policies: policies.map((policy) =>
      policyText(policyFacts(policy, from), { language, timezone: zone.name, now: from }),
    ),
    machines: machines.map(({ machine, place }) => machineData(machine, place, from)),
    acts: [...acts, ...befell].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
    names: {
      account: names.account.all,
      policy: names.policy.all,
      action: names.action.all,
      reason: names.reason.all,
      kind: names.kind.all,
      refused: names.refused.all,
    },
    bill: { ...bill, busy: machines.reduce((sum, { machine }) => sum + machine.whileBusy, 0) },
  };
}

export type ReportData = ReturnType<typeof reportData>;

function machineData(machine: MachineRun, account: number, from: number) {
  const { key, name, upMs, upWithoutMs, fen, withoutFen, paidFen, interruptions, whileBusy } = machine;
  return {
    id: key.slice(key.indexOf('/') + 1),
    name,
    account,
    up: Math.round(upMs / MINUTE_MS),
    upWithout: Math.round(upWithoutMs / MINUTE_MS),
    fen: fen === null ? null : Math.round(fen),
    withoutFen: withoutFen === null ? null : Math.round(withoutFen),
    paidFen,
    interruptions,
    busy: whileBusy,
    line: lineOf(machine, from),
  };
}

/** Each stretch as its length in minutes, in base 36, before the letter of what comes after it. */
function lineOf({ timeline }: MachineRun, from: number): string {
  let line = '';
  let last = 0;
  for (const [index, { at, doing }] of timeline.entries()) {
    const start = Math.floor((at - from) / MINUTE_MS);
    const next = timeline[index + 1];
    // What is over within its minute cannot be seen.
    if (next !== undefined && Math.floor((next.at - from) / MINUTE_MS) === start) continue;
    line += `${Math.max(0, start - last).toString(36)}${LETTERS[DOINGS.indexOf(doing)] ?? 'A'}`;
    last = Math.max(last, start);
  }
  return line;
}

/** A day of the zone, or as much of it as there is. */
interface Day {
  readonly day: string;
  /** When it begins, or the days do. */
  readonly at: number;
  /** Its first hour, counted from the hour of the clock in which the days begin. */
  readonly hour: number;
  /** The days begin or end within it. */
  readonly isPart: boolean;
}

function daysOf({ from, reached }: Simulation, zone: Zone): readonly Day[] {
  const origin = hourBegan(from, zone);
  const days: Day[] = [];
  for (let hour = 0; origin + hour * HOUR_MS < reached; hour += 1) {
    const at = Math.max(from, origin + hour * HOUR_MS);
    const day = localDay(at, zone);
    if (days.at(-1)?.day === day) continue;
    days.push({ day, at, hour, isPart: at === from && localDay(from - 1, zone) === day });
  }
  return days.map((each, index) =>
    index === days.length - 1 && localDay(reached, zone) === each.day ? { ...each, isPart: true } : each,
  );
}

/** Fen by day. */
function byDay(hours: readonly number[], days: readonly Day[]): readonly number[] {
  return days.map(({ hour }, index) => {
    const own = hours.slice(hour, days[index + 1]?.hour);
    return Math.round(own.reduce((sum, fen) => sum + fen, 0));
  });
}

/** A time of the report's zone, to the minute. */
export function localText(at: number, timezone: string): string {
  return new Date(at + zoneNamed(timezone).offsetMs(at)).toISOString().slice(0, 16).replace('T', ' ');
}

/** Names in the order of their first use, each known by its place. */
function listOf(first: readonly string[]) {
  const all = [...first];
  const places = new Map(all.map((name, place) => [name, place]));
  return {
    all,
    of(name: string): number {
      const known = places.get(name);
      if (known !== undefined) return known;
      places.set(name, all.length);
      all.push(name);
      return all.length - 1;
    },
  };
}

/** What the simulation rests on, in sentences. */
export function assumptionTexts(simulation: Simulation, language: ReportLanguage, until: string): readonly string[] {
  const { assumptions, bill, seed, accounts, timezone } = simulation;
  const { work, unknown, unread, endless, observing, unrecordedMs = 0 } = assumptions;
  const { assumptions: words, labels } = wordsFor(language, work);
  const separator = language === 'zh' ? '、' : ', ';
  const of = (count: number, text: string) => (count > 0 ? [filled(text, { count, all: bill.instances })] : []);
  return [
    ...groundOf(work, words, seed),
    ...of(bill.unpriced, words.unpriced),
    ...of(unknown, work === 'recorded' || work === 'as-recorded' ? words.untold : words.unknown),
    ...(unrecordedMs > 0 ? [filled(words.unrecorded, { hours: (unrecordedMs / HOUR_MS).toFixed(1) })] : []),
    ...of(unread, words.unread),
    ...accounts.flatMap(({ name, broke: { at, withoutAt } }) => {
      const text = (when: number | null) => (when === null ? labels.never : localText(when, timezone));
      return at === null && withoutAt === null
        ? []
        : [filled(words.broke, { name, at: text(at), without: text(withoutAt) })];
    }),
    ...(endless.length > 0 ? [filled(words.endless, { names: endless.join(separator) })] : []),
    ...(observing.length > 0 ? [filled(words.observing, { names: observing.join(separator) })] : []),
    ...(simulation.isCut ? [filled(words.cut, { until })] : []),
  ];
}

/** How machines work, and what becomes of what is decided. */
function groundOf(
  work: Simulation['assumptions']['work'],
  words: ReportWords['assumptions'],
  seed: Simulation['seed'],
): readonly string[] {
  switch (work) {
    case 'as-now':
      return [words.asNow, words.clouds];
    case 'file':
      return [filled(words.file, { seed: seed ?? '' }), words.clouds];
    case 'recorded':
      return [words.recorded, words.atOnce, words.moneyMoves];
    case 'as-recorded':
      return [words.asRecorded, words.withoutAny];
    default:
      return assertNever(work);
  }
}

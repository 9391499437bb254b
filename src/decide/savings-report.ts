import { formatDay, parseDay } from '../calendar/civil.ts';
import type { SavedTime } from '../fleet/saved-time.ts';
import type { SavingsBy, SavingsReport, SavingsRow, SavingsSum } from '../fleet/savings-report.ts';

/** What the ledger of one account has of the days that are asked about. */
export interface AccountLedger {
  readonly account: string;
  readonly saved: readonly SavedTime[];
  readonly would: readonly SavedTime[];
  readonly unwatchedMs: number;
  /** How an instance is called and labelled; `null`: nobody knows any more. */
  readonly called: (id: string) => { readonly name: string; readonly labels: Readonly<Record<string, string>> } | null;
}

export interface SavingsQuestion {
  readonly since: string;
  readonly until: string;
  readonly timezone: string;
  readonly by: SavingsBy;
  /** Only with `by: label`. */
  readonly label: string | null;
}

/** The ledgers of all accounts, added up by what is asked. */
export function savingsReport(ledgers: readonly AccountLedger[], question: SavingsQuestion): SavingsReport {
  const { by } = question;
  const rows = new Map<string | null, Row>();
  const total = new Row(null);
  for (const ledger of ledgers) {
    const together = jointly(ledger.would);
    const sums = { saved: ledger.saved, would: by === 'policy' ? ledger.would : together };
    for (const kind of ['saved', 'would'] as const) {
      for (const each of sums[kind]) {
        const instance = `${ledger.account}/${each.instance}`;
        const key = keyOf(ledger, each, instance, question);
        const name = by === 'instance' ? (ledger.called(each.instance)?.name ?? null) : null;
        let row = rows.get(key);
        if (row === undefined) {
          row = new Row(name);
          rows.set(key, row);
        }
        row[kind].add(instance, each);
        if (kind === 'saved') total.saved.add(instance, each);
      }
    }
    for (const each of together) total.would.add(`${ledger.account}/${each.instance}`, each);
  }
  if (by === 'day') fillDays(rows, question.until);
  return {
    ...question,
    rows: [...rows].map(([key, row]) => row.view(key)).sort(by === 'day' ? byKey : byMoney),
    total: total.view(null),
    unwatched: ledgers.flatMap(({ account, unwatchedMs: ms }) => (ms > 0 ? [{ account, ms }] : [])),
  };
}

/** A day without anything saved is one with nothing, and today is the last. */
function fillDays(rows: Map<string | null, Row>, until: string): void {
  const first = [...rows.keys()].reduce((one, each) => (one === null || (each ?? one) < one ? each : one), null);
  const [from, to] = [parseDay(first ?? ''), parseDay(until)];
  if (from === null || to === null) return;
  for (let day = from; day <= to; day += 1) {
    const key = formatDay(day);
    if (!rows.has(key)) rows.set(key, new Row(null));
  }
}

function keyOf(
  ledger: AccountLedger,
  { policy, instance, day }: SavedTime,
  key: string,
  { by, label }: SavingsQuestion,
): string | null {
  switch (by) {
    case 'policy':
      return policy;
    case 'account':
      return ledger.account;
    case 'instance':
      return key;
    case 'day':
      return day;
    case 'label': {
      const labels = ledger.called(instance)?.labels ?? {};
      return label !== null && Object.hasOwn(labels, label) ? (labels[label] ?? null) : null;
    }
  }
}

function byKey(a: SavingsRow, b: SavingsRow): number {
  return (a.key ?? '') < (b.key ?? '') ? -1 : 1;
}

function byMoney(a: SavingsRow, b: SavingsRow): number {
  const worth = ({ saved, would }: SavingsRow) => [net(saved), saved.ms, net(would), would.ms];
  const [mine, others] = [worth(a), worth(b)];
  const place = mine.findIndex((each, i) => each !== others[i]);
  return place === -1 ? byKey(a, b) : (others[place] ?? 0) - (mine[place] ?? 0);
}

/** What is left of the money that a stop spares. */
export function net({ grossFen, keptFen }: Pick<SavingsSum, 'grossFen' | 'keptFen'>): number {
  return grossFen - keptFen;
}

class Row {
  readonly saved = new Sum();
  readonly would = new Sum();
  readonly #name: string | null;

  constructor(name: string | null) {
    this.#name = name;
  }

  view(key: string | null): SavingsRow {
    return { key, name: this.#name, saved: this.saved.view(), would: this.would.view() };
  }
}

/**
 * What several policies would have saved together: a machine that two would have stopped on one day stands still once, and
 * counts by the policy that would have saved the most of that day, so that it is never more than the truth. Stops are all
 * that there would have been.
 */
function jointly(would: readonly SavedTime[]): readonly SavedTime[] {
  if (new Set(would.map(({ policy }) => policy)).size < 2) return would;
  const machines = new Map<string, Map<string, [SavedTime, ...SavedTime[]]>>();
  for (const each of would) {
    let days = machines.get(each.instance);
    if (days === undefined) {
      days = new Map();
      machines.set(each.instance, days);
    }
    const known = days.get(each.day);
    if (known === undefined) days.set(each.day, [each]);
    else known.push(each);
  }
  const groups = [...machines.values()].flatMap((days) => [...days.values()]);
  return groups.map(onceADay);
}

/** Of what is about one instance and day. */
function onceADay(all: readonly [SavedTime, ...SavedTime[]]): SavedTime {
  const sums: SavedTime[] = [];
  // A handful of policies at the most: no index is worth its making, tens of thousands of times.
  for (const each of all) {
    const place = sums.findIndex(({ policy }) => policy === each.policy);
    const before = sums[place];
    if (before === undefined) sums.push(each);
    else sums[place] = added(before, each);
  }
  const [first] = all;
  let best = sums[0] ?? first;
  let [stops, wrong] = [0, 0];
  for (const each of sums) {
    if ((net(each) - net(best) || each.ms - best.ms) > 0) best = each;
    stops += each.stops;
    wrong += each.wrong;
  }
  return stops === best.stops && wrong === best.wrong ? best : { ...best, stops, wrong };
}

function added(one: SavedTime, other: SavedTime): SavedTime {
  return {
    ...one,
    ms: one.ms + other.ms,
    gpuMs: one.gpuMs + other.gpuMs,
    grossFen: one.grossFen + other.grossFen,
    keptFen: one.keptFen + other.keptFen,
    unpricedMs: one.unpricedMs + other.unpricedMs,
    unkeptMs: one.unkeptMs + other.unkeptMs,
    stops: one.stops + other.stops,
    wrong: one.wrong + other.wrong,
  };
}

class Sum {
  #ms = 0;
  #gpuMs = 0;
  #grossFen = 0;
  #keptFen = 0;
  #stops = 0;
  #wrong = 0;
  readonly #instances = new Set<string>();
  readonly #unpriced = new Set<string>();
  readonly #unkept = new Set<string>();

  add(instance: string, each: SavedTime): void {
    this.#ms += each.ms;
    this.#gpuMs += each.gpuMs;
    this.#grossFen += each.grossFen;
    this.#keptFen += each.keptFen;
    this.#stops += each.stops;
    this.#wrong += each.wrong;
    this.#instances.add(instance);
    if (each.unpricedMs > 0) this.#unpriced.add(instance);
    if (each.unkeptMs > 0) this.#unkept.add(instance);
  }

  view(): SavingsSum {
    return {
      ms: this.#ms,
      gpuMs: this.#gpuMs,
      grossFen: this.#grossFen,
      keptFen: this.#keptFen,
      stops: this.#stops,
      wrong: this.#wrong,
      instances: this.#instances.size,
      unpriced: this.#unpriced.size,
      unkept: this.#unkept.size,
    };
  }
}

import type { Activity } from '../fleet/activity.ts';
import type { Instance } from '../fleet/instance.ts';
import type { RenewalDue } from '../fleet/renewal-due.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';
import { type Family, KeptText, Turns } from './kept-text.ts';

/** What the fleet series of one account are written from. */
export interface FleetSeriesSource {
  readonly snapshot: Snapshot;
  /** What is known of each of its instances, in its order; `null`, or absent: no probe looks at it. */
  readonly activities: readonly (Activity | null)[];
  readonly burnFenPerHour: number | null;
  readonly runwayMs: number | null;
  /** Its bounds; absent or `null`: not known, or the money does not end. */
  readonly runwayPessimisticMs?: number | null;
  readonly runwayOptimisticMs?: number | null;
  /**
   * What an instance costs an hour now, in fen; absent, or `null` of an instance: no price is known. It and `renewals` are
   * asked once for each instance: another answer needs another function.
   */
  readonly costFenPerHour?: (instance: Instance) => number | null;
  /** Which policies would renew an instance, and from when on; absent: none renews any. */
  readonly renewals?: (instance: Instance) => readonly RenewalDue[];
  /** How many running instances nobody can tell anything of, of those that a policy would stop when idle; absent: none. */
  readonly blind?: number;
  /** Does its token list another account's instances, so that what is known of it stands still? */
  readonly foreign?: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '"': '\\"' };
/** What has to be escaped, what would end the scrape (NUL), and what would turn a console line around (bidi controls). */
const UNFIT = /[\\"\p{Cc}\p{Bidi_Control}]/u;
const ALL_UNFIT = new RegExp(UNFIT, 'gu');
/** Of a text that people chose. A name of 10 kB on five series a machine would drown the scrape. */
const MAX_TEXT = 200;

/** A label value in the Prometheus text format. */
export function label(value: string): string {
  return UNFIT.test(value) ? value.replace(ALL_UNFIT, (char) => ESCAPES[char] ?? '\ufffd') : value;
}

/** A label value that identifies nothing, so that it may be cut. */
function text(value: string): string {
  return label(value.length > MAX_TEXT ? value.slice(0, MAX_TEXT).toWellFormed() : value);
}

/** One instance, with what else its lines are made of. */
interface Row {
  readonly source: FleetSeriesSource;
  readonly tracked: Tracked;
  readonly activity: Activity | null;
}

/** A family of series in which every instance has one line, or none. */
interface InstanceFamily extends Family<Row> {
  readonly name: string;
  readonly help: string;
}

function who({ account, id }: Instance): string {
  return `account="${label(account)}",instance="${label(id)}"`;
}

/**
 * The latest activity that any probe has proven, whatever the verdict is now; `null`: none has. The idle clock of the
 * verdict is another thing: it begins at the boot where nothing was seen since.
 */
function lastActiveAt({ activity }: Row): number | null {
  if (activity === null || activity.kind === 'not-applicable') return null;
  let latest: number | null = null;
  for (const reading of activity.readings) {
    const at = reading.lastActiveAt;
    if (at !== null && (latest === null || at > latest)) latest = at;
  }
  return latest;
}

/** What is not up has nothing to judge, whether or not a rule would. */
function verdictOf({ tracked, activity }: Row): string {
  return isUp(tracked.instance.status) ? (activity?.kind ?? 'unknown') : 'not-applicable';
}

/** What the last listing lacked may be anything by now. */
function statusOf({ tracked }: Row): string {
  return (tracked.missing ?? 0) > 0 ? 'unknown' : tracked.instance.status;
}

const FAMILIES: readonly InstanceFamily[] = [
  {
    name: 'lamplighter_instance_info',
    help: 'Always 1; what is known of the instance is in the labels.',
    basis: () => null,
    line({ tracked: { instance } }) {
      const { provider, name, gpu, room, billing } = instance;
      const labels = `provider="${provider}",name="${text(name)}",gpu="${text(gpu)}",room="${text(room)}",billing="${billing}"`;
      return `lamplighter_instance_info{${who(instance)},${labels}} 1\n`;
    },
  },
  {
    name: 'lamplighter_instance_status',
    help: 'The present status of the instance: 1 for the one in the label.',
    basis: statusOf,
    line: (row) => `lamplighter_instance_status{${who(row.tracked.instance)},status="${statusOf(row)}"} 1\n`,
  },
  {
    name: 'lamplighter_instance_expiry_timestamp_seconds',
    help: 'When the paid time of the instance ends, Unix time; absent where it has no end.',
    basis: () => null,
    line({ tracked: { instance } }) {
      const { expiresAt } = instance;
      if (expiresAt === null) return '';
      return `lamplighter_instance_expiry_timestamp_seconds{${who(instance)}} ${expiresAt / 1000}\n`;
    },
  },
  {
    name: 'lamplighter_instance_renewal_due_timestamp_seconds',
    help: 'From when on the policy would renew the instance, Unix time; absent where none would.',
    basis: ({ source }) => source.renewals,
    line({ source, tracked: { instance } }) {
      return (source.renewals?.(instance) ?? [])
        .map(({ policy, mode, dueAt }) => {
          const labels = `${who(instance)},policy="${policy}",mode="${mode}"`;
          return `lamplighter_instance_renewal_due_timestamp_seconds{${labels}} ${dueAt / 1000}\n`;
        })
        .join('');
    },
  },
  {
    name: 'lamplighter_instance_cost_yuan_per_hour',
    help: 'What the instance costs an hour now, where prices are known: 0 while an hourly one is off.',
    basis: ({ source }) => source.costFenPerHour,
    line({ source, tracked: { instance } }) {
      const fen = source.costFenPerHour?.(instance) ?? null;
      if (fen === null) return '';
      return `lamplighter_instance_cost_yuan_per_hour{${who(instance)}} ${Math.round(fen * 100) / 10_000}\n`;
    },
  },
  {
    name: 'lamplighter_instance_activity',
    help: 'What the probes say of the instance: 1 for the verdict in the label.',
    basis: verdictOf,
    line: (row) => `lamplighter_instance_activity{${who(row.tracked.instance)},verdict="${verdictOf(row)}"} 1\n`,
  },
  {
    name: 'lamplighter_instance_last_active_timestamp_seconds',
    help: 'Last proven activity of the instance, Unix time; absent where nothing is proven.',
    basis: lastActiveAt,
    line(row) {
      const at = lastActiveAt(row);
      if (at === null) return '';
      return `lamplighter_instance_last_active_timestamp_seconds{${who(row.tracked.instance)}} ${at / 1000}\n`;
    },
  },
];

function gauge(name: string, help: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function accountSeries(sources: readonly FleetSeriesSource[]): string {
  const per = (name: string, help: string, value: (source: FleetSeriesSource) => number | null) =>
    gauge(
      name,
      help,
      sources.flatMap((source) => {
        const number = value(source);
        return number === null ? [] : [`${name}{account="${label(source.snapshot.account)}"} ${number}\n`];
      }),
    );
  return [
    per('lamplighter_account_balance_yuan', 'Cash on the account.', ({ snapshot }) =>
      snapshot.balance === null ? null : snapshot.balance.cashFen / 100,
    ),
    per(
      'lamplighter_account_cards_yuan',
      'What is left on compute cards, which may be bound to certain pods.',
      ({ snapshot }) => (snapshot.balance === null ? null : snapshot.balance.cardsFen / 100),
    ),
    per(
      'lamplighter_account_runway_seconds',
      'How long the cash lasts, with what the policies will do by the calendar and the renewals they will make; absent where it does not end, or the balance is stale.',
      ({ runwayMs }) => (runwayMs === null ? null : runwayMs / 1000),
    ),
    per(
      'lamplighter_account_runway_pessimistic_seconds',
      'How long the cash lasts if nothing is stopped and all that is paid ahead is renewed.',
      ({ runwayPessimisticMs: ms = null }) => (ms === null ? null : ms / 1000),
    ),
    per(
      'lamplighter_account_runway_optimistic_seconds',
      'How long the cash lasts if the policies can stop all that they may.',
      ({ runwayOptimisticMs: ms = null }) => (ms === null ? null : ms / 1000),
    ),
    per('lamplighter_account_burn_yuan_per_hour', 'What the account spends an hour.', ({ burnFenPerHour }) =>
      burnFenPerHour === null ? null : burnFenPerHour / 100,
    ),
    per(
      'lamplighter_snapshot_instances',
      'Instances in the last snapshot of the account.',
      ({ snapshot }) => snapshot.instances.length,
    ),
    per(
      'lamplighter_account_blind_instances',
      'Running instances of which no probe could tell anything for 30 min, of those that a policy would stop when idle.',
      ({ blind = 0 }) => blind,
    ),
    per('lamplighter_snapshot_complete', 'Was the last listing of the account whole? 1 yes, 0 no.', ({ snapshot }) =>
      snapshot.complete && !snapshot.shrunken ? 1 : 0,
    ),
    per(
      'lamplighter_snapshot_quarantined',
      'Is the last listing of the account not believed? It shrank all at once, or is another account’s. 1 yes, 0 no.',
      ({ snapshot, foreign = false }) => (snapshot.shrunken || foreign ? 1 : 0),
    ),
  ].join('');
}

/** What is smaller is put together before it is sent: accounts may be many and small. */
const PIECE_BYTES = 65_536;

function* gathered(texts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const text of texts) {
    waiting.push(text);
    bytes += text.length;
    if (bytes < PIECE_BYTES) continue;
    yield waiting.length === 1 ? text : Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

/**
 * The series of accounts and instances in the Prometheus text format. Only what the last snapshots hold is written, so the
 * series of an instance that is gone are gone too.
 *
 * The registry of prom-client takes 4.5 µs a series in one go, which at 10 000 instances stops everything else for a quarter of
 * a second. Here a line that nothing has changed of is the bytes of the scrape before, and what is new gives way to others.
 */
export class FleetSeries {
  #kept: ReadonlyMap<string, KeptText<Row>> = new Map();

  async *write(sources: readonly FleetSeriesSource[]): AsyncGenerator<Uint8Array> {
    const turns = new Turns();
    const kept = new Map<string, KeptText<Row>>();
    for (const source of sources) {
      const { account, instances } = source.snapshot;
      const rows = instances.map((tracked, index) => ({ source, tracked, activity: source.activities[index] ?? null }));
      const before = this.#kept.get(account) ?? KeptText.empty(FAMILIES);
      kept.set(account, await before.next(rows, turns));
    }
    this.#kept = kept;
    yield* gathered(allText(sources, [...kept.values()]));
  }
}

function* allText(sources: readonly FleetSeriesSource[], texts: readonly KeptText<Row>[]): Generator<Uint8Array> {
  yield Buffer.from(accountSeries(sources));
  for (const [index, { name, help }] of FAMILIES.entries()) {
    yield Buffer.from(`# HELP ${name} ${help}\n# TYPE ${name} gauge\n`);
    for (const text of texts) yield* text.bytesOf(index);
  }
}

import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { Activity } from '../fleet/activity.ts';
import { type Instance, instanceKey } from '../fleet/instance.ts';
import type { RenewalDue } from '../fleet/renewal-due.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';

/** What the fleet series of one account are written from. */
export interface FleetSeriesSource {
  readonly snapshot: Snapshot;
  readonly activity: ReadonlyMap<string, Activity>;
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

/**
 * Instances per chunk: the registry of prom-client takes 4.5 µs a series in one go, which at 10 000 instances stops
 * everything else for a quarter of a second. Text written here in chunks never holds the loop for more than a few ms.
 */
const CHUNK = 1_000;

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

interface Family {
  readonly name: string;
  readonly help: string;
  line(source: FleetSeriesSource, tracked: Tracked): string;
}

/**
 * The latest activity that any probe has proven, whatever the verdict is now; `null`: none has. The idle clock of the
 * verdict is another thing: it begins at the boot where nothing was seen since.
 */
function lastActiveAt(activity: Activity | undefined): number | null {
  if (activity === undefined || activity.kind === 'not-applicable') return null;
  let latest: number | null = null;
  for (const reading of activity.readings) {
    const at = reading.lastActiveAt;
    if (at !== null && (latest === null || at > latest)) latest = at;
  }
  return latest;
}

/** The lines of one instance that do not change while it does not. */
interface InstanceLines {
  /** Account and id, as label text. */
  readonly who: string;
  readonly info: string;
  readonly status: string;
  /** Empty where it has no end. */
  readonly expiry: string;
  /** The line of the verdict that was written last. */
  activity: { readonly verdict: string; readonly line: string };
  /** What was written last, and by which function of the source: the same one says the same again. */
  cost: { readonly by: FleetSeriesSource['costFenPerHour']; readonly line: string };
  renewal: { readonly by: FleetSeriesSource['renewals']; readonly line: string };
}

/** Made once: a row that comes again unchanged in the next listing is the very same object. */
const LINES = new WeakMap<Instance, InstanceLines>();

/** A line of its own piece: put together by `+` it would be a chain of pieces, to be gone through at every scrape. */
function flat(...pieces: readonly string[]): string {
  return pieces.join('');
}

function linesOf(instance: Instance): InstanceLines {
  const known = LINES.get(instance);
  if (known !== undefined) return known;
  const { account, id, provider, name, gpu, room, billing, status, expiresAt } = instance;
  const who = flat('account="', label(account), '",instance="', label(id), '"');
  const labels = `provider="${provider}",name="${text(name)}",gpu="${text(gpu)}",room="${text(room)}",billing="${billing}"`;
  const made: InstanceLines = {
    who,
    info: flat('lamplighter_instance_info{', who, ',', labels, '} 1\n'),
    status: flat('lamplighter_instance_status{', who, ',status="', status, '"} 1\n'),
    expiry:
      expiresAt === null
        ? ''
        : flat('lamplighter_instance_expiry_timestamp_seconds{', who, '} ', String(expiresAt / 1000), '\n'),
    activity: { verdict: '', line: '' },
    cost: { by: undefined, line: '' },
    renewal: { by: undefined, line: '' },
  };
  LINES.set(instance, made);
  return made;
}

const RENEWAL_DUE = 'lamplighter_instance_renewal_due_timestamp_seconds';

const FAMILIES: readonly Family[] = [
  {
    name: 'lamplighter_instance_info',
    help: 'Always 1; what is known of the instance is in the labels.',
    line: (_source, tracked) => linesOf(tracked.instance).info,
  },
  {
    name: 'lamplighter_instance_status',
    help: 'The present status of the instance: 1 for the one in the label.',
    line(_source, tracked) {
      const { who, status } = linesOf(tracked.instance);
      // What the last listing lacked may be anything by now.
      return (tracked.missing ?? 0) > 0 ? `lamplighter_instance_status{${who},status="unknown"} 1\n` : status;
    },
  },
  {
    name: 'lamplighter_instance_expiry_timestamp_seconds',
    help: 'When the paid time of the instance ends, Unix time; absent where it has no end.',
    line: (_source, tracked) => linesOf(tracked.instance).expiry,
  },
  {
    name: 'lamplighter_instance_renewal_due_timestamp_seconds',
    help: 'From when on the policy would renew the instance, Unix time; absent where none would.',
    line({ renewals }, { instance }) {
      const lines = linesOf(instance);
      if (lines.renewal.by !== renewals) {
        const line = (renewals?.(instance) ?? []).map(
          ({ policy, mode, dueAt }) =>
            `${RENEWAL_DUE}{${lines.who},policy="${policy}",mode="${mode}"} ${dueAt / 1000}\n`,
        );
        lines.renewal = { by: renewals, line: flat(...line) };
      }
      return lines.renewal.line;
    },
  },
  {
    name: 'lamplighter_instance_cost_yuan_per_hour',
    help: 'What the instance costs an hour now, where prices are known: 0 while an hourly one is off.',
    line({ costFenPerHour }, { instance }) {
      const lines = linesOf(instance);
      if (lines.cost.by !== costFenPerHour) {
        const fen = costFenPerHour?.(instance) ?? null;
        const yuan = fen === null ? null : Math.round(fen * 100) / 10_000;
        lines.cost = {
          by: costFenPerHour,
          line:
            yuan === null ? '' : flat('lamplighter_instance_cost_yuan_per_hour{', lines.who, '} ', String(yuan), '\n'),
        };
      }
      return lines.cost.line;
    },
  },
  {
    name: 'lamplighter_instance_activity',
    help: 'What the probes say of the instance: 1 for the verdict in the label.',
    line(source, tracked) {
      // What is not up has nothing to judge, whether or not a rule would.
      const verdict = isUp(tracked.instance.status)
        ? (source.activity.get(instanceKey(tracked.instance))?.kind ?? 'unknown')
        : 'not-applicable';
      const lines = linesOf(tracked.instance);
      if (lines.activity.verdict !== verdict) {
        const line = flat('lamplighter_instance_activity{', lines.who, ',verdict="', verdict, '"} 1\n');
        lines.activity = { verdict, line };
      }
      return lines.activity.line;
    },
  },
  {
    name: 'lamplighter_instance_last_active_timestamp_seconds',
    help: 'Last proven activity of the instance, Unix time; absent where nothing is proven.',
    line(source, tracked) {
      const at = lastActiveAt(source.activity.get(instanceKey(tracked.instance)));
      if (at === null) return '';
      const { who } = linesOf(tracked.instance);
      return `lamplighter_instance_last_active_timestamp_seconds{${who}} ${at / 1000}\n`;
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

/**
 * The series of accounts and instances in the Prometheus text format, in pieces, giving way to other work between them.
 * Only what the last snapshots hold is written, so the series of an instance that is gone are gone too.
 */
export async function* fleetSeries(sources: readonly FleetSeriesSource[]): AsyncGenerator<string> {
  yield accountSeries(sources);
  for (const family of FAMILIES) {
    yield `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} gauge\n`;
    for (const source of sources) {
      const { instances } = source.snapshot;
      for (let from = 0; from < instances.length; from += CHUNK) {
        const to = Math.min(from + CHUNK, instances.length);
        const lines: string[] = [];
        for (let i = from; i < to; i += 1) {
          const tracked = instances[i];
          if (tracked !== undefined) lines.push(family.line(source, tracked));
        }
        const piece = lines.join('');
        if (piece !== '') yield piece;
        await yieldToLoop();
      }
    }
  }
}

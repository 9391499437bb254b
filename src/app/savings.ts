import { formatDay, parseDay } from '../calendar/civil.ts';
import { parseDuration } from '../calendar/duration.ts';
import { localDay, type Zone } from '../calendar/zone.ts';
import { noSaving } from '../decide/savings.ts';
import { net, type SavingsQuestion, savingsReport } from '../decide/savings-report.ts';
import { shadowSavedTimes } from '../decide/shadow.ts';
import { formatYuan } from '../fleet/money.ts';
import { nearestWord } from '../fleet/nearest-word.ts';
import { SAVINGS_BY, type SavingsReport, type SavingsRow, type SavingsSum } from '../fleet/savings-report.ts';
import { LEDGER_DAYS } from '../store/savings.ts';
import type { Store } from '../store/store.ts';
import type { Work } from '../work/ports.ts';
import { watchedShadows } from './open-shadows.ts';

const DAY_MS = 86_400_000;
const DEFAULT_SINCE = '30d';

/** What a person asks of the ledger, as text. */
export interface SavingsAsked {
  /** `7d`: so many days, today among them; `YYYY-MM-DD`: from that day on. */
  readonly since: string | null;
  /** `policy`, `account`, `instance`, `day` or `label:KEY`. */
  readonly by: string | null;
}

export type ReadSavings =
  | { readonly ok: true; readonly question: SavingsQuestion }
  | { readonly ok: false; readonly message: string };

/** Reads what is asked; anything else than whole days and known words is refused with a sentence. */
export function readSavings(asked: SavingsAsked, now: number, zone: Zone): ReadSavings {
  const today = localDay(now, zone);
  const since = sinceDay(asked.since ?? DEFAULT_SINCE, today);
  if (!since.ok) return since;
  const [word = '', ...rest] = (asked.by ?? 'policy').split(':');
  const by = SAVINGS_BY.find((each) => each === word);
  if (by === undefined) {
    const near = nearestWord(word, SAVINGS_BY);
    const hint =
      near === null ? 'it is one of policy, account, instance, day, or label:KEY' : `did you mean "${near}"?`;
    return no(`savings cannot be told by "${word}"; ${hint}`);
  }
  const label = rest.join(':');
  if (by === 'label' && label === '') return no('by label needs the key of the label, such as label:env');
  if (by !== 'label' && rest.length > 0) return no(`by ${by} takes no key; only label does`);
  const question = { since: since.day, until: today, timezone: zone.name, by, label: by === 'label' ? label : null };
  return { ok: true, question };
}

function sinceDay(text: string, today: string): { ok: true; day: string } | { ok: false; message: string } {
  const last = parseDay(today) ?? 0;
  const oldest = last - LEDGER_DAYS + 1;
  const named = parseDay(text);
  const duration = named === null ? parseDuration(text) : null;
  if (named === null && duration?.ok !== true)
    return no(`since is so many days such as 7d, or a day such as 2026-10-01, not "${text}"`);
  const days = duration?.ok === true ? Math.max(1, Math.ceil(duration.ms / DAY_MS)) : 0;
  const day = named ?? last - days + 1;
  if (day > last) return no(`${text} has not come yet`);
  if (day < oldest) return no(`the ledger keeps ${LEDGER_DAYS} days: since ${formatDay(oldest)} at the earliest`);
  return { ok: true, day: formatDay(day) };
}

function no(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

/** The ledger of every account that was ever counted, added up by what is asked. */
export async function savings(
  work: Work,
  store: Store,
  question: SavingsQuestion,
  only: string | null = null,
): Promise<SavingsReport> {
  const { accounts } = work.standing();
  const names = only === null ? new Set([...accounts.keys(), ...(await store.savings.accounts())]) : [only];
  const first = parseDay(question.since) ?? 0;
  const count = (parseDay(question.until) ?? 0) - first + 1;
  const days = Array.from({ length: count }, (_, i) => formatDay(first + i));
  const ledgers = await Promise.all([...names].map((account) => accountLedger(work, store, account, days)));
  return savingsReport(ledgers, question);
}

async function accountLedger(work: Work, store: Store, account: string, days: readonly string[]) {
  const { zone, labels } = work.standing();
  const now = work.clock.now();
  const [kept, names, snapshot, shadows] = await Promise.all([
    store.savings.days(account, days),
    store.savings.names(account),
    store.loadSnapshot(account),
    watchedShadows(store, account, now),
  ]);
  const listed = new Map(snapshot?.instances.map(({ instance }) => [instance.id, instance]));
  // What has not ended or is not judged yet is not in the ledger: it is added as it stands now.
  const going = shadows.flatMap(({ stop, watchedTo }) => {
    if (stop.at > now) return [];
    const times = stop.endedAt === null ? shadowSavedTimes(stop, watchedTo, zone) : [];
    const { policy, instance, at } = stop;
    const id = instance.slice(account.length + 1);
    return stop.outcome === null ? [{ ...noSaving(localDay(at, zone), policy, id), stops: 1 }, ...times] : times;
  });
  const asked = new Set(days);
  return {
    account,
    saved: kept.flatMap(({ saved }) => saved),
    would: [...kept.flatMap(({ would }) => would), ...going.filter(({ day }) => asked.has(day))],
    unwatchedMs: kept.reduce((sum, { unwatchedMs }) => sum + unwatchedMs, 0),
    called: (id: string) => {
      const instance = listed.get(id);
      return instance === undefined ? (names.get(id) ?? null) : { name: instance.name, labels: labels(instance) };
    },
  };
}

/** As the API and the command give it. */
export function savingsView(report: SavingsReport) {
  const { since, until, timezone, by, label, rows, total, unwatched } = report;
  return {
    since,
    until,
    timezone,
    by,
    label,
    items: rows.map((row) => ({ key: row.key, name: row.name, ...rowView(row) })),
    total: rowView(total),
    unwatched: unwatched.map(({ account, ms }) => ({ account, seconds: Math.round(ms / 1000) })),
    next: null,
  };
}

function rowView({ saved, would }: SavingsRow) {
  return { saved: sumView(saved), wouldHaveSaved: sumView(would) };
}

function sumView(sum: SavingsSum) {
  const { ms, gpuMs, grossFen, keptFen, stops, wrong, instances, unpriced, unkept } = sum;
  const yuan = (fen: number) => formatYuan(Math.round(fen));
  return {
    yuan: yuan(net(sum)),
    priceYuan: yuan(grossFen),
    stoppedCostYuan: yuan(keptFen),
    seconds: Math.round(ms / 1000),
    gpuSeconds: Math.round(gpuMs / 1000),
    stops,
    wrongStops: wrong,
    instances,
    instancesWithoutPrice: unpriced,
    instancesWithoutStoppedPrice: unkept,
  };
}

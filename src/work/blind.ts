import { formatDuration } from '../calendar/duration.ts';
import { BLIND_AFTER_MS, blindness, blindSince, isJudged } from '../decide/blind.ts';
import { hourlyFenOf } from '../decide/evidence.ts';
import { inEnglish } from '../decide/in-english.ts';
import type { AccountView, InstanceView, World } from '../decide/world.ts';
import { type Detail, verbatim } from '../fleet/detail/detail.ts';
import { formatYuan } from '../fleet/money.ts';
import type { Standing, Work } from './ports.ts';
import { tell } from './tell.ts';

/** Blind for so long, machines that are dear are worth waking somebody. */
const DEAR_AFTER_MS = 3 * 3_600_000;
/** Dear, all of an account together: an hour of eight large cards, or of some dozen small ones that lost their key at once. */
const DEAR_FEN_PER_HOUR = 1_000;
/** When this process began to decide: what nobody reported before then may have been reported to nobody. */
const BEGAN_AT = new WeakMap<Work, number>();
/** More names than these are a number. */
const MOST_NAMED = 5;

interface Blind {
  readonly view: InstanceView;
  readonly why: Detail;
}

/** Since when people hear of it, and how loudly. */
interface Level {
  /** What was said is noted under it. */
  readonly name: 'blind' | 'blind-dear';
  readonly afterMs: number;
  readonly severity: 'warning' | 'critical';
}

const WARNING: Level = { name: 'blind', afterMs: BLIND_AFTER_MS, severity: 'warning' };
const CRITICAL: Level = { name: 'blind-dear', afterMs: DEAR_AFTER_MS, severity: 'critical' };

/**
 * Machines that a policy would stop when idle, and of which nobody can tell: once for each until it can be read again, and
 * one message for all that have become so, since many at once are mostly one thing. Once more, and loudly, of those that
 * are dear and still blind after hours.
 */
export async function tellBlind(work: Work, standing: Standing, world: World): Promise<void> {
  const [account] = world.accounts;
  if (account === undefined || account.trust === 'stale-snapshot') return;
  const beganAt = BEGAN_AT.get(work) ?? world.now;
  BEGAN_AT.set(work, beganAt);
  const blind = account.instances.flatMap((view): readonly Blind[] => {
    const why = blindness(view, world.now);
    if (why === null || (isSilence(view) && world.now - beganAt < BLIND_AFTER_MS)) return [];
    return isJudged(standing.policies, account, view) ? [{ view, why }] : [];
  });
  await tellAt(work, account, blind, WARNING, world.now);
  const long = blind.filter(({ view }) => world.now - blindSince(view) >= DEAR_AFTER_MS);
  if (costOf(account, long) >= DEAR_FEN_PER_HOUR) await tellAt(work, account, long, CRITICAL, world.now);
}

async function tellAt(
  work: Work,
  account: AccountView,
  blind: readonly Blind[],
  level: Level,
  now: number,
): Promise<void> {
  const fresh: Blind[] = [];
  const said = saidBy(work);
  for (const one of blind) {
    const key = keyOf(level, one.view);
    if (said.has(key)) continue;
    if (await work.store.wasSaid(key)) said.add(key);
    else fresh.push(one);
  }
  const [first] = fresh;
  if (first === undefined) return;
  const named = fresh
    .slice(0, MOST_NAMED)
    .map(
      ({ view, why }): Detail => ({ kind: 'named', name: `${view.tracked.instance.name} (${view.key})`, what: why }),
    );
  const more = fresh.length > MOST_NAMED ? `; and ${fresh.length - MOST_NAMED} more` : '';
  const count = fresh.length === 1 ? 'an instance does' : `${fresh.length} instances of ${account.name} do`;
  const costFen = costOf(account, fresh);
  const cost = costFen === 0 ? '' : ` while they cost ${formatYuan(costFen)} yuan an hour`;
  const told = await tell(work, {
    event: 'policy.notice',
    severity: level.severity,
    account: account.name,
    instance: fresh.length === 1 ? first.view.tracked.instance : null,
    policy: null,
    action: 'notify',
    occurrence: null,
    reason: 'unknown-activity',
    text: `nobody could tell for ${spanText(level.afterMs)} what ${count}, so nothing is stopped for being idle there${cost}: ${inEnglish({ kind: 'parts', parts: named }, work.standing().zone.name)}${more}`,
    said: {
      kind: 'blind',
      count: fresh.length,
      named: fresh.length > MOST_NAMED ? [...named, verbatim('…')] : named,
      yuanPerHour: costFen === 0 ? null : formatYuan(costFen),
    },
    details: { instances: fresh.length, costPerHour: costFen === 0 ? null : formatYuan(costFen) },
    to: null,
    identity: `${level.name}|${fresh.map(({ view }) => view.key).join(',')}|${Math.floor(now / level.afterMs)}`,
  });
  if (!told) return;
  for (const { view } of fresh) {
    const key = keyOf(level, view);
    await work.store.sayOnce(key, now);
    said.add(key);
  }
}

function spanText(ms: number): string {
  return ms < 3_600_000 ? `${ms / 60_000} min` : formatDuration(ms);
}

/** What they cost an hour together, where that is known: what is paid ahead costs no more for being left on. */
function costOf(account: AccountView, blind: readonly Blind[]): number {
  return blind.reduce((sum, { view }) => sum + (hourlyFenOf(view.tracked.instance, account) ?? 0), 0);
}

/** What this process knows to have been told: a fleet that is blind for days is not asked about one by one at each pass. */
const SAID = new WeakMap<Work, Set<string>>();

function saidBy(work: Work): Set<string> {
  const said = SAID.get(work) ?? new Set<string>();
  SAID.set(work, said);
  return said;
}

/** Of this one time of blindness: the next begins at another moment. */
function keyOf(level: Level, view: InstanceView): string {
  return `${level.name}|${view.key}|${blindSince(view)}`;
}

/** Has merely nothing been read lately? Right after a start that may be because nobody was there to read. */
function isSilence({ activity }: InstanceView): boolean {
  return activity?.kind === 'unknown' && (activity.reason === 'stale' || activity.reason === 'no-reading');
}

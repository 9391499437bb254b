import type { CronTicks } from '../calendar/cron.ts';
import type { Window } from '../calendar/window.ts';
import type { Account } from '../fleet/account.ts';
import { type CompileOptions, conditionOf, type Draft, type LabelGiver } from './draft.ts';
import { mayMeet } from './overlap.ts';
import { mayFit } from './unjudged.ts';

/** A weekly window shows all its openings within this many edges. */
const EDGES = 40;
/** A cron shows within so many ticks at which times of day it comes. */
const TICKS = 20;

type Wish = 'up' | 'down';

interface Opening {
  readonly from: number;
  readonly until: number;
}

/** A policy that wants its instances up, or down: for as long as its window is open, or at the ticks of its cron. */
type Wishing = {
  readonly draft: Draft;
  readonly wish: Wish;
} & (
  | { readonly kind: 'during'; readonly window: Window; readonly openings: readonly Opening[] }
  | { readonly kind: 'cron'; readonly ticks: ReadonlySet<number> }
);

/**
 * Warns of two policies that want the opposite of the same instances at the same time. The daemon lets the earlier in file
 * order win, so nothing flaps; but it is never meant. Only what is certain is said: windows that are open together within
 * the coming weeks, a tick that falls into an earlier policy's window or on its tick, and matches of which nothing shows
 * that they have no instance in common.
 */
export function warnOfContradictions(
  drafts: readonly Draft[],
  { now, mode, labelRules = [] }: Pick<CompileOptions, 'now' | 'mode' | 'labelRules'>,
): void {
  const wishing = drafts.flatMap((draft) => wishesOf(draft, now));
  const modeOf = ({ draft }: Wishing) => draft.text.mode ?? mode;
  for (const [index, later] of wishing.entries()) {
    // What only observes wants nothing, and so wins over nothing that acts.
    const isOpposed = (each: Wishing) =>
      each.wish !== later.wish && (modeOf(each) === 'enforce' || modeOf(later) === 'observe');
    const earlier = wishing
      .slice(0, index)
      .find((each) => isOpposed(each) && isSameTime(each, later) && isSameFleet(each.draft, later.draft, labelRules));
    if (earlier === undefined) continue;
    const name = nameOf(earlier);
    const when = later.kind === 'during' ? 'while this window is open' : 'when this ticks';
    const message = `${name} wants the same instances ${earlier.wish} ${when}, and wins because it stands first`;
    later.draft.subject.warn(['when', later.kind], message);
  }
  for (const one of wishing) {
    if (one.kind !== 'during' || one.draft.text.afterwards === undefined) continue;
    const closings = one.openings.map(({ until }) => until);
    const other = wishing.find(
      (each): each is Windowed =>
        each.kind === 'during' &&
        each.draft !== one.draft &&
        each.wish === 'down' &&
        modeOf(each) === modeOf(one) &&
        closings.some((at) => each.window.state(at).inside) &&
        isSameFleet(one.draft, each.draft, labelRules),
    );
    if (other === undefined) continue;
    const message = `${nameOf(other)} wants the same instances down when this window closes and they are to be started`;
    one.draft.subject.warn(['afterwards'], message);
  }
}

/** `"night" (policies/night.yaml:2)` */
function nameOf({ draft: { subject, text } }: Wishing): string {
  return `"${text.name}" (${subject.document.file}:${subject.document.place([...subject.path, 'name']).line})`;
}

function wishesOf(draft: Draft, now: number): Wishing[] {
  // A condition besides the time is about some instances at some moments, and two such may live side by side.
  if (draft.conditions.length > 1 || draft.text.enabled === false) return [];
  const wishes = draft.steps.flatMap(({ kind }): Wish[] => {
    if (kind === 'stop' || kind === 'cardless-stop' || kind === 'destroy') return ['down'];
    return kind === 'start' ? ['up'] : [];
  });
  const wish = wishes.at(-1);
  if (wish === undefined) return [];
  const window = conditionOf(draft, 'during')?.window;
  if (window !== undefined) return [{ draft, wish, kind: 'during', window, openings: openingsOf(window, now) }];
  const ticks = conditionOf(draft, 'cron')?.ticks;
  return ticks === undefined ? [] : [{ draft, wish, kind: 'cron', ticks: ticksOf(ticks, now) }];
}

function openingsOf(window: Window, now: number): readonly Opening[] {
  const openings: Opening[] = [];
  let from: number | null = window.state(now).inside ? now : null;
  for (const { at, opens } of window.edgesAfter(now, EDGES)) {
    if (opens) from = at;
    else if (from !== null) openings.push({ from, until: at });
    if (!opens) from = null;
  }
  return from === null ? openings : [...openings, { from, until: from + 1 }];
}

function ticksOf(ticks: CronTicks, now: number): ReadonlySet<number> {
  const times = new Set<number>();
  for (let at = ticks.nextTick(now); at !== null && times.size < TICKS; at = ticks.nextTick(at)) times.add(at);
  return times;
}

function isSameTime(earlier: Wishing, later: Wishing): boolean {
  if (later.kind === 'cron') {
    const ticks = [...later.ticks];
    if (earlier.kind === 'cron') return ticks.some((at) => earlier.ticks.has(at));
    return ticks.some((at) => earlier.window.state(at).inside);
  }
  // A tick that comes first is over when the window asks for the opposite.
  return earlier.kind === 'during' && openTogether(earlier, later);
}

type Windowed = Extract<Wishing, { kind: 'during' }>;

/** Both lists go by time, so that one walk along them shows where they overlap. */
function openTogether(one: Windowed, other: Windowed): boolean {
  let [i, j] = [0, 0];
  for (;;) {
    const [a, b] = [one.openings[i], other.openings[j]];
    // Beyond the openings that are known of the one its window is asked about each of the other.
    if (a === undefined) return other.openings.slice(j).some(({ from }) => one.window.state(from).inside);
    if (b === undefined) return one.openings.slice(i).some(({ from }) => other.window.state(from).inside);
    if (a.from < b.until && b.from < a.until) return true;
    if (a.until <= b.until) i += 1;
    else j += 1;
  }
}

function isSameFleet(one: Draft, other: Draft, labelRules: readonly LabelGiver[]): boolean {
  if (one.reach !== null && other.reach !== null && !shareAccount(one.reach, other.reach)) return false;
  // Where the rules are not known a label may be given to anything.
  if (labelRules.length === 0) return mayMeet(one.text.match, other.text.match);
  return mayFit(one.text.match, other.text.match, labelRules);
}

function shareAccount(one: readonly Account[], other: readonly Account[]): boolean {
  return one.some(({ name }) => other.some((each) => each.name === name));
}

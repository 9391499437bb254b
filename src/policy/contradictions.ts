import type { Window } from '../calendar/window.ts';
import type { Account } from '../fleet/account.ts';
import { conditionOf, type Draft } from './draft.ts';
import { isGlob } from './glob.ts';
import type { MatchClauses } from './match-grammar.ts';

/** A weekly window shows all its openings within this many edges. */
const EDGES = 40;

type Wish = 'up' | 'down';

/** A policy that wants its instances up, or down, for as long as its window is open. */
interface Wishing {
  readonly draft: Draft;
  readonly wish: Wish;
  readonly window: Window;
}

/**
 * Warns of two policies that want the opposite of the same instances at the same time. The daemon lets the earlier in file
 * order win, so nothing flaps; but it is never meant. Only what is certain is said: windows that are open together within
 * the coming weeks, and matches of which nothing shows that they have no instance in common.
 */
export function warnOfContradictions(drafts: readonly Draft[], now: number): void {
  const wishing = drafts.flatMap(wishesOf);
  for (const [index, later] of wishing.entries()) {
    const earlier = wishing
      .slice(0, index)
      .find((each) => each.wish !== later.wish && mayMeet(each.draft, later.draft) && together(each, later, now));
    if (earlier === undefined) continue;
    const { document } = earlier.draft.subject;
    const place = document.place([...earlier.draft.subject.path, 'name']);
    const name = `"${earlier.draft.text.name}" (${document.file}:${place.line})`;
    const message = `${name} wants the same instances ${earlier.wish} while this window is open, and wins because it stands first`;
    later.draft.subject.warn(['when', 'during'], message);
  }
}

function wishesOf(draft: Draft): Wishing[] {
  const during = conditionOf(draft, 'during');
  if (during === undefined || draft.text.enabled === false) return [];
  // A condition besides the window is about some instances at some moments, and two such may live side by side.
  if (draft.conditions.length > 1) return [];
  const wishes = draft.steps.flatMap(({ kind }): Wish[] => {
    if (kind === 'stop' || kind === 'cardless-stop' || kind === 'destroy') return ['down'];
    return kind === 'start' ? ['up'] : [];
  });
  const wish = wishes.at(-1);
  return wish === undefined ? [] : [{ draft, wish, window: during.window }];
}

function together(one: Wishing, other: Wishing, now: number): boolean {
  const both = (at: number) => one.window.state(at).inside && other.window.state(at).inside;
  const edges = [one, other].flatMap(({ window }) => window.edgesAfter(now, EDGES));
  return both(now) || edges.some(({ at }) => both(at));
}

/** May an instance be meant by both? `false` only where that is certain. What differs in time (status) tells nothing. */
function mayMeet(one: Draft, other: Draft): boolean {
  if (one.reach !== null && other.reach !== null && !shareAccount(one.reach, other.reach)) return false;
  const a = clausesOf(one);
  const b = clausesOf(other);
  for (const key of ['id', 'name', 'billing', 'gpu', 'room'] as const) if (apart(a[key], b[key])) return false;
  return Object.entries(a.labels ?? {}).every(([label, values]) => !apart(values, b.labels?.[label]));
}

function shareAccount(one: readonly Account[], other: readonly Account[]): boolean {
  return one.some(({ name }) => other.some((each) => each.name === name));
}

/** Are both lists of plain words, with none in common? A pattern could fit anything. */
function apart(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  if ([...one, ...other].some(isGlob)) return false;
  return !one.some((word) => other.includes(word));
}

function clausesOf({ text: { match } }: Draft): MatchClauses {
  return match === undefined || match === 'all' ? {} : match;
}

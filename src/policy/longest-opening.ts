import type { Window } from '../calendar/window.ts';

/** A week holds every opening of a weekly window twice over at most; calendars may need some more edges. */
const EDGES = 40;

/** How long (ms) the window is open at most, as far as the next openings show; `null`: without end, or never again. */
export function longestOpening(window: Window, now: number): number | null {
  let longest: number | null = null;
  let openedAt: number | null = null;
  for (const edge of window.edgesAfter(now, EDGES)) {
    if (edge.opens) openedAt = edge.at;
    else if (openedAt !== null) longest = Math.max(longest ?? 0, edge.at - openedAt);
  }
  return longest;
}

import { DAY_MS, formatDay } from './civil.ts';
import type { NamedCalendar } from './named-calendar.ts';
import { FIRST_AT, type Interval, LAST_AT, type Openings, openingsOf } from './openings.ts';
import type { WindowSpec } from './window-spec.ts';
import { formatTime, type Zone } from './zone.ts';

/** What a window says about one instant. Times are epoch ms. */
export type WindowState =
  | {
      readonly inside: true;
      /** When this opening began; `null`: it has no beginning (`always`). */
      readonly openedAt: number | null;
      /** When it ends, which is outside; `null`: never. */
      readonly closesAt: number | null;
    }
  | {
      readonly inside: false;
      /** When it opens next; `null`: never again. */
      readonly opensAt: number | null;
    };

export interface WindowEdge {
  readonly at: number;
  /** `true`: at this instant the window becomes open; `false`: from this instant on it is closed. */
  readonly opens: boolean;
}

/** Minutes of a week, for finding weekly specs that leave no minute out. */
const WEEK_MINUTES = 7 * 1440;

/**
 * The union of some specs, asked by instant. Openings that touch or overlap are one opening. Answers depend on the
 * instant alone; what is remembered between calls only makes the next answer cheap. Edges are known from 1970 to 2100.
 */
export class Window {
  /** The text it was read from. */
  readonly text: string;
  readonly specs: readonly WindowSpec[];
  readonly #openings: readonly Openings[];
  /** The latest answer holds from `#fromAt` (included) until `#untilAt` (excluded). */
  #fromAt = Number.POSITIVE_INFINITY;
  #untilAt = Number.NEGATIVE_INFINITY;
  #state: WindowState = { inside: false, opensAt: null };
  #lastOpening = { openedAt: Number.NaN, text: '' };
  #lastDay = { day: Number.NaN, text: '' };

  constructor(text: string, specs: readonly [WindowSpec, ...WindowSpec[]]) {
    this.text = text;
    this.specs = specs;
    this.#zone = specs[0].zone;
    this.#openings = fillsTheWeek(specs)
      ? [openingsOf({ kind: 'always', zone: this.#zone })]
      : specs.map((spec) => openingsOf(spec));
  }

  /** The zone of the first spec: that of the local day for an opening without beginning. */
  readonly #zone: Zone;

  /** The named calendars in use, each once: their `yearsCovered` tell whether the coming year has been entered. */
  get calendars(): readonly NamedCalendar[] {
    return [...new Set(this.specs.flatMap((spec) => (spec.kind === 'calendar' ? [spec.calendar] : [])))];
  }

  /** Whether `at` is inside, and the edges around it. */
  state(at: number): WindowState {
    if (at >= this.#fromAt && at < this.#untilAt) return this.#state;
    const state = this.#compute(at);
    // Where there is no further edge, the answer is known to hold as far as edges are known at all.
    if (state.inside) {
      this.#fromAt = state.openedAt ?? Math.min(at, FIRST_AT);
      this.#untilAt = state.closesAt ?? Math.max(at, LAST_AT);
    } else {
      this.#fromAt = Math.max(at, FIRST_AT);
      this.#untilAt = state.opensAt ?? Math.max(at, LAST_AT);
    }
    this.#state = state;
    return state;
  }

  /** The next `count` edges after `at` (an edge at `at` itself is past), ascending; fewer when there are no more. */
  edgesAfter(at: number, count: number): WindowEdge[] {
    const edges: WindowEdge[] = [];
    let state = this.state(at);
    while (edges.length < count) {
      const edgeAt = state.inside ? state.closesAt : state.opensAt;
      if (edgeAt === null) break;
      edges.push({ at: edgeAt, opens: !state.inside });
      // Not through the memory, which is kept for the instant that is asked about again and again.
      state = this.#compute(edgeAt);
    }
    return edges;
  }

  /**
   * The natural key of the opening that `at` is in: its beginning as RFC 3339 in the zone of the spec that opened it
   * (`2026-10-08T23:00:00+08:00`); the local day (`2026-10-08`) for an opening without beginning; `null` outside.
   */
  occurrence(at: number): string | null {
    const state = this.state(at);
    if (!state.inside) return null;
    const { openedAt } = state;
    if (openedAt === null) {
      const day = Math.floor((at + this.#zone.offsetMs(at)) / DAY_MS);
      if (this.#lastDay.day !== day) this.#lastDay = { day, text: formatDay(day) };
      return this.#lastDay.text;
    }
    if (this.#lastOpening.openedAt !== openedAt) {
      this.#lastOpening = { openedAt, text: formatTime(openedAt, this.#zoneOpeningAt(openedAt)) };
    }
    return this.#lastOpening.text;
  }

  #zoneOpeningAt(openedAt: number): Zone {
    const index = this.#openings.findIndex((each) => each.covering(openedAt)?.startAt === openedAt);
    return this.specs[index]?.zone ?? this.#zone;
  }

  #compute(at: number): WindowState {
    const here = this.#covering(at);
    if (here === null) return { inside: false, opensAt: this.#nextOpening(at) };
    let { startAt, endAt } = here;
    // Whatever holds the last millisecond before the start touches it or overlaps it, and so belongs to this opening.
    while (startAt > FIRST_AT) {
      const before = this.#covering(startAt - 1);
      if (before === null) break;
      startAt = before.startAt;
      endAt = Math.max(endAt, before.endAt);
    }
    while (endAt < LAST_AT) {
      const after = this.#covering(endAt);
      if (after === null) break;
      endAt = after.endAt;
    }
    return {
      inside: true,
      openedAt: startAt > FIRST_AT ? startAt : null,
      closesAt: endAt < LAST_AT ? endAt : null,
    };
  }

  /** From the earliest start to the latest end of all intervals that hold `at`. */
  #covering(at: number): Interval | null {
    let startAt = at;
    let endAt = at;
    for (const openings of this.#openings) {
      const interval = openings.covering(at);
      if (interval === null) continue;
      startAt = Math.min(startAt, interval.startAt);
      endAt = Math.max(endAt, interval.endAt);
    }
    // An interval that holds `at` ends after it, so none was found when the end has not moved.
    return endAt > at ? { startAt, endAt } : null;
  }

  #nextOpening(at: number): number | null {
    let opensAt: number | null = null;
    for (const openings of this.#openings) {
      const next = openings.nextAfter(at);
      if (next !== null && (opensAt === null || next.startAt < opensAt)) opensAt = next.startAt;
    }
    return opensAt !== null && opensAt < LAST_AT ? opensAt : null;
  }
}

/**
 * Whether the weekly specs of one zone leave no minute of the week out. Then they are open always, since spans that
 * touch on paper touch in time; found here, it spares following such a window from 1970 to 2100.
 */
function fillsTheWeek(specs: readonly WindowSpec[]): boolean {
  const weeks = new Map<Zone, Uint8Array>();
  for (const spec of specs) {
    if (spec.kind !== 'weekly') continue;
    const week = weeks.get(spec.zone) ?? new Uint8Array(WEEK_MINUTES);
    weeks.set(spec.zone, week);
    for (const day of spec.days) {
      for (let minute = spec.span.startMinute; minute < spec.span.endMinute; minute += 1) {
        week[(day * 1440 + minute) % WEEK_MINUTES] = 1;
      }
    }
  }
  return [...weeks.values()].some((week) => !week.includes(0));
}

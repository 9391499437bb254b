import type { Window } from '../../calendar/window.ts';
import type { FleetMachineText, OwnWorkText } from '../../config/fleet-grammar.ts';
import { type Random, seededRandom } from '../../simulator/random.ts';
import type { Work } from './machines.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** People come and go by so much, and are at work for so much of their hours. */
const OFFICE_HOURS = 'Mon-Fri 09:00-18:00';
const OFFICE_SPREAD_MS = 30 * MINUTE_MS;
const SHARE = 0.8;
/** A stretch of work between two pauses. */
const SHORTEST_STRETCH_MS = 30 * MINUTE_MS;
const LONGEST_STRETCH_MS = 3 * HOUR_MS;
/** Habits begin before the simulated time, so that it finds a past. */
const PAST_MS = 2 * DAY_MS;

/** What a workload is turned into times with. */
export interface WorkGround {
  readonly from: number;
  readonly until: number;
  readonly random: Random;
  readonly windowOf: (text: string) => Window;
  readonly momentOf: (text: string) => number;
}

/** Dice of a machine's own, so that one more machine does not change the days of the others. */
export function diceOf(seed: number, key: string): Random {
  // FNV-1a: any hash will do that spreads keys that differ in their last digit.
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${key}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return seededRandom(hash);
}

/** When work begins and ends on a machine of a fleet file. */
export function workOf(workload: FleetMachineText['workload'], ground: WorkGround): Work {
  switch (workload) {
    case undefined:
    case 'unknown':
      return { kind: 'as-now' };
    case 'idle':
      return { kind: 'edges', edges: [], comesBack: false };
    case 'busy':
      return { kind: 'edges', edges: [ground.from - PAST_MS], comesBack: false };
    case 'office':
      return {
        kind: 'edges',
        edges: byHours({ hours: OFFICE_HOURS, spread: OFFICE_SPREAD_MS }, ground),
        comesBack: true,
      };
    default: {
      const { hours } = workload;
      return hours === undefined
        ? { kind: 'edges', edges: inStretches(workload, ground), comesBack: workload.comesBack ?? false }
        : { kind: 'edges', edges: byHours({ ...workload, hours }, ground), comesBack: workload.comesBack ?? true };
    }
  }
}

/** Stretches of work with pauses between them, as long as the hours are open. */
function byHours(work: OwnWorkText & { readonly hours: string }, ground: WorkGround): readonly number[] {
  const { from, until, random } = ground;
  const window = ground.windowOf(work.hours);
  const share = work.share ?? SHARE;
  const spreadMs = work.spread ?? 0;
  const edges: number[] = [];
  let at = from - PAST_MS;
  while (at < until) {
    const state = window.state(at);
    const opensAt = state.inside ? at : state.opensAt;
    if (opensAt === null) break;
    const open = window.state(opensAt);
    const closesAt = Math.min((open.inside ? open.closesAt : null) ?? until, until);
    const end = Math.min(closesAt + early(spreadMs, random), until);
    let busyAt = opensAt + early(spreadMs, random);
    while (share > 0 && busyAt < end) {
      const stretchMs = wholeMinutes(SHORTEST_STRETCH_MS + random() * (LONGEST_STRETCH_MS - SHORTEST_STRETCH_MS));
      const restMs = wholeMinutes((stretchMs * (1 - share)) / share);
      addStretch(edges, busyAt, Math.min(busyAt + stretchMs, end));
      busyAt += stretchMs + restMs;
    }
    if (closesAt >= until) break;
    at = closesAt;
  }
  return edges;
}

/** So long at work, then at rest, once or again and again. */
function inStretches(work: OwnWorkText, ground: WorkGround): readonly number[] {
  const { from, until, random } = ground;
  const busyMs = work.busyFor ?? 0;
  const spreadMs = work.spread ?? 0;
  const { every } = work;
  const first = work.from === undefined ? null : ground.momentOf(work.from);
  if (every === undefined) {
    const at = (first ?? from) + early(spreadMs, random);
    return [at, at + busyMs];
  }
  const edges: number[] = [];
  // The first of a row that goes on from before the simulated time.
  let at = first ?? from - every + wholeMinutes(random() * every);
  while (at > from - every) at -= every;
  for (; at < until; at += every) {
    const begin = at + early(spreadMs, random);
    addStretch(edges, begin, begin + busyMs);
  }
  return edges;
}

function addStretch(edges: number[], begin: number, end: number): void {
  const before = edges.at(-1);
  if (end <= begin) return;
  // What overlaps or touches is one stretch.
  if (before !== undefined && begin <= before) edges[edges.length - 1] = Math.max(before, end);
  else edges.push(begin, end);
}

/** Between so much early and so much late. */
function early(spreadMs: number, random: Random): number {
  return spreadMs === 0 ? 0 : wholeMinutes((random() * 2 - 1) * spreadMs);
}

function wholeMinutes(ms: number): number {
  return Math.round(ms / MINUTE_MS) * MINUTE_MS;
}

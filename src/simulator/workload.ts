import { HOUR_MS } from './clocks.ts';

/** What runs inside an instance: busy for `busyMs` from `anchorAt`, then idle for `idleMs`, and again if `repeat`. */
export interface Workload {
  anchorAt: number;
  busyMs: number;
  idleMs: number;
  repeat: boolean;
  /** A kernel that computes without printing: busy, yet its `last_activity` stands still. */
  silent: boolean;
  /** Kernels listed by the instance's Jupyter; 0 gives no kernel evidence at all. */
  kernels: number;
  terminals: number;
  /** Browser tabs connected to each kernel. */
  connections: number;
  /**
   * Work that follows no cycle: when it begins (even places) and ends (odd ones), ascending; overrides the cycle. Epoch ms.
   * Absent: the cycle holds.
   */
  edges?: readonly number[];
}

const PLAIN = { repeat: true, silent: false, kernels: 1, terminals: 0, connections: 0 } as const;

/** Never busy. */
export function alwaysIdle(at: number, extra: Partial<Workload> = {}): Workload {
  return { ...PLAIN, anchorAt: at, busyMs: 0, idleMs: HOUR_MS, ...extra };
}

/** Busy since `at`, without end. */
export function alwaysBusy(at: number, extra: Partial<Workload> = {}): Workload {
  return { ...PLAIN, anchorAt: at, busyMs: HOUR_MS, idleMs: 0, ...extra };
}

/** Busy from `at` for `busyMs`, and idle ever after. */
export function busyOnce(at: number, busyMs: number, extra: Partial<Workload> = {}): Workload {
  return { ...PLAIN, anchorAt: at, busyMs, idleMs: 0, repeat: false, ...extra };
}

/** Busy for `busyMs`, idle for `idleMs`, over and over from `at`. */
export function busyCycle(at: number, busyMs: number, idleMs: number, extra: Partial<Workload> = {}): Workload {
  return { ...PLAIN, anchorAt: at, busyMs, idleMs, ...extra };
}

/** Busy between each begin and the end that follows it. */
export function busyBetween(edges: readonly number[]): Workload {
  return { ...PLAIN, anchorAt: edges[0] ?? 0, busyMs: 0, idleMs: 0, edges };
}

/** How many edges are at or before `at`: odd while work goes on. */
function edgesUntil(edges: readonly number[], at: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Milliseconds into the current round of work and rest, or null before the first. */
function offsetIn(workload: Workload, at: number): number | null {
  const elapsed = at - workload.anchorAt;
  if (elapsed < 0 || workload.busyMs <= 0) return null;
  return workload.repeat ? elapsed % (workload.busyMs + workload.idleMs) : elapsed;
}

/** When work next begins, strictly after `after`; null when it never does again. */
export function nextWorkAt(workload: Workload, after: number): number | null {
  if (workload.edges !== undefined) {
    const passed = edgesUntil(workload.edges, after);
    return workload.edges[passed + (passed % 2)] ?? null;
  }
  if (workload.busyMs <= 0) return null;
  if (after < workload.anchorAt) return workload.anchorAt;
  if (!workload.repeat) return null;
  const roundMs = workload.busyMs + workload.idleMs;
  return workload.anchorAt + (Math.floor((after - workload.anchorAt) / roundMs) + 1) * roundMs;
}

/** When work next begins or ends, strictly after `after`; null when it never does again. */
export function nextChangeAt(workload: Workload, after: number): number | null {
  if (workload.edges !== undefined) return workload.edges[edgesUntil(workload.edges, after)] ?? null;
  const offset = offsetIn(workload, after);
  if (offset === null || offset >= workload.busyMs) return nextWorkAt(workload, after);
  // Without a rest in between nothing changes.
  return workload.repeat && workload.idleMs <= 0 ? null : after - offset + workload.busyMs;
}

/** Whether work is going on at `at`. */
export function isBusy(workload: Workload, at: number): boolean {
  if (workload.edges !== undefined) return edgesUntil(workload.edges, at) % 2 === 1;
  const offset = offsetIn(workload, at);
  return offset !== null && offset < workload.busyMs;
}

/** When the newest work at or before `at` was going on; null when there was none. */
export function lastBusyAt(workload: Workload, at: number): number | null {
  if (workload.edges !== undefined) {
    const passed = edgesUntil(workload.edges, at);
    return passed % 2 === 1 ? at : (workload.edges[passed - 1] ?? null);
  }
  const offset = offsetIn(workload, at);
  if (offset === null) return null;
  return offset < workload.busyMs ? at : at - (offset - workload.busyMs);
}

/** When the newest kernel message came: the begin of the work for a silent kernel, else as `lastBusyAt`. */
export function lastMessageAt(workload: Workload, at: number): number | null {
  if (workload.edges !== undefined) {
    const passed = edgesUntil(workload.edges, at);
    return passed % 2 === 1 && !workload.silent ? at : (workload.edges[passed - 1] ?? null);
  }
  const offset = offsetIn(workload, at);
  if (offset === null) return null;
  if (offset >= workload.busyMs) return at - (offset - workload.busyMs);
  return workload.silent ? at - offset : at;
}

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

/** Milliseconds into the current round of work and rest, or null before the first. */
function offsetIn(workload: Workload, at: number): number | null {
  const elapsed = at - workload.anchorAt;
  if (elapsed < 0 || workload.busyMs <= 0) return null;
  return workload.repeat ? elapsed % (workload.busyMs + workload.idleMs) : elapsed;
}

/** When work next begins, strictly after `after`; null when it never does again. */
export function nextWorkAt(workload: Workload, after: number): number | null {
  if (workload.busyMs <= 0) return null;
  if (after < workload.anchorAt) return workload.anchorAt;
  if (!workload.repeat) return null;
  const roundMs = workload.busyMs + workload.idleMs;
  return workload.anchorAt + (Math.floor((after - workload.anchorAt) / roundMs) + 1) * roundMs;
}

/** Whether work is going on at `at`. */
export function isBusy(workload: Workload, at: number): boolean {
  const offset = offsetIn(workload, at);
  return offset !== null && offset < workload.busyMs;
}

/** When the newest work at or before `at` was going on; null when there was none. */
export function lastBusyAt(workload: Workload, at: number): number | null {
  const offset = offsetIn(workload, at);
  if (offset === null) return null;
  return offset < workload.busyMs ? at : at - (offset - workload.busyMs);
}

/** When the newest kernel message came: the begin of the work for a silent kernel, else as `lastBusyAt`. */
export function lastMessageAt(workload: Workload, at: number): number | null {
  const offset = offsetIn(workload, at);
  if (offset === null) return null;
  if (offset >= workload.busyMs) return at - (offset - workload.busyMs);
  return workload.silent ? at - offset : at;
}

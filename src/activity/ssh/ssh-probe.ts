import { randomBytes } from 'node:crypto';
import type { KeepAlive, ProbeReading, SignalReading, UnknownActivityReason } from '../../fleet/activity.ts';
import type { Clock } from '../../fleet/clock.ts';
import type { Detail } from '../../fleet/detail/detail.ts';
import { type Instance, incarnation } from '../../fleet/instance.ts';
import type { SshOptional, SshThresholds } from '../../fleet/ssh-settings.ts';
import { AddressRefused } from '../address-guard.ts';
import { keepAliveSignal } from '../keep-alive.ts';
import type { Probe } from '../probe.ts';
import { clockDifference } from '../remote-clock.ts';
import { Unreadable } from '../unreadable.ts';
import { worded } from '../worded.ts';
import { gpuSignals } from './gpu-signal.ts';
import type { HostKeyStore } from './host-keys.ts';
import { bootedSince, loadMarks, loadSignals } from './load-signals.ts';
import type { SshLogin, Way } from './login.ts';
import { readOutput } from './output.ts';
import { sessionSignal, terminalSignal, transferSignal } from './people-signals.ts';
import { probeScript } from './script.ts';
import { HostKeyChanged, runOverSsh, type SshLimits, type SshRun } from './ssh-client.ts';
import { DEFAULT_THRESHOLDS } from './thresholds.ts';

/**
 * The script takes some 3 s where the driver is awake and up to 15 s where it starts anew for each question; a dead host
 * costs its own time only.
 */
export const DEFAULT_LIMITS: SshLimits = { connectMs: 10_000, totalMs: 30_000 };

/** Limits for a whole look of `totalMs`. */
export function limitsOf(totalMs: number): SshLimits {
  return { totalMs, connectMs: Math.min(DEFAULT_LIMITS.connectMs, totalMs) };
}

export const DEFAULT_KEEP_ALIVE_FILE = '~/.lamplighter-keep';

/** A login that fails may be a listing that has grown old; an account's listing is read again for that so often at most. */
const REREAD_EVERY_MS = 5 * 60_000;
/** How old the listing may be then. */
const YOUNG_LISTING_MS = 30_000;

/** A reading is compared with the one before it if no more than so many rounds lie between. */
const ROUNDS_COMPARED = 3;

export interface SshProbeOptions {
  readonly login: SshLogin;
  readonly hostKeys: HostKeyStore;
  readonly clock: Clock;
  /** How often it is meant to look. */
  readonly everyMs: number;
  readonly thresholds?: Partial<SshThresholds>;
  /** What the machine need not be able to show. */
  readonly optional?: readonly SshOptional[];
  readonly keepAliveFile?: string;
  readonly limits?: SshLimits;
}

/**
 * Looks at a machine over SSH: one connection, one script, no terminal. Work by the cards, CPU, disk and network; people by
 * the sessions and terminals; both by copies that run and by a keep-alive file.
 *
 * Any signal that is active makes it active. Idleness takes every signal that can prove it, and the GPU or the CPU among
 * them. The reading names no time of last activity: that the terminals were silent for hours says nothing of the cards.
 */
export class SshProbe implements Probe {
  readonly name = 'ssh';
  readonly kind = 'pull';
  readonly #options: SshProbeOptions;
  readonly #thresholds: SshThresholds;
  readonly #rereadAtMs = new Map<string, number>();

  constructor(options: SshProbeOptions) {
    this.#options = options;
    const given = { ...DEFAULT_THRESHOLDS, ...options.thresholds };
    // Between two looks no input may grow too old to be seen.
    this.#thresholds = { ...given, terminalMs: Math.max(given.terminalMs, 2 * options.everyMs) };
  }

  async read(instance: Instance, signal: AbortSignal, previous?: ProbeReading): Promise<ProbeReading> {
    const at = this.#options.clock.now();
    try {
      return await this.#look(instance, at, signal, previous);
    } catch (error) {
      signal.throwIfAborted();
      const marks = previous?.marks;
      return {
        ...this.#reading(at, 'unknown', reasonOf(error), detailOf(error)),
        // One failed look is no reason to forget where the counters stood.
        ...(marks === undefined ? {} : { marks }),
      };
    }
  }

  async #look(
    instance: Instance,
    at: number,
    signal: AbortSignal,
    previous: ProbeReading | undefined,
  ): Promise<ProbeReading> {
    const { clock, everyMs, keepAliveFile = DEFAULT_KEEP_ALIVE_FILE } = this.#options;
    const mark = randomBytes(8).toString('hex');
    const run = await this.#run(instance, probeScript(mark, keepAliveFile), signal);
    const facts = readOutput(run.stdout, mark);
    const remoteToOurs = clockDifference(facts.nowAt, at, clock.now());

    const { signal: keptSignal, keepAlive } = keepAliveSignal(facts, remoteToOurs);
    const seen: readonly SignalReading[] = [
      ...gpuSignals(facts, instance.gpuCount, this.#thresholds.gpuPercent),
      ...loadSignals({
        facts,
        before: previous?.marks ?? null,
        longestGapS: (everyMs * ROUNDS_COMPARED) / 1_000,
        ownBytes: run.bytes,
        thresholds: this.#thresholds,
      }),
      sessionSignal(facts),
      terminalSignal(facts, this.#thresholds.terminalMs, remoteToOurs),
      transferSignal(facts),
      keptSignal,
    ];
    const signals = withoutOptional(seen, this.#options.optional ?? []);
    const reading = this.#judged(at, signals, keepAlive, loadMarks(facts, run.bytes));
    const bootedAt = bootedSince(facts, previous?.marks ?? null, at);
    if (bootedAt === null || reading.verdict === 'active') return reading;
    // From inside, as the cloud may not show it: whoever did that is about to go on.
    const started: Detail = { kind: 'started-ago', agoMs: Math.max(0, at - bootedAt) };
    return { ...reading, lastActiveAt: bootedAt, evidence: { kind: 'parts', parts: [reading.evidence, started] } };
  }

  /** Logs in and runs the script; once more where a newer listing names another way in. */
  async #run(instance: Instance, script: string, signal: AbortSignal): Promise<SshRun> {
    const { login } = this.#options;
    const way = await login.way(instance, signal);
    try {
      return await this.#runAt(way, instance, script, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Unreadable) || error.reason === 'bad-answer' || !login.asksListing) throw error;
      if (!this.#mayReread(instance.account)) throw error;
      const newer = await login.way(instance, signal, YOUNG_LISTING_MS);
      if (isSame(way, newer)) throw error;
      return await this.#runAt(newer, instance, script, signal);
    }
  }

  async #runAt(way: Way, instance: Instance, script: string, signal: AbortSignal): Promise<SshRun> {
    const { hostKeys, limits = DEFAULT_LIMITS } = this.#options;
    const machine = incarnation(instance);
    const hostKey = await hostKeys.load(instance.account, machine);
    const run = await runOverSsh({ ...way, hostKey }, script, limits, signal);
    if (hostKey !== null) return run;
    // After the login has succeeded: a machine that is not ours to enter leaves no key behind.
    const remembered = await hostKeys.remember(instance.account, machine, run.hostKey);
    if (remembered !== run.hostKey) throw new HostKeyChanged(remembered, run.hostKey);
    return run;
  }

  #mayReread(account: string): boolean {
    const now = this.#options.clock.monotonic();
    const last = this.#rereadAtMs.get(account);
    if (last !== undefined && now - last < REREAD_EVERY_MS) return false;
    this.#rereadAtMs.set(account, now);
    return true;
  }

  #judged(
    at: number,
    signals: readonly SignalReading[],
    keepAlive: KeepAlive | null,
    marks: ProbeReading['marks'] | null,
  ): ProbeReading {
    const parts = {
      signals,
      ...(keepAlive === null ? {} : { keepAlive }),
      ...(marks === null || marks === undefined ? {} : { marks }),
    };
    const active = signals.filter(({ verdict }) => verdict === 'active');
    if (active.length > 0) {
      const judges = active.some((one) => one.judges === 'work') ? 'work' : 'people';
      return { ...this.#reading(at, 'active', null, worded(active)), lastActiveAt: at, judges, ...parts };
    }
    const blind = signals.filter(({ verdict, onlyPositive }) => verdict === 'unknown' && !onlyPositive);
    if (blind.length > 0) return { ...this.#reading(at, 'unknown', 'not-judged', worded(blind)), ...parts };
    const proofs = signals.filter(({ verdict, onlyPositive }) => verdict === 'idle' && !onlyPositive);
    return { ...this.#reading(at, 'idle', null, worded(proofs)), ...parts };
  }

  #reading(
    at: number,
    verdict: ProbeReading['verdict'],
    reason: UnknownActivityReason | null,
    evidence: Detail,
  ): ProbeReading {
    return { probe: this.name, at, verdict, reason, lastActiveAt: null, judges: 'work', evidence };
  }
}

/**
 * What may be absent and is says nothing, instead of being unknown. The GPU or the CPU has to be seen all the same: where
 * neither is, both stay unknown.
 */
function withoutOptional(
  signals: readonly SignalReading[],
  optional: readonly SshOptional[],
): readonly SignalReading[] {
  const seesWork = signals.some(
    ({ signal, verdict }) => (signal === 'gpu' || signal === 'cpu') && (verdict === 'idle' || verdict === 'active'),
  );
  return signals.map((one) => {
    const isProof = one.signal === 'gpu' || one.signal === 'cpu';
    const isOptional = optional.some((name) => name === one.signal) && (seesWork || !isProof);
    return one.verdict === 'unknown' && isOptional ? { ...one, verdict: 'not-applicable' } : one;
  });
}

function isSame(a: Way, b: Way): boolean {
  const isSameProof =
    a.proof.kind === b.proof.kind &&
    (a.proof.kind === 'key' || b.proof.kind === 'key' || a.proof.password === b.proof.password);
  return a.host === b.host && a.port === b.port && a.user === b.user && isSameProof;
}

function reasonOf(error: unknown): UnknownActivityReason {
  if (error instanceof Unreadable) return error.reason;
  if (error instanceof AddressRefused) return 'address-refused';
  throw error;
}

function detailOf(error: unknown): Detail {
  if (error instanceof Unreadable || error instanceof AddressRefused) return error.detail;
  throw error;
}

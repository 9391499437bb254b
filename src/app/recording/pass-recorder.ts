import { hash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../fleet/clock.ts';
import { storedDetail } from '../../fleet/detail/stored.ts';
import type { RecordedRules } from '../../recording/entries.ts';
import { Recorder } from '../../recording/recorder.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { version } from '../../version.ts';
import type { LastLookSeen, PolicySource, RecorderPort } from '../../work/ports.ts';
import { plainDecisions, wordsOf } from './decisions.ts';
import { plainFacts, plainRow, plainRows } from './plain-facts.ts';

/** Where the recording of a daemon is, in its state directory. */
export function recordingDir(stateDir: string): string {
  return join(stateDir, 'recording');
}

/** Keeps what the passes of a daemon knew and decided. Everything that costs time is done after the pass, piece by piece. */
export class PassRecorder implements RecorderPort {
  readonly #recorder: Recorder;
  readonly #rules = new WeakMap<PolicySource, RecordedRules>();
  readonly #log: Log;

  constructor(options: {
    readonly stateDir: string;
    readonly limits: { readonly keepMs: number; readonly maxBytes: number };
    readonly clock: Clock;
    readonly log: Log;
    readonly metrics: Metrics;
  }) {
    const { stateDir, limits, clock, log, metrics } = options;
    this.#log = log;
    for (const outcome of ['kept', 'slow', 'failed'] as const) metrics.recordedPasses.inc({ outcome }, 0);
    this.#recorder = new Recorder({
      dir: recordingDir(stateDir),
      ...limits,
      clock: () => clock.now(),
      newStream: () => randomBytes(6).toString('hex'),
      version,
      onKept: () => metrics.recordedPasses.inc({ outcome: 'kept' }),
      onDropped: (outcome) => metrics.recordedPasses.inc({ outcome }),
      onSize: (bytes) => metrics.recordingBytes.set(bytes),
      onTrouble: (error) =>
        log.warn({ err: error }, 'passes cannot be recorded; what they do is not kept from being done'),
    });
  }

  note({ source, facts, evaluation }: Parameters<RecorderPort['note']>[0]): void {
    if (source === undefined) return;
    try {
      this.#recorder.note({
        kind: 'pass',
        at: facts.now,
        account: facts.account.name,
        rules: this.#rulesOf(source),
        rowCount: facts.instances.length,
        plain: () => ({
          facts: plainFacts(facts),
          rows: plainRows(facts),
          decided: plainDecisions(evaluation),
          words: wordsOf(evaluation),
        }),
      });
    } catch (error) {
      // Never may a pass fail by being recorded.
      this.#log.warn({ err: error }, 'a pass could not be recorded');
    }
  }

  look({ at, operation, seen, no }: LastLookSeen): void {
    const { id, account, policy, instance, action } = operation;
    try {
      this.#recorder.note({
        kind: 'look',
        at,
        rowCount: 1,
        plain: () => ({
          account,
          operation: id,
          policy: policy ?? '',
          instance,
          action,
          row: seen === null ? null : plainRow(seen, null),
          no: no === null ? null : { reason: no.reason, detail: storedDetail(no.detail), later: no.later === true },
        }),
      });
    } catch (error) {
      // Nor may an act, which is about to be sent.
      this.#log.warn({ err: error }, 'the last look before an act could not be recorded');
    }
  }

  settled(): Promise<void> {
    return this.#recorder.settled();
  }

  stop(): Promise<void> {
    return this.#recorder.stop();
  }

  #rulesOf(source: PolicySource): RecordedRules {
    const known = this.#rules.get(source);
    if (known !== undefined) return known;
    const { files, timezone, mode, at } = source;
    const plain = { files: files.map(({ file, text }) => ({ file, text })), timezone, mode };
    const rules = { id: hash('sha256', JSON.stringify(plain)).slice(0, 16), at, ...plain };
    this.#rules.set(source, rules);
    return rules;
  }
}

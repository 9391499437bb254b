import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { NO_DETAIL, verbatim } from '../../../src/fleet/detail/detail.ts';
import type { Operation, OperationDraft, OperationState } from '../../../src/fleet/operation.ts';
import { Connection } from '../../../src/store/connection.ts';
import { Keys } from '../../../src/store/keys.ts';
import { Ledger, type TransitionRequest } from '../../../src/store/ledger.ts';
import { LedgerClient } from '../../../src/store/ledger-client.ts';
import { LedgerEpoch } from '../../../src/store/ledger-epoch.ts';
import { WatermarkFile } from '../../../src/store/watermark.ts';

export interface OpenLedger {
  readonly connection: Connection;
  readonly client: LedgerClient;
  readonly ledger: Ledger;
  readonly epoch: LedgerEpoch;
  readonly stateDir: string;
  close(): Promise<void>;
}

/** Monday 2026-06-01 12:00 in Shanghai. */
export const NOON = Date.UTC(2026, 5, 1, 4);

const directories: string[] = [];
afterAll(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** Removed when the test file has ended. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lamplighter-state-'));
  directories.push(directory);
  return directory;
}

/** A ledger on that Redis, connected; `start()` is left to the test. */
export async function connectLedger(
  url: string,
  options: { prefix?: string; stateDir?: string } = {},
): Promise<OpenLedger> {
  const connection = new Connection({ url, clock: () => Date.now(), random: () => 0.5 });
  connection.start();
  await connection.waitReady(5_000);
  const client = new LedgerClient(connection, new Keys(options.prefix ?? 'test:'));
  const stateDir = options.stateDir ?? (await temporaryDirectory());
  const epoch = new LedgerEpoch(client, new WatermarkFile(stateDir), () => randomUUID());
  const ledger = new Ledger(client, epoch);
  return {
    connection,
    client,
    ledger,
    epoch,
    stateDir,
    async close() {
      await ledger.stop().catch(() => {});
      await connection.close();
    },
  };
}

let count = 0;

export function draft(change: Partial<OperationDraft> = {}): OperationDraft {
  count += 1;
  const instanceId = change.instanceId ?? `gpu-${count}`;
  const account = change.account ?? 'hxy';
  const policy = change.policy === undefined ? 'idle' : change.policy;
  return {
    id: `op-${count}`,
    account,
    provider: 'huixingyun',
    instance: `${account}/${instanceId}`,
    instanceId,
    instanceName: 'trainer',
    action: 'stop',
    call: { kind: 'stop' },
    policy,
    step: 0,
    occurrence: '2026-06-01',
    by: `policy ${policy}`,
    attempt: 1,
    costFen: null,
    observed: {
      status: 'running',
      billing: 'hourly',
      createdAt: NOON - 86_400_000,
      startedAt: null,
      expiresAt: null,
      imageId: null,
      gpuType: 'rtx_4090',
      gpuCount: 1,
    },
    evidence: { idleSince: '2026-06-01T03:00:00Z' },
    obligations: [],
    reason: 'due',
    detail: verbatim('idle for 1h'),
    ...change,
  };
}

export function renewal(change: Partial<OperationDraft> = {}): OperationDraft {
  return draft({ action: 'renew', call: { kind: 'renew', unit: 'daily', periods: 1 }, costFen: 4_000, ...change });
}

/** A request to move `operation` on; the transaction id is new each time unless given. */
export function to(
  operation: Operation,
  state: OperationState,
  change: Partial<TransitionRequest> = {},
): TransitionRequest {
  return {
    from: { state: operation.state, version: operation.version },
    to: state,
    txid: randomUUID(),
    reason: 'due',
    detail: NO_DETAIL,
    by: 'lamplighter',
    now: NOON,
    ...change,
  };
}

/** Arms the draft and expects that to work. */
export async function armed(ledger: Ledger, what: OperationDraft, now = NOON): Promise<Operation> {
  const result = await ledger.arm(what, { now, caps: [] });
  if (result.kind !== 'armed') throw new Error(`not armed: ${JSON.stringify(result)}`);
  return result.operation;
}

/** Moves the operation along these states and expects that to work. */
export async function walk(ledger: Ledger, operation: Operation, ...states: OperationState[]): Promise<Operation> {
  let at = operation;
  for (const state of states) {
    const result = await ledger.transition(at.id, to(at, state));
    if (result.kind !== 'moved') throw new Error(`not moved to ${state}: ${JSON.stringify(result)}`);
    at = result.operation;
  }
  return at;
}

import type { Answer } from './answer.ts';
import { ok } from './answer.ts';
import type { SimOperation } from './history.ts';
import type { SimInstance } from './sim-instance.ts';
import type { SimulatedAccount } from './simulated-account.ts';
import { isBusy, lastMessageAt } from './workload.ts';

/** A request to the fake Jupyter Server of an instance. */
export interface JupyterRequest {
  readonly account: SimulatedAccount | undefined;
  readonly instanceId: string;
  /** `api/kernels`, `api/terminals`, `api/status` or `api`. */
  readonly resource: string;
  /** From `Authorization: token X` or `?token=X`. */
  readonly token: string | null;
  /** Whether `?no_track_activity=1` came along. */
  readonly untracked: boolean;
  readonly at: number;
}

const FORBIDDEN: Answer = { kind: 'object', status: 403, body: { message: 'Forbidden', reason: null } };
const NOT_FOUND: Answer = { kind: 'object', status: 404, body: { message: 'Not Found', reason: null } };
/** What a cloud's proxy shows while no machine is behind it. */
const NOT_RUNNING: Answer = {
  kind: 'html',
  status: 503,
  text: '<html><head><title>503 Service Temporarily Unavailable</title></head><body>503</body></html>',
};

export function jupyterOperation(resource: string): SimOperation {
  if (resource === 'api/kernels') return 'jupyter-kernels';
  if (resource === 'api/terminals') return 'jupyter-terminals';
  return resource === 'api/status' ? 'jupyter-status' : 'unknown';
}

/** Splits `/jupyter/<account>/<instance id>/<resource>`; null for any other path. */
export function parseJupyterPath(path: string): { account: string; instanceId: string; resource: string } | null {
  const match = /^\/jupyter\/([^/]+)\/([^/]+)\/(.*)$/.exec(path);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const resource = (match[3] ?? '').replace(/\/+$/, '');
  try {
    return { account: decodeURIComponent(match[1]), instanceId: decodeURIComponent(match[2]), resource };
  } catch {
    // A malformed escape names nobody.
    return null;
  }
}

/** Jupyter Server writes UTC with microseconds. */
function utc(at: number): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}

/**
 * Answers as Jupyter Server does: an authenticated request to kernels or terminals counts as activity of the server unless it
 * says `no_track_activity`, `api/status` never counts, and a kernel that computes silently is busy with an old stamp.
 */
export function answerJupyter(request: JupyterRequest): Answer {
  const { account, at } = request;
  account?.settle(at);
  const instance = account?.raw(request.instanceId);
  if (account === undefined || instance === undefined || instance.status !== 'running') return NOT_RUNNING;
  if (request.resource === 'api') return ok({ version: '2.14.2' });
  if (instance.jupyterToken !== null && instance.jupyterToken !== request.token) return FORBIDDEN;
  const startedAt = instance.startedAt ?? instance.createdAt;
  switch (request.resource) {
    case 'api/kernels':
      if (!request.untracked) account.noteApiActivity(instance.id, at);
      return ok(kernels(instance, startedAt, at));
    case 'api/terminals':
      if (!request.untracked) account.noteApiActivity(instance.id, at);
      return ok(terminals(instance, startedAt, at));
    case 'api/status': {
      const { kernels: count, connections } = instance.workload;
      const apiAt = account.apiActivityAt(instance.id) ?? 0;
      const lastAt = Math.max(startedAt, workAt(instance, startedAt, at), apiAt);
      return ok({
        started: utc(startedAt),
        last_activity: utc(lastAt),
        kernels: count,
        connections: count * connections,
      });
    }
    default:
      return NOT_FOUND;
  }
}

/** The newest kernel message; kernels are as old as the machine's start. */
function workAt(instance: SimInstance, startedAt: number, at: number): number {
  return Math.max(startedAt, lastMessageAt(instance.workload, at) ?? startedAt);
}

function kernels(instance: SimInstance, startedAt: number, at: number): unknown[] {
  return Array.from({ length: instance.workload.kernels }, (_, index) => ({
    id: `${instance.id}-kernel-${index + 1}`,
    name: 'python3',
    last_activity: utc(workAt(instance, startedAt, at)),
    execution_state: isBusy(instance.workload, at) ? 'busy' : 'idle',
    connections: instance.workload.connections,
  }));
}

function terminals(instance: SimInstance, startedAt: number, at: number): unknown[] {
  return Array.from({ length: instance.workload.terminals }, (_, index) => ({
    name: String(index + 1),
    last_activity: utc(workAt(instance, startedAt, at)),
  }));
}

import type { SimAccount } from '../../src/simulator/sim-account.ts';
import { Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';

/** Monday 2025-12-01 12:00 in Shanghai. */
export const NOON = Date.UTC(2025, 11, 1, 4);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A clock that stands until it is moved. */
export class TestClock {
  at = NOON;
  now(): number {
    return this.at;
  }
  pass(ms: number): void {
    this.at += ms;
  }
}

export const HXY: SimAccount = {
  name: 'hxy',
  provider: 'huixingyun',
  token: 'hxy-token',
  username: 'wang',
  password: 'console-secret',
  balanceFen: 1_000_000,
  instances: [
    { id: 'gpu-hourly', name: 'dev-llm-01', createdAt: NOON - DAY },
    { id: 'gpu-daily', name: 'prod-api', billing: 'daily', createdAt: NOON - DAY, expiresAt: NOON + 6 * HOUR },
    { id: 'gpu-monthly', billing: 'monthly', createdAt: NOON - DAY, expiresAt: NOON + 20 * DAY },
    { id: 'gpu-off', status: 'stopped', createdAt: NOON - DAY },
    { id: 'gpu-cardless', status: 'stopped', cardless: true, createdAt: NOON - DAY },
  ],
};
export const CHENYU: SimAccount = {
  name: 'cy',
  provider: 'chenyu',
  token: 'cy_key',
  balanceFen: 50_000,
  instances: [
    { id: 'inst_a', name: '我的PyTorch实例', createdAt: NOON - DAY },
    { id: 'inst_b', status: 'stopped', createdAt: NOON - DAY },
    { id: 'inst_c', createdAt: NOON - DAY, gpuCount: 2 },
  ],
};
export const CHENYU_V1: SimAccount = {
  name: 'cy1',
  provider: 'chenyu-v1',
  token: 'cy1_key',
  balanceFen: 30_000,
  instances: [
    { id: 'v1-a', createdAt: NOON - DAY },
    { id: 'v1-b', status: 'stopped', createdAt: NOON - DAY },
    { id: 'v1-c', status: 'created', createdAt: NOON - DAY },
  ],
};

/** What came back from the simulator. `body` is parsed where it is JSON, else null. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
  readonly headers: Headers;
}

/** A started simulator over the three accounts above, with a way to call each. */
export class Bed {
  readonly clock = new TestClock();
  readonly sim: Simulator;

  constructor(options: Partial<SimulatorOptions> = {}) {
    this.sim = new Simulator({ clock: this.clock, accounts: [HXY, CHENYU, CHENYU_V1], ...options });
  }

  async send(path: string, init: RequestInit): Promise<Reply> {
    const response = await fetch(`${this.sim.origin}${path}`, { redirect: 'manual', ...init });
    const text = await response.text();
    let body: unknown = null;
    try {
      body = JSON.parse(text);
    } catch {
      // Some answers are not JSON on purpose.
    }
    return { status: response.status, body, text, headers: response.headers };
  }

  post(path: string, authorization: string, args: unknown = {}): Promise<Reply> {
    const headers = { authorization, 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', headers, body: JSON.stringify(args) });
  }

  /** huixingyun: POST with the bare token. */
  hxy(path: string, args: unknown = {}): Promise<Reply> {
    return this.post(path, HXY.token, args);
  }

  /** chenyu v2, GET. */
  cyGet(path: string, query: Record<string, string> = {}): Promise<Reply> {
    const search = new URLSearchParams(query);
    return this.send(`/api/open/v2${path}?${search.toString()}`, {
      headers: { authorization: `Bearer ${CHENYU.token}` },
    });
  }

  /** chenyu v2, POST. */
  cy(path: string, args: unknown): Promise<Reply> {
    return this.post(`/api/open/v2${path}`, `Bearer ${CHENYU.token}`, args);
  }

  /** center-ai. */
  cy1(path: string, args: unknown = {}): Promise<Reply> {
    return this.post(`/api/v1${path}`, `Bearer ${CHENYU_V1.token}`, args);
  }
}

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Hono } from 'hono';
import { makeWeb } from '../../src/web/app.ts';
import type {
  Chrome,
  Coming,
  ConsoleSource,
  Fleet,
  FleetRow,
  InstanceBoard,
  Timeline,
} from '../../src/web/console/source.ts';
import type { WebEnv } from '../../src/web/own-host.ts';
import { MemoryBoards } from './memory-boards.ts';
import { MemorySource } from './memory-source.ts';

export const CONTROL = 'control-token-0001';
export const VIEWER = 'viewer-token-00001';
/** Noon in Shanghai. */
export const NOON = Date.parse('2026-11-22T12:00:00+08:00');
export const HOUR = 3_600_000;

export function row(fields: Partial<FleetRow> = {}): FleetRow {
  const account = fields.account ?? 'hxy';
  const id = fields.id ?? 'gpu-1';
  return {
    key: `${account}/${id}`,
    account,
    id,
    name: 'dev-1',
    provider: 'huixingyun',
    status: 'running',
    cardless: false,
    statusSince: NOON - HOUR,
    billing: 'hourly',
    gpu: 'NVIDIA 4090',
    gpuCount: 1,
    room: 'r1',
    labels: { env: 'dev' },
    isProtected: false,
    expiresAt: null,
    activity: { verdict: 'idle', since: NOON - HOUR, why: null },
    hold: null,
    costFenPerHour: 198,
    todayFen: 396,
    next: null,
    isForeseen: true,
    problems: [],
    ...fields,
  };
}

/** A console's source that answers as it is told. */
export class MemoryConsole implements ConsoleSource {
  at = NOON;
  around: Chrome = { ready: true, problems: [], redis: true, paused: null, escalated: 0 };
  rows: readonly FleetRow[] = [row()];

  now() {
    return this.at;
  }
  timezone() {
    return 'Asia/Shanghai';
  }
  chrome() {
    return Promise.resolve(this.around);
  }
  boards: Readonly<Record<string, InstanceBoard>> = {};
  coming: Readonly<Record<string, readonly Coming[]>> = {};

  instance(key: string): Promise<InstanceBoard | null> {
    return Promise.resolve(this.boards[key] ?? null);
  }
  timeline(): Promise<Timeline> {
    const rows = this.rows.map((each) => ({ row: each, coming: this.coming[each.key] ?? [] }));
    return Promise.resolve({ from: this.at, until: this.at + 24 * HOUR, rows, accounts: [], missing: [] });
  }
  fleet(): Promise<Fleet> {
    const accounts = [{ name: 'hxy', provider: 'huixingyun', ok: true, detail: 'ok', listedAt: this.at }];
    return Promise.resolve({ rows: this.rows, accounts });
  }
}

export interface Ends {
  readonly local: string;
  readonly remote: string;
}

export const HERE: Ends = { local: '127.0.0.1', remote: '127.0.0.1' };
export const ELSEWHERE: Ends = { local: '10.0.0.5', remote: '10.0.0.9' };

/** What a request over such a connection brings along. */
export function over({ local, remote }: Ends) {
  const socket = new Socket();
  Object.defineProperties(socket, { localAddress: { value: local }, remoteAddress: { value: remote } });
  const incoming = new IncomingMessage(socket);
  return { incoming, outgoing: new ServerResponse(incoming) };
}

export interface BedOptions {
  readonly loopbackListener?: boolean;
  readonly control?: string | null;
  readonly viewer?: string | null;
  readonly url?: string | null;
}

/** The whole web room over sources in memory, asked over connections that are only named. */
export class ConsoleBed {
  readonly source = new MemorySource();
  readonly console = new MemoryConsole();
  readonly boards = new MemoryBoards();
  readonly stop = new AbortController();
  readonly failures: unknown[] = [];
  readonly app: Hono<WebEnv>;
  control: string | null;
  viewer: string | null;
  wall = NOON;
  monotonic = 0;

  constructor(options: BedOptions = {}) {
    const { loopbackListener = true, control = CONTROL, viewer = VIEWER, url = null } = options;
    this.control = control;
    this.viewer = viewer;
    this.app = makeWeb(
      this.source,
      () => this.control,
      (error) => {
        this.failures.push(error);
      },
      () => this.monotonic,
      () => {},
      {
        source: this.console,
        boards: this.boards,
        access: {
          loopbackListener,
          token: (role) => (role === 'control' ? this.control : this.viewer),
          url: () => url,
          wall: () => this.wall,
        },
        signal: this.stop.signal,
      },
    );
  }

  async get(path: string, headers: Record<string, string> = {}, ends = HERE): Promise<Response> {
    const host = ends === HERE ? '127.0.0.1:8080' : '10.0.0.5:8080';
    return await this.app.request(
      `http://${headers.host ?? host}${path}`,
      { headers: { host, ...headers } },
      over(ends),
    );
  }

  async post(
    path: string,
    form: Record<string, string> | URLSearchParams,
    headers: Record<string, string> = {},
    ends = HERE,
  ): Promise<Response> {
    const host = headers.host ?? (ends === HERE ? '127.0.0.1:8080' : '10.0.0.5:8080');
    return await this.app.request(
      `http://${host}${path}`,
      {
        method: 'POST',
        headers: {
          host,
          origin: `http://${host}`,
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
        body: new URLSearchParams(form).toString(),
      },
      over(ends),
    );
  }

  /** Signs in and answers the cookie as a browser would send it. */
  async signIn(token: string, ends = HERE, headers: Record<string, string> = {}): Promise<string> {
    const response = await this.post('/sign-in', { token, name: 'wang', back: '/' }, headers, ends);
    const set = response.headers.get('set-cookie');
    if (response.status !== 303 || set === null) throw new Error(`signing in was answered ${response.status}`);
    return set.split(';')[0] ?? '';
  }
}

/** What the forms of a page carry. */
export function csrfIn(html: string): string {
  return /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What stands before a simulated cloud and puts secrets wherever a careless client would pick them up. */
export interface LeakyOptions {
  /** Of one row or answer; each of a shape of its own, so that a find says where it came in. */
  readonly canaries: Readonly<Record<LeakyCanary, string>>;
  /** Accounts, by their tokens, whose every answer is bad in another way. Stopping a machine of the id "echoed" is, too. */
  readonly broken: readonly string[];
}

export const LEAKY_CANARIES = [
  'rowPassword',
  'sshPassword',
  'nestedSecret',
  'note',
  'urlUser',
  'urlPassword',
  'urlQuery',
  'cookie',
  'errorBody',
  'truncated',
  'notJson',
  'huge',
  'location',
  'kernel',
  'hookAnswer',
] as const;
export type LeakyCanary = (typeof LEAKY_CANARIES)[number];

/** 1.5 MB: more than one answer may have, except a listing. */
const HUGE = 1_500_000;

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export class LeakyFront {
  /** The clouds behind it. */
  target = '';
  readonly seen: Seen[] = [];
  /** Bodies of notifications. */
  readonly told: string[] = [];
  /** Every way to answer badly that was used, by the token it was used on. */
  readonly badly = new Map<string, Set<string>>();
  /** Which canaries went out in an answer that was written to its end. */
  readonly planted = new Set<LeakyCanary>();
  readonly #options: LeakyOptions;
  readonly #turns = new Map<string, number>();
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response).catch(() => response.destroy());
  });

  constructor(options: LeakyOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the front does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const { method = 'GET', url = '/', headers } = request;
    const authorization = headers.authorization ?? '';
    this.seen.push({ method, url, authorization, headers, body });
    const token = authorization.replace(/^Bearer /, '');
    if (url.startsWith('/hooks')) this.#hook(body, headers, response);
    else if (url.startsWith('/notebook/')) this.#notebook(authorization, url, response);
    else if (this.#options.broken.includes(token)) this.#bad(token, authorization, response);
    else if (url.endsWith('/stop') && body.includes('"echoed"')) this.#echo(500, authorization, response);
    else await this.#pass({ method, url, authorization, headers, body }, response);
  }

  #hook(body: string, headers: IncomingMessage['headers'], response: ServerResponse): void {
    this.told.push(body);
    const status = this.told.length % 4 === 1 ? 500 : 200;
    this.#end(response, status, { signature: headers['webhook-signature'], why: this.#plant('hookAnswer') });
  }

  #notebook(authorization: string, url: string, response: ServerResponse): void {
    if (url.includes('api/terminals')) {
      this.#end(response, 500, { message: `${authorization} ${this.#plant('kernel')}` });
      return;
    }
    const at = new Date(Date.now() - 60_000).toISOString();
    const name = this.#plant('kernel');
    this.#end(response, 200, [
      { id: name, name, execution_state: 'idle', last_activity: at, connections: 0, path: name },
    ]);
  }

  /** Each bad answer in its turn. */
  #bad(token: string, authorization: string, response: ServerResponse): void {
    const ways = ['401', '500', 'not-json', 'huge', 'redirect', 'message', 'truncated', 'deep'] as const;
    const turn = this.#turns.get(token) ?? 0;
    this.#turns.set(token, turn + 1);
    const way = ways[turn % ways.length] ?? '401';
    const used = this.badly.get(token) ?? new Set();
    this.badly.set(token, used.add(way));
    switch (way) {
      case '401':
        this.#echo(401, authorization, response);
        return;
      case '500':
        response.writeHead(500, { 'content-type': 'text/html', 'set-cookie': `sid=${this.#plant('cookie')}` });
        response.end(`<html>${authorization} ${this.#plant('errorBody')}</html>`);
        return;
      case 'not-json':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(`{"gid": "x", "password": "${this.#plant('notJson')}", ${authorization}`);
        return;
      case 'huge':
        this.#end(response, 200, { fill: 'x'.repeat(HUGE), password: this.#plant('huge'), authorization });
        return;
      case 'redirect': {
        const location = `https://root:${this.#plant('location')}@127.0.0.1:1/?token=${authorization}`;
        response.writeHead(302, { location }).end(authorization);
        return;
      }
      case 'message': {
        const text = `key ${authorization} of root, password: ${this.#plant('errorBody')} was refused`;
        this.#end(response, 200, { code: 7, msg: text, message: text, success: false });
        return;
      }
      case 'truncated':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' });
        response.write(`{"password": "${this.#plant('truncated')}", "token": "${authorization}"`, () =>
          response.destroy(),
        );
        return;
      case 'deep':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(`${'[{"a":'.repeat(2_000)}"${this.#plant('note')}"${'}]'.repeat(2_000)}`);
        return;
      default:
        response.destroy();
    }
  }

  #echo(status: number, authorization: string, response: ServerResponse): void {
    const error = this.#plant('errorBody');
    response.setHeader('www-authenticate', `Bearer error="${authorization}"`);
    this.#end(response, status, {
      error,
      detail: `Authorization: ${authorization}`,
      request: { authorization, error },
    });
  }

  /** Asks the simulated cloud, and puts secrets into what it answers. */
  async #pass({ method, url, authorization, headers, body }: Seen, response: ServerResponse): Promise<void> {
    const answer = await fetch(`${this.target}${url}`, {
      method,
      headers: {
        ...(authorization === '' ? {} : { authorization }),
        'content-type': headers['content-type'] ?? 'application/json',
      },
      ...(body === '' ? {} : { body }),
    });
    const text = await answer.text();
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      response
        .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
        .end(text);
      return;
    }
    this.#end(response, answer.status, this.#spoil(data, authorization));
  }

  /** The same with secrets in every object, in names that no list of names has, and in every address. */
  #spoil(data: unknown, authorization: string): unknown {
    if (typeof data === 'string' && /^https?:\/\//.test(data)) {
      const url = new URL(data);
      url.username = this.#plant('urlUser');
      url.password = this.#plant('urlPassword');
      url.searchParams.set('token', this.#plant('urlQuery'));
      return url.href;
    }
    if (Array.isArray(data)) return data.map((each: unknown) => this.#spoil(each, authorization));
    if (typeof data !== 'object' || data === null) return data;
    const entries = Object.entries(data).map(([key, value]) => {
      const spoilt = this.#spoil(value, authorization);
      return [key, /password/i.test(key) ? this.#plant('sshPassword') : spoilt] as const;
    });
    return {
      ...Object.fromEntries(entries),
      PassWord: this.#plant('rowPassword'),
      SSH_Info: { pAssWd: this.#plant('sshPassword'), inner: [{ Access_Token: this.#plant('nestedSecret') }] },
      login_hint: `root/${this.#plant('note')} by ${authorization}`,
    };
  }

  #end(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, {
      'content-type': 'application/json',
      'set-cookie': `session=${this.#plant('cookie')}; Path=/`,
      'x-session-token': this.#plant('cookie'),
    });
    response.end(JSON.stringify(body));
  }

  #plant(name: LeakyCanary): string {
    this.planted.add(name);
    return this.#options.canaries[name];
  }
}

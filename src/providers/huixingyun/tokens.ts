import { inspect } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../fleet/clock.ts';
import { HttpClient, type ReadOptions } from '../http/http-client.ts';
import type { HttpLimits } from '../http/limits.ts';
import { type Decoded, decoded, type JsonAnswer, undocumented } from '../http/request.ts';
import { httpRequest } from './huixingyun-api.ts';
import { deleteTokenRequest, generateTokenRequest, listTokensRequest } from './requests.ts';
import { isRecord, textOf, timeOf } from './wire-values.ts';

/** The console's user name and password: given with each call and kept nowhere. */
export interface ConsoleLogin {
  readonly username: string;
  readonly password: string;
}

/** A token of the account. Its value comes out by {@link ApiToken.reveal} only, never by printing or logging it. */
export class ApiToken {
  readonly name: string;
  readonly scope: string;
  readonly status: string;
  /** Epoch ms, `null` where it cannot be read. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  /** The last four characters, to tell tokens apart. */
  readonly ending: string;
  readonly #value: string;

  constructor(row: z.infer<typeof tokenRow>) {
    this.name = row.name;
    this.scope = row.scope;
    this.status = row.status;
    this.createdAt = row.create_at;
    this.updatedAt = row.update_at;
    this.ending = `…${row.token.slice(-4)}`;
    this.#value = row.token;
  }

  reveal(): string {
    return this.#value;
  }

  [inspect.custom](): string {
    return `ApiToken(${this.name} ${this.ending})`;
  }
}

const text = z.unknown().optional().transform(textOf);
const time = z.unknown().optional().transform(timeOf);
const tokenRow = z.object({
  token: z.string().min(8),
  name: text,
  scope: text,
  status: text,
  create_at: time,
  update_at: time,
});

export interface HuixingyunTokensOptions {
  /** For errors. */
  readonly account: string;
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: Partial<HttpLimits>;
}

/** Nobody manages tokens in a hurry, and a wrong password tried fast might lock the console. */
const REQUESTS_PER_SECOND = 1;

/**
 * 慧星云 API doc, Token管理. The three calls take the console's password instead of a token, so they stay apart from the
 * daemon's client; each is sent once, also the read, since each carries the password.
 */
export class HuixingyunTokens {
  readonly #http: HttpClient;

  constructor(options: HuixingyunTokensOptions) {
    this.#http = new HttpClient({ ...options, token: null, requestsPerSecond: REQUESTS_PER_SECOND });
  }

  /**
   * 生成Token. Whether a name that exists is used again or doubled is not documented.
   * @throws ProviderError; `uncertain` means that a token may have been made: look with {@link list}.
   */
  async generate(login: ConsoleLogin, name: string, signal: AbortSignal): Promise<ApiToken> {
    const body = generateTokenRequest.parse({ ...login, name });
    return this.#http.read(httpRequest('token/generate', body), decodeGenerated, once(signal));
  }

  /**
   * 删除Token, one at a time.
   * @throws ProviderError
   */
  async delete(login: ConsoleLogin, token: string, signal: AbortSignal): Promise<void> {
    const body = deleteTokenRequest.parse({ ...login, token });
    await this.#http.read(httpRequest('token/delete', body), decodeDeleted, once(signal));
  }

  /**
   * 查询所有Token. The answer holds every token in full.
   * @throws ProviderError
   */
  async list(login: ConsoleLogin, signal: AbortSignal): Promise<readonly ApiToken[]> {
    const body = listTokensRequest.parse({ ...login });
    return this.#http.read(httpRequest('token/list', body), decodeTokens, once(signal));
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

function once(signal: AbortSignal): ReadOptions {
  return { signal, maxAttempts: 1 };
}

function decodeGenerated({ body }: JsonAnswer): Decoded<ApiToken> {
  // An object named `token` that holds a text named `token`.
  const parsed = tokenRow.safeParse(isRecord(body) ? body.token : undefined);
  return parsed.success
    ? decoded(new ApiToken(parsed.data))
    : undocumented('token: expected an object with a token in it');
}

function decodeDeleted({ body }: JsonAnswer): Decoded<true> {
  return isRecord(body) && body.success === true ? decoded(true) : undocumented('success: expected true');
}

function decodeTokens({ body }: JsonAnswer): Decoded<readonly ApiToken[]> {
  if (!isRecord(body) || !Array.isArray(body.tokens)) return undocumented('tokens: expected an array');
  const tokens: ApiToken[] = [];
  for (const row of body.tokens) {
    const parsed = tokenRow.safeParse(row);
    // A list with a hole in it must not look like the whole list to somebody who deletes by it.
    if (!parsed.success) return undocumented('tokens: a row without a token');
    tokens.push(new ApiToken(parsed.data));
  }
  return decoded(tokens);
}

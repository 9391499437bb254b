import { systemClock } from '../../../src/app/clock.ts';
import { HttpClient, type HttpClientOptions } from '../../../src/providers/http/http-client.ts';
import { decoded, type HttpRequest, type ReadDecoder, type SendDecoder } from '../../../src/providers/http/request.ts';
import { ProviderError } from '../../../src/providers/port.ts';

/** Stands out in any text it leaks into. */
export const TOKEN = 'c0ffee00-secret-canary-4444-2cd2e6a0ae30';

/** Short enough for a test, long enough for a busy machine. */
export const SHORT = {
  connectTimeoutMs: 2_000,
  headersTimeoutMs: 1_500,
  bodyTimeoutMs: 1_500,
  deadlineMs: 400,
  closeMs: 200,
};

export function client(baseUrl: string, options: Partial<HttpClientOptions> = {}): HttpClient {
  return new HttpClient({
    account: 'hxy',
    baseUrl,
    token: TOKEN,
    requestsPerSecond: 1000,
    clock: systemClock,
    random: () => 0.5,
    limits: SHORT,
    ...options,
  });
}

export const PING: HttpRequest = { operation: 'ping', method: 'POST', path: '/ping', body: { n: 1 } };

export const bodyOf: ReadDecoder<unknown> = (answer) => decoded(answer.body);

export const ACCEPT: SendDecoder = () => ({ kind: 'accepted', orderId: null, effectiveAt: null, detail: 'yes' });

export const open = (): boolean => true;

/** A signal for tests in which nothing is cancelled. */
export const forever = (): AbortSignal => new AbortController().signal;

/** The ProviderError that a read must end with. */
export async function failureOf(read: Promise<unknown>): Promise<ProviderError> {
  try {
    await read;
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error('the read succeeded');
}

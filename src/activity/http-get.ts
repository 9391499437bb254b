import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { type AddressGuard, AddressRefused } from './address-guard.ts';
import { Unreadable } from './unreadable.ts';

/** A probe reads small answers; more than this is not one. */
const MAX_BYTES = 64 * 1024;

export interface Got {
  readonly status: number;
  readonly body: string;
  /** The other side's clock by its `Date` header, epoch ms: its times are compared with its own clock, not with ours. */
  readonly remoteNow: number | null;
}

export interface HttpGetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly guard: AddressGuard | null;
  readonly signal: AbortSignal;
  /** Bytes of the body; 64 kB where absent. */
  readonly maxBytes?: number;
  /** Sent by POST: for questions that are too long for an address. */
  readonly form?: URLSearchParams;
}

/**
 * One request of a probe: no redirects, at most `maxBytes`, `timeoutMs` in all. With a guard, the address is checked when
 * connecting, after resolving. @throws the socket's error, AddressRefused, or Unreadable naming the limit that was passed.
 */
export function httpGet(url: URL, options: HttpGetOptions): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const { maxBytes = MAX_BYTES } = options;
  const form = options.form?.toString();
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (options.guard !== null && isIP(host) !== 0 && !options.guard.permits(host)) {
    reject(new AddressRefused(host, host));
    return promise;
  }
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, limit]);
  const fail = (error: unknown): void => {
    const late = limit.aborted && !options.signal.aborted;
    reject(late ? new Unreadable('unreachable', { kind: 'no-answer-within', ms: options.timeoutMs }) : error);
  };
  const request = send(
    url,
    {
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...(form === undefined
          ? {}
          : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(Buffer.byteLength(form)) }),
        ...options.headers,
      },
      agent: false,
      signal,
      ...(options.guard === null ? {} : { lookup: options.guard.lookup }),
    },
    (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= maxBytes) {
          chunks.push(chunk);
          return;
        }
        // Before the connection goes, which has an error of its own to tell.
        fail(new Unreadable('bad-answer', { kind: 'answer-too-large', bytes: maxBytes }));
        request.destroy();
      });
      response.on('error', fail);
      response.on('end', () => {
        const date = Date.parse(response.headers.date ?? '');
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
          remoteNow: Number.isNaN(date) ? null : date,
        });
      });
    },
  );
  request.on('error', fail);
  request.end(form);
  return promise;
}

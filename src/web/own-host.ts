import type { Context } from 'hono';

/** The two ends of a connection. */
interface Ends {
  readonly localAddress?: string | undefined;
  readonly remoteAddress?: string | undefined;
}

/** What the listener knows of a request beside what stands in it. */
export interface WebEnv {
  Bindings: { readonly incoming?: { readonly socket: Ends } };
}

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/i;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/**
 * Against DNS rebinding: a page of somebody else's, under a name that he has made to stand for 127.0.0.1, would be read
 * by a browser on this machine as if it came from there. So what comes over loopback is answered only under a name that
 * no page on the internet can have: an address, a name without a dot, or one below `.localhost` (RFC 6761). Behind other
 * interfaces stand networks and proxies with names that we cannot know, so nothing is asked there.
 */
export function isOwnHost(context: Context<WebEnv>): boolean {
  const local = socketOf(context)?.localAddress ?? '';
  const header = context.req.header('host');
  // Every browser sends it.
  if (header === undefined || header === '' || !LOOPBACK.test(local)) return true;
  const name = header.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  return name.startsWith('[') || IPV4.test(name) || !name.includes('.') || name.endsWith('.localhost');
}

/** Where a request comes from, as far as the socket tells. */
export function peerOf(context: Context<WebEnv>): string {
  return socketOf(context)?.remoteAddress ?? 'unknown';
}

function socketOf(context: Context<WebEnv>): Ends | null {
  // Absent, whatever its type says, where a request is handed over without a listener.
  const env: WebEnv['Bindings'] | undefined = context.env;
  return env?.incoming?.socket ?? null;
}

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
 * interfaces stand networks and proxies with names that we cannot know, so nothing is asked there. `ownHost` is the name
 * (with its port, where it has one) under which people open the console; nobody else can have it either.
 */
export function isOwnHost(context: Context<WebEnv>, ownHost: string | null = null): boolean {
  const local = socketOf(context)?.localAddress ?? '';
  const header = context.req.header('host');
  // Every browser sends it.
  if (header === undefined || header === '' || !LOOPBACK.test(local)) return true;
  if (ownHost !== null && header.toLowerCase() === ownHost) return true;
  const name = nameIn(header);
  return name.startsWith('[') || IPV4.test(name) || !name.includes('.') || name.endsWith('.localhost');
}

/** Do both ends of the connection lie on this machine? */
export function isOverLoopback(context: Context<WebEnv>): boolean {
  const socket = socketOf(context);
  return LOOPBACK.test(socket?.localAddress ?? '') && LOOPBACK.test(socket?.remoteAddress ?? '');
}

/** Is a `Host` header a name of this machine for itself? */
export function isLoopbackHost(header: string): boolean {
  const name = nameIn(header);
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

function nameIn(header: string): string {
  return header.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
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

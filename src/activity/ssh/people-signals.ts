import type { SignalReading } from '../../fleet/activity.ts';
import type { Detail } from '../../fleet/detail/detail.ts';
import type { MachineFacts, SocketTable } from './output.ts';
import { signal } from './signal.ts';

/** Kernel ticks a second, as user space sees them on every Linux machine that has a GPU. */
const TICKS_PER_SECOND = 100;

/** A younger connection may be a probe like ours: another replica's, a load balancer's. */
const YOUNGEST_SESSION_S = 10;

/** Times ahead of the machine's own clock by more than this are not believed. */
const SKEW_MS = 60_000;

/**
 * Established connections to sshd but ours: shells, editors, tunnels and copies alike. By the kernel's table of sockets,
 * since `who` shows only logins with a terminal.
 */
export function sessionSignal(facts: MachineFacts): SignalReading {
  const say = (verdict: SignalReading['verdict'], detail: Detail, value: number | null = null) =>
    signal('session', verdict, detail, { judges: 'people', value, threshold: 1, unit: 'sessions' });
  const { connection, socketsFirst, socketsSecond } = facts;
  if (connection === null || socketsFirst === null || socketsSecond === null) {
    return say('unknown', { kind: 'sessions-unreadable' });
  }
  const ours = ownEnd(connection.address, connection.port);
  const all = peers(socketsSecond);
  if (![...all.keys()].some((remote) => sameEnd(remote, ours))) {
    return say('unknown', { kind: 'own-session-missing' });
  }
  const earlier = peers(socketsFirst);
  let young = 0;
  let count = 0;
  for (const [remote, inode] of all) {
    if (sameEnd(remote, ours)) continue;
    const since = facts.held.get(inode);
    // Our own script began when our connection was made, on the same clock.
    const ageS =
      since === undefined || facts.beganTicks === null ? null : (facts.beganTicks - since) / TICKS_PER_SECOND;
    // Whose process is not to be seen is young if it came while we looked.
    const isYoung = ageS === null ? !earlier.has(remote) : ageS < YOUNGEST_SESSION_S;
    if (isYoung) young += 1;
    else count += 1;
  }
  const detail: Detail = { kind: 'sessions', count, young, youngS: YOUNGEST_SESSION_S };
  return say(count > 0 ? 'active' : 'idle', detail, count);
}

/** Input on terminals; output moves other times, and a forgotten `watch` is no person. Silence proves nothing. */
export function terminalSignal(facts: MachineFacts, windowMs: number, remoteToOurs: number): SignalReading {
  const shared = { judges: 'people', onlyPositive: true, threshold: windowMs / 1_000, unit: 's' } as const;
  const { inputAt, nowAt } = facts;
  if (inputAt === undefined) return signal('terminal', 'unknown', { kind: 'terminals-unreadable' }, shared);
  if (inputAt === null) return signal('terminal', 'idle', { kind: 'no-terminal' }, shared);
  const agoMs = nowAt - inputAt;
  if (agoMs < -SKEW_MS) return signal('terminal', 'unknown', { kind: 'input-ahead' }, shared);
  const value = Math.max(0, Math.round(agoMs / 1_000));
  const lastActiveAt = Math.min(inputAt, nowAt) + remoteToOurs;
  return signal(
    'terminal',
    agoMs <= windowMs ? 'active' : 'idle',
    { kind: 'input-ago', agoS: value },
    {
      ...shared,
      value,
      lastActiveAt,
    },
  );
}

/** Copies, downloads and installers that run. Silence proves nothing. */
export function transferSignal(facts: MachineFacts): SignalReading {
  const { transfers } = facts;
  const shared = { onlyPositive: true, value: transfers.length, threshold: 1, unit: 'programs' } as const;
  if (transfers.length === 0) return signal('transfer', 'idle', { kind: 'no-transfer' }, shared);
  return signal('transfer', 'active', { kind: 'transfers', programs: transfers }, shared);
}

function peers(table: SocketTable): ReadonlyMap<string, string> {
  return new Map(table.peers.map(({ remote, inode }) => [remote, inode]));
}

/** Address and port as /proc/net/tcp writes them on a machine with the lowest byte first, for IPv4; others by port alone. */
function ownEnd(address: string, port: number): { readonly address: string | null; readonly port: string } {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(address);
  if (v4 === null) return { address: null, port: hexPort };
  const bytes = v4.slice(1).map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'));
  return { address: bytes.toReversed().join(''), port: hexPort };
}

function sameEnd(remote: string, ours: { readonly address: string | null; readonly port: string }): boolean {
  const [address = '', port = ''] = remote.split(':');
  if (port !== ours.port) return false;
  // An IPv4 address inside an IPv6 one stands in its last eight digits.
  return ours.address === null || address.slice(-8) === ours.address;
}

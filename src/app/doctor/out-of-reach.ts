import { once } from 'node:events';
import { connect } from 'node:net';

/** Where a connection goes. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface OutOfReach {
  /** The operating system's word, or `timeout`. */
  readonly code: string;
  /** Is it the name that leads nowhere? */
  readonly isName: boolean;
}

/** Whoever needs longer only to take a connection is as good as away. */
const CONNECT_MS = 5_000;
const NO_SUCH_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENODATA']);

/** Opens a connection and closes it again, with nothing sent; `null`: somebody is there. */
export async function whyOutOfReach(place: Place, signal: AbortSignal): Promise<OutOfReach | null> {
  const socket = connect({ ...place });
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]) });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return code === 'ABORT_ERR' ? { code: 'timeout', isName: false } : { code, isName: NO_SUCH_NAME.has(code) };
  } finally {
    socket.destroy();
  }
}

import { BadArgument, ProviderError } from '../providers/port.ts';
import { QueueDown } from '../queue/queue.ts';
import { NoRecording } from '../recording/read-entries.ts';
import { LedgerUnclear, StoreDown, WatermarkUnusable } from '../store/store-error.ts';
import { RedisUnreachable } from './client.ts';
import { EmbeddedRedisFailed } from './embedded-redis.ts';
import { StateDirUnusable } from './state-dir.ts';

export interface KnownFailure {
  readonly message: string;
  /** `usage`: what was asked for does not fit. */
  readonly kind: 'usage' | 'failed';
}

/** What a person can mend, or wait for, as one sentence; `null`: a mistake of ours, which needs its trace. */
export function knownFailure(error: unknown): KnownFailure | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof BadArgument || error instanceof NoRecording) return { message: error.message, kind: 'usage' };
  const isWeather =
    error instanceof RedisUnreachable ||
    error instanceof StoreDown ||
    error instanceof QueueDown ||
    error instanceof LedgerUnclear;
  if (isWeather) return { message: `${error.message}${innermost(error)}`, kind: 'failed' };
  // A folder that cannot be made, a disk that is full, a port that is taken: the operating system says it well.
  const isSystems = 'syscall' in error || error.message.startsWith('cannot listen on');
  const isOurs =
    error instanceof ProviderError ||
    error instanceof StateDirUnusable ||
    error instanceof WatermarkUnusable ||
    error instanceof EmbeddedRedisFailed;
  if (isOurs || isSystems) return { message: error.message, kind: 'failed' };
  return null;
}

/** Why, at the bottom of it. */
export function innermost(error: Error): string {
  let cause: unknown = error.cause;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? ` (${cause.message})` : '';
}

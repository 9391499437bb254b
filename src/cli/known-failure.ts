import { RedisUnreachable } from '../app/client.ts';
import { BadArgument, ProviderError } from '../providers/port.ts';
import { QueueDown } from '../queue/queue.ts';
import { LedgerUnclear, StoreDown } from '../store/store-error.ts';
import { EXIT, UserError } from './exit.ts';

/** What a person can mend, or wait for, as one sentence; `null`: a mistake of ours, which needs its trace. */
export function knownFailure(error: unknown): UserError | null {
  if (error instanceof UserError) return error;
  if (!(error instanceof Error)) return null;
  if (error instanceof BadArgument) return new UserError(error.message, EXIT.usage, { cause: error });
  const isWeather =
    error instanceof RedisUnreachable ||
    error instanceof StoreDown ||
    error instanceof QueueDown ||
    error instanceof LedgerUnclear;
  if (isWeather) return new UserError(`${error.message}${innermost(error)}`, EXIT.failed, { cause: error });
  // A folder that cannot be made, a disk that is full, a port that is taken: the operating system says it well.
  const isSystems = 'syscall' in error || error.message.startsWith('cannot listen on');
  if (error instanceof ProviderError || isSystems) return new UserError(error.message, EXIT.failed, { cause: error });
  return null;
}

/** Why, at the bottom of it. */
function innermost(error: Error): string {
  let cause: unknown = error.cause;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? ` (${cause.message})` : '';
}

import type { Account } from '../fleet/account.ts';
import type { Clock } from '../fleet/clock.ts';
import type { AnswerTime } from './http/http-client.ts';
import type { HttpLimits } from './http/limits.ts';

/** What a client of one account is made of. The token is not part of the account: it is never stored or shown. */
export interface ProviderOptions {
  readonly account: Account;
  readonly token: string;
  readonly clock: Clock;
  /** 0 up to 1: jitter of retries. */
  readonly random: () => number;
  /** Are the passwords of the instances, which the listings hold, wanted in memory? Absent: no, they are dropped. */
  readonly keepSshPasswords?: boolean;
  readonly limits?: Partial<HttpLimits>;
  /** Told of every answer that says what time it is at the cloud. */
  readonly onAnswer?: (time: AnswerTime) => void;
}

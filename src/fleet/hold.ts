import type { InstanceKey } from './instance.ts';

/** A person's time-limited "leave this instance alone". Times are epoch ms. */
export interface Hold {
  readonly id: string;
  readonly instance: InstanceKey;
  readonly owner: string;
  readonly reason: string;
  readonly createdAt: number;
  readonly until: number;
}

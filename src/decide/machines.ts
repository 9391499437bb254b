import type { ActionCall } from '../fleet/action-call.ts';
import type { Activity } from '../fleet/activity.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Billing, Status } from '../fleet/status.ts';

/** What can be seen of one machine at an instant. Times are epoch ms. */
export interface MachineState {
  readonly status: Status;
  /** Since when it has been in that status. */
  readonly statusSince: number;
  /** Since when it is up, or `null` while it is not. A restart begins it anew. */
  readonly upSince: number | null;
  /** How it is stopped; `null`: it is not. */
  readonly stopMode: 'normal' | 'cardless' | null;
  /** When its person last started it; `null`: it was not a person who did. */
  readonly personStartAt: number | null;
  readonly billing: Billing;
  readonly expiresAt: number | null;
  readonly savingImage: boolean;
  readonly activity: Activity;
}

/** What became of a call. `doneAt`: when it will have been carried out. */
export type MachineAnswer =
  | { readonly kind: 'accepted'; readonly doneAt: number }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * How machines go on: by themselves, and after something was done to them. A forecast that is given one asks it; without one
 * what is decided is done at once, and the rest stays as it is. Deciding knows no cloud, so whoever wants more brings it along.
 */
export interface Machines {
  /** Does it at the instant up to which was settled last. */
  act(key: InstanceKey, call: ActionCall): MachineAnswer;
  /** Brings all of them up to `now`; whose state may have become otherwise since the last time, acts included. */
  settle(now: number): Iterable<InstanceKey>;
  /** When something next becomes otherwise by itself; `null`: never again. */
  nextAt(): number | null;
  /** `null`: it is gone. */
  state(key: InstanceKey): MachineState | null;
  /** What is on the account, fen; `null`: its cloud does not tell. */
  balanceFen(account: string): number | null;
}

import type { ActionClass } from './action.ts';

/**
 * Why a class of action is frozen until a person has looked: `amnesia` the ledger lost something · `excess` a machine was
 * paid for by more than was asked · `invariant` something happened that must never happen · `redis` Redis falls short of
 * what a ledger of paid calls needs · `settling` Redis was started anew, and what another daemon paid may be forgotten until it
 * shows · `clock` the clock cannot be trusted (these three end by themselves) · `unreadable` the
 * stored freeze cannot be read.
 */
export const FREEZE_REASONS = ['amnesia', 'excess', 'invariant', 'redis', 'settling', 'clock', 'unreadable'] as const;
export type FreezeReason = (typeof FREEZE_REASONS)[number];

/** What can be frozen: paid and destructive work everywhere; what is reversible on one account. */
export const FROZEN_CLASSES = ['paid', 'destructive', 'reversible'] as const satisfies readonly ActionClass[];
export type FrozenClass = (typeof FROZEN_CLASSES)[number];

/** One class that is frozen. */
export interface StandingFreeze {
  readonly class: FrozenClass;
  /** Only with `reversible`; else `null`: everywhere. */
  readonly account: string | null;
  readonly reason: FreezeReason;
  /** For people; empty where the reason says it all. */
  readonly detail: string;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * What must hold whatever happens, asserted where it could break: I1 one request per operation and authorisation · I2 a
 * request only after its durable SENDING · I3 no way out of an end · I4 one open paid or destructive operation per machine ·
 * I5 the ledger only goes forward · I6 no decision on a listing that is not whole, not fresh or another account's · I7 no more
 * sends than the limit · I8 idleness is proven, and since the last start.
 */
export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8'] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** Under which field of the stored freezes a class stands. */
export function freezeField(cls: FrozenClass, account: string | null): string {
  return cls === 'reversible' ? `reversible:${account ?? ''}` : cls;
}

import type { SimOperation } from './history.ts';
import type { SimInstance, SimInstanceSeed, SimProvider } from './sim-instance.ts';

/** Finance refills the account by `amountFen` whenever it falls to `belowFen`. */
export interface TopUp {
  readonly belowFen: number;
  readonly amountFen: number;
}

/** An account to simulate. */
export interface SimAccount {
  readonly name: string;
  readonly provider: SimProvider;
  /** huixingyun: the bare token; chenyu: the API key. It identifies the account, so it must be unique. */
  readonly token: string;
  /** huixingyun's console login, for token management. */
  readonly username?: string;
  readonly password?: string;
  readonly balanceFen: number;
  readonly instances: readonly SimInstanceSeed[];
  /** chenyu: the largest page served; more is cut down to it. Default 100. */
  readonly pageLimit?: number;
  readonly topUp?: TopUp;
}

/** A token as huixingyun's token endpoints show it. */
export interface SimToken {
  readonly name: string;
  readonly token: string;
  readonly createdAt: number;
}

/** A saved image. huixingyun lists it only when ready, chenyu at once with its status. */
export interface SimImage {
  readonly id: string;
  readonly name: string;
  readonly remark: string;
  readonly room: string;
  readonly sourceId: string;
  readonly createdAt: number;
  readonly readyAt: number;
  status: 1 | 2 | 3;
}

/** A consumption record. */
export interface SimBill {
  readonly orderNumber: string;
  readonly amountFen: number;
  readonly startAt: number;
  readonly endAt: number;
  readonly remark: string;
}

export interface SimRecharge {
  readonly at: number;
  readonly tradeNo: string;
  readonly amountFen: number;
}

/** A request answered at once whose effect comes later. */
export interface DeferredCall {
  readonly at: number;
  readonly operation: SimOperation;
  readonly args: Readonly<Record<string, unknown>>;
  readonly callSeq: number;
}

/** An account as `simulator.save()` writes it. */
export interface SavedAccount {
  readonly name: string;
  readonly provider: SimProvider;
  readonly username: string;
  readonly password: string;
  readonly pageLimit: number;
  readonly topUp: TopUp | null;
  readonly balanceFen: number;
  readonly accruedFenMs: number;
  readonly accruedAt: number;
  readonly tokens: readonly SimToken[];
  readonly instances: readonly SimInstance[];
  readonly images: readonly SimImage[];
  readonly bills: readonly SimBill[];
  readonly recharges: readonly SimRecharge[];
  readonly deferred: readonly DeferredCall[];
  readonly outOfStock: readonly string[];
}

/** What `simulator.save()` returns: plain JSON, fake secrets included. */
export interface SavedState {
  readonly version: 1;
  readonly seq: number;
  readonly accounts: readonly SavedAccount[];
}

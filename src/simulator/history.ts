/** What can be asked of the simulated clouds, by one word for all three APIs. */
export const SIM_OPERATIONS = [
  'token-create',
  'token-delete',
  'token-list',
  'products',
  'applications',
  'images',
  'own-images',
  'buy',
  'buy-application',
  'create',
  'create-by-image',
  'list',
  'info',
  'status',
  'stop',
  'start',
  'cardless-start',
  'restart',
  'snapshot',
  'rebuild',
  'destroy',
  'lengthen',
  'renew',
  'shutdown-timer',
  'balance',
  'bills',
  'recharges',
  'cards',
  'gpus',
  'pods',
  'jupyter-kernels',
  'jupyter-terminals',
  'jupyter-status',
  'app',
  'unknown',
] as const;
export type SimOperation = (typeof SIM_OPERATIONS)[number];

/** One request that reached the simulator. */
export interface SimCall {
  readonly seq: number;
  /** The simulator's clock at receipt. */
  readonly at: number;
  readonly api: 'huixingyun' | 'chenyu' | 'chenyu-v1' | 'jupyter' | 'unknown';
  /** null when the credentials named no account. */
  readonly account: string | null;
  readonly operation: SimOperation;
  readonly method: string;
  readonly path: string;
  /** Instance ids named in the request. */
  readonly ids: readonly string[];
  /** The request's arguments; passwords and tokens are masked. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Whether an Authorization header came along. */
  readonly authorised: boolean;
  /** The fault that spoilt it, if any. */
  fault: string | null;
  /** HTTP status sent; null while none was. */
  status: number | null;
  /** Whether the whole answer was sent. */
  answered: boolean;
}

/** Effects that cost money at once or cannot be undone. */
export const COMMIT_KINDS = ['buy', 'renew', 'lengthen', 'destroy', 'rebuild'] as const;
export const EFFECT_KINDS = [
  ...COMMIT_KINDS,
  'stop',
  'start',
  'restart',
  'snapshot',
  'timer-set',
  'timer-cancel',
  'timer-fired',
  'expired',
  'vanished',
  'arrears',
  'recharge',
] as const;
export type CommitKind = (typeof COMMIT_KINDS)[number];
export type EffectKind = (typeof EFFECT_KINDS)[number];

/** Something that really happened to an account, whatever the caller was told. */
export interface SimEffect {
  readonly seq: number;
  readonly at: number;
  readonly account: string;
  readonly kind: EffectKind;
  readonly instanceId: string | null;
  /** The call that caused it; null for the clock's own doing. */
  readonly callSeq: number | null;
  /** Charged at once. */
  readonly costFen: number;
  readonly expiresAtBefore: number | null;
  readonly expiresAtAfter: number | null;
  /** Whether work was going on in the instance at that moment. */
  readonly busy: boolean;
  /** For a stop: without cards. */
  readonly cardless: boolean;
  readonly orderUid: string | null;
}

/** A committed paid or destructive effect. */
export type SimCommit = SimEffect & { readonly kind: CommitKind };

export function isCommit(effect: SimEffect): effect is SimCommit {
  return COMMIT_KINDS.some((kind) => kind === effect.kind);
}

/** The events of `simulator.events`: a request received, its answer finished (or broken off), an effect, a commit. */
export interface SimEvents {
  call: [SimCall];
  answer: [SimCall];
  effect: [SimEffect];
  commit: [SimCommit];
}

// Enough for every test; a benchmark of hours must not grow without end.
const HISTORY_LIMIT = 200_000;

/** Appends, and forgets the older half when the history has grown too long. */
export function remember<T>(history: T[], entry: T): void {
  if (history.length >= HISTORY_LIMIT) history.splice(0, HISTORY_LIMIT / 2);
  history.push(entry);
}

import { assertNever } from './assert-never.ts';
import type { ProviderKind } from './provider-kind.ts';

/** Everything that can be done to an instance or in its name. `notify` touches no cloud. */
export const ACTIONS = [
  'stop',
  'cardless-stop',
  'start',
  'restart',
  'snapshot',
  'renew',
  'lengthen',
  'destroy',
  'notify',
  'rebuild',
  'create',
  'shutdown-timer',
] as const;
export type Action = (typeof ACTIONS)[number];

/** Actions that a policy may ask for; the rest are by hand only. */
export const POLICY_ACTIONS = [
  'stop',
  'cardless-stop',
  'start',
  'restart',
  'snapshot',
  'renew',
  'lengthen',
  'destroy',
  'notify',
] as const;
export type PolicyAction = (typeof POLICY_ACTIONS)[number];

/** Actions that reach a cloud and so become operations in the ledger. */
export type CloudAction = Exclude<Action, 'notify'>;
export const CLOUD_ACTIONS = ACTIONS.filter((action): action is CloudAction => action !== 'notify');

/** What an account allows when its `actions` key is absent. */
export const DEFAULT_ACCOUNT_ACTIONS = [
  'stop',
  'cardless-stop',
  'start',
  'restart',
  'snapshot',
  'renew',
] as const satisfies readonly Action[];

/**
 * The class of an action decides how it is guarded and verified:
 * `reversible` may be repeated after a re-read; `paid` and `destructive` are never sent twice without a person.
 */
export type ActionClass = 'reversible' | 'paid' | 'destructive' | 'message';

export function actionClass(action: Action): ActionClass {
  switch (action) {
    case 'stop':
    case 'cardless-stop':
    case 'start':
    case 'restart':
    case 'snapshot':
    case 'shutdown-timer':
      return 'reversible';
    case 'renew':
    case 'lengthen':
    case 'create':
      return 'paid';
    case 'destroy':
    case 'rebuild':
      return 'destructive';
    case 'notify':
      return 'message';
    default:
      return assertNever(action);
  }
}

/**
 * Does the action cut work that may be running? On chenyu a snapshot ends in a shutdown (open v2 "save_image"), so it
 * interrupts there; huixingyun does not say, so there it is not counted.
 */
export function interrupts(action: Action, provider: ProviderKind): boolean {
  switch (action) {
    case 'stop':
    case 'cardless-stop':
    case 'restart':
    case 'destroy':
    case 'rebuild':
    case 'shutdown-timer':
      return true;
    case 'snapshot':
      return provider === 'chenyu';
    case 'start':
    case 'renew':
    case 'lengthen':
    case 'create':
    case 'notify':
      return false;
    default:
      return assertNever(action);
  }
}

/** Refused while the instance is held, protected or not understood: what interrupts, destroys or creates. A renewal is not. */
export function needsClearView(action: Action, provider: ProviderKind): boolean {
  return interrupts(action, provider) || action === 'create' || action === 'start';
}

/** Which cloud offers which action (the vendors' own pages). `notify` works everywhere. */
const OFFERED: Readonly<Record<ProviderKind, ReadonlySet<Action>>> = {
  huixingyun: new Set<Action>([
    'stop',
    'cardless-stop',
    'start',
    'restart',
    'snapshot',
    'renew',
    'lengthen',
    'destroy',
    'rebuild',
    'create',
    'notify',
  ]),
  chenyu: new Set<Action>(['stop', 'start', 'restart', 'snapshot', 'create', 'shutdown-timer', 'notify']),
  'chenyu-v1': new Set<Action>(['stop', 'start', 'restart', 'destroy', 'create', 'shutdown-timer', 'notify']),
};

export function offers(provider: ProviderKind, action: Action): boolean {
  return OFFERED[provider].has(action);
}

/** Only chenyu's two APIs have a balance endpoint (chenyu v1 "余额查询", v2 `/balance/info`). */
export function hasBalance(provider: ProviderKind): boolean {
  return provider !== 'huixingyun';
}

/** Only huixingyun lists an expiry (慧星云 API doc, 获取实例列表 `expire_at`). */
export function hasExpiry(provider: ProviderKind): boolean {
  return provider === 'huixingyun';
}

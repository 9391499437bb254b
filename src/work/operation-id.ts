import { createHash } from 'node:crypto';
import { actionClass, type CloudAction } from '../fleet/action.ts';
import { type Instance, incarnation } from '../fleet/instance.ts';

function digest(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join('\u0000')).digest('hex').slice(0, 32);
}

/**
 * What an operation is about, so that everybody who wants the same thing computes the same key.
 *
 * Paid work on a machine goes by what was observed of it, whoever asks: once `expire_at` moves, the key is dead. Nor does
 * it matter under which name of ours the machine is listed: one account of a cloud may stand in the configuration twice,
 * or be given another name while a payment is unclear, and the cloud's ids are the same all the while.
 * Everything else goes by its occasion: which policy, which step, which occurrence.
 */
export function operationKey(wish: {
  readonly instance: Instance;
  readonly action: CloudAction;
  readonly policy: string | null;
  readonly step: number;
  readonly occurrence: string;
}): string {
  const { instance, action } = wish;
  const machine = [instance.provider, incarnation(instance), action];
  const who = [instance.account, ...machine];
  switch (actionClass(action)) {
    case 'paid':
      return action === 'create'
        ? digest([...who, wish.occurrence])
        : digest([...machine, instance.expiresAt ?? 'no-expiry', instance.billing]);
    case 'destructive':
      return action === 'destroy' ? digest(machine) : digest([...who, wish.occurrence]);
    case 'reversible':
      return digest([...who, wish.policy ?? 'by-hand', wish.step, wish.occurrence]);
    case 'message':
      throw new Error('a message is no operation; a bug of ours');
  }
}

/** The id of one attempt at it. A further attempt follows only after one that provably changed nothing. */
export function operationId(key: string, attempt: number): string {
  return `${key}-${attempt}`;
}

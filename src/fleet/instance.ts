import type { Fen } from './money.ts';
import type { ProviderKind } from './provider-kind.ts';
import type { Billing, Status } from './status.ts';

/** A way into an instance that the cloud's listing names. Never a secret: passwords stay in the decoder. */
export interface Service {
  readonly title: string;
  readonly url: string;
  /** What the cloud calls it: "http", "ssh"… */
  readonly kind: string;
}

/**
 * One rented machine as one listing showed it, normalised. Times are epoch ms, `null` where the cloud does not say.
 * A row of which a needed field could not be read has `problems` and status `unknown`; it is left alone.
 */
export interface Instance {
  readonly account: string;
  readonly provider: ProviderKind;
  /** The cloud's own id: opaque. */
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  /** The cloud's own word or number for the status, for people and for teaching `statusWords`. */
  readonly rawStatus: string;
  readonly billing: Billing;
  readonly rawBilling: string;
  /** Model label, such as "NVIDIA 4090". */
  readonly gpu: string;
  readonly gpuCount: number | null;
  /** Product key that prices go by: huixingyun `size.gpu_type`, chenyu `gpu_uuid`. */
  readonly gpuType: string;
  readonly room: string;
  readonly createdAt: number | null;
  readonly startedAt: number | null;
  /** When the paid time ends. `null`: none (hourly), or not told by this cloud. */
  readonly expiresAt: number | null;
  /** Hourly price of the whole instance where the API gives one (chenyu v1 `price_h`); else `null`. */
  readonly hourlyFen: Fen | null;
  /** huixingyun `order_uid`: joins an order with its instance. */
  readonly orderId: string | null;
  readonly imageId: string | null;
  /** An image of it is being saved (chenyu v2 `save_image_status` 1): nothing may interrupt that. */
  readonly savingImage: boolean;
  /** The cloud-side shutdown timer, where armed and shown (chenyu v2 `shutdown_regular`). */
  readonly shutdownTimerAt: number | null;
  readonly services: readonly Service[];
  /** Fields of the row that could not be read, by name. Empty: fully decoded. */
  readonly problems: readonly string[];
}

/** What identifies an instance everywhere: "account/id". */
export type InstanceKey = `${string}/${string}`;

export function instanceKey(instance: { readonly account: string; readonly id: string }): InstanceKey {
  return `${instance.account}/${instance.id}`;
}

/** Splits "account/id"; `null` where the text is not one. Account names hold no slash. */
export function parseInstanceKey(text: string): { readonly account: string; readonly id: string } | null {
  const slash = text.indexOf('/');
  if (slash <= 0 || slash === text.length - 1) return null;
  return { account: text.slice(0, slash), id: text.slice(slash + 1) };
}

/**
 * Tells one machine from a later one that got the same id. Made of what never changes during a life.
 * Where the cloud gives no creation time the id alone has to do.
 */
export function incarnation(instance: { readonly id: string; readonly createdAt: number | null }): string {
  return instance.createdAt === null ? instance.id : `${instance.id}@${instance.createdAt}`;
}

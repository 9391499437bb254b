/** From when on a policy would renew an instance. */
export interface RenewalDue {
  readonly policy: string;
  readonly mode: 'observe' | 'enforce';
  /** Epoch ms; before the end of the paid time by the policy's `expiresWithin`. */
  readonly dueAt: number;
}

/**
 * What an instance is doing, in our words. A stop made without cards is `stopped` with `cardless: true`.
 * `destroyed` is only said by a cloud that lists destroyed instances; absence from a listing is never taken for it.
 */
export const STATUSES = [
  'creating',
  'starting',
  'running',
  'stopping',
  'stopped',
  'restarting',
  'destroyed',
  'unknown',
] as const;
export type Status = (typeof STATUSES)[number];

/** How an instance is paid for. `unknown` until a documented or taught word says otherwise. */
export const BILLINGS = ['hourly', 'daily', 'monthly', 'unknown'] as const;
export type Billing = (typeof BILLINGS)[number];

/** Is the instance up, or on its way up? Money runs and work may be running. */
export function isUp(status: Status): boolean {
  return status === 'running' || status === 'starting' || status === 'restarting';
}

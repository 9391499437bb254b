import type { ProbeReading } from '../fleet/activity.ts';
import type { Instance } from '../fleet/instance.ts';

/**
 * One way of looking at an instance. A probe never throws for what it meets: what it cannot read is an `unknown` reading
 * with its reason. It must not advance the signal that it reads.
 */
export interface Probe {
  readonly name: string;
  /** Is it read by going there (`pull`), or does the instance report by itself (`push`)? */
  readonly kind: 'pull' | 'push';
  /** `previous`: this probe's last reading of the instance, for what only a comparison tells. */
  read(instance: Instance, signal: AbortSignal, previous?: ProbeReading): Promise<ProbeReading>;
}

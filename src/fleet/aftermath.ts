import type { CloudAction } from './action.ts';
import type { ProviderKind } from './provider-kind.ts';

/** What an interrupting action leaves of a machine, for whoever is told of it beforehand. */
export interface Aftermath {
  readonly keeps: string;
  readonly loses: string;
  /** What the cloud's pages do not say, and nobody should count on. */
  readonly notDocumented: string;
}

/** By cloud and action. An action that is missing has not been looked up, or is none of that cloud's. */
export type Aftermaths = Readonly<Record<ProviderKind, Partial<Readonly<Record<CloudAction, Aftermath>>>>>;

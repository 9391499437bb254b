import type { NamedCalendar } from '../calendar/named-calendar.ts';
import type { Located } from '../yaml/located.ts';
import type { Policy } from './policy.ts';

/** All policies of a folder, compiled; either all of them or none. */
export interface PolicySet {
  /** In file order: of two that want opposite things the earlier wins. */
  readonly policies: readonly Policy[];
  readonly calendars: ReadonlyMap<string, NamedCalendar>;
  /** Legal but odd. */
  readonly warnings: readonly Located[];
  /** Nothing will be done: every policy that is on only observes. `false` where the mode of one is not known. */
  readonly observing: boolean;
  /** Changes when the meaning of any policy, or their order, may have changed. */
  readonly hash: string;
}

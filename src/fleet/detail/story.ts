import type { Kinds } from './spec.ts';

/** What the audit tells of an instance. */
export const STORY = {
  'operation-moved': { action: 'word', from: 'word?', to: 'word', why: 'detail?' },
  'not-done': { action: 'word', whom: 'text', why: 'detail' },
  'now-due': { action: 'word', name: 'text', instance: 'text' },
  'will-be-done': { policy: 'text', action: 'word', name: 'text', instance: 'text', at: 'at' },
  'announcement-off': { policy: 'text', instance: 'text', why: 'word' },
  'start-not-owed': { policy: 'text', instance: 'text', why: 'word' },
  'time-missed': { policy: 'text', target: 'text', why: 'detail' },
  'asked-elsewhere': { action: 'word', instance: 'text', other: 'text', operation: 'text' },
  'hold-released': { by: 'text', owner: 'text', instance: 'text' },
  'acting-paused': { by: 'text', why: 'text?' },
  'acting-resumed': { by: 'text' },
  'hold-placed': { owner: 'text', instance: 'text', until: 'at', why: 'text' },

  /** What stands in the way of everything. */
  'work-frozen': { account: 'text?', reason: 'word', why: 'detail' },
  'ends-by-reconcile': { what: 'detail' },
  'redis-unreachable': {},
  'redis-silent': {},
  'accounts-untried': {},
} as const satisfies Kinds;

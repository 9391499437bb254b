/** What every key in Redis starts with. */
export const KEY_PREFIX = 'lamplighter:';

/** The demo keeps apart from a daemon that may be on the same Redis: their accounts share names, not machines. */
export const DEMO_KEY_PREFIX = 'lamplighter-demo:';

/** The queues' part of a prefix. BullMQ joins its own names with a colon. */
export function queuePrefix(prefix: string): string {
  return `${prefix}queue`;
}

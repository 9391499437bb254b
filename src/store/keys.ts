/** What every key of ours starts with unless configured otherwise. */
export const DEFAULT_PREFIX = 'lamplighter:';

/** Names of the keys, all under one prefix. The scripts build the same names from the prefix that they are given. */
export class Keys {
  readonly prefix: string;

  constructor(prefix: string = DEFAULT_PREFIX) {
    this.prefix = prefix;
  }

  /** Hash: one operation; see lua/arm.lua.ts for its fields. */
  operation(id: string): string {
    return `${this.prefix}op:${id}`;
  }
  /** Sorted sets of operation ids by the sequence number of arming: all, of one account, of one instance. */
  get operations(): string {
    return `${this.prefix}ops`;
  }
  operationsOfAccount(account: string): string {
    return `${this.prefix}ops:account:${account}`;
  }
  operationsOfInstance(instance: string): string {
    return `${this.prefix}ops:instance:${instance}`;
  }
  /** Sorted set of unfinished operations (escalated too) by when to look at them next; +inf: by nobody's clock. */
  get unfinished(): string {
    return `${this.prefix}ops:open`;
  }
  /** Hash, instance → id of the operation that blocks any other. */
  open(account: string): string {
    return `${this.prefix}open:${account}`;
  }
  /** Hash, instance → id of the paid or destructive operation that blocks the likes of it, until it has ended. */
  openPaid(account: string): string {
    return `${this.prefix}open-paid:${account}`;
  }
  /** Hash, account → id of the destruction that is under way there: sent, and neither seen nor given to a person. */
  get destroying(): string {
    return `${this.prefix}destroying`;
  }
  /** Hash, "policy\ntarget" → what the policy did to the target in its latest occurrences. */
  acted(account: string): string {
    return `${this.prefix}acted:${account}`;
  }
  /** Sorted set by time: who acted within the last hour; members "i|-\npolicy\nid", `i`: it interrupts. */
  recent(account: string): string {
    return `${this.prefix}recent:${account}`;
  }
  /** Sorted set by time: operations whose sending stayed unclear; for the breaker. */
  unclear(account: string): string {
    return `${this.prefix}unclear:${account}`;
  }
  /** Hash, instance → when it was last renewed. */
  renewed(account: string): string {
    return `${this.prefix}renewed:${account}`;
  }
  obligations(account: string): string {
    return `${this.prefix}obligations:${account}`;
  }
  notices(account: string): string {
    return `${this.prefix}notices:${account}`;
  }
  /** Hash of `calls` and `fen` sent on one local day. */
  spend(account: string, day: string): string {
    return `${this.prefix}spend:${account}:${day}`;
  }
  get epoch(): string {
    return `${this.prefix}ledger:epoch`;
  }
  get seq(): string {
    return `${this.prefix}ledger:seq`;
  }
  /** Hash, class of action → why it is frozen. */
  get frozen(): string {
    return `${this.prefix}frozen`;
  }
  /** Stream. */
  get audit(): string {
    return `${this.prefix}audit`;
  }
  snapshot(account: string): string {
    return `${this.prefix}snapshot:${account}`;
  }
  balances(account: string): string {
    return `${this.prefix}balances:${account}`;
  }
  /** List, newest first: how balance, burn and runway went, at one grain; see money-history.ts. */
  money(account: string, range: string): string {
    return `${this.prefix}money:${range}:${account}`;
  }
  /** Hash of one hour, "policy\nwhat\nword" → how often; see tallies.ts. */
  tally(hour: number): string {
    return `${this.prefix}tally:${hour}`;
  }
  /** HyperLogLog of one hour: what a policy was kept from doing for a reason. */
  tallyRefused(hour: number, policy: string, reason: string): string {
    return `${this.prefix}tally-refused:${hour}:${reason}:${policy}`;
  }
  shrink(account: string): string {
    return `${this.prefix}shrink:${account}`;
  }
  get holds(): string {
    return `${this.prefix}holds`;
  }
  /** Instance → how often its token was replaced. */
  get agentTokens(): string {
    return `${this.prefix}agent-tokens`;
  }

  /** What a daemon doubts and holds paid work for, "daemon why"; ends by itself. */
  get doubt(): string {
    return `${this.prefix}doubt`;
  }
  get paused(): string {
    return `${this.prefix}paused`;
  }
  get policySince(): string {
    return `${this.prefix}policy-since`;
  }
  get lastGoodPolicies(): string {
    return `${this.prefix}last-good-policies`;
  }
  get breakers(): string {
    return `${this.prefix}breakers`;
  }
  lowBalance(account: string): string {
    return `${this.prefix}low-balance:${account}`;
  }
  /** Hash, account → how polling it has gone. */
  get health(): string {
    return `${this.prefix}health`;
  }
  /** Hash, "account\naction" → how long its effect takes to show; see settle-times.ts. */
  get settle(): string {
    return `${this.prefix}settle`;
  }
  /** Hash, account → when it was last decided on. */
  get passed(): string {
    return `${this.prefix}passed`;
  }
  /** Sorted set of operations whose outcome is to be told, by when it came about. */
  get untold(): string {
    return `${this.prefix}untold`;
  }
  /** Hash of what was said and not unsaid, → when. */
  get said(): string {
    return `${this.prefix}said`;
  }
  /** Hash, "policy\nwhat" → what it comes to since the beginning; see savings.ts. */
  get savings(): string {
    return `${this.prefix}savings`;
  }
  /** Hash, account → up to when its ledger of savings has counted. */
  get savingsMarks(): string {
    return `${this.prefix}savings-marks`;
  }
  /** Hash of one local day: what was saved, and would have been. */
  savingsDay(account: string, day: string): string {
    return `${this.prefix}savings-day:${day}:${account}`;
  }
  /** Hash, instance id → name and labels when it was last counted. */
  savingsNames(account: string): string {
    return `${this.prefix}savings-names:${account}`;
  }
  /** The host key of one machine, remembered on first use. */
  hostKey(account: string, incarnation: string): string {
    return `${this.prefix}host-key:${account}/${incarnation}`;
  }
  readings(account: string): string {
    return `${this.prefix}readings:${account}`;
  }
  /** Hash, instance id → since when it has been watched; see watches.ts. */
  watches(account: string): string {
    return `${this.prefix}watches:${account}`;
  }
  /** Hash, instance → when the last hold on it ended, or will. */
  get heldUntil(): string {
    return `${this.prefix}held-until`;
  }
  /** Hash, instance → "count time": how often people have started it soon after a stop for idleness. */
  get leashes(): string {
    return `${this.prefix}leashes`;
  }
  /** When a daemon last began while no other was at work. */
  get watchBegan(): string {
    return `${this.prefix}watch-began`;
  }

  /** Hash, policy → "hash time": when its meaning last changed. */
  get policyEdits(): string {
    return `${this.prefix}policy-edits`;
  }
  /** Hash, "policy\ninstance" → the last stop that an observing policy would have made. */
  shadows(account: string): string {
    return `${this.prefix}shadows:${account}`;
  }
  /** Sorted set by time: the stops that observing policies would have made and that were judged. */
  get shadowLog(): string {
    return `${this.prefix}shadow-log`;
  }
  /** Hash, "policy\noutcome" and "policy\n…" → how often, and what it would have saved. */
  get shadowTotals(): string {
    return `${this.prefix}shadow-totals`;
  }
  /** Beginning of the keys of what a notifier is to be told; see lua/outbox.lua.ts. */
  outbox(notifier: string): string {
    return `${this.prefix}outbox:${notifier}:`;
  }
  /** Set of the notifiers that were ever queued for. */
  get outboxes(): string {
    return `${this.prefix}outboxes`;
  }
  /** What was seen right before an operation was sent; ends by itself. */
  evidence(operation: string): string {
    return `${this.prefix}evidence:${operation}`;
  }
}

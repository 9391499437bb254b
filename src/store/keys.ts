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
  shrink(account: string): string {
    return `${this.prefix}shrink:${account}`;
  }
  get holds(): string {
    return `${this.prefix}holds`;
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
  get savings(): string {
    return `${this.prefix}savings`;
  }
  readings(account: string): string {
    return `${this.prefix}readings:${account}`;
  }
}

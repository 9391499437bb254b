import { parseDuration } from '../calendar/duration.ts';
import { believeShrunken } from '../decide/listing-guard.ts';
import { costOf, HALF_UNIT_MS } from '../decide/spending.ts';
import type { Account } from '../fleet/account.ts';
import { actionClass, type CloudAction, interrupts, needsClearView, offers } from '../fleet/action.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Hold } from '../fleet/hold.ts';
import { type InstanceKey, instanceKey } from '../fleet/instance.ts';
import { isProtected } from '../fleet/label.ts';
import type { Operation } from '../fleet/operation.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import type { ArmResult } from '../store/ledger.ts';
import { arm, MOST_ATTEMPTS, queueAct } from '../work/arm.ts';
import { observedOf } from '../work/draft.ts';
import { operationKey } from '../work/operation-id.ts';
import type { Standing, Work } from '../work/ports.ts';
import { move } from '../work/transition.ts';
import { byInstance } from '../work/world.ts';
import { emptySlot, whyNotReady } from './by-hand.ts';
import { findInstance, holdView, operationView } from './views.ts';

/** A hold is a promise with an end; a longer one is a label. */
const LONGEST_HOLD_MS = 31 * 86_400_000;

/** What became of a person's wish. The sentence is for the person. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

function refuse(message: string): { readonly kind: 'refused'; readonly message: string } {
  return { kind: 'refused', message };
}

/** Where holds and the pause are kept. */
export interface PeopleStore {
  putHold(hold: Hold): Promise<void>;
  dropHold(id: string): Promise<Hold | null>;
  setPaused(paused: boolean, by: string, reason: string, at: number): Promise<void>;
}

/** What a person may ask of the daemon, by HTTP or by command: holds, the pause, the ledger's open questions, an action. */
export class Control {
  readonly #work: Work;
  readonly #people: PeopleStore;

  constructor(work: Work, people: PeopleStore) {
    this.#work = work;
    this.#people = people;
  }

  async hold(input: {
    instance: string;
    for: string;
    reason: string;
    owner: string;
  }): Promise<Outcome<ReturnType<typeof holdView>>> {
    const duration = parseDuration(input.for);
    if (!duration.ok) return { kind: 'invalid', message: `for: ${duration.message}` };
    if (duration.ms > LONGEST_HOLD_MS)
      return { kind: 'invalid', message: `for: a hold lasts at most 31d, not ${input.for}` };
    const found = findInstance(input.instance, await this.snapshots());
    if (found.kind !== 'found')
      return { kind: found.kind === 'none' ? 'not-found' : 'invalid', message: found.message };
    const now = this.#work.clock.now();
    const hold: Hold = {
      id: this.#work.newId(),
      instance: found.key,
      owner: input.owner,
      reason: input.reason,
      createdAt: now,
      until: now + duration.ms,
    };
    await this.#people.putHold(hold);
    await this.#audit(
      'hold',
      found.key,
      `${hold.owner} holds ${found.key} until ${rfc3339(hold.until)}: ${hold.reason}`,
      { hold: hold.id },
    );
    return { kind: 'done', value: holdView(hold) };
  }

  /** Releases by hold id. */
  async releaseHold(id: string, by: string): Promise<Outcome<ReturnType<typeof holdView>>> {
    const hold = await this.#people.dropHold(id);
    if (hold === null) return { kind: 'not-found', message: `there is no hold ${id}` };
    await this.#audit('hold', hold.instance, `${by} released the hold of ${hold.owner} on ${hold.instance}`, {
      hold: id,
    });
    return { kind: 'done', value: holdView(hold) };
  }

  /** Releases every hold on an instance. */
  async releaseInstance(text: string, by: string): Promise<Outcome<readonly ReturnType<typeof holdView>[]>> {
    const holds = await this.#work.store.holds(this.#work.clock.now());
    const found = findInstance(text, await this.snapshots());
    const key = found.kind === 'found' ? found.key : text;
    const mine = holds.filter((hold) => hold.instance === key);
    if (mine.length === 0) return { kind: 'not-found', message: `there is no hold on ${key}` };
    for (const hold of mine) await this.releaseHold(hold.id, by);
    return { kind: 'done', value: mine.map(holdView) };
  }

  async setPaused(paused: boolean, by: string, reason: string): Promise<Outcome<{ readonly paused: boolean }>> {
    await this.#people.setPaused(paused, by, reason, this.#work.clock.now());
    await this.#audit(
      'pause',
      null,
      paused ? `${by} paused all acting${reason === '' ? '' : `: ${reason}`}` : `${by} resumed acting`,
      {},
    );
    return { kind: 'done', value: { paused } };
  }

  /** A person authorises one more request for an escalated operation: it is superseded, and a new attempt follows. */
  async approve(id: string, by: string, reason: string): Promise<Outcome<ReturnType<typeof operationView>>> {
    const operation = await this.#work.store.ledger.get(id);
    if (operation === null) return { kind: 'not-found', message: `there is no operation ${id}` };
    const approvedBefore = operation.state === 'superseded' && operation.reason === 'approved';
    if (operation.state !== 'escalated' && !approvedBefore) {
      return refuse(`operation ${id} is ${operation.state}; only an escalated one waits for a person`);
    }
    const frozen = await this.#frozenNo(operation.action);
    if (frozen !== null) return refuse(frozen);
    const other = await this.#anotherMachine(operation);
    if (other !== null) return refuse(other);
    if (!approvedBefore) {
      const moved = await move(this.#work, operation, {
        to: 'superseded',
        reason: 'approved',
        detail: reason,
        by: `person ${by}`,
      });
      if (moved.kind !== 'moved') return refuse(`operation ${id} has just moved on; look again`);
    }
    const armed = await this.#armApproved(operation, by, reason);
    switch (armed.kind) {
      case 'armed':
        await queueAct(this.#work, armed.operation, 0);
        return { kind: 'done', value: operationView(armed.operation) };
      case 'duplicate':
        return { kind: 'done', value: operationView(armed.operation) };
      case 'open':
        return refuse(`operation ${armed.operationId} of the same instance is not finished`);
      case 'capped':
        return refuse(`held back by ${armed.reason}`);
      case 'frozen':
        return refuse(frozenSentence(armed.freeze.reason));
      default:
        return assertNever(armed);
    }
  }

  /** What a person approves is for the machine it was for; a later one under the same id is another matter. */
  async #anotherMachine(operation: Operation): Promise<string | null> {
    const { createdAt } = operation.observed;
    const found = findInstance(operation.instance, await this.snapshots());
    if (found.kind !== 'found' || createdAt === null) return null;
    const now = found.tracked.instance.createdAt;
    if (now === null || now === createdAt) return null;
    return `another machine has the id ${operation.instance} now; close operation ${operation.id} and ask anew`;
  }

  /** The attempt after the one that is approved, or after an approved one that was given up before anything was sent. */
  async #armApproved(operation: Operation, by: string, reason: string): Promise<ArmResult> {
    const { key, attempt } = splitId(operation.id);
    const { id: _id, ...rest } = operation;
    const now = this.#work.clock.now();
    const observed = await this.#freshObserved(operation);
    for (let next = attempt + 1; ; next += 1) {
      const draft = {
        ...rest,
        id: `${key}-${next}`,
        attempt: next,
        by: `person ${by}`,
        reason: 'approved',
        detail: reason,
        observed,
      } as const;
      const armed = await this.#work.store.ledger.arm(draft, { now, caps: [] });
      if (armed.kind !== 'duplicate' || !isGivenUp(armed.operation) || next > MOST_ATTEMPTS) return armed;
    }
  }

  /** What is paid for is what was asked about: where its expiry has moved meanwhile, nothing more is sent. */
  async #freshObserved(operation: Operation): Promise<Operation['observed']> {
    if (actionClass(operation.action) === 'paid') return operation.observed;
    const found = findInstance(operation.instance, await this.snapshots());
    return found.kind === 'found' ? observedOf(found.tracked.instance) : operation.observed;
  }

  /** A person settles an escalated operation by other means: it ends, and nothing more is sent for it. */
  async close(id: string, by: string, reason: string): Promise<Outcome<ReturnType<typeof operationView>>> {
    const operation = await this.#work.store.ledger.get(id);
    if (operation === null) return { kind: 'not-found', message: `there is no operation ${id}` };
    if (operation.state !== 'escalated')
      return refuse(`operation ${id} is ${operation.state}; only an escalated one can be closed`);
    const moved = await move(this.#work, operation, {
      to: 'cancelled',
      reason: 'closed-by-person',
      detail: reason,
      by: `person ${by}`,
    });
    return moved.kind === 'moved'
      ? { kind: 'done', value: operationView(moved.operation) }
      : refuse(`operation ${id} has just moved on; look again`);
  }

  /** A person has looked: what an account that shrank too much at once lists now is all there is. */
  async believeListing(account: string, by: string, sure: boolean): Promise<Outcome<{ readonly account: string }>> {
    const { store } = this.#work;
    const state = believeShrunken(await store.loadShrink(account));
    const snapshot = await store.loadSnapshot(account);
    if (state === null || snapshot === null) {
      return { kind: 'not-found', message: `account ${account} has not been listed` };
    }
    if (!snapshot.shrunken) return refuse(`the listing of ${account} is believed already`);
    if (!sure) {
      return refuse(
        `${account} lists ${state.baseline} instances and had more; look in the cloud’s own console whether that is right, then say --yes`,
      );
    }
    await store.saveShrink(account, state);
    await store.audit({
      at: this.#work.clock.now(),
      kind: 'account',
      account,
      instance: null,
      policy: null,
      reason: 'shrunken-snapshot',
      text: `${by} believes the listing of ${account} with ${state.baseline} instances`,
      data: {},
    });
    return { kind: 'done', value: { account } };
  }

  /** One action on one instance, at once, through the same ledger and guards as a policy's. */
  async act(text: string, call: ActionCall, by: string): Promise<Outcome<ReturnType<typeof operationView>>> {
    const standing = this.#work.standing();
    const found = findInstance(text, await this.snapshots());
    if (found.kind !== 'found')
      return { kind: found.kind === 'none' ? 'not-found' : 'invalid', message: found.message };
    const no = await this.#whyNot(standing, found.key, found.tracked, call);
    if (no !== null) return refuse(no);
    const { instance } = found.tracked;
    const runtime = standing.accounts.get(instance.account);
    const action: CloudAction = call.kind;
    const occurrence = `by-hand=${this.#work.newId()}`;
    const key = operationKey({ instance, action, policy: null, step: 0, occurrence });
    return await this.#armByHand({
      key,
      instance,
      action,
      call: withStopMode(call, found.tracked),
      occurrence,
      by,
      costFen: runtime === undefined ? null : costOf(call, instance, runtime.account),
    });
  }

  /** Orders a new instance. `slot` names what it is for: one order per slot, ever, unless a person names another. */
  async create(
    accountName: string,
    argument: unknown,
    slot: string,
    by: string,
  ): Promise<Outcome<ReturnType<typeof operationView>>> {
    const standing = this.#work.standing();
    const runtime = standing.accounts.get(accountName);
    if (runtime === undefined) {
      return {
        kind: 'not-found',
        message: `there is no account "${accountName}"; configured are ${[...standing.accounts.keys()].join(', ')}`,
      };
    }
    const no =
      accountNo(runtime.account, 'create') ?? spendNo(runtime.account, 'create') ?? (await this.#frozenNo('create'));
    if (no !== null) return refuse(no);
    let order: ReturnType<typeof runtime.provider.parseOrder>;
    try {
      order = runtime.provider.parseOrder(argument);
    } catch (error) {
      return { kind: 'invalid', message: error instanceof Error ? error.message : 'the order is not valid' };
    }
    const instance = emptySlot(accountName, runtime.account.provider, slot);
    const occurrence = `slot=${slot}`;
    return await this.#armByHand({
      key: operationKey({ instance, action: 'create', policy: null, step: 0, occurrence }),
      instance,
      action: 'create',
      call: { kind: 'create', order },
      occurrence,
      by,
      costFen: null,
    });
  }

  async #armByHand(wish: {
    key: string;
    instance: Tracked['instance'];
    action: CloudAction;
    call: ActionCall;
    occurrence: string;
    by: string;
    costFen: number | null;
  }): Promise<Outcome<ReturnType<typeof operationView>>> {
    const result = await arm(
      this.#work,
      {
        ...wish,
        policy: null,
        step: 0,
        by: `person ${wish.by}`,
        reason: 'by-hand',
        detail: '',
        evidence: {},
        obligations: [],
      },
      [],
    );
    switch (result.kind) {
      case 'armed':
        return { kind: 'done', value: operationView(result.operation) };
      case 'duplicate':
        return refuse(
          `the same was asked before: operation ${result.operation.id} is ${result.operation.state} (${result.operation.reason})`,
        );
      case 'open':
        return refuse(`operation ${result.operationId} of the same instance is not finished`);
      case 'capped':
        return refuse(`held back by ${result.reason}`);
      case 'frozen':
        return refuse(frozenSentence(result.freeze.reason));
      default:
        return assertNever(result);
    }
  }

  async #whyNot(standing: Standing, key: InstanceKey, tracked: Tracked, call: ActionCall): Promise<string | null> {
    const { instance } = tracked;
    const runtime = standing.accounts.get(instance.account);
    if (runtime === undefined) return `the account ${instance.account} is not configured any more`;
    const action = call.kind;
    const no = accountNo(runtime.account, action) ?? spendNo(runtime.account, action) ?? (await this.#frozenNo(action));
    if (no !== null) return no;
    if (await this.#work.store.paused()) return 'all acting is paused; lamplighter resume ends that';
    const now = this.#work.clock.now();
    if (needsClearView(action, instance.provider)) {
      const hold = byInstance(await this.#work.store.holds(now)).get(key);
      if (hold !== undefined)
        return `${key} is held by ${hold.owner} until ${rfc3339(hold.until)}: ${hold.reason}; release it first`;
      if (isProtected(standing.labels(instance))) return `${key} has the label protect: "true"`;
    }
    if (
      instance.problems.length > 0 &&
      (interrupts(action, instance.provider) || actionClass(action) !== 'reversible')
    ) {
      return `the listing of ${key} could not be read whole (${instance.problems.join(', ')})`;
    }
    const ready = whyNotReady(call, instance, now) ?? (await this.#renewedLately(call, tracked));
    return ready === null ? null : `${key} ${ready}`;
  }

  /** Why nothing paid or destructive is done at present; `null`: nothing stands against it. */
  async #frozenNo(action: CloudAction): Promise<string | null> {
    if (actionClass(action) === 'reversible') return null;
    const off = this.#work.paidWorkOff();
    if (off !== null) return `paid and destructive work is off: ${off}`;
    const frozen = await this.#work.store.ledger.frozen();
    return frozen === null ? null : frozenSentence(frozen);
  }

  /** At most one renewal in half a unit, whoever asks: a second one so soon is a slip. */
  async #renewedLately(call: ActionCall, tracked: Tracked): Promise<string | null> {
    if (call.kind !== 'renew') return null;
    const { instance } = tracked;
    const now = this.#work.clock.now();
    const at = (await this.#work.store.history(instance.account, now)).lastRenewedAt(instanceKey(instance));
    if (at === null || now - at >= HALF_UNIT_MS[call.unit]) return null;
    return `was renewed at ${rfc3339(at)}; the next renewal may follow half a period later`;
  }

  async snapshots(): Promise<readonly Snapshot[]> {
    const { accounts } = this.#work.standing();
    const loaded = await Promise.all([...accounts.keys()].map((name) => this.#work.store.loadSnapshot(name)));
    return loaded.filter((snapshot) => snapshot !== null);
  }

  async #audit(
    kind: 'hold' | 'pause',
    instance: InstanceKey | null,
    text: string,
    data: Record<string, string>,
  ): Promise<void> {
    await this.#work.store.audit({
      at: this.#work.clock.now(),
      kind,
      account: instance === null ? null : (instance.split('/')[0] ?? null),
      instance,
      policy: null,
      reason: kind,
      text,
      data,
    });
    this.#work.onEvent(text);
  }
}

function frozenSentence(reason: string): string {
  const why =
    reason === 'amnesia' ? 'the ledger in Redis is not the one that was known, or is older than it was' : reason;
  return `paid and destructive work is frozen: ${why}; lamplighter reconcile ends that`;
}

/** Why nothing may be paid on the account; `null`: it may. */
function spendNo(account: Account, action: CloudAction): string | null {
  if (actionClass(action) !== 'paid' || account.spendLimit !== null) return null;
  return `account ${account.name} has no spendLimit, and without one nothing is paid`;
}

function accountNo(
  account: { name: string; provider: Tracked['instance']['provider']; actions: readonly string[] },
  action: CloudAction,
): string | null {
  if (!offers(account.provider, action))
    return `${account.provider}, where account ${account.name} is, has no ${action}`;
  if (!account.actions.includes(action))
    return `account ${account.name} does not allow ${action}: its actions are ${account.actions.join(', ')}`;
  return null;
}

function withStopMode(call: ActionCall, tracked: Tracked): ActionCall {
  return call.kind === 'start' && call.stopMode === 'unknown'
    ? { kind: 'start', stopMode: tracked.stopMode ?? 'unknown' }
    : call;
}

/** Ended before anything was sent, for a reason that may have passed. */
function isGivenUp({ state, sendingAt }: Operation): boolean {
  return (state === 'cancelled' || state === 'superseded') && sendingAt === null;
}

function splitId(id: string): { readonly key: string; readonly attempt: number } {
  const dash = id.lastIndexOf('-');
  return { key: id.slice(0, dash), attempt: Number(id.slice(dash + 1)) };
}

import { parseDuration } from '../calendar/duration.ts';
import { identityOf } from '../decide/account-identity.ts';
import type { CloudAct } from '../decide/decision.ts';
import { inEnglish } from '../decide/in-english.ts';
import { beliefKey, personBelieves } from '../decide/person-believes.ts';
import { actionClass } from '../fleet/action.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { type Detail, verbatim } from '../fleet/detail/detail.ts';
import type { Hold } from '../fleet/hold.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import type { ArmResult } from '../store/ledger.ts';
import { MOST_ATTEMPTS, queueAct } from '../work/arm.ts';
import { observedOf } from '../work/draft.ts';
import type { Work } from '../work/ports.ts';
import { move } from '../work/transition.ts';
import { frozenNo, frozenSentence } from './frozen-no.ts';
import { HandActs } from './hand-acts.ts';
import { lastSeen } from './last-seen.ts';
import { type Outcome, refuse } from './outcome.ts';
import { findInstance, holdView, operationView } from './views.ts';

/** A hold is a promise with an end; a longer one is a label. */
const LONGEST_HOLD_MS = 31 * 86_400_000;

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
  readonly #hand: HandActs;

  constructor(work: Work, people: PeopleStore) {
    this.#work = work;
    this.#people = people;
    this.#hand = new HandActs(work);
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
      { kind: 'hold-placed', owner: hold.owner, instance: found.key, until: hold.until, why: hold.reason },
      { hold: hold.id },
    );
    return { kind: 'done', value: holdView(hold) };
  }

  /** Releases by hold id. */
  async releaseHold(id: string, by: string): Promise<Outcome<ReturnType<typeof holdView>>> {
    const hold = await this.#people.dropHold(id);
    if (hold === null) return { kind: 'not-found', message: `there is no hold ${id}` };
    await this.#audit(
      'hold',
      hold.instance,
      { kind: 'hold-released', by, owner: hold.owner, instance: hold.instance },
      {
        hold: id,
      },
    );
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
      paused ? { kind: 'acting-paused', by, why: reason === '' ? null : reason } : { kind: 'acting-resumed', by },
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
    const no = await this.whyNotApprove(operation);
    if (no !== null) return refuse(no);
    if (!approvedBefore) {
      const moved = await move(this.#work, operation, {
        to: 'superseded',
        reason: 'approved',
        detail: verbatim(reason),
        by: `person ${by}`,
      });
      if (moved.kind !== 'moved') return refuse(`operation ${id} has just moved on; look again`);
    }
    const armed = await this.#armApproved(operation, by, reason);
    switch (armed.kind) {
      case 'armed':
        await queueAct(this.#work, armed.operation, 0);
        return { kind: 'done', value: operationView(armed.operation, this.#work.standing().zone.name) };
      case 'duplicate':
        return { kind: 'done', value: operationView(armed.operation, this.#work.standing().zone.name) };
      case 'open':
        return refuse(`operation ${armed.operationId} of the same instance is not finished`);
      case 'capped':
        return refuse(`held back by ${armed.reason}`);
      case 'frozen':
        return refuse(frozenSentence(armed.freeze));
      default:
        return assertNever(armed);
    }
  }

  /** Why an approval would be refused at present; `null`: nothing stands against it. */
  async whyNotApprove(operation: Operation): Promise<string | null> {
    const frozen = await frozenNo(this.#work, operation.action, operation.account);
    return frozen ?? (await this.#anotherMachine(operation));
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
        detail: verbatim(reason),
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
    if (found.kind !== 'found') return operation.observed;
    const seen = observedOf(found.tracked.instance);
    // What a listing leaves out must not let another machine pass for this one.
    return { ...seen, createdAt: seen.createdAt ?? operation.observed.createdAt };
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
      detail: verbatim(reason),
      by: `person ${by}`,
    });
    return moved.kind === 'moved'
      ? { kind: 'done', value: operationView(moved.operation, this.#work.standing().zone.name) }
      : refuse(`operation ${id} has just moved on; look again`);
  }

  /** A person has looked: what an account that shrank too much at once lists now is all there is. */
  async believeListing(account: string, by: string, sure: boolean): Promise<Outcome<{ readonly account: string }>> {
    const { store } = this.#work;
    const guarded = await store.loadShrink(account);
    const isForeign = (identityOf(guarded)?.foreign ?? null) !== null;
    const { baseline } = personBelieves(guarded);
    const snapshot = await store.loadSnapshot(account);
    if (baseline === undefined || snapshot === null) {
      return { kind: 'not-found', message: `account ${account} has not been listed` };
    }
    if (!snapshot.shrunken && !isForeign) return refuse(`the listing of ${account} is believed already`);
    if (!sure) {
      const seen = isForeign
        ? `${account} lists none of the ${snapshot.instances.length} instances that were known; look in the cloud’s own console whether its token is the right one`
        : `${account} lists ${baseline} instances and had more; look in the cloud’s own console whether that is right`;
      return refuse(`${seen}, then say --yes`);
    }
    await store.sayOnce(beliefKey(account), this.#work.clock.now());
    await store.audit({
      at: this.#work.clock.now(),
      kind: 'account',
      account,
      instance: null,
      policy: null,
      reason: isForeign ? 'frozen' : 'shrunken-snapshot',
      text: isForeign
        ? `${by} takes whatever the token of ${account} lists now for the account`
        : `${by} believes the listing of ${account} with ${baseline} instances`,
      data: {},
    });
    return { kind: 'done', value: { account } };
  }

  /** One action on one instance, at once; see {@link HandActs.act}. */
  act(text: string, call: ActionCall, by: string): ReturnType<HandActs['act']> {
    return this.#hand.act(text, call, by);
  }

  /** What a person applies from a plan; see {@link HandActs.applied}. */
  applied(act: CloudAct, by: string): ReturnType<HandActs['applied']> {
    return this.#hand.applied(act, by);
  }

  /** Orders a new instance; see {@link HandActs.create}. */
  create(account: string, argument: unknown, slot: string, by: string): ReturnType<HandActs['create']> {
    return this.#hand.create(account, argument, slot, by);
  }

  /** Which instance a person means, as "account/id". */
  async find(text: string): Promise<Outcome<InstanceKey>> {
    const found = findInstance(text, await this.snapshots());
    if (found.kind === 'found') return { kind: 'done', value: found.key };
    return { kind: found.kind === 'none' ? 'not-found' : 'invalid', message: found.message };
  }

  async snapshots(): Promise<readonly Snapshot[]> {
    return await lastSeen(this.#work);
  }

  async #audit(
    kind: 'hold' | 'pause',
    instance: InstanceKey | null,
    told: Detail,
    data: Record<string, string>,
  ): Promise<void> {
    const text = inEnglish(told, this.#work.standing().zone.name);
    await this.#work.store.audit({
      at: this.#work.clock.now(),
      kind,
      account: instance === null ? null : (instance.split('/')[0] ?? null),
      instance,
      policy: null,
      reason: kind,
      text,
      told,
      data,
    });
    this.#work.onEvent(text);
  }
}

/** Ended before anything was sent, for a reason that may have passed. */
function isGivenUp({ state, sendingAt }: Operation): boolean {
  return (state === 'cancelled' || state === 'superseded') && sendingAt === null;
}

function splitId(id: string): { readonly key: string; readonly attempt: number } {
  const dash = id.lastIndexOf('-');
  return { key: id.slice(0, dash), attempt: Number(id.slice(dash + 1)) };
}

import type { CloudAct } from '../decide/decision.ts';
import { costOf, HALF_UNIT_MS } from '../decide/spending.ts';
import { localText } from '../decide/time-text.ts';
import type { Account } from '../fleet/account.ts';
import { actionClass, type CloudAction, interrupts, needsClearView, offers } from '../fleet/action.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { NO_DETAIL } from '../fleet/detail/detail.ts';
import { type InstanceKey, instanceKey } from '../fleet/instance.ts';
import { isProtected } from '../fleet/label.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import { unknownName } from '../fleet/unknown-name.ts';
import type { ArmResult } from '../store/ledger.ts';
import { arm } from '../work/arm.ts';
import { armDecided } from '../work/arm-decided.ts';
import { byInstance } from '../work/facts.ts';
import { operationKey } from '../work/operation-id.ts';
import type { Standing, Work } from '../work/ports.ts';
import { emptySlot, whyNotReady } from './by-hand.ts';
import { frozenNo, frozenSentence } from './frozen-no.ts';
import { lastSeen } from './last-seen.ts';
import { type Outcome, refuse } from './outcome.ts';
import { findInstance, operationView } from './views.ts';

/** What a person does to instances at once, through the same ledger and guards as a policy. */
export class HandActs {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  /** One action on one instance, at once, through the same ledger and guards as a policy's. */
  async act(text: string, call: ActionCall, by: string): Promise<Outcome<ReturnType<typeof operationView>>> {
    const standing = this.#work.standing();
    const found = findInstance(text, await lastSeen(this.#work));
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

  /**
   * What a policy asked for and a person applied from a plan, through the guards of what is done by hand. It stands in the
   * ledger as done for the policy's occurrence, so that the policy does not do it again and goes on from there; just before
   * it is sent the policy is asked once more.
   */
  async applied(act: CloudAct, by: string): Promise<Outcome<ReturnType<typeof operationView>>> {
    const { view, call } = act;
    const no = await this.#whyNot(this.#work.standing(), view.key, view.tracked, call);
    return no === null ? this.#armed(await armDecided(this.#work, act, `person ${by}`)) : refuse(no);
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
        message: unknownName('account', accountName, [...standing.accounts.keys()]),
      };
    }
    const no =
      accountNo(runtime.account, 'create') ??
      spendNo(runtime.account, 'create') ??
      (await frozenNo(this.#work, 'create', accountName));
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
        detail: NO_DETAIL,
        evidence: {},
        obligations: [],
      },
      [],
    );
    return this.#armed(result);
  }

  #armed(result: ArmResult): Outcome<ReturnType<typeof operationView>> {
    switch (result.kind) {
      case 'armed':
        return { kind: 'done', value: operationView(result.operation, this.#work.standing().zone.name) };
      case 'duplicate':
        return refuse(
          `the same was asked before: operation ${result.operation.id} is ${result.operation.state} (${result.operation.reason})`,
        );
      case 'open':
        return refuse(`operation ${result.operationId} of the same instance is not finished`);
      case 'capped':
        return refuse(`held back by ${result.reason}`);
      case 'frozen':
        return refuse(frozenSentence(result.freeze));
      default:
        return assertNever(result);
    }
  }

  async #whyNot(standing: Standing, key: InstanceKey, tracked: Tracked, call: ActionCall): Promise<string | null> {
    const { instance } = tracked;
    const runtime = standing.accounts.get(instance.account);
    if (runtime === undefined) return `the account ${instance.account} is not configured any more`;
    const action = call.kind;
    const no =
      accountNo(runtime.account, action) ??
      spendNo(runtime.account, action) ??
      (await frozenNo(this.#work, action, instance.account));
    if (no !== null) return no;
    if (await this.#work.store.paused()) return 'all acting is paused; lamplighter resume ends that';
    const now = this.#work.clock.now();
    if (needsClearView(action, instance.provider)) {
      const hold = byInstance(await this.#work.store.holds(now)).get(key);
      if (hold !== undefined)
        return `${key} is held by ${hold.owner} until ${this.#local(hold.until)}: ${hold.reason}; release it first`;
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

  /** A time as people in the configured zone read it. */
  #local(at: number): string {
    return localText(at, this.#work.standing().zone.name);
  }

  /** At most one renewal in half a unit, whoever asks: a second one so soon is a slip. */
  async #renewedLately(call: ActionCall, tracked: Tracked): Promise<string | null> {
    if (call.kind !== 'renew') return null;
    const { instance } = tracked;
    const now = this.#work.clock.now();
    const at = (await this.#work.store.history(instance.account, now)).lastRenewedAt(instanceKey(instance));
    if (at === null || now - at >= HALF_UNIT_MS[call.unit]) return null;
    return `was renewed at ${this.#local(at)}; the next renewal may follow half a period later`;
  }
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

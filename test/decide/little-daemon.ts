import type { CloudAct } from '../../src/decide/decision.ts';
import { evaluate } from '../../src/decide/evaluate.ts';
import { obligationOccurrence } from '../../src/decide/obligations.ts';
import type { AccountView, InstanceView } from '../../src/decide/world.ts';
import { interrupts } from '../../src/fleet/action.ts';
import { noticeId } from '../../src/fleet/notice.ts';
import { obligationId } from '../../src/fleet/obligation.ts';
import type { Status } from '../../src/fleet/status.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { account, type idle, TestHistory, view, world } from './kit.ts';

type Activity = ReturnType<typeof idle>;

interface Machine {
  readonly id: string;
  status: Status;
  since: number;
  upSince: number | null;
  personStartAt: number | null;
}

/**
 * A daemon small enough to be obviously right: it does at once and without fail what a pass decides, and remembers it.
 * What is tested against it is the deciding.
 */
export class LittleDaemon {
  policies: readonly Policy[];
  readonly history = new TestHistory();
  readonly log: { at: number; action: string; id: string; policy: string; reason: string; occurrence: string }[] = [];
  readonly machines: Machine[];
  interruptedAt: number[] = [];
  extra: Partial<AccountView> = {};
  activityOf: (id: string, now: number) => Activity | null = () => null;

  constructor(policies: readonly Policy[], ids: readonly string[], startedAt: number) {
    this.policies = policies;
    this.machines = ids.map((id) => ({
      id,
      status: 'running',
      since: startedAt,
      upSince: startedAt,
      personStartAt: null,
    }));
  }

  pass(now: number): void {
    const accountView = account(this.#views(now), { takenAt: now, interruptedAt: this.interruptedAt, ...this.extra });
    const result = evaluate(this.policies, world([accountView], { now, history: this.history }));
    for (const tidy of result.tidy) {
      if (tidy.kind === 'drop-notice') this.history.noticesById.delete(noticeId(tidy.notice));
      if (tidy.kind === 'drop-obligation') this.#drop(obligationId(tidy.obligation));
    }
    for (const { notice } of result.announcements) {
      this.history.noticesById.set(noticeId(notice), { ...notice, delivered: true });
    }
    for (const act of result.acts) if (act.kind === 'operation') this.#carryOut(act, now);
  }

  personStarts(id: string, now: number): void {
    this.#move(id, 'running', now, now);
  }

  count(action: string, id = 'gpu-1'): number {
    return this.log.filter((each) => each.action === action && each.id === id).length;
  }

  #views(now: number): InstanceView[] {
    return this.machines.map((machine) =>
      view(
        { id: machine.id, status: machine.status },
        {
          activity:
            machine.status === 'running' ? this.activityOf(machine.id, now) : { kind: 'not-applicable', at: now },
          tracked: {
            statusSince: machine.since,
            upSince: machine.upSince,
            personStartAt: machine.personStartAt,
            firstSeenAt: 0,
          },
        },
      ),
    );
  }

  #carryOut(act: CloudAct, now: number): void {
    const { instance } = act.view.tracked;
    this.log.push({
      at: now,
      action: act.action,
      id: instance.id,
      policy: act.policy,
      reason: act.reason,
      occurrence: act.occurrence,
    });
    this.history.set(act.policy, act.view.key, act.occurrence, act.step, 'done');
    this.history.acted.push({ policy: act.policy, target: act.view.key, account: act.account, at: now });
    if (interrupts(act.action, instance.provider)) this.interruptedAt.push(now);
    if (act.action === 'stop' || act.action === 'cardless-stop') this.#move(instance.id, 'stopped', now, null);
    if (act.action === 'start') this.#move(instance.id, 'running', now, null);
    for (const draft of act.obligations) {
      this.history.obligationList.push({ ...draft, stopMode: 'normal', stoppedAt: now, attempts: 0, nextTryAt: 0 });
    }
    if (act.obligation !== null && obligationOccurrence(act.obligation) !== act.occurrence)
      throw new Error('not its own');
  }

  #drop(id: string): void {
    this.history.obligationList = this.history.obligationList.filter((each) => obligationId(each) !== id);
  }

  #move(id: string, status: Status, now: number, personStartAt: number | null): void {
    const machine = this.machines.find((each) => each.id === id);
    if (machine === undefined) throw new Error(`no machine ${id}`);
    machine.status = status;
    machine.since = now;
    machine.upSince = status === 'running' ? now : null;
    if (status === 'running') machine.personStartAt = personStartAt;
  }
}

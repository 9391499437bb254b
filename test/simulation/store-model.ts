import type { History } from '../../src/decide/world.ts';
import type { ProbeReading, Watched } from '../../src/fleet/activity.ts';
import type { Hold } from '../../src/fleet/hold.ts';
import type { InstanceKey } from '../../src/fleet/instance.ts';
import { type Notice, noticeId } from '../../src/fleet/notice.ts';
import type { Snapshot } from '../../src/fleet/snapshot.ts';
import { lastActedAt, latestOccurrence, stepState } from '../../src/store/acted-record.ts';
import type { AccountHealth } from '../../src/work/ports.ts';
import { LedgerModel } from './ledger-model.ts';

/** Everything that Redis holds, in memory. Values are never changed in place, so that a copy of the maps is a copy. */
export class StoreModel {
  ledger = new LedgerModel();
  snapshots = new Map<string, Snapshot>();
  shrink = new Map<string, unknown>();
  holds = new Map<string, Hold>();
  paused = false;
  breakers = new Map<string, number>();
  notices = new Map<string, Notice>();
  said = new Map<string, number>();
  health = new Map<string, AccountHealth>();
  policySince = new Map<string, number>();
  passed = new Map<string, number>();
  settle = new Map<string, number>();
  readings = new Map<string, readonly ProbeReading[]>();
  watches = new Map<string, Watched>();
  evidence = new Set<string>();
  leashes = new Map<string, { readonly count: number; readonly lastAt: number }>();

  /** What would be found after a restart from a disk of now. */
  copy(): StoreModel {
    const copy = new StoreModel();
    copy.ledger = this.ledger.copy();
    copy.snapshots = new Map(this.snapshots);
    copy.shrink = new Map(this.shrink);
    copy.holds = new Map(this.holds);
    copy.paused = this.paused;
    copy.breakers = new Map(this.breakers);
    copy.notices = new Map(this.notices);
    copy.said = new Map(this.said);
    copy.health = new Map(this.health);
    copy.policySince = new Map(this.policySince);
    copy.passed = new Map(this.passed);
    copy.settle = new Map(this.settle);
    copy.readings = new Map(this.readings);
    copy.watches = new Map(this.watches);
    copy.evidence = new Set(this.evidence);
    copy.leashes = new Map(this.leashes);
    return copy;
  }

  /** `false`: a newer one is there, and not from after `now`. */
  saveSnapshot(snapshot: Snapshot, now: number): boolean {
    const have = this.snapshots.get(snapshot.account);
    if (have !== undefined && have.takenAt >= snapshot.takenAt && have.takenAt <= now + 60_000) return false;
    const generation = Math.max((have?.generation ?? 0) + 1, snapshot.generation);
    this.snapshots.set(snapshot.account, { ...snapshot, generation });
    return true;
  }

  /** leashes.ts, COUNT_RESTART */
  countRestart(instance: InstanceKey, startedAt: number, lastsMs: number): number {
    const have = this.leashes.get(instance);
    if (have !== undefined && startedAt <= have.lastAt) return 0;
    const count = have === undefined || startedAt - have.lastAt > lastsMs ? 1 : have.count + 1;
    this.leashes.set(instance, { count, lastAt: startedAt });
    return count;
  }

  /** lua/small.lua.ts, PUT_NOTICE */
  putNotice(notice: Notice): boolean {
    const id = noticeId(notice);
    const have = this.notices.get(id);
    if (have === undefined || (notice.announcedAt > have.announcedAt && notice.announcedAt > have.deadlineAt)) {
      this.notices.set(id, notice);
      return true;
    }
    const deadlineAt = Math.max(have.deadlineAt, notice.deadlineAt);
    this.notices.set(id, { ...have, deadlineAt, delivered: have.delivered || notice.delivered });
    return false;
  }

  noticeDelivered(notice: Pick<Notice, 'policy' | 'instance' | 'occurrence'>): void {
    const have = this.notices.get(noticeId(notice));
    if (have !== undefined) this.notices.set(noticeId(notice), { ...have, delivered: true });
  }

  claim(policy: string, target: string, occurrence: string, step: number, now: number): boolean {
    let first = false;
    this.ledger.acted.change({ policy, target, occurrence, step }, true, (entry) => {
      if (entry.s !== 'none') return false;
      entry.s = 'done';
      entry.at = now;
      entry.a += 1;
      first = true;
      return true;
    });
    return first;
  }

  /** lua/small.lua.ts, SAVE_READING */
  saveReading(key: string, reading: ProbeReading): void {
    const all = this.readings.get(key) ?? [];
    const have = all.find(({ probe }) => probe === reading.probe);
    if (have !== undefined && have.at > reading.at) return;
    this.readings.set(key, [...all.filter((each) => each !== have), reading]);
  }

  /** What was done before, as it is now. */
  history(account: string, now: number, of: readonly InstanceKey[] = []): History {
    const { ledger } = this;
    const acted = ledger.acted.copy();
    const notices = [...this.notices.values()].filter(({ instance }) => instance.startsWith(`${account}/`));
    const byId = new Map(notices.map((notice) => [noticeId(notice), notice]));
    const listed = this.snapshots
      .get(account)
      ?.instances.map(({ instance }): InstanceKey => `${account}/${instance.id}`);
    const instances = [...(listed ?? []), ...of];
    const open = new Map(instances.map((key) => [key, ledger.open(key)]));
    const renewed = new Map(instances.map((key) => [key, ledger.renewedAt(key)]));
    const obligations = ledger.obligations(account);
    const since = new Map(this.policySince);
    const leashes = new Map(this.leashes);
    return {
      step: (policy, target, occurrence, step) => stepState(acted.of(policy, target), occurrence, step, now),
      lastActedAt: (policy, target) => lastActedAt(acted.of(policy, target)),
      latestOccurrence: (policy, target) => latestOccurrence(acted.of(policy, target)),
      actedAt: (policy) => ledger.actedAt(policy, now),
      open: (instance) => open.get(instance) ?? 'none',
      lastRenewedAt: (instance) => renewed.get(instance) ?? null,
      notice: (policy, instance, occurrence) => byId.get(noticeId({ policy, instance, occurrence })) ?? null,
      notices: () => notices,
      obligations: () => obligations,
      policySince: (policy) => since.get(policy) ?? null,
      lowBalance: () => null,
      restarts: (instance) => leashes.get(instance) ?? null,
    };
  }
}

import { evaluate } from '../decide/evaluate.ts';
import { explainInstance } from '../decide/explain.ts';
import { inEnglish } from '../decide/in-english.ts';
import { type PlanRow, planRows } from '../decide/plan.ts';
import { track } from '../decide/track.ts';
import type { Activity } from '../fleet/activity.ts';
import { instanceKey } from '../fleet/instance.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import { ProviderError } from '../providers/port.ts';
import type { Store } from '../store/store.ts';
import { byInstance } from '../work/facts.ts';
import type { AccountRuntime, Work } from '../work/ports.ts';
import { accountWorld } from '../work/world.ts';
import { idleView, lastLookView, shadowTotalView, shadowView } from './idle-view.ts';
import { lastSeen } from './last-seen.ts';
import { watchedShadows } from './open-shadows.ts';
import { findInstance, instanceView, noticeView, obligationView, operationView } from './views.ts';

/** How much of what happened `why` shows. */
const OPERATIONS_SHOWN = 10;
const AUDIT_SHOWN = 15;

/** What a row of `plan` begins with: done, told, announced, held back, tidied. */
const SIGNS = { act: '+', notify: '!', announce: '~', refuse: '-', tidy: '.' } as const satisfies Record<
  PlanRow['decision'],
  string
>;

/** What is not due is not kept from being done: there is nothing to do. */
function signOf({ decision, reason }: PlanRow): string {
  return reason === 'not-due' ? '' : SIGNS[decision];
}

/** One look at an account that nobody has looked at, for a plan only: nothing is stored, settled or told. */
async function listOnce(
  { account, provider }: AccountRuntime,
  signal: AbortSignal,
  onFailure: (account: string, why: string) => void,
): Promise<Snapshot | null> {
  try {
    const listing = await provider.list(signal);
    return {
      account: account.name,
      provider: account.provider,
      takenAt: listing.startedAt,
      finishedAt: listing.finishedAt,
      generation: 0,
      complete: listing.incomplete === null,
      incomplete: listing.incomplete,
      shrunken: false,
      instances: track(null, listing, { operations: new Map() }),
      balance: await provider.balance(signal),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProviderError)) throw error;
    onFailure(account.name, error.message);
    return null;
  }
}

/** What an observing policy has come to, behind what it would do now. */
function soFar({ stops, wrong, savedYuan }: ReturnType<typeof shadowTotalView>): string {
  return stops === 0 ? '' : ` Observed so far: ${stops} stops, ${wrong} of them wrong, ${savedYuan} yuan saved.`;
}

/** Reads and explains what is known; changes nothing. Shared by the commands and the HTTP API. */
export function makeReader(work: Work, store: Store) {
  const snapshots = () => lastSeen(work);

  async function instances(filter: { readonly account?: string; readonly status?: string }) {
    const standing = work.standing();
    const now = work.clock.now();
    const wanted = (await snapshots()).filter(
      (snapshot) => filter.account === undefined || snapshot.account === filter.account,
    );
    const holds = byInstance(await work.store.holds(now));
    const activity = new Map<string, Activity>();
    for (const snapshot of wanted) {
      for (const [key, value] of await standing.observer.activities(snapshot, standing.labels, now))
        activity.set(key, value);
    }
    return wanted
      .flatMap((snapshot) => snapshot.instances)
      .filter(({ instance }) => filter.status === undefined || instance.status === filter.status)
      .sort((a, b) => (instanceKey(a.instance) < instanceKey(b.instance) ? -1 : 1))
      .map((tracked) => {
        const key = instanceKey(tracked.instance);
        return instanceView(
          tracked,
          standing.labels(tracked.instance),
          activity.get(key) ?? null,
          holds.get(key) ?? null,
          standing.zone.name,
        );
      });
  }

  async function plan(options: {
    readonly at: number | null;
    readonly explain: boolean;
    readonly signal: AbortSignal;
    /** Where an account that was never listed is to be listed for this plan: told why one could not be. */
    readonly onUnlisted?: (account: string, why: string) => void;
  }) {
    const standing = work.standing();
    const now = work.clock.now();
    const rows: (PlanRow & { readonly sign: string })[] = [];
    const observed = standing.policies.some(({ mode }) => mode === 'observe') ? await shadowTotals() : null;
    for (const runtime of standing.accounts.values()) {
      let world = await accountWorld(work, standing, runtime, now);
      if (world === null && options.onUnlisted !== undefined) {
        const listed = await listOnce(runtime, options.signal, options.onUnlisted);
        if (listed !== null) world = await accountWorld(work, standing, runtime, now, undefined, listed);
      }
      if (world === null) continue;
      const evaluation = evaluate(
        standing.policies,
        { ...world, now: options.at ?? now },
        // The fleet is taken as it is, so what is known of its activity counts whatever the time asked about.
        { explain: options.explain, ...(options.at === null ? {} : { evidenceMaxAgeMs: Number.POSITIVE_INFINITY }) },
      );
      for (const row of planRows(evaluation, standing.zone.name)) {
        const so = row.reason === 'observe' && observed !== null ? soFar(observed(row.policy)) : '';
        rows.push({ ...row, detail: `${row.detail}${so}`, sign: signOf(row) });
      }
    }
    return rows;
  }

  async function why(text: string) {
    const all = await snapshots();
    const found = findInstance(text, all);
    if (found.kind !== 'found')
      return { kind: found.kind === 'none' ? 'not-found' : 'invalid', message: found.message } as const;
    const { key, tracked } = found;
    const standing = work.standing();
    const now = work.clock.now();
    const { account } = tracked.instance;
    const runtime = standing.accounts.get(account);
    const world = runtime === undefined ? null : await accountWorld(work, standing, runtime, now);
    const view = world?.accounts[0]?.instances.find((each) => each.key === key);
    const explained = world === null ? null : explainInstance(standing.policies, world, key, standing.zone.name);
    const operations = await store.ledger.list({ instance: key, limit: OPERATIONS_SHOWN });
    const looks = await Promise.all(operations.items.map(({ id }) => store.evidence.load(id)));
    const shadows = (await watchedShadows(store, account, now)).filter(({ stop }) => stop.instance === key);
    const everyMs = standing.observer.everyMsOf(tracked.instance, standing.labels(tracked.instance));
    const audit = await store.auditLog.list({ instance: key, limit: AUDIT_SHOWN });
    return {
      kind: 'done',
      value: {
        instance: instanceView(
          tracked,
          standing.labels(tracked.instance),
          view?.activity ?? null,
          world?.holds.get(key) ?? null,
          standing.zone.name,
        ),
        facts: explained?.facts ?? {},
        policies: (explained?.policies ?? [])
          .filter((stand) => stand.matches)
          .map((stand) => ({ ...stand, action: stand.action ?? '' })),
        notices: (world?.history.notices(account) ?? []).filter((notice) => notice.instance === key).map(noticeView),
        obligations: (world?.history.obligations(account) ?? [])
          .filter((each) => each.instance === key)
          .map(obligationView),
        idle:
          world === null || view === undefined
            ? null
            : idleView(standing.policies, world, view, everyMs, standing.zone.name),
        shadows: shadows.map(shadowView),
        operations: operations.items.map((operation, place) => ({
          ...operationView(operation, standing.zone.name),
          lastLook: lastLookView(looks[place] ?? null, standing.zone.name),
        })),
        audit: audit.items.map((entry) => ({
          at: rfc3339(entry.at),
          kind: entry.kind,
          reason: entry.reason,
          text: entry.kind === 'transition' ? inEnglish(entry.told, standing.zone.name) : entry.text,
          told: entry.told,
        })),
      },
    } as const;
  }

  /** One operation with what the last look before it has shown; `null`: there is none of that id. */
  async function operation(id: string) {
    const found = await store.ledger.get(id);
    if (found === null) return null;
    const zone = work.standing().zone.name;
    return { ...operationView(found, zone), lastLook: lastLookView(await store.evidence.load(id), zone) };
  }

  /** What each policy would have stopped while it only observed. */
  async function shadowTotals(): Promise<(policy: string) => ReturnType<typeof shadowTotalView>> {
    const now = work.clock.now();
    const [totals, ...loaded] = await Promise.all([
      store.shadows.totals(),
      ...[...work.standing().accounts.keys()].map((account) => watchedShadows(store, account, now)),
    ]);
    const open = loaded.flat();
    return (policy) => shadowTotalView(totals, open, policy, now);
  }

  return { snapshots, instances, plan, why, operation, shadowTotals };
}

export type Reader = ReturnType<typeof makeReader>;

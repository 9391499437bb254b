import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Action } from '../fleet/action.ts';
import type { ProbeReading } from '../fleet/activity.ts';
import type { EventName } from '../fleet/event.ts';
import { INVARIANTS } from '../fleet/freeze.ts';
import { OPERATION_OUTCOMES, type OperationOutcome } from '../fleet/operation.ts';
import type { DecisionReason } from '../fleet/reason.ts';

/** Seconds: from a fast poll of a small account to the total deadline of one request. */
const REQUEST_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Seconds: one pass, from a handful of instances to a hundred thousand. */
const PASS_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
/** Seconds: from what shows at the next look to what showed after a person had been asked. */
const SETTLE_BUCKETS = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
/** Seconds: from a bell that finds nothing to do to a listing of a large account at a slow cloud. */
const JOB_BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 180];
/** Seconds: from an instant stop to a renewal that had to be waited for. */
const OPERATION_BUCKETS = [1, 5, 15, 30, 60, 120, 300, 600, 1200, 3600];

/**
 * What the daemon counts, on registries of its own: `own` holds the `lamplighter_` metrics, `process` those of Node.
 * Series of instances are not here: they are written straight from the fleet as last seen, see fleet-series.ts.
 */
export function makeMetrics() {
  const own = new Registry();
  const processes = new Registry();
  collectDefaultMetrics({ register: processes });
  const registers = [own];

  const metrics = {
    own,
    processes,
    pollLastSuccess: new Gauge({
      name: 'lamplighter_poll_last_success_timestamp_seconds',
      help: 'When the account was last listed with success, Unix time.',
      labelNames: ['account'] as const,
      registers,
    }),
    pollDuration: new Histogram({
      name: 'lamplighter_poll_duration_seconds',
      help: 'From the start of a poll to its stored snapshot.',
      labelNames: ['account'] as const,
      buckets: REQUEST_BUCKETS,
      registers,
    }),
    pollFailures: new Gauge({
      name: 'lamplighter_poll_failures',
      help: 'Polls of the account that failed in a row, by now; 0 after one that succeeded.',
      labelNames: ['account'] as const,
      registers,
    }),
    pollInterval: new Gauge({
      name: 'lamplighter_poll_interval_seconds',
      help: 'How often the account is to be listed.',
      labelNames: ['account'] as const,
      registers,
    }),
    providerRequests: new Counter({
      name: 'lamplighter_provider_requests_total',
      help: 'Requests to a cloud, by what became of them.',
      labelNames: ['account', 'operation', 'outcome'] as const,
      registers,
    }),
    providerRequestDuration: new Histogram({
      name: 'lamplighter_provider_request_duration_seconds',
      help: 'How long a cloud took to answer.',
      labelNames: ['account', 'operation'] as const,
      buckets: REQUEST_BUCKETS,
      registers,
    }),
    unknownWords: new Counter({
      name: 'lamplighter_unknown_words_total',
      help: 'Status and billing words in listings that nobody has taught us, by account and raw word.',
      labelNames: ['account', 'field', 'word'] as const,
      registers,
    }),
    evaluations: new Counter({
      name: 'lamplighter_evaluations_total',
      help: 'Instance and policy pairs that were evaluated.',
      registers,
    }),
    evaluationDuration: new Histogram({
      name: 'lamplighter_evaluation_duration_seconds',
      help: 'How long one pass took to decide.',
      buckets: PASS_BUCKETS,
      registers,
    }),
    decisions: new Counter({
      name: 'lamplighter_decisions_total',
      help: 'Decisions by policy, action and reason; inaction counts too.',
      labelNames: ['policy', 'action', 'reason'] as const,
      registers,
    }),
    conflicts: new Counter({
      name: 'lamplighter_policy_conflicts_total',
      help: 'Times a policy gave way to an earlier one that wanted something else of the same instance.',
      labelNames: ['policy'] as const,
      registers,
    }),
    operations: new Counter({
      name: 'lamplighter_operations_total',
      help: 'Operations that ended, by outcome.',
      labelNames: ['account', 'action', 'outcome'] as const,
      registers,
    }),
    operationsOpen: new Gauge({
      name: 'lamplighter_operations_open',
      help: 'Operations that have not ended, by state.',
      labelNames: ['state'] as const,
      registers,
    }),
    operationDuration: new Histogram({
      name: 'lamplighter_operation_duration_seconds',
      help: 'From armed to the end of an operation.',
      labelNames: ['action'] as const,
      buckets: OPERATION_BUCKETS,
      registers,
    }),
    operationEscalated: new Gauge({
      name: 'lamplighter_operation_escalated',
      help: 'Operations that wait for a person.',
      registers,
    }),
    operationsUncertain: new Gauge({
      name: 'lamplighter_operations_uncertain',
      help: 'Operations of the account whose request may or may not have been carried out, and that are being looked at.',
      labelNames: ['account'] as const,
      registers,
    }),
    operationsEscalated: new Gauge({
      name: 'lamplighter_operations_escalated',
      help: 'Operations of the account that wait for a person.',
      labelNames: ['account'] as const,
      registers,
    }),
    escalatedAge: new Gauge({
      name: 'lamplighter_operation_escalated_age_seconds',
      help: 'How long the operation of the account that has waited longest for a person has done so; 0 when none does.',
      labelNames: ['account'] as const,
      registers,
    }),
    settleSeconds: new Histogram({
      name: 'lamplighter_settle_seconds',
      help: 'From the request to the first look that shows its effect.',
      labelNames: ['account', 'action'] as const,
      buckets: SETTLE_BUCKETS,
      registers,
    }),
    paidCallsToday: new Gauge({
      name: 'lamplighter_paid_calls_today',
      help: 'Paid requests of the account that may have left today, local day.',
      labelNames: ['account'] as const,
      registers,
    }),
    paidCallsLimit: new Gauge({
      name: 'lamplighter_paid_calls_limit',
      help: 'Paid requests that the account may send in a day; absent where none is configured.',
      labelNames: ['account'] as const,
      registers,
    }),
    paidYuanToday: new Gauge({
      name: 'lamplighter_paid_yuan_today',
      help: 'What the paid requests of today are held to cost, in yuan.',
      labelNames: ['account'] as const,
      registers,
    }),
    paidYuanLimit: new Gauge({
      name: 'lamplighter_paid_yuan_limit',
      help: 'What the account may spend in a day, in yuan; absent where none is configured.',
      labelNames: ['account'] as const,
      registers,
    }),
    frozen: new Gauge({
      name: 'lamplighter_frozen',
      help: 'Is this class of action frozen for this reason? 1 yes, 0 no.',
      labelNames: ['class', 'reason'] as const,
      registers,
    }),
    invariantBreaches: new Counter({
      name: 'lamplighter_invariant_breaches_total',
      help: 'Times something happened that must never happen, by invariant.',
      labelNames: ['invariant'] as const,
      registers,
    }),
    reloadSuccessful: new Gauge({
      name: 'lamplighter_policy_last_reload_successful',
      help: 'Was the last reading of the policies without error? 1 yes, 0 no.',
      registers,
    }),
    reloadSuccessTime: new Gauge({
      name: 'lamplighter_policy_last_reload_success_timestamp_seconds',
      help: 'When policies were last read without error, Unix time.',
      registers,
    }),
    policiesLoaded: new Gauge({
      name: 'lamplighter_policies_loaded',
      help: 'Policies in force.',
      registers,
    }),
    policyEnabled: new Gauge({
      name: 'lamplighter_policy_enabled',
      help: 'One per policy in force: 1 enabled, 0 not, with its mode.',
      labelNames: ['policy', 'mode'] as const,
      registers,
    }),
    holdsActive: new Gauge({ name: 'lamplighter_holds_active', help: 'Holds in force.', registers }),
    paused: new Gauge({ name: 'lamplighter_paused', help: 'Is all acting paused? 1 yes, 0 no.', registers }),
    paidWorkFrozen: new Gauge({
      name: 'lamplighter_paid_work_frozen',
      help: 'Is paid and destructive work frozen? 1 yes, 0 no.',
      registers,
    }),
    clockTrusted: new Gauge({
      name: 'lamplighter_clock_trusted',
      help: 'May what costs or destroys go by our clock? 1 yes, 0 no: it jumped ahead, or the clouds tell another time.',
      registers,
    }),
    clockSteps: new Counter({
      name: 'lamplighter_clock_steps_total',
      help: 'Steps of the wall clock by more than 2 s, by direction.',
      labelNames: ['direction'] as const,
      registers,
    }),
    clockAhead: new Gauge({
      name: 'lamplighter_clock_ahead_seconds',
      help: 'How far our clock is ahead of the Date header of the last answer; negative: behind.',
      labelNames: ['account'] as const,
      registers,
    }),
    recordedPasses: new Counter({
      name: 'lamplighter_recorded_passes_total',
      help: 'Passes by what became of their recording: kept, or left out since the disk was slow or failed.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    recordingBytes: new Gauge({
      name: 'lamplighter_recording_bytes',
      help: 'How large the recording of passes is on the disk.',
      registers,
    }),
    redisUp: new Gauge({
      name: 'lamplighter_redis_up',
      help: 'Is Redis there? 1 yes, 0 no; without it nothing is known of the fleet and nothing is done.',
      registers,
    }),
    redisWritable: new Gauge({
      name: 'lamplighter_redis_writable',
      help: 'Does Redis take writes? 1 yes, 0 no: it is full, or its last write to disk failed.',
      registers,
    }),
    redisUsedBytes: new Gauge({
      name: 'lamplighter_redis_used_bytes',
      help: 'How much memory Redis uses.',
      registers,
    }),
    redisLimitBytes: new Gauge({
      name: 'lamplighter_redis_limit_bytes',
      help: 'How much memory Redis may use; 0: as much as its machine has.',
      registers,
    }),
    breakerOpen: new Gauge({
      name: 'lamplighter_account_breaker_open',
      help: 'Does the breaker of the account hold work back? 1 yes, 0 no.',
      labelNames: ['account'] as const,
      registers,
    }),
    queueJobs: new Gauge({
      name: 'lamplighter_queue_jobs',
      help: 'Jobs by queue and state.',
      labelNames: ['queue', 'state'] as const,
      registers,
    }),
    queueOldest: new Gauge({
      name: 'lamplighter_queue_oldest_job_seconds',
      help: 'Age of the oldest job that waits, by queue; 0 when none does.',
      labelNames: ['queue'] as const,
      registers,
    }),
    jobs: new Counter({
      name: 'lamplighter_jobs_total',
      help: 'Runs of jobs in this process, by queue and what became of them.',
      labelNames: ['queue', 'outcome'] as const,
      registers,
    }),
    jobDuration: new Histogram({
      name: 'lamplighter_job_duration_seconds',
      help: 'How long a run of a job took, by queue.',
      labelNames: ['queue'] as const,
      buckets: JOB_BUCKETS,
      registers,
    }),
    notificationsWaiting: new Gauge({
      name: 'lamplighter_notifications_waiting',
      help: 'Notifications that a notifier has not taken yet.',
      labelNames: ['notifier'] as const,
      registers,
    }),
    notificationOldest: new Gauge({
      name: 'lamplighter_notification_oldest_seconds',
      help: 'How long the oldest notification of a notifier has waited; 0 where none waits.',
      labelNames: ['notifier'] as const,
      registers,
    }),
    notifierMuted: new Gauge({
      name: 'lamplighter_notifier_muted',
      help: '1 while the receiver of a notifier takes nothing, else 0.',
      labelNames: ['notifier'] as const,
      registers,
    }),
    notifications: new Counter({
      name: 'lamplighter_notifications_total',
      help: 'Notifications by notifier and outcome.',
      labelNames: ['notifier', 'outcome'] as const,
      registers,
    }),
    probes: new Counter({
      name: 'lamplighter_probe_readings_total',
      help: 'Readings of activity probes, by verdict.',
      labelNames: ['account', 'probe', 'verdict'] as const,
      registers,
    }),
    probeLastSuccess: new Gauge({
      name: 'lamplighter_probe_last_success_timestamp_seconds',
      help: 'When the probe last could tell anything of any instance of the account, Unix time.',
      labelNames: ['account', 'probe'] as const,
      registers,
    }),
    probeDuration: new Histogram({
      name: 'lamplighter_probe_duration_seconds',
      help: 'How long the probe took to look at one instance, whether or not it could.',
      labelNames: ['account', 'probe'] as const,
      buckets: REQUEST_BUCKETS,
      registers,
    }),
    savedGpuSeconds: new Counter({
      name: 'lamplighter_saved_gpu_seconds_total',
      help: 'GPU seconds not paid for because a policy had stopped the instance. The same number on every replica.',
      labelNames: ['policy'] as const,
      registers,
    }),
    savedYuan: new Counter({
      name: 'lamplighter_saved_yuan_total',
      help: 'Estimated yuan not spent because a policy had stopped the instance, where prices are known, less what it cost stopped.',
      labelNames: ['policy'] as const,
      registers,
    }),
    savedUnpricedSeconds: new Counter({
      name: 'lamplighter_saved_unpriced_seconds_total',
      help: 'Seconds that instances without a known price stood stopped: no yuan of them are in the saved yuan.',
      labelNames: ['policy'] as const,
      registers,
    }),
    savedStops: new Counter({
      name: 'lamplighter_saved_stops_total',
      help: 'Stops by policies that were seen in a listing.',
      labelNames: ['policy'] as const,
      registers,
    }),
    wrongStops: new Counter({
      name: 'lamplighter_wrong_stops_total',
      help: 'Stops by policies after which a person started the instance within 30 min.',
      labelNames: ['policy'] as const,
      registers,
    }),
    shadowStops: new Counter({
      name: 'lamplighter_shadow_stops_total',
      help: 'Stops that an observing policy would have made: wrong where activity was seen within 30 min after.',
      labelNames: ['policy', 'outcome'] as const,
      registers,
    }),
    shadowSavedGpuSeconds: new Counter({
      name: 'lamplighter_shadow_saved_gpu_seconds_total',
      help: 'GPU seconds that would not have been paid for, had an observing policy been enforced.',
      labelNames: ['policy'] as const,
      registers,
    }),
    shadowSavedYuan: new Counter({
      name: 'lamplighter_shadow_saved_yuan_total',
      help: 'Estimated yuan that would not have been spent, had an observing policy been enforced, where prices are known.',
      labelNames: ['policy'] as const,
      registers,
    }),
    buildInfo: new Gauge({
      name: 'lamplighter_build_info',
      help: 'Always 1; the version is in the labels.',
      labelNames: ['version', 'node'] as const,
      registers,
    }),
  };
  // A counter that is born with its first breach would be missed by whoever asks for its increase.
  for (const invariant of INVARIANTS) metrics.invariantBreaches.inc({ invariant }, 0);
  // Until it has been asked nothing speaks against it.
  metrics.redisWritable.set(1);
  for (const direction of ['forward', 'backward']) metrics.clockSteps.inc({ direction }, 0);
  return metrics;
}

export type Metrics = ReturnType<typeof makeMetrics>;

/** How many different raw words per field and account are told apart before they count as "other". */
const MAX_WORDS = 20;
/** A raw word is cut to this: it comes from outside and becomes a label. */
const MAX_WORD_LENGTH = 40;

/** Counts words that nobody taught us, with a bound on how many become series. */
export function unknownWordCounter(metrics: Metrics): (account: string, field: string, word: string) => void {
  const seen = new Map<string, Set<string>>();
  return (account, field, word) => {
    const key = `${account}/${field}`;
    let words = seen.get(key);
    if (words === undefined) {
      words = new Set();
      seen.set(key, words);
    }
    const short = readable(word.slice(0, MAX_WORD_LENGTH));
    const known = words.has(short) || words.size < MAX_WORDS;
    if (known) words.add(short);
    metrics.unknownWords.inc({ account, field, word: known ? short : 'other' });
  };
}

/** Without control and bidi characters: a NUL in a label ends the scrape for whoever reads it. */
function readable(word: string): string {
  return word.toWellFormed().replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
}

/**
 * Counters that begin at 0 for what is in force: one that is born with its first rejection or its first lost message is
 * missed by whoever asks for its increase.
 */
export function bornAtZero(
  metrics: Metrics,
  standing: {
    readonly accounts: ReadonlyMap<string, { readonly account: { readonly actions: readonly Action[] } }>;
    readonly notifiers: ReadonlyMap<string, unknown>;
    readonly policies: readonly { readonly name: string; readonly steps: readonly { readonly kind: Action }[] }[];
  },
): void {
  for (const [name, { account }] of standing.accounts) {
    for (const action of account.actions) {
      if (action === 'notify') continue;
      for (const outcome of OPERATION_OUTCOMES) metrics.operations.inc({ account: name, action, outcome }, 0);
    }
  }
  for (const notifier of standing.notifiers.keys()) {
    for (const outcome of NOTIFICATION_OUTCOMES) metrics.notifications.inc({ notifier, outcome }, 0);
  }
  for (const { name: policy, steps } of standing.policies) {
    metrics.conflicts.inc({ policy }, 0);
    // The only reason that comes once and not at every look.
    for (const { kind: action } of steps) countDecision(metrics, policy, action, 'missed', 0);
  }
}

export function countDecision(metrics: Metrics, policy: string, action: Action, reason: DecisionReason, n = 1): void {
  metrics.decisions.inc({ policy, action, reason }, n);
}

export function countOutcome(
  metrics: Metrics,
  operation: { readonly account: string; readonly action: Action; readonly createdAt: number },
  outcome: OperationOutcome,
  now: number,
): void {
  metrics.operations.inc({ account: operation.account, action: operation.action, outcome });
  metrics.operationDuration.observe({ action: operation.action }, Math.max(0, now - operation.createdAt) / 1000);
}

/** Counts one reading of a probe. `tookMs` is `null` for one that an instance sent by itself. */
export function countReading(
  metrics: Metrics,
  news: { readonly account: string; readonly reading: ProbeReading; readonly tookMs: number | null },
): void {
  const { account, reading, tookMs } = news;
  const { probe, verdict, at } = reading;
  metrics.probes.inc({ account, probe, verdict });
  if (tookMs !== null) metrics.probeDuration.observe({ account, probe }, Math.max(0, tookMs) / 1000);
  if (verdict !== 'unknown') metrics.probeLastSuccess.set({ account, probe }, at / 1000);
}

export const NOTIFICATION_OUTCOMES = ['delivered', 'failed', 'retried', 'muted', 'dropped'] as const;
export type NotificationOutcome = (typeof NOTIFICATION_OUTCOMES)[number];

export function countNotification(
  metrics: Metrics,
  notifier: string,
  outcome: NotificationOutcome,
  _event: EventName,
): void {
  metrics.notifications.inc({ notifier, outcome });
}

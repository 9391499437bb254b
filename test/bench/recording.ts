import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassRecorder, recordingDir } from '../../src/app/recording/pass-recorder.ts';
import { recordedIn, sourcesOf } from '../../src/app/recording/recording-files.ts';
import { replay } from '../../src/app/recording/replay.ts';
import { evaluate } from '../../src/decide/evaluate.ts';
import type { Activity } from '../../src/fleet/activity.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import type { Snapshot, Tracked } from '../../src/fleet/snapshot.ts';
import { compile } from '../../src/policy/compile.ts';
import { segmentsIn } from '../../src/recording/segments.ts';
import { historyOf } from '../../src/store/history.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { type InstanceFacts, type PassFacts, worldOf } from '../../src/work/facts.ts';
import { atMost, type Row } from './rows.ts';
import { digits, median } from './statistics.ts';

const INSTANCES = 1_000;
/** Four hours are one segment: its beginning and everything after it, as often as it comes in a day. */
const MINUTES = 240;
const SEGMENTS_A_DAY = 6;
const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 24, 4);
/** So much is kept of a week, by the default, where it is a thousand instances. */
const KEPT_BYTES = 256e6;
const KEPT_DAYS = 7;

const FILES = [
  {
    file: 'bench.yaml',
    text: `
policies:
  - { name: stop-idle, mode: observe, match: { name: "dev-*", status: running }, when: { idleFor: 30m }, do: stop }
  - { name: lights-out, match: { name: "dev-*" }, when: { during: "Mon-Sun 23:00-08:00", idleFor: 15m }, do: cardless-stop }
  - { name: keep-paid, match: { billing: [daily, monthly] }, when: { expiresWithin: 12h }, do: { renew: { periods: 1 } } }
`,
  },
];

/** How large a day of a thousand instances is that are listed, looked at and decided on once a minute, and what that costs. */
export async function benchRecording(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const stateDir = await mkdtemp(join(tmpdir(), 'lamplighter-bench-'));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const random = dice(7);
  let now = START;
  const source = { files: FILES, timezone: 'Asia/Shanghai', mode: 'enforce', at: START } as const;
  const compiled = compile(FILES, { accounts: null, notifiers: null, ...source, now: START });
  if (!compiled.ok) throw new Error(compiled.errors.map(({ message }) => message).join('; '));
  const { policies } = compiled.set;
  const recorder = new PassRecorder({
    stateDir,
    limits: { keepMs: KEPT_DAYS * 86_400_000, maxBytes: KEPT_BYTES },
    clock: { now: () => now, monotonic: () => now, sleep: () => Promise.resolve(), toReal: (ms) => ms },
    log: makeLog({ level: 'silent', destination: { write: () => {} }, scrub: (line) => line }),
    metrics: makeMetrics(),
  });
  const took: number[] = [];
  const passes: number[] = [];
  let fleet = Array.from({ length: INSTANCES }, (_, index) => machine(index, random));
  for (let minute = 0; minute < MINUTES; minute += 1) {
    now += MINUTE + Math.floor(random() * 40);
    fleet = fleet.map((row) => looked(row, now, random));
    const facts = factsOf(fleet, now, minute);
    const evaluation = evaluate(policies, worldOf(facts, policies));
    const before = process.cpuUsage();
    const startedAt = performance.now();
    recorder.note({ source, facts, evaluation });
    passes.push(performance.now() - startedAt);
    await recorder.settled();
    const { user, system } = process.cpuUsage(before);
    took.push((user + system) / 1000);
  }
  await recorder.stop();
  const segments = await segmentsIn(recordingDir(stateDir));
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const aDay = (bytes * SEGMENTS_A_DAY) / INSTANCES;
  const began = performance.now();
  const found = await replay(recordedIn(await sourcesOf([recordingDir(stateDir)], null, () => {})));
  const seconds = (performance.now() - began) / 1000;
  if (found.passes !== MINUTES || found.otherwisePasses > 0) throw new Error('the recording is not what was decided');
  return [
    {
      what: 'a day of the recording of 1 000 instances, looked at and decided on once a minute',
      measured: (aDay * INSTANCES) / 1e6,
      unit: 'MB',
      target: atMost(KEPT_BYTES / 1e6 / KEPT_DAYS),
      detail: `${digits(aDay)} bytes an instance and day; ${segments.length} segments of ${MINUTES} passes`,
    },
    {
      what: 'recording one such pass, beside it',
      measured: median(took),
      unit: 'ms',
      target: null,
      detail: `computing, in all threads; the pass itself waits ${digits(median(passes))} ms for it`,
    },
    {
      what: 'deciding a day of such passes once more',
      measured: seconds * SEGMENTS_A_DAY,
      unit: 's',
      target: null,
      detail: `${digits((seconds * 1000) / MINUTES)} ms a pass, read and decided`,
    },
  ];
}

function machine(index: number, random: () => number): InstanceFacts {
  const isRunning = index % 4 !== 3;
  const since = START - Math.floor(random() * 600) * MINUTE;
  const billing = (['hourly', 'daily', 'monthly', 'hourly'] as const)[(index >> 2) % 4] ?? 'hourly';
  const tracked: Tracked = {
    instance: {
      account: 'hxy',
      provider: 'huixingyun',
      id: `gpu-${(index * 2_654_435_761) % 4_294_967_296}`,
      name: `${index % 3 === 0 ? 'dev' : 'prod'}-${index % 97}`,
      status: isRunning ? 'running' : 'stopped',
      rawStatus: isRunning ? 'Running' : 'Stopped',
      billing,
      rawBilling: billing,
      gpu: 'NVIDIA 4090',
      gpuCount: 1,
      gpuType: `type-${index % 9}`,
      room: 'room-1',
      createdAt: since - 86_400_000,
      startedAt: since,
      expiresAt: billing === 'hourly' ? null : START + ((index * 37) % 700) * 60 * MINUTE,
      hourlyFen: null,
      orderId: `order-${index}`,
      imageId: null,
      savingImage: false,
      shutdownTimerAt: null,
      services: [],
      problems: [],
    },
    firstSeenAt: since,
    statusSince: since,
    upSince: isRunning ? since : null,
    personStartAt: null,
    stopMode: null,
    stoppedBy: null,
  };
  const activity: Activity = isRunning
    ? { kind: 'idle', at: START, since, readings: [], watched: { from: since, to: START, holes: [] } }
    : { kind: 'not-applicable', at: START };
  return { tracked, labels: { env: index % 2 === 0 ? 'dev' : 'prod', owner: `owner-${index % 31}` }, activity };
}

/** As another look at it finds it: two probes, each at its own moment; one machine in fifty begins or ends its work. */
function looked(row: InstanceFacts, now: number, random: () => number): InstanceFacts {
  const { activity } = row;
  if (activity === null || activity.kind === 'not-applicable' || activity.kind === 'unknown')
    return { ...row, activity: { kind: 'not-applicable', at: now } };
  const [first, second] = [now - Math.floor(random() * 60_000), now - Math.floor(random() * 60_000)];
  const at = Math.min(first, second);
  const wasIdle = activity.kind === 'idle';
  const isIdle = random() < 0.02 ? !wasIdle : wasIdle;
  const since = isIdle && activity.kind === 'idle' ? activity.since : at;
  const verdict = isIdle ? 'idle' : 'active';
  const lastActiveAt = isIdle ? since : at;
  const kernels = isIdle ? '2 kernels idle, 0 busy' : '1 kernel idle, 1 busy';
  const load = `gpu ${isIdle ? Math.floor(random() * 3) : 40 + Math.floor(random() * 60)} %, cpu ${Math.floor(random() * 10)} %`;
  const shared = { verdict, reason: null, lastActiveAt, judges: 'work' } as const;
  const readings = [
    { ...shared, probe: 'jupyter', at: first, evidence: verbatim(kernels) },
    { ...shared, probe: 'ssh', at: second, evidence: verbatim(load) },
  ];
  const watched = { from: activity.watched?.from ?? since, to: Math.max(first, second), holes: [] };
  return {
    ...row,
    activity: isIdle ? { kind: 'idle', at, since, readings, watched } : { kind: 'active', at, readings, watched },
  };
}

function factsOf(instances: readonly InstanceFacts[], now: number, minute: number): PassFacts {
  const none = new Map<string, string>();
  const rows = {
    acted: none,
    recent: null,
    open: [],
    openPaid: [],
    renewed: none,
    notices: [],
    obligations: [],
    policySince: none,
    lowBalance: none,
    policyEdits: none,
    heldUntil: none,
    leashes: none,
    watchBeganAt: START,
  };
  const listing: Omit<Snapshot, 'instances'> = {
    account: 'hxy',
    provider: 'huixingyun',
    complete: true,
    incomplete: null,
    shrunken: false,
    balance: null,
    takenAt: now - 1e3,
    finishedAt: now - 700,
    generation: minute,
  };
  return {
    now,
    paused: false,
    account: {
      name: 'hxy',
      provider: 'huixingyun',
      pollEveryMs: MINUTE,
      prices: new Map(),
      actions: ['stop', 'cardless-stop', 'start', 'renew'],
      spendLimit: {
        perDayFen: null,
        callsPerDay: 10,
      },
    },
    listing,
    instances,
    holds: [],
    history: historyOf(rows, 'hxy', now),
    balances: [],
    spent: {
      calls: 0,
      fen: 0,
    },
    interruptedAt: [],
    breakerOpen: false,
    paidWork: 'open',
    paidWorkOff: null,
    reversibleOff: null,
    foreign: null,
  };
}

function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

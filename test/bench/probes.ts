import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { AddressGuard } from '../../src/activity/address-guard.ts';
import { JupyterProbe } from '../../src/activity/jupyter-probe.ts';
import { ActivityObserver, type ReadingStore } from '../../src/activity/observer.ts';
import type { Probe } from '../../src/activity/probe.ts';
import type { HostKeyStore } from '../../src/activity/ssh/host-keys.ts';
import { SshLogin } from '../../src/activity/ssh/login.ts';
import { DEFAULT_LIMITS, SshProbe } from '../../src/activity/ssh/ssh-probe.ts';
import { systemClock } from '../../src/app/clock.ts';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Snapshot } from '../../src/fleet/snapshot.ts';
import { end, ROOT, startNode } from './processes.ts';
import { atMost, type Row } from './rows.ts';
import { digits, median } from './statistics.ts';

const INSTANCES = 1_000;
/** A smaller fleet, in which each dead host takes a place among the hundred until its own time limit is over. */
const WITH_DEAD = 300;
const DEAD = 20;
const MEMORY_EVERY_MS = 50;

const portsSchema = z.object({ ssh: z.number(), http: z.number(), silent: z.number() });
type Ports = z.output<typeof portsSchema>;

/** A round of the probes over a thousand machines that need as long as real ones do, and one with dead hosts among them. */
export async function benchProbes(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const machines = startNode([join(import.meta.dirname, 'probed-machines.ts')], { cwd: ROOT });
  stack.defer(() => end(machines));
  if (machines.stdout === null) throw new Error('the machines have no output');
  const [line]: unknown[] = await once(createInterface({ input: machines.stdout }), 'line');
  const ports = portsSchema.parse(JSON.parse(String(line)));

  const well = await round(ports, INSTANCES, 0);
  const withDead = await round(ports, WITH_DEAD, DEAD);
  const limitS = DEFAULT_LIMITS.connectMs / 1_000;
  const dead = withDead.looks.filter(({ reading }) => reading.verdict === 'unknown');
  if (dead.length !== DEAD) throw new Error(`${dead.length} machines were unknown, ${DEAD} are dead`);
  const slowest = Math.max(...dead.map(({ ms }) => ms)) / 1_000;
  const others = withDead.looks.filter(({ reading }) => reading.verdict !== 'unknown');
  return [
    {
      what: `${INSTANCES} instances probed by SSH and HTTP, 100 at once`,
      measured: well.seconds,
      unit: 's',
      target: atMost(60),
      detail: `${toldOf(well)}; each machine takes 3 s for its script`,
    },
    {
      what: 'memory of the process that probes',
      measured: Math.max(well.peakMb, withDead.peakMb),
      unit: 'MB',
      target: atMost(300),
      detail: `resident, at its highest, with everything the bench itself holds; ${digits(well.startMb)} MB before`,
    },
    {
      what: `a host that accepts and never answers, of ${DEAD} among ${WITH_DEAD}`,
      measured: slowest / limitS,
      unit: 'times',
      target: atMost(1.5),
      detail: `${digits(slowest)} s of its own limit of ${limitS} s for the slowest of them`,
    },
    {
      what: 'the same: what the others take, against a round without dead hosts',
      measured: median(sshTimes(others)) / median(sshTimes(well.looks)),
      unit: 'times',
      target: atMost(1.5),
      detail: `a look over SSH ${digits(median(sshTimes(others)))} and ${digits(median(sshTimes(well.looks)))} ms; the whole round ${digits(withDead.seconds)} s`,
    },
  ];
}

interface Look {
  readonly reading: ProbeReading;
  readonly ms: number;
}

interface Round {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly startMb: number;
  readonly peakMb: number;
  readonly looks: readonly Look[];
}

async function round(ports: Ports, instances: number, dead: number): Promise<Round> {
  const looks: Look[] = [];
  const guard = new AddressGuard([]);
  const proof = () => ({ kind: 'password', password: 'x' }) as const;
  const listing = () => Promise.resolve(null);
  const login = new SshLogin({ host: '127.0.0.1', port: ports.ssh, user: 'root', proof, listing, guard });
  const silent = new SshLogin({ host: '127.0.0.1', port: ports.silent, user: 'root', proof, listing, guard });
  const hostKeys = new HostKeys();
  const ssh = new SshProbe({ login, hostKeys, clock: systemClock, everyMs: 60_000 });
  const toDead = new SshProbe({ login: silent, hostKeys, clock: systemClock, everyMs: 60_000 });
  const jupyter = new JupyterProbe({
    url: `http://127.0.0.1:${ports.http}/`,
    token: () => null,
    guard,
    clock: systemClock,
  });
  const timed = (probe: Probe, other: Probe = probe): Probe => ({
    name: probe.name,
    kind: 'pull',
    read: async (instance, signal, previous) => {
      const startedAt = performance.now();
      const reading = await (isDead(instance, instances, dead) ? other : probe).read(instance, signal, previous);
      looks.push({ reading, ms: performance.now() - startedAt });
      return reading;
    },
  });
  const observer = new ActivityObserver({
    rules: [
      {
        covers: () => true,
        everyMs: 60_000,
        probes: [
          { probe: timed(ssh, toDead), staleAfterMs: null },
          { probe: timed(jupyter), staleAfterMs: null },
        ],
      },
    ],
    store: new ReadingMemory(),
    clock: systemClock,
    onReading: () => {},
  });

  const startMb = residentMb();
  let peakMb = startMb;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb());
  }, MEMORY_EVERY_MS);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  await observer.observe(snapshot(instances), () => ({}), new AbortController().signal);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(watch);
  if (looks.length !== 2 * instances) throw new Error(`${looks.length} looks were made, not ${2 * instances}`);
  const wrong = looks.find(({ reading }) => reading.verdict !== 'idle' && (dead === 0 || reading.probe !== 'ssh'));
  if (wrong !== undefined) throw new Error(`a machine was not idle: ${JSON.stringify(wrong.reading.evidence)}`);
  return { seconds, cpuSeconds: (user + system) / 1e6, startMb, peakMb: Math.max(peakMb, residentMb()), looks };
}

/** Spread over the fleet. */
function isDead(instance: Instance, instances: number, dead: number): boolean {
  return dead > 0 && Number(instance.id.slice(1)) % (instances / dead) === 0;
}

function sshTimes(looks: readonly Look[]): number[] {
  return looks.filter(({ reading }) => reading.probe === 'ssh').map(({ ms }) => ms);
}

function toldOf({ looks, cpuSeconds }: Round): string {
  const ssh = sshTimes(looks);
  const http = looks.filter(({ reading }) => reading.probe === 'jupyter').map(({ ms }) => ms);
  return `a look ${digits(median(ssh))} ms by SSH and ${digits(median(http))} ms by HTTP; ${digits(cpuSeconds)} s of it computing`;
}

function residentMb(): number {
  return process.memoryUsage.rss() / 1e6;
}

function snapshot(count: number): Snapshot {
  const at = systemClock.now();
  const instances = Array.from({ length: count }, (_, index) => ({
    instance: machine(`m${index}`, at),
    firstSeenAt: at,
    statusSince: at,
    upSince: at,
    personStartAt: null,
    stopMode: null,
    stoppedBy: null,
  }));
  return {
    account: 'bench',
    provider: 'chenyu',
    takenAt: at,
    finishedAt: at,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    instances,
    balance: null,
  };
}

function machine(id: string, createdAt: number): Instance {
  return {
    account: 'bench',
    provider: 'chenyu',
    id,
    name: id,
    status: 'running',
    rawStatus: '2',
    billing: 'hourly',
    rawBilling: '1',
    gpu: 'NVIDIA 4090',
    gpuCount: 1,
    gpuType: 'gpu-4090',
    room: '105',
    createdAt,
    startedAt: createdAt,
    expiresAt: null,
    hourlyFen: null,
    orderId: null,
    imageId: null,
    savingImage: false,
    shutdownTimerAt: null,
    services: [],
    problems: [],
  };
}

class HostKeys implements HostKeyStore {
  readonly #keys = new Map<string, string>();

  load(_account: string, machineName: string): Promise<string | null> {
    return Promise.resolve(this.#keys.get(machineName) ?? null);
  }

  remember(_account: string, machineName: string, key: string): Promise<string> {
    this.#keys.set(machineName, key);
    return Promise.resolve(key);
  }
}

class ReadingMemory implements ReadingStore {
  readonly #readings = new Map<string, ProbeReading[]>();

  load(): Promise<ReadonlyMap<string, readonly ProbeReading[]>> {
    return Promise.resolve(this.#readings);
  }

  loadOne(_account: string, id: string): Promise<readonly ProbeReading[]> {
    return Promise.resolve(this.#readings.get(id) ?? []);
  }

  save(_account: string, id: string, reading: ProbeReading): Promise<void> {
    const others = (this.#readings.get(id) ?? []).filter(({ probe }) => probe !== reading.probe);
    this.#readings.set(id, [...others, reading]);
    return Promise.resolve();
  }
}

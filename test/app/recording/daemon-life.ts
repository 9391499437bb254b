import { randomUUID } from 'node:crypto';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { peopleStore } from '../../../src/app/client.ts';
import { Control } from '../../../src/app/control.ts';
import { configOrThrow, InvalidInput, loadPolicies } from '../../../src/app/load.ts';
import { PassRecorder, recordingDir } from '../../../src/app/recording/pass-recorder.ts';
import { StandingBuilder } from '../../../src/app/standing.ts';
import { readConfigFile } from '../../../src/config/config-file.ts';
import { Store } from '../../../src/store/store.ts';
import { makeLog } from '../../../src/telemetry/log.ts';
import { makeMetrics } from '../../../src/telemetry/metrics.ts';
import { act } from '../../../src/work/act.ts';
import { pass } from '../../../src/work/pass.ts';
import { poll } from '../../../src/work/poll.ts';
import type { Standing, Work } from '../../../src/work/ports.ts';
import { tick } from '../../../src/work/tick.ts';
import { check, look } from '../../../src/work/verify.ts';
import { renderLocated } from '../../../src/yaml/located.ts';
import type { Bed } from '../../support/daemon.ts';

const NEVER = new AbortController().signal;
const STATE = 'life';

/**
 * A daemon whose days pass in seconds: everything that decides, remembers, pays and records is the real thing, over a real
 * Redis and the clouds of a bed, and what the queues would run is run at its time of the bed's clock.
 */
export class DaemonLife {
  readonly #bed: Bed;
  readonly #store: Store;
  readonly #builder: StandingBuilder;
  readonly #recorder: PassRecorder;
  readonly #jobs: { readonly at: number; readonly run: () => Promise<void> }[] = [];
  readonly work: Work;
  readonly control: Control;
  #standing: Standing | null = null;

  private constructor(bed: Bed) {
    const { clock } = bed;
    this.#bed = bed;
    const log = makeLog({ level: 'silent', destination: { write: () => {} }, scrub: (line) => line });
    const metrics = makeMetrics();
    const parts = { clock, random: Math.random, newId: randomUUID };
    this.#store = new Store({ ...parts, url: bed.redisUrl, stateDir: join(bed.dir, STATE), clock: () => clock.now() });
    const store = this.#store;
    const { readings, watches, hostKeys } = store;
    this.#builder = new StandingBuilder({ ...parts, metrics, log, readings, watches, hostKeys });
    const limits = { keepMs: 7 * 86_400_000, maxBytes: 256e6 };
    this.#recorder = new PassRecorder({ stateDir: join(bed.dir, STATE), limits, clock, log, metrics });
    const later = (delayMs: number, run: () => Promise<void>) => {
      this.#jobs.push({ at: clock.now() + delayMs, run });
      return Promise.resolve();
    };
    this.work = {
      ...parts,
      log,
      metrics,
      store,
      queue: {
        poll: () => Promise.resolve(),
        evaluate: () => Promise.resolve(),
        act: (_queue, id, _job, delayMs) => later(delayMs, () => act(this.work, id, NEVER)),
        verify: (id, _job, delayMs) => later(delayMs, () => check(this.work, id, NEVER)),
        look: (account, delayMs) => later(delayMs, () => look(this.work, account, NEVER)),
        notify: () => Promise.resolve(),
      },
      threads: store.outbox,
      shadows: store.shadows,
      leashes: store.leashes,
      evidence: store.evidence,
      tallies: store.tallies,
      recorder: this.#recorder,
      standing: () => {
        if (this.#standing === null) throw new Error('nothing is in force yet');
        return this.#standing;
      },
      paidWorkOff: () => store.paidWorkOff(),
      onEvent: () => {},
      onRefusals: () => {},
    };
    this.control = new Control(this.work, peopleStore(store));
  }

  static recording(bed: Bed): string {
    return recordingDir(join(bed.dir, STATE));
  }

  /** As after a start of the process. */
  static async begin(bed: Bed): Promise<DaemonLife> {
    const life = new DaemonLife(bed);
    await mkdir(join(bed.dir, STATE), { recursive: true });
    await life.#store.start({ waitMs: 5_000 });
    await life.reload();
    await life.#store.settings.beganWatch(bed.clock.now());
    return life;
  }

  /** What stands in the bed's files is in force. */
  async reload(): Promise<void> {
    const { dir, configFile, clock } = this.#bed;
    const config = configOrThrow(await readConfigFile(configFile, dir, { environment: {} }));
    const loaded = await loadPolicies(config, dir, clock.now());
    if (!loaded.ok) throw new InvalidInput(loaded.errors.map(renderLocated).join('\n'), loaded.errors);
    this.#standing = this.#builder.build(config, loaded.set.policies, loaded.files);
    await this.#store.sawPolicies(
      loaded.set.policies.map(({ name }) => name),
      clock.now(),
    );
  }

  /**
   * Lets time pass in steps: at each everything is listed, looked at, decided and, where it is due, done.
   * @param meanwhile what happens once between the first decision of it all and what is done about it
   */
  async live(stepMs: number, steps: number, meanwhile?: () => Promise<unknown>): Promise<void> {
    let happens = meanwhile;
    for (let step = 0; step < steps; step += 1) {
      this.#bed.clock.pass(stepMs);
      await this.#due();
      for (const name of this.work.standing().accounts.keys()) {
        await poll(this.work, name, NEVER);
        const standing = this.work.standing();
        const snapshot = await this.#store.loadSnapshot(name);
        if (snapshot !== null) await standing.observer.observe(snapshot, standing.labels, NEVER);
        await pass(this.work, name, NEVER);
      }
      if (happens !== undefined && this.#jobs.some(({ at }) => at <= this.#bed.clock.now())) {
        await happens();
        happens = undefined;
      }
      await this.#due();
      await tick(this.work);
    }
  }

  async #due(): Promise<void> {
    const now = this.#bed.clock.now();
    for (;;) {
      const index = this.#jobs.findIndex(({ at }) => at <= now);
      const [job] = index === -1 ? [] : this.#jobs.splice(index, 1);
      if (job === undefined) return;
      await job.run();
    }
  }

  /** `kill`: without a word, as a process is killed: what is on the disk then is all that there will ever be. */
  async end(how: 'stop' | 'kill'): Promise<void> {
    const dir = DaemonLife.recording(this.#bed);
    const left = join(this.#bed.dir, `${STATE}-left`);
    await this.#recorder.settled();
    if (how === 'kill') await cp(dir, left, { recursive: true });
    await this.#recorder.stop();
    if (how === 'kill') await cp(left, dir, { recursive: true, force: true });
    await this.#builder.close();
    await this.#store.close();
  }
}

import { rm } from 'node:fs/promises';
import { Breakers } from '../../src/store/breakers.ts';
import { Connection } from '../../src/store/connection.ts';
import { interruptedAt, loadHistory } from '../../src/store/history.ts';
import { Keys } from '../../src/store/keys.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { LedgerClient } from '../../src/store/ledger-client.ts';
import { LedgerEpoch, type LedgerFound } from '../../src/store/ledger-epoch.ts';
import { Obligations } from '../../src/store/obligations.ts';
import { StoreRedis } from '../../src/store/redis.ts';
import { readSpend } from '../../src/store/spend.ts';
import { type Watermark, WatermarkFile } from '../../src/store/watermark.ts';
import type { LedgerPort } from '../../src/work/ports.ts';
import { newFolder } from '../support/folder.ts';
import { ReplicaEpoch, ReplicaLedger } from './replica-ledger.ts';
import { StoreModel } from './store-model.ts';
import { isCovered } from './wires.ts';

export type Other = 'freeze' | 'freezeClass' | 'reconcile' | 'save' | 'goBack' | 'look' | 'restart';

/** Two replicas over one ledger, with everything that a story may ask of them. */
export interface Bench {
  start(who: number, now: number): Promise<LedgerFound>;
  ledger(who: number): LedgerPort;
  other(what: Other, who: number, now: number): Promise<unknown>;
  /** What a new epoch is called from now on. */
  name(epoch: string): void;
  /** What stands in the watermark files. */
  marks(): Promise<unknown>;
  /** Everything that can be read of it in the end. */
  everything(ids: readonly string[], now: number): Promise<unknown>;
}

const ACCOUNT = 'hxy';
const INSTANCES = ['hxy/a', 'hxy/b', 'hxy/slot:a', 'hxy/slot:b'] as const;

const byNumber = (a: number, b: number): number => a - b;

/** Benches over a real Redis, on two connections that are kept. */
export class RealBenches {
  readonly #connections: readonly Connection[];

  constructor(connections: readonly Connection[]) {
    this.#connections = connections;
  }

  static async connect(url: string): Promise<RealBenches> {
    const connections = [0, 1].map(() => new Connection({ url, clock: () => 0, random: () => 0.5 }));
    for (const connection of connections) {
      connection.start();
      // Each bench listens on it.
      connection.ledger.setMaxListeners(0);
      await connection.waitReady(5_000);
    }
    return new RealBenches(connections);
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) await connection.close();
  }

  /** @param apart each replica has its own watermark file */
  async bench(prefix: string, apart: boolean): Promise<Bench & { close(): Promise<void> }> {
    const folders = apart
      ? [await newFolder('lamplighter-'), await newFolder('lamplighter-')]
      : [await newFolder('lamplighter-')];
    let label = 'id-0';
    const newId = () => label;
    const replicas = this.#connections.map((connection, who) => {
      const folder = folders[who % folders.length] ?? '';
      const make = () => {
        const client = new LedgerClient(connection, new Keys(prefix));
        const file = new WatermarkFile(folder, `${who}`);
        return { client, file, ledger: new Ledger(client, new LedgerEpoch(client, file, newId)) };
      };
      return { make, ...make(), connection };
    });
    const at = (who: number) => {
      const replica = replicas[who];
      if (replica === undefined) throw new Error(`there is no replica ${who}`);
      return replica;
    };
    const { connection } = at(0);
    const redis = connection.general;
    let saved: readonly (readonly [string, Buffer])[] = [];
    return {
      start: (who, now) => at(who).ledger.start(now),
      ledger: (who) => at(who).ledger,
      async other(what, who, now) {
        const replica = at(who);
        switch (what) {
          case 'freeze':
            return await replica.ledger.freeze('paid', 'excess', now, 'too much');
          case 'freezeClass':
            return await replica.ledger.freezeClass('reversible', ACCOUNT, 'invariant', 'I8', now);
          case 'reconcile':
            return await replica.ledger.reconcile('li', now);
          case 'look':
            return await replica.ledger.lookAgain(now);
          case 'restart':
            await replica.ledger.stop();
            Object.assign(replica, replica.make());
            return await replica.ledger.start(now);
          case 'save': {
            const keys = await redis.keys(`${prefix}*`);
            saved = await Promise.all(
              keys.map(async (key) => [key, (await redis.dumpBuffer(key)) ?? Buffer.alloc(0)] as const),
            );
            return undefined;
          }
          case 'goBack': {
            const keys = await redis.keys(`${prefix}*`);
            if (keys.length > 0) await redis.del(...keys);
            for (const [key, dump] of saved) await redis.restore(key, '0', dump);
            // As after a connection that was lost.
            for (const { client } of replicas) client.known.forget();
            return undefined;
          }
        }
      },
      name: (epoch) => {
        label = epoch;
      },
      marks: () => Promise.all(replicas.map(({ file }) => file.load())),
      async everything(ids, now) {
        const store = new StoreRedis(redis, new Keys(prefix));
        const history = await loadHistory(store, ACCOUNT, now);
        const spends = await Promise.all(['2026-06-01', '2026-06-02'].map((day) => readSpend(store, ACCOUNT, day)));
        return {
          operations: await Promise.all(ids.map((id) => at(0).ledger.get(id))),
          unfinished: (await at(0).ledger.unfinished()).map(({ id }) => id),
          recent: (await at(0).ledger.recent(ACCOUNT, 10)).map(({ id }) => id),
          frozen: await at(0).ledger.frozen(),
          spends,
          unclear: await new Breakers(store).unclear(ACCOUNT, now),
          untold: (await redis.zrange(store.keys.untold, '0', '-1')).toSorted(),
          obligations: (await new Obligations(store).list(ACCOUNT)).length,
          interrupted: [...(await interruptedAt(store, ACCOUNT, now - 60_000))].toSorted(byNumber),
          history: readHistory(history),
        };
      },
      async close() {
        for (const { ledger } of replicas) await ledger.stop();
        for (const folder of folders) await rm(folder, { recursive: true, force: true });
      },
    };
  }
}

/** The same over the model. */
export function modelBench(apart: boolean): Bench {
  let store = new StoreModel();
  let saved = store.copy();
  let label = 'id-0';
  const newId = () => label;
  const link = {
    ask: <T>(_what: string, command: (ledger: StoreModel['ledger']) => T) =>
      new Promise<T>((resolve) => resolve(command(store.ledger))),
  };
  const marks: (Watermark | null)[] = apart ? [null, null] : [null];
  const replicas = [0, 1].map((who) => {
    const place = who % marks.length;
    const disk = {
      load: async () => marks[place] ?? null,
      save: async (mark: Watermark) => {
        if (!isCovered(marks[place] ?? null, mark)) marks[place] = mark;
      },
    };
    const make = () => {
      const epoch = new ReplicaEpoch(disk, newId);
      return { epoch, ledger: new ReplicaLedger(link, epoch) };
    };
    return { make, ...make() };
  });
  const at = (who: number) => {
    const replica = replicas[who];
    if (replica === undefined) throw new Error(`there is no replica ${who}`);
    return replica;
  };
  return {
    start: (who, now) => at(who).epoch.open(link, now),
    ledger: (who) => at(who).ledger,
    async other(what, who, now) {
      const replica = at(who);
      switch (what) {
        case 'freeze':
          return await replica.ledger.freeze('paid', 'excess', now, 'too much');
        case 'freezeClass':
          return store.ledger.freeze('reversible', ACCOUNT, 'invariant', 'I8', now);
        case 'reconcile':
          return await replica.epoch.reconcile(link);
        case 'look':
          return await replica.epoch.look(link, now);
        case 'restart':
          await replica.epoch.mark();
          Object.assign(replica, replica.make());
          return await replica.epoch.open(link, now);
        case 'save':
          saved = store.copy();
          return undefined;
        case 'goBack':
          store = saved.copy();
          return undefined;
      }
    },
    name: (epoch) => {
      label = epoch;
    },
    marks: async () => replicas.map((_, who) => marks[who % marks.length] ?? null),
    async everything(ids, now) {
      const { ledger } = store;
      return {
        operations: await Promise.all(ids.map((id) => at(0).ledger.get(id))),
        unfinished: ledger.unfinished().map(({ id }) => id),
        recent: ledger.recent(ACCOUNT, 10).map(({ id }) => id),
        frozen: await at(0).ledger.frozen(),
        spends: ['2026-06-01', '2026-06-02'].map((day) => ledger.spent(ACCOUNT, day)),
        unclear: ledger.unclear(ACCOUNT, now),
        untold: [...ledger.untold(Number.POSITIVE_INFINITY)].toSorted(),
        obligations: ledger.obligations(ACCOUNT).length,
        interrupted: [...ledger.interruptedAt(ACCOUNT, now - 60_000)].toSorted(byNumber),
        history: readHistory(store.history(ACCOUNT, now, INSTANCES)),
      };
    },
  };
}

function readHistory(history: Awaited<ReturnType<typeof loadHistory>> | ReturnType<StoreModel['history']>): unknown {
  return ['one', 'two'].flatMap((policy) => [
    [...history.actedAt(policy, ACCOUNT)].toSorted(byNumber),
    ...INSTANCES.map((instance) => [
      history.lastActedAt(policy, instance),
      history.latestOccurrence?.(policy, instance) ?? null,
      history.open(instance),
      history.lastRenewedAt(instance),
      ['x', 'y'].map((occurrence) => history.step(policy, instance, occurrence, 0)),
    ]),
  ]);
}

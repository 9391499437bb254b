import { z } from 'zod';
import { Coalesced } from './coalesced.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';

/** The kill switch, while it is on. */
export interface Paused {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** The text of the last policy set that compiled, file by file. */
export interface PolicyText {
  readonly at: number;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** How polling an account has gone lately. */
export interface AccountHealth {
  readonly triedAt: number | null;
  readonly okAt: number | null;
  readonly failures: number;
  readonly detail: string;
}

const pausedSchema = z.object({
  at: z.number().default(0),
  by: z.string().default(''),
  reason: z.string().default(''),
});
const policyTextSchema = z.object({
  at: z.number(),
  files: z.array(z.object({ name: z.string(), text: z.string() })),
});
const healthSchema = z.object({
  triedAt: z.number().nullable().default(null),
  okAt: z.number().nullable().default(null),
  failures: z.number().default(0),
  detail: z.string().default(''),
});

/** Small things that all replicas must agree on. */
export class Settings {
  readonly #redis: StoreRedis;
  readonly #shrink = new Coalesced((account: string) => this.#readShrink(account));
  readonly #paused = new Coalesced<'paused', Paused | null>(() => this.#readPaused());

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** `null`: not paused. A switch that cannot be read is on. */
  paused(): Promise<Paused | null> {
    return this.#paused.get('paused');
  }

  async #readPaused(): Promise<Paused | null> {
    const text = await this.#redis.ask('reading the kill switch', (redis) => redis.get(this.#redis.keys.paused));
    if (text === null) return null;
    try {
      return parseStored(pausedSchema, text, 'the kill switch');
    } catch {
      return { at: 0, by: '', reason: 'the stored switch cannot be read' };
    }
  }

  /** Pausing again keeps who paused first. */
  async pause(paused: Paused): Promise<void> {
    const { at, by, reason } = paused;
    await this.#redis.ask('pausing', (redis) =>
      redis.setnx(this.#redis.keys.paused, JSON.stringify({ at, by, reason })),
    );
  }

  async resume(): Promise<boolean> {
    return (await this.#redis.ask('resuming', (redis) => redis.del(this.#redis.keys.paused))) > 0;
  }

  /** How often the token of "account/id" was replaced. */
  async agentGeneration(instance: string): Promise<number> {
    const { agentTokens } = this.#redis.keys;
    const text = await this.#redis.ask('reading which agent token counts', (redis) =>
      redis.hget(agentTokens, instance),
    );
    return text === null ? 0 : Number(text);
  }

  /** Makes every token of the instance so far worthless. */
  async nextAgentGeneration(instance: string): Promise<number> {
    const { agentTokens } = this.#redis.keys;
    return await this.#redis.ask('replacing an agent token', (redis) => redis.hincrby(agentTokens, instance, 1));
  }

  async savePolicies(policies: PolicyText): Promise<void> {
    const text = JSON.stringify({ at: policies.at, files: policies.files.map(({ name, text }) => ({ name, text })) });
    await this.#redis.ask('keeping the policies', (redis) => redis.set(this.#redis.keys.lastGoodPolicies, text));
  }

  async loadPolicies(): Promise<PolicyText | null> {
    const key = this.#redis.keys.lastGoodPolicies;
    const text = await this.#redis.ask('reading the last good policies', (redis) => redis.get(key));
    return text === null ? null : parseStored(policyTextSchema, text, key);
  }

  /** Notes policies that are in force: a new name from now on, a name that is gone no longer. */
  async sawPolicies(names: readonly string[], now: number): Promise<void> {
    const key = this.#redis.keys.policySince;
    await this.#redis.ask('noting the policies', async (redis) => {
      const gone = (await redis.hkeys(key)).filter((name) => !names.includes(name));
      const change = redis.multi();
      for (const name of names) change.hsetnx(key, name, now);
      if (gone.length > 0) change.hdel(key, ...gone);
      await change.exec();
    });
  }

  /** Notes which meaning each policy in force has: one that it has not had before begins now. */
  async sawMeanings(policies: readonly { readonly name: string; readonly hash: string }[], now: number): Promise<void> {
    const { policyEdits } = this.#redis.keys;
    await this.#redis.ask('noting what the policies say', async (redis) => {
      const known = await redis.hgetall(policyEdits);
      const names = new Set(policies.map(({ name }) => name));
      const changed = policies.filter(({ name, hash }) => known[name]?.split(' ')[0] !== hash);
      const gone = Object.keys(known).filter((name) => !names.has(name));
      const change = redis.multi();
      for (const { name, hash } of changed) change.hset(policyEdits, name, `${hash} ${now}`);
      if (gone.length > 0) change.hdel(policyEdits, ...gone);
      await change.exec();
    });
  }

  /** Notes that a daemon begins while no other is at work: what was seen idle before is not held against anybody. */
  async beganWatch(now: number): Promise<void> {
    await this.#redis.ask('noting the start', (redis) => redis.set(this.#redis.keys.watchBegan, now));
  }

  /** Keeps, or with `null` forgets, the occurrence for which a low balance was told. */
  async setLowBalance(policy: string, account: string, occurrence: string | null): Promise<void> {
    const key = this.#redis.keys.lowBalance(account);
    await this.#redis.ask(`noting the low balance of ${account}`, (redis) =>
      occurrence === null ? redis.hdel(key, policy) : redis.hset(key, policy, occurrence),
    );
  }

  /** `true` when it was not said yet, or was unsaid since. */
  async sayOnce(key: string, now: number): Promise<boolean> {
    return (
      (await this.#redis.ask('noting what was said', (redis) => redis.hsetnx(this.#redis.keys.said, key, now))) === 1
    );
  }

  async wasSaid(key: string): Promise<boolean> {
    return (await this.#redis.ask('reading what was said', (redis) => redis.hexists(this.#redis.keys.said, key))) === 1;
  }

  async unsay(key: string): Promise<boolean> {
    return (await this.#redis.ask('noting what was said', (redis) => redis.hdel(this.#redis.keys.said, key))) > 0;
  }

  /** What was said so long ago no longer needs remembering. */
  async trimSaid(now: number, keepMs: number): Promise<number> {
    const { said } = this.#redis.keys;
    const stored = await this.#redis.ask('trimming what was said', (redis) => redis.hgetall(said));
    const old = Object.entries(stored).flatMap(([key, at]) => (Number(at) < now - keepMs ? [key] : []));
    return old.length === 0 ? 0 : await this.#redis.ask('trimming what was said', (redis) => redis.hdel(said, ...old));
  }

  async health(account: string): Promise<AccountHealth> {
    const text = await this.#redis.ask(`reading how ${account} is`, (redis) =>
      redis.hget(this.#redis.keys.health, account),
    );
    return text === null ? healthSchema.parse({}) : parseStored(healthSchema, text, `health of ${account}`);
  }

  async saveHealth(account: string, health: AccountHealth): Promise<void> {
    const { triedAt, okAt, failures, detail } = health;
    const text = JSON.stringify({ triedAt, okAt, failures, detail });
    await this.#redis.ask(`noting how ${account} is`, (redis) => redis.hset(this.#redis.keys.health, account, text));
  }

  /** When the account was last decided on, by whichever replica; `null`: never. */
  async passedAt(account: string): Promise<number | null> {
    const { passed } = this.#redis.keys;
    const at = await this.#redis.ask(`reading when ${account} was decided on`, (redis) => redis.hget(passed, account));
    return at === null ? null : Number(at);
  }

  async savePassedAt(account: string, at: number): Promise<void> {
    const { passed } = this.#redis.keys;
    await this.#redis.ask(`noting that ${account} was decided on`, (redis) => redis.hset(passed, account, at));
  }

  /** What the guards of its listings remember of an account, of whatever shape; `null`: nothing. */
  loadShrink(account: string): Promise<unknown> {
    return this.#shrink.get(account);
  }

  async #readShrink(account: string): Promise<unknown> {
    const key = this.#redis.keys.shrink(account);
    const text = await this.#redis.ask('reading the shrink guard', (redis) => redis.get(key));
    return text === null ? null : parseStored(z.unknown(), text, key);
  }

  async saveShrink(account: string, state: unknown): Promise<void> {
    const text = JSON.stringify(state ?? null);
    await this.#redis.ask('noting the shrink guard', (redis) => redis.set(this.#redis.keys.shrink(account), text));
  }
}

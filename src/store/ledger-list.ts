import type { InstanceKey } from '../fleet/instance.ts';
import { isTerminal, OPERATION_STATES, type Operation, type OperationState } from '../fleet/operation.ts';
import type { LedgerClient } from './ledger-client.ts';
import { VERSIONS } from './lua/small.lua.ts';
import { decodeOperation } from './operation-record.ts';

export interface ListQuery {
  readonly account?: string;
  readonly instance?: InstanceKey;
  readonly policy?: string;
  readonly states?: readonly OperationState[];
  /** The `next` of an earlier page. */
  readonly cursor?: string | null;
  readonly limit: number;
}

/** So many are read from Redis in one go. */
const PAGE = 200;
/** Of so many the versions are asked for in one go: a fraction of a millisecond of Redis' time. */
const VERSIONS_PAGE = 1_000;
/** A filter that finds little looks at so many per call, and leaves the rest to the next page. */
const MAX_SCANNED = 5_000;

/** By id, in the order asked for; what does not exist is left out. Of those known only the version is asked for. */
export async function operationsById(client: LedgerClient, ids: readonly string[]): Promise<Operation[]> {
  const known = await stillTrue(client, ids);
  const read = await readOperations(
    client,
    ids.filter((id) => !known.has(id)),
  );
  return ids.flatMap((id) => known.get(id) ?? read.get(id) ?? []);
}

/** Those of which Redis has the version that this process knows. */
async function stillTrue(client: LedgerClient, ids: readonly string[]): Promise<ReadonlyMap<string, Operation>> {
  const known = ids.flatMap((id) => client.known.get(id) ?? []);
  const same = new Map<string, Operation>();
  for (let i = 0; i < known.length; i += VERSIONS_PAGE) {
    const page = known.slice(i, i + VERSIONS_PAGE);
    const asked = page.map(({ id }) => id);
    const answer = await client.ask((redis) => VERSIONS.run(redis, client.keys.prefix, asked), 'reading operations');
    const versions = String(answer).split(' ');
    page.forEach((operation, index) => {
      if (versions[index] === String(operation.version)) same.set(operation.id, operation);
      // Trimmed, or a Redis of which we know nothing.
      else if (versions[index] === '0') client.known.remove(operation.id);
    });
  }
  return same;
}

async function readOperations(
  client: LedgerClient,
  ids: readonly string[],
  isKept: (operation: Operation) => boolean = () => true,
): Promise<ReadonlyMap<string, Operation>> {
  const found = new Map<string, Operation>();
  for (let i = 0; i < ids.length; i += PAGE) {
    const rows = await client.ask(async (redis) => {
      const pipeline = redis.pipeline();
      // Not hgetall: it makes an object of each row, which costs more than the flat list.
      for (const id of ids.slice(i, i + PAGE)) pipeline.call('HGETALL', client.keys.operation(id));
      return await pipeline.exec();
    }, 'reading operations');
    for (const [error, row] of rows ?? []) {
      if (error) throw error;
      if (!Array.isArray(row) || row.length === 0) continue;
      const operation = decodeOperation(row);
      if (isKept(operation)) client.known.put(operation);
      found.set(operation.id, operation);
    }
  }
  return found;
}

export async function listOperations(
  client: LedgerClient,
  query: ListQuery,
): Promise<{ readonly items: readonly Operation[]; readonly next: string | null }> {
  const wanted = (operation: Operation) =>
    (query.account === undefined || operation.account === query.account) &&
    (query.instance === undefined || operation.instance === query.instance) &&
    (query.policy === undefined || operation.policy === query.policy) &&
    (query.states === undefined || query.states.includes(operation.state));
  const { states, cursor } = query;
  if (states !== undefined && !states.some(isTerminal)) return await listUnfinished(client, query, wanted);

  const key = indexKey(client, query);
  const items: Operation[] = [];
  let before = cursor ?? '+inf';
  for (let scanned = 0; scanned < MAX_SCANNED; ) {
    const from = before === '+inf' ? before : `(${before}`;
    const pairs = await client.ask(
      (redis) => redis.zrevrangebyscore(key, from, '-inf', 'WITHSCORES', 'LIMIT', 0, PAGE),
      'listing operations',
    );
    const ids = pairs.filter((_, i) => i % 2 === 0);
    for (const operation of await operationsById(client, ids)) {
      if (!wanted(operation)) continue;
      if (items.length === query.limit) return { items, next: sequenceOf(items.at(-1)) };
      items.push(operation);
    }
    before = pairs.at(-1) ?? before;
    scanned += ids.length;
    if (ids.length < PAGE) return { items, next: null };
  }
  return { items, next: before };
}

/** Of each instance so many that were made last, newest first. */
export async function lastOperations(
  client: LedgerClient,
  instances: readonly InstanceKey[],
  count: number,
): Promise<readonly Operation[]> {
  const ids: string[] = [];
  for (let i = 0; i < instances.length; i += PAGE) {
    const rows = await client.ask(async (redis) => {
      const pipeline = redis.pipeline();
      for (const each of instances.slice(i, i + PAGE))
        pipeline.zrevrange(client.keys.operationsOfInstance(each), 0, count - 1);
      return await pipeline.exec();
    }, 'listing operations');
    for (const [error, row] of rows ?? []) {
      if (error) throw error;
      if (Array.isArray(row)) ids.push(...row.map(String));
    }
  }
  const known = await stillTrue(client, ids);
  const rest = ids.filter((id) => !known.has(id));
  // What ended is asked for once, and what is on its way must not be forgotten for it.
  const read = await readOperations(client, rest, (operation) => !isTerminal(operation.state));
  return ids.flatMap((id) => known.get(id) ?? read.get(id) ?? []);
}

function indexKey(client: LedgerClient, query: ListQuery): string {
  if (query.instance !== undefined) return client.keys.operationsOfInstance(query.instance);
  if (query.account !== undefined) return client.keys.operationsOfAccount(query.account);
  return client.keys.operations;
}

/** The place in the order is the sequence number of arming. */
function sequenceOf(operation: Operation | undefined): string | null {
  const seq = operation?.transitions[0]?.seq;
  return seq === undefined ? null : String(seq);
}

/** Unfinished ones are few, so all are read and sorted here. */
async function listUnfinished(client: LedgerClient, query: ListQuery, wanted: (operation: Operation) => boolean) {
  const before = query.cursor ? Number(query.cursor) : Number.POSITIVE_INFINITY;
  const all = (await unfinishedOperations(client, '+inf')).filter(wanted).toReversed();
  const rest = all.filter((operation) => (operation.transitions[0]?.seq ?? 0) < before);
  const items = rest.slice(0, query.limit);
  return { items, next: rest.length > items.length ? sequenceOf(items.at(-1)) : null };
}

/** Unfinished operations to be looked at by `until` (a score, epoch ms or "+inf"), oldest first. */
export async function unfinishedOperations(client: LedgerClient, until: string): Promise<readonly Operation[]> {
  const ids = await client.ask(
    (redis) => redis.zrangebyscore(client.keys.unfinished, '-inf', until),
    'reading unfinished operations',
  );
  const operations = await operationsById(client, ids);
  // One that ended between the two reads is no longer unfinished.
  const unfinished = operations.filter((operation) => !isTerminal(operation.state));
  return unfinished.sort((a, b) => (a.transitions[0]?.seq ?? 0) - (b.transitions[0]?.seq ?? 0));
}

/** Unfinished operations by state. */
export async function countUnfinished(client: LedgerClient): Promise<ReadonlyMap<OperationState, number>> {
  const counts = new Map<OperationState, number>();
  const ids = await client.ask(
    (redis) => redis.zrangebyscore(client.keys.unfinished, '-inf', '+inf'),
    'counting operations',
  );
  const states = await client.ask(async (redis) => {
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.hget(client.keys.operation(id), 'state');
    return await pipeline.exec();
  }, 'counting operations');
  for (const [, value] of states ?? []) {
    const state = OPERATION_STATES.find((one) => one === value);
    if (state !== undefined && !isTerminal(state)) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

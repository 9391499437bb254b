import { describe, expect, it } from 'vitest';
import type { Listing } from '../../src/fleet/snapshot.ts';
import { decodeRow } from '../../src/providers/huixingyun/instance-row.ts';
import { KnownRows } from '../../src/providers/huixingyun/known-rows.ts';
import { decodeListing } from '../../src/providers/huixingyun/listing.ts';
import { Words } from '../../src/providers/huixingyun/words.ts';
import { answerOf, listingOf, listOf, ROW } from './support/huixingyun.ts';

const WORDS = new Words({ statusWords: new Map(), billingWords: new Map() });

/** One listing after the other, as a client sees them. */
class Client {
  readonly #rows = new KnownRows(7);

  async list(body: unknown): Promise<Listing> {
    const parsed = await this.#rows.parse(Buffer.from(JSON.stringify(body)), decode);
    const result = decodeListing('hxy', answerOf(parsed), WORDS, this.#rows);
    if (result.kind === 'failed') throw new Error(result.detail);
    return result.value;
  }
}

const decode = (value: unknown) => decodeRow('hxy', value, WORDS);
const row = (gid: string, change: object = {}) => ({ ...ROW, gid, ...change });

describe('a listing that comes again', () => {
  it('decodes to what it decodes to without a memory', async () => {
    const client = new Client();
    const bodies = [
      listOf(row('a'), row('b')),
      listOf(row('a', { status: 'Running' }), row('b')),
      listOf(row('b'), row('a'), row('a')),
      listOf(row('a'), { status: 'Running' }, row('c', { create_at: 'yesterday' })),
      listOf(),
      { ...listOf(row('a')), total: '2' },
      { items: null, total: '0' },
      listOf(row('a'), 7),
    ];
    for (const body of [...bodies, ...bodies.toReversed()]) expect(await client.list(body)).toEqual(listingOf(body));
  });

  it('has the very same instances where the rows are the same, wherever they stand', async () => {
    const client = new Client();
    const first = await client.list(listOf(row('a'), row('b'), row('c')));
    const second = await client.list(listOf(row('c'), row('a', { status: 'Running' }), row('b')));
    expect(second.instances[0]).toBe(first.instances[2]);
    expect(second.instances[1]).toMatchObject({ id: 'a', status: 'running' });
    expect(second.instances[2]).toBe(first.instances[1]);
  });

  it('forgets what was not in the last one', async () => {
    const client = new Client();
    const [first] = (await client.list(listOf(row('a')))).instances;
    await client.list(listOf());
    const [again] = (await client.list(listOf(row('a')))).instances;
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  it('that is broken fails as it does without a memory, and harms nothing', async () => {
    const client = new Client();
    const [first] = (await client.list(listOf(row('a')))).instances;
    const rows = new KnownRows();
    for (const text of ['{"items":[{"gid":', '{"items":[{"gid":tru}],"total":"1"}'])
      await expect(rows.parse(Buffer.from(text), decode)).rejects.toThrow(SyntaxError);
    expect((await client.list(listOf(row('a')))).instances[0]).toBe(first);
  });
});

import { describe, expect, it } from 'vitest';
import type { Listing } from '../../src/fleet/snapshot.ts';
import { KnownRows } from '../../src/providers/huixingyun/known-rows.ts';
import { decodeListing } from '../../src/providers/huixingyun/listing.ts';
import { Words } from '../../src/providers/huixingyun/words.ts';
import { answerOf, listingOf, listOf, ROW } from './support/huixingyun.ts';

const WORDS = new Words({ statusWords: new Map(), billingWords: new Map() });

/** One listing after the other, as a client sees them. */
class Client {
  readonly #rows = new KnownRows(7);

  list(body: unknown): Listing {
    const parsed = this.#rows.parse(Buffer.from(JSON.stringify(body)));
    const result = decodeListing('hxy', answerOf(parsed), WORDS, this.#rows);
    if (result.kind === 'failed') throw new Error(result.detail);
    return result.value;
  }
}

const row = (gid: string, change: object = {}) => ({ ...ROW, gid, ...change });

describe('a listing that comes again', () => {
  it('decodes to what it decodes to without a memory', () => {
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
    for (const body of [...bodies, ...bodies.toReversed()]) expect(client.list(body)).toEqual(listingOf(body));
  });

  it('has the very same instances where the rows are the same, wherever they stand', () => {
    const client = new Client();
    const first = client.list(listOf(row('a'), row('b'), row('c')));
    const second = client.list(listOf(row('c'), row('a', { status: 'Running' }), row('b')));
    expect(second.instances[0]).toBe(first.instances[2]);
    expect(second.instances[1]).toMatchObject({ id: 'a', status: 'running' });
    expect(second.instances[2]).toBe(first.instances[1]);
  });

  it('forgets what was not in the last one', () => {
    const client = new Client();
    const [first] = client.list(listOf(row('a'))).instances;
    client.list(listOf());
    const [again] = client.list(listOf(row('a'))).instances;
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  it('that is broken fails as it does without a memory, and harms nothing', () => {
    const client = new Client();
    const [first] = client.list(listOf(row('a'))).instances;
    const rows = new KnownRows();
    expect(() => rows.parse(Buffer.from('{"items":[{"gid":'))).toThrow(SyntaxError);
    const parsed = rows.parse(Buffer.from('{"items":[{"gid":tru}],"total":"1"}'));
    expect(() => decodeListing('hxy', answerOf(parsed), WORDS, rows)).toThrow(SyntaxError);
    expect(client.list(listOf(row('a'))).instances[0]).toBe(first);
  });
});

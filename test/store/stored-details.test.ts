import { expect, test } from 'vitest';
import type { Detail } from '../../src/fleet/detail/detail.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import { decodeOperation, encodeBody, encodeDraft } from '../../src/store/operation-record.ts';
import { draft } from './support/ledger.ts';

const NOON = 1_700_000_000_000;
const MOVED: Detail = { kind: 'expiry-moved', from: NOON, to: NOON + 86_400_000 };

test('an operation keeps what is said of it with its parts, in a text that an older program can show', () => {
  const body = encodeBody({ at: NOON, from: null, to: 'armed', reason: 'due', detail: MOVED, by: 'lamplighter' });
  expect(JSON.parse(body)).toMatchObject({ detail: expect.stringContaining('"kind":"expiry-moved"') });
  const read = decodeOperation(['draft', encodeDraft(draft()), 't:1', `1 ${body}`]);
  expect([read.detail, read.transitions[0]?.detail]).toEqual([MOVED, MOVED]);
});

test('an operation of an older program has its sentences as they were', () => {
  const body = {
    at: NOON,
    from: null,
    to: 'armed',
    reason: 'due',
    detail: 'its expiry has not moved',
    by: 'lamplighter',
  };
  const read = decodeOperation(['draft', encodeDraft(draft()), 't:1', `1 ${JSON.stringify(body)}`]);
  expect(read.detail).toEqual(verbatim('its expiry has not moved'));
});

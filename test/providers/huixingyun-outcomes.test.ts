import { describe, expect, test } from 'vitest';
import { decodeFlagOutcome, decodeGidOutcome, decodeOrderOutcome } from '../../src/providers/huixingyun/outcomes.ts';
import type { CallOutcomeKind } from '../../src/providers/port.ts';
import { answerOf } from './support/huixingyun.ts';

const GID = 'gpu-1';

describe('HX-14, N8: an operation on one id', () => {
  test.each<[string, unknown, CallOutcomeKind]>([
    ['in success', { success: [GID], fails: [] }, 'accepted'],
    ['in success among others', { success: ['gpu-0', GID], fails: ['gpu-2'] }, 'accepted'],
    ['in fails', { success: [], fails: [GID] }, 'rejected'],
    ['in fails as an object', { success: [], fails: [{ gid: GID, message: 'not enough money' }] }, 'rejected'],
    ['in both', { success: [GID], fails: [GID] }, 'uncertain'],
    ['in both, once as an object', { success: [GID], fails: [{ gid: GID }] }, 'uncertain'],
    ['in neither', { success: [], fails: [] }, 'uncertain'],
    ['another id succeeded', { success: ['gpu-2'], fails: [] }, 'uncertain'],
    ['another id failed', { success: [], fails: ['gpu-2'] }, 'uncertain'],
    ['a longer id', { success: ['gpu-11'], fails: [] }, 'uncertain'],
    ['success is a boolean', { success: true, fails: [] }, 'uncertain'],
    ['success is a text', { success: GID, fails: [] }, 'uncertain'],
    ['success is a list of orders', { success: [{ order_uid: GID }], fails: [] }, 'uncertain'],
    ['fails is missing', { success: [GID] }, 'uncertain'],
    ['fails is null', { success: [GID], fails: null }, 'uncertain'],
    ['an empty object (N4)', {}, 'uncertain'],
    ['an error nobody documented', { code: 500, msg: 'no' }, 'uncertain'],
    ['a list', [GID], 'uncertain'],
    ['null', null, 'uncertain'],
  ])('%s', (_, body, kind) => expect(decodeGidOutcome(GID)(answerOf(body)).kind).toBe(kind));
});

describe('HX-18: an order of one', () => {
  const one = { success_instance: 1, fail_instance: 0, success: [{ order_uid: '2024' }], fails: [] };

  test('names its order (HX-17)', () => {
    expect(decodeOrderOutcome()(answerOf(one))).toMatchObject({ kind: 'accepted', orderId: '2024' });
    expect(decodeOrderOutcome()(answerOf({ ...one, success_instance: '1', fail_instance: '0' })).kind).toBe('accepted');
  });

  test.each<[string, object, CallOutcomeKind]>([
    ['refused', { success_instance: 0, fail_instance: 1, success: [], fails: ['no stock'] }, 'rejected'],
    ['a count without its order', { ...one, success: [] }, 'uncertain'],
    ['an order without its count', { ...one, success_instance: 0 }, 'uncertain'],
    ['done and refused', { ...one, fail_instance: 1, fails: ['x'] }, 'uncertain'],
    ['two orders', { ...one, success_instance: 2, success: [{ order_uid: '1' }, { order_uid: '2' }] }, 'uncertain'],
    ['neither done nor refused', { success_instance: 0, fail_instance: 0, success: [], fails: [] }, 'uncertain'],
    ['two refusals', { success_instance: 0, fail_instance: 2, success: [], fails: ['a', 'b'] }, 'uncertain'],
    ['an order without a number', { ...one, success: [{}] }, 'uncertain'],
    ['an empty number', { ...one, success: [{ order_uid: '' }] }, 'uncertain'],
    ['an id instead of an order', { ...one, success: ['gpu-1'] }, 'uncertain'],
    ['no counts', { success: one.success, fails: [] }, 'uncertain'],
    ['counts that are no numbers', { ...one, success_instance: null, fail_instance: '' }, 'uncertain'],
  ])('%s', (_, body, kind) => expect(decodeOrderOutcome()(answerOf(body)).kind).toBe(kind));
});

describe('HX-15: each endpoint has its own success', () => {
  test.each<[unknown, CallOutcomeKind]>([
    [{ success: true }, 'accepted'],
    [{ success: false }, 'uncertain'],
    [{ success: 'true' }, 'uncertain'],
    [{ success: 1 }, 'uncertain'],
    [{ success: ['gpu-1'], fails: [] }, 'uncertain'],
    [{}, 'uncertain'],
    [true, 'uncertain'],
  ])('saving an image: %j', (body, kind) => expect(decodeFlagOutcome()(answerOf(body)).kind).toBe(kind));

  test('nothing of the answer is told but its status', () => {
    const secret = { success: [], fails: ['root-password-canary'] };
    for (const decode of [decodeGidOutcome(GID), decodeOrderOutcome(), decodeFlagOutcome()]) {
      expect(JSON.stringify(decode(answerOf(secret)))).not.toContain('canary');
    }
  });
});

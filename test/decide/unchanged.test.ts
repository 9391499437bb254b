import { expect, it } from 'vitest';
import { track } from '../../src/decide/track.ts';
import { isUnchanged } from '../../src/decide/unchanged.ts';
import type { Listing, Snapshot, Tracked } from '../../src/fleet/snapshot.ts';
import { instance, MINUTE, NOON } from './kit.ts';

const ROW: Tracked = {
  instance: instance({
    id: 'gpu-1',
    services: [{ title: 'JupyterLab', url: 'http://127.0.0.1:1/lab', kind: 'http' }],
    problems: ['expire_at'],
  }),
  firstSeenAt: NOON,
  statusSince: NOON,
  upSince: NOON,
  personStartAt: null,
  stopMode: null,
  stoppedBy: null,
  missing: 1,
};

it('a copy is unchanged', () => {
  expect(isUnchanged(ROW, structuredClone(ROW))).toBe(true);
});

it('a change of any field is seen', () => {
  const fields = Object.keys(ROW).filter((field) => field !== 'instance');
  for (const field of fields) expect(isUnchanged(ROW, { ...ROW, [field]: 'other' }), field).toBe(false);
  for (const field of Object.keys(ROW.instance)) {
    for (const other of field === 'services' || field === 'problems' ? [[], ['other']] : ['other']) {
      const changed = { ...ROW, instance: { ...ROW.instance, [field]: other } };
      expect(isUnchanged(ROW, changed), field).toBe(false);
      expect(isUnchanged(changed, ROW), field).toBe(false);
    }
  }
  for (const field of ['title', 'url', 'kind']) {
    const services = ROW.instance.services.map((service) => ({ ...service, [field]: 'other' }));
    expect(isUnchanged(ROW, { ...ROW, instance: { ...ROW.instance, services } }), field).toBe(false);
  }
});

it('an instance of which nothing changed is the very object of the last snapshot', () => {
  const listing = (at: number, name: string): Listing => ({
    startedAt: at,
    finishedAt: at + 500,
    instances: [instance({ id: 'same' }), instance({ id: 'other', name })],
    incomplete: null,
    serverTimeAt: null,
  });
  const first = listing(NOON, 'before');
  const before = track(null, first, { operations: new Map() });
  const previous: Snapshot = {
    account: 'hxy',
    provider: 'huixingyun',
    takenAt: NOON,
    finishedAt: NOON + 500,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    instances: before,
    balance: null,
  };
  const after = track(previous, listing(NOON + MINUTE, 'after'), { operations: new Map() });
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
  expect(after[1]?.instance.name).toBe('after');
});

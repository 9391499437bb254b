import { expect } from 'vitest';
import { peopleStore } from '../../src/app/client.ts';
import { Control } from '../../src/app/control.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { Bed } from '../support/daemon.ts';

/** An operation by hand whose job was lost the moment it was queued. */
export async function armedWithoutBell(bed: Bed, instance: string): Promise<Operation> {
  const { work, store } = bed.daemon;
  const deaf = { ...work, queue: { ...work.queue, act: () => Promise.resolve() } };
  const outcome = await new Control(deaf, peopleStore(store)).act(instance, { kind: 'stop' }, 'li');
  expect(outcome).toMatchObject({ kind: 'done', value: { state: 'armed' } });
  const [operation] = await bed.operations({ instance });
  if (operation === undefined) throw new Error('nothing was armed');
  return operation;
}

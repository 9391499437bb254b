import { expect, test } from 'vitest';
import { ActBells } from '../../src/app/act-bells.ts';

function bed(most = 3) {
  const jobs: (readonly string[])[] = [];
  const state = { broken: false };
  const queue = async (job: readonly string[]): Promise<void> => {
    jobs.push(job);
    if (state.broken) throw new Error('Redis is away');
  };
  const bells = new ActBells({ one: (id, jobId) => queue([id, `as ${jobId}`]), several: queue }, most);
  return { bells, jobs, state };
}

test('operations of one turn share a job, so many at most; one alone keeps its own id', async () => {
  const { bells, jobs } = bed();
  await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => bells.ring(id, `${id}.1`)));
  expect(jobs).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e', 'f'],
    ['g', 'as g.1'],
  ]);
  await bells.ring('h', 'h.1');
  expect(jobs.at(-1)).toEqual(['h', 'as h.1']);
});

test('a job that could not be queued is told to each of them, and the next one is tried again', async () => {
  const { bells, jobs, state } = bed();
  state.broken = true;
  const ends = await Promise.allSettled([bells.ring('a', 'a.1'), bells.ring('b', 'b.1')]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  state.broken = false;
  await bells.ring('a', 'a.1');
  expect(jobs).toHaveLength(2);
});

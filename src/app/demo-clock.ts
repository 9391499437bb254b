import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../fleet/clock.ts';
import { fasterClock } from './clock.ts';

/** The demo's clock said `now` when the real one said `at`, and goes `speed` times as fast. */
const ANCHOR = z.object({ at: z.number(), now: z.number(), speed: z.number().positive() });

function fileIn(dir: string): string {
  return join(dir, 'clock.json');
}

/** Written at the start of a demo, so that commands that ask it see its time. */
export async function saveDemoClock(dir: string, anchor: z.infer<typeof ANCHOR>): Promise<void> {
  await writeFile(fileIn(dir), JSON.stringify(anchor));
}

export async function dropDemoClock(dir: string): Promise<void> {
  await rm(fileIn(dir), { force: true });
}

/** The clock of the demo that keeps its things in `dir`; `null`: none runs there. */
export async function demoClock(dir: string): Promise<Clock | null> {
  const text = await readFile(fileIn(dir), 'utf8').catch(() => null);
  if (text === null) return null;
  const anchor = ANCHOR.parse(JSON.parse(text));
  return fasterClock(anchor.now + (Date.now() - anchor.at) * anchor.speed, anchor.speed);
}

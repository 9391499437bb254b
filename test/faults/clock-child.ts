import { fileURLToPath } from 'node:url';
import type { SimInstanceSeed } from '../../src/simulator/sim-instance.ts';
import { Child } from '../support/child.ts';
import { DAY, HOUR, TestClock } from '../support/clock.ts';
import type { FaultBed } from './fault-bed.ts';

const MAIN = fileURLToPath(new URL('./clock-main.ts', import.meta.url));

/** The clock of the clouds of these cases, which go by the real one as the daemons do. */
export function rightClock(): TestClock {
  return new TestClock(Date.now(), true);
}

/** Paid by the day, with so many hours left. */
export function paid(id: string, hoursLeft: number, extra: SimInstanceSeed = {}): SimInstanceSeed {
  const now = Date.now();
  return {
    id,
    name: `prod-${id}`,
    createdAt: now - DAY,
    startedAt: now - DAY,
    billing: 'daily',
    expiresAt: now + hoursLeft * HOUR,
    ...extra,
  };
}

/** `lamplighter run` as a process of its own, whose wall clock can be set. */
export class ClockChild extends Child {
  constructor(bed: FaultBed, aheadMs = 0) {
    super(MAIN, ['run', '--config', bed.configFile], {
      cwd: bed.dir,
      env: { CLOCK_AHEAD_MS: `${aheadMs}`, LOG_LEVEL: 'debug' },
      onOutput: bed.happenings.tell,
    });
    // The bed sees to it that it ends.
    bed.children.push(this);
  }

  /** Its wall clock is so far ahead of the real one from now on. */
  set(aheadMs: number): void {
    this.process.send({ aheadMs }, () => {});
  }

  /** It has no use for a time that it is told. */
  override async tellTime(): Promise<void> {}
}

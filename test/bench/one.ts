/** One bench in a process of its own; its rows go to whoever started it. */
import { assertNever } from '../../src/fleet/assert-never.ts';
import { type BenchName, isBenchName } from './benches.ts';
import type { Row } from './rows.ts';

/** Imported late, so that no bench carries the others' code in its heap. */
async function run(bench: BenchName): Promise<readonly Row[]> {
  switch (bench) {
    case 'evaluate':
      return (await import('./evaluate-rows.ts')).benchEvaluate();
    case 'validate':
      return (await import('./validate.ts')).benchValidate();
    case 'simulate':
      return (await import('./simulate.ts')).benchSimulate();
    case 'poll':
      return (await import('./poll.ts')).benchPoll();
    case 'recording':
      return (await import('./recording.ts')).benchRecording();
    case 'lifecycle':
      return (await import('./lifecycle.ts')).benchLifecycle();
    case 'probes':
      return (await import('./probes.ts')).benchProbes();
    case 'daemon':
      return (await import('./daemon.ts')).benchDaemon();
    default:
      return assertNever(bench);
  }
}

// Ending by process.exit runs the last resorts that end our children.
process.once('SIGTERM', () => process.exit(143));
process.once('disconnect', () => process.exit(1));

const [, , name = ''] = process.argv;
if (!isBenchName(name)) throw new Error(`there is no bench ${name}`);
const rows = await run(name);
process.send?.(rows);
process.removeAllListeners('disconnect');
process.disconnect?.();

import type { Command } from 'commander';
import { type CalibratedSignal, calibration } from '../../app/calibration.ts';
import { knownAccount, withClient } from '../context.ts';
import { type Io, printJson } from '../io.ts';
import { table } from '../table.ts';

/** `lamplighter calibrate`: the noise of each kind of machine, and thresholds that stand above it. Changes nothing. */
export function calibrateCommand(program: Command, io: Io): void {
  program
    .command('calibrate')
    .description('show how noisy each kind of machine is at rest, and which thresholds would stand above that')
    .option('--account <name>', 'only this account')
    .option('--json', 'print JSON')
    .action(async (options: { account?: string; json?: boolean }, command: Command) => {
      await withClient(command, io, { policies: 'unneeded' }, async ({ config, store, work }) => {
        knownAccount(config, options.account);
        const accounts = config.accounts.map(({ name }) => name).filter((name) => name === (options.account ?? name));
        const kinds = await calibration(store, accounts, work.clock.now());
        if (options.json === true) {
          printJson(io, { items: kinds, next: null });
          return;
        }
        if (kinds.length === 0) io.err('nothing can be said yet: it takes 6 hours and 60 looks at a machine\n');
        for (const { account, image, gpu, instances, signals } of kinds) {
          const count = instances === 1 ? '1 machine' : `${instances} machines`;
          io.out(`${account}, image ${image ?? 'not known'}, ${gpu}: ${count}\n`);
          io.out(table(['PROBE', 'SIGNAL', 'THRESHOLD', 'LOOKS', 'ABOVE', 'ALONE', ''], signals.map(row)));
        }
      });
    });
}

function row(one: CalibratedSignal): readonly string[] {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const { probe, signal, threshold, unit, looks, active, alone, floor, proposed, doubt } = one;
  const noise = proposed === null ? '' : `noise up to ${floor} ${unit}; a threshold of ${proposed} stands above it`;
  const words = [noise, doubt === null ? '' : `not to be trusted: ${doubt}`].filter((word) => word !== '').join('; ');
  return [probe, signal, `${threshold} ${unit}`.trim(), String(looks), percent(active), percent(alone), words];
}

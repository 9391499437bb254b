import type { Command } from 'commander';
import { parseWindow } from '../../calendar/parse-window.ts';
import { parseZone } from '../../calendar/zone.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { parseTime } from '../parse-time.ts';

/** `lamplighter window SPEC --at TIME` */
export function windowCommand(program: Command, io: Io): void {
  program
    .command('window')
    .description('say whether a time is inside a window, and when it opens and closes next')
    .argument('<spec>', 'a time window, such as "Mon-Fri 08:30-21:00" or "Mon-Sun 23:00-08:00"')
    .option('--at <time>', 'the time to ask about: RFC 3339, or "2026-10-01 08:00" in the zone; default now')
    .option('--timezone <zone>', 'the zone of times without one', 'Asia/Shanghai')
    .option('--json', 'print JSON')
    .action((spec: string, options: { at?: string; timezone: string; json?: boolean }) => {
      const zone = parseZone(options.timezone);
      if (!zone.ok) throw new UserError(`--timezone: ${zone.message}`, EXIT.usage);
      const parsed = parseWindow(spec, { zone: zone.zone, calendars: new Map() });
      if (!parsed.ok) {
        throw new UserError(
          `${parsed.message}\n  ${spec}\n  ${' '.repeat(parsed.offset)}${'^'.repeat(Math.max(1, parsed.length))}`,
          EXIT.invalid,
        );
      }
      const at = options.at === undefined ? Date.now() : parseTime('--at', options.at, zone.zone);
      const state = parsed.window.state(at);
      const edges = parsed.window.edgesAfter(at, 2).map((edge) => ({ at: rfc3339(edge.at), opens: edge.opens }));
      if (options.json === true) {
        printJson(io, { inside: state.inside, edges });
        return;
      }
      io.out(`${state.inside ? 'inside' : 'outside'} at ${rfc3339(at)}\n`);
      for (const edge of edges) io.out(`${edge.opens ? 'opens ' : 'closes'} ${edge.at}\n`);
    });
}

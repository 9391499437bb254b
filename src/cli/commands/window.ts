import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { NamedCalendar } from '../../calendar/named-calendar.ts';
import { parseWindow } from '../../calendar/parse-window.ts';
import { formatTime, parseZone } from '../../calendar/zone.ts';
import { readPolicyFolder } from '../../config/policy-folder.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { compile } from '../../policy/compile.ts';
import { sharedOptions } from '../context.ts';
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
    .action(async (spec: string, options: { at?: string; timezone: string; json?: boolean }, command: Command) => {
      const zone = parseZone(options.timezone);
      if (!zone.ok) throw new UserError(`--timezone: ${zone.message}`, EXIT.usage);
      const parsed = parseWindow(spec, { zone: zone.zone, calendars: await calendarsFor(spec, command, io) });
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
      const local = (time: number) => formatTime(Math.floor(time / 1000) * 1000, zone.zone);
      io.out(`${state.inside ? 'inside' : 'outside'} at ${local(at)}\n`);
      for (const edge of parsed.window.edgesAfter(at, 2))
        io.out(`${edge.opens ? 'opens ' : 'closes'} ${local(edge.at)}\n`);
    });
}

/** The calendars of the policy folder, where the window names one. A folder that cannot be used has none. */
async function calendarsFor(spec: string, command: Command, io: Io): Promise<ReadonlyMap<string, NamedCalendar>> {
  if (!spec.includes('.')) return new Map();
  const folder = await readPolicyFolder(resolve(io.cwd, sharedOptions(command).policies ?? 'policies'), io.cwd);
  if (!folder.ok) return new Map();
  const compiled = compile(folder.files, {
    accounts: null,
    notifiers: null,
    timezone: 'Asia/Shanghai',
    mode: 'observe',
    now: Date.now(),
  });
  return compiled.ok ? compiled.set.calendars : new Map();
}

import type { Command } from 'commander';
import { makeReader } from '../../app/reader.ts';
import { granted, withClient } from '../context.ts';
import { type Io, printJson } from '../io.ts';
import { printable, table } from '../table.ts';
import { shortTime } from '../time-words.ts';
import { askedCell } from './operations.ts';
import { idleLines, lastLookLines } from './why-idle.ts';

/** `lamplighter why INSTANCE`: everything known about one. */
export function whyCommand(program: Command, io: Io): void {
  program
    .command('why')
    .description('show everything known about one instance: status, activity, policies, holds, operations')
    .argument('<instance>', 'account/id, an id or a name')
    .option('--json', 'print JSON')
    .action(async (instance: string, options: { json?: boolean }, command: Command) => {
      await withClient(command, io, { policies: 'unneeded' }, async (client) => {
        const why = granted(await makeReader(client.work, client.store).why(instance));
        if (options.json === true) {
          printJson(io, why);
          return;
        }
        const { timezone } = client.config;
        const row = why.instance;
        const time = (at: string | null) => shortTime(at, timezone);
        io.out(`${printable(row.name)}  ${row.key}  ${row.gpu}\n`);
        io.out(
          `  status    ${row.status}${row.cardless ? ' (cardless)' : ''} since ${time(row.statusSince)}; the cloud says "${printable(row.rawStatus)}"\n`,
        );
        io.out(`  billing   ${row.billing}${row.expiresAt === null ? '' : `, paid until ${time(row.expiresAt)}`}\n`);
        const labels = Object.entries(row.labels).map(([key, value]) => `${key}=${value}`);
        io.out(`  labels    ${labels.length === 0 ? '–' : printable(labels.join(' '))}\n`);
        io.out(
          `  hold      ${row.hold === null ? '–' : `${printable(row.hold.owner)} until ${time(row.hold.until)}: ${printable(row.hold.reason)}`}\n`,
        );
        if (why.idle === null) io.out('  activity  its account is not configured\n');
        else for (const line of idleLines(why.idle, timezone)) io.out(`${line}\n`);
        for (const stop of why.shadows) {
          io.out(
            `  observed  policy ${stop.policy} would have stopped it at ${time(stop.at)}: ${stop.outcome}${stop.savedYuan === null ? '' : `, ${stop.savedYuan} yuan saved`}\n`,
          );
        }
        for (const notice of why.notices)
          io.out(`  notice    policy ${notice.policy} will act at ${time(notice.deadlineAt)}\n`);
        for (const owed of why.obligations)
          io.out(`  owed      a start for policy ${owed.policy} at ${time(owed.dueAt)}\n`);
        if (why.policies.length > 0) {
          io.out('\npolicies that match\n');
          io.out(
            table(
              ['POLICY', 'ACTION', 'NOW', 'WHY'],
              why.policies.map((line) => [line.policy, line.action, line.reason, line.detail]),
            ),
          );
        }
        if (why.operations.length > 0) {
          io.out('\noperations\n');
          io.out(
            table(
              ['WHEN', 'ID', 'ACTION', 'ASKED BY', 'STATE', 'REASON'],
              why.operations.map((line) => [
                time(line.updatedAt),
                line.id,
                line.action,
                askedCell(line),
                line.state,
                line.detail === '' ? line.reason : `${line.reason}: ${line.detail}`,
              ]),
            ),
          );
        }
        for (const { id, lastLook } of why.operations) {
          const lines = lastLookLines(lastLook, timezone);
          if (lines.length > 0) io.out(`\n${id}: ${lines.join('\n')}\n`);
        }
        if (why.audit.length > 0) {
          io.out('\nlately\n');
          for (const entry of why.audit) io.out(`  ${time(entry.at)}  ${printable(entry.text)}\n`);
        }
      });
    });
}

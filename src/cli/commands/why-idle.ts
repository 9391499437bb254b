import type { idleView, lastLookView } from '../../app/idle-view.ts';
import { printable } from '../table.ts';
import { shortTime } from '../time-words.ts';

type Idle = ReturnType<typeof idleView>;
type Reading = Idle['readings'][number];

/** A value with its threshold: "3 % (active from 5)". */
function measured({ value, threshold, unit }: Reading['signals'][number]): string {
  if (value === null) return '';
  const limit = threshold === null ? '' : ` (active from ${threshold})`;
  return ` ${value}${unit === '' ? '' : ` ${unit}`}${limit}`;
}

function readingLines(reading: Reading, zone: string): string[] {
  const reason = reading.reason === null ? '' : ` (${reading.reason})`;
  const age = reading.age === null ? '' : `, ${reading.age} ago`;
  const head = `${reading.probe}: ${reading.verdict}${reason}${age}; ${printable(reading.evidence)}`;
  const parts = reading.signals.map((part) => {
    const kind = part.onlyPositive ? `${part.judges}, proves activity only` : part.judges;
    return `  ${part.signal}: ${part.verdict}${measured(part)} [${kind}]; ${printable(part.detail)}`;
  });
  const { keepAlive } = reading;
  const kept =
    keepAlive === null
      ? []
      : [
          `  keep-alive: ${printable(keepAlive.owner)} until ${shortTime(keepAlive.endsAt, zone)}: ${printable(keepAlive.reason)}`,
        ];
  return [head, ...parts, ...kept];
}

/** What the probes say of an instance, and how far each policy's `idleFor` has come. */
export function idleLines(idle: Idle, zone: string): readonly string[] {
  const time = (at: string | null) => shortTime(at, zone);
  const lines: string[] = [];
  const since = idle.since === null ? '' : ` since ${time(idle.since)}`;
  const cause = idle.cause === null ? '' : ` (${printable(idle.cause)})`;
  const guard =
    idle.protection === null ? '' : `, protected by ${idle.protection.by} until ${time(idle.protection.until)}`;
  lines.push(`  activity  ${idle.verdict}${since}${cause}${guard}`);
  for (const line of idle.readings.flatMap((reading) => readingLines(reading, zone))) lines.push(`            ${line}`);
  if (idle.remark !== null) lines.push(`  look at   ${idle.remark}`);
  if (idle.watchedFrom !== null) {
    const missed = idle.missed.length === 0 ? 'without a hole' : `with ${idle.missed.length} short holes`;
    lines.push(`  watched   from ${time(idle.watchedFrom)} to ${time(idle.watchedTo)}, ${missed}`);
  }
  if (idle.nextCheckAt !== null) lines.push(`  next look ${time(idle.nextCheckAt)}`);
  for (const stand of idle.policies) {
    const from = stand.countedFrom === null ? '' : `, counted from ${time(stand.countedFrom)} (${stand.countedSince})`;
    lines.push(`  idle for  ${stand.provenFor} of ${stand.idleFor} for policy ${stand.policy}${from}`);
    lines.push(
      stand.eligibleAt === null
        ? '            when it may act cannot be told'
        : `            may act at ${time(stand.eligibleAt)}${stand.notice === '0s' ? '' : `, and ${stand.notice} after telling so`}`,
    );
    for (const blocker of stand.blockers) {
      const until = blocker.until === null ? '' : ` until ${time(blocker.until)}`;
      lines.push(`            blocked${until}: ${blocker.what}, ${printable(blocker.detail)}`);
    }
  }
  return lines;
}

/** What the last look before a stop has shown. */
export function lastLookLines(look: ReturnType<typeof lastLookView>, zone: string): readonly string[] {
  if (look === null) return [];
  const since = look.since === null ? '' : ` since ${shortTime(look.since, zone)}`;
  const watched =
    look.watchedFrom === null ? '' : `, watched from ${shortTime(look.watchedFrom, zone)} with ${look.holes} holes`;
  return [
    `the last look before it, ${shortTime(look.at, zone)}: ${look.verdict}${since}${watched}`,
    ...look.readings.flatMap((reading) => readingLines(reading, zone)).map((line) => `  ${line}`),
  ];
}

import { type Finding, findingsOf } from './finding.ts';

const { ok, broken } = findingsOf('machine');

export interface Machine {
  /** As Node tells it, such as "26.10.0". */
  readonly node: string;
  /** The IANA name that this machine is set to. */
  readonly timezone: string;
}

/** Node's version, and the zone that policies go by. */
export function checkMachine({ node, timezone }: Machine, wanted: string, now: number): readonly Finding[] {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const suits = major === 26 && minor >= 10;
  return [
    suits
      ? ok('node', node)
      : broken(
          'node',
          `${node}, and 26.10 or newer of the 26 line is needed`,
          'start it by bin/lamplighter or npm, which bring the right one',
        ),
    ok(
      'timezone',
      wanted === timezone
        ? `${wanted}, where it is ${clockText(wanted, now)}`
        : `policies go by ${wanted}, where it is ${clockText(wanted, now)}; that this machine is set to ${timezone} changes nothing`,
    ),
  ];
}

function clockText(timezone: string, now: number): string {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
  return `${local.toPlainDate().toString()} ${local.toPlainTime().toString({ smallestUnit: 'minute' })}`;
}

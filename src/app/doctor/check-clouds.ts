import { formatDuration } from '../../calendar/duration.ts';
import type { Account } from '../../fleet/account.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { AnswerTime } from '../../providers/http/http-client.ts';
import { type Provider, ProviderError, type ReadFailure } from '../../providers/port.ts';
import { aheadOf } from '../clock-trust.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning, broken } = findingsOf('clouds');
const clock = findingsOf('clock');

/** Longer than the clients' own time limit of one request, for listings of several pages. */
const LIMIT_MS = 45_000;
/** From here on renewals, orders and destructions are held. */
const FAR_OFF_MS = 60_000;
/** NTP keeps a machine well within this. */
const ODD_MS = 5_000;

export interface AskedCloud {
  readonly findings: readonly Finding[];
  /** `null`: the account could not be read. */
  readonly instances: readonly Instance[] | null;
}

/** Lists the account once, as the daemon does at each poll. `times`: what its answers said of the time meanwhile. */
export async function checkCloud(
  account: Account,
  provider: Provider,
  times: readonly AnswerTime[],
  signal: AbortSignal,
): Promise<AskedCloud> {
  try {
    const { instances, incomplete } = await provider.list(AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]));
    const findings: Finding[] = [
      incomplete === null
        ? ok(account.name, `reachable, credentials accepted, ${counted(instances.length, 'instance')}`)
        : warning(
            account.name,
            `the listing is not complete (${incomplete}); nothing is stopped by such a one`,
            'ask again; if it stays so, `lamplighter call` shows what the cloud answers',
          ),
      ...untaught(account, instances),
    ];
    return { findings: [...findings, ...clockFindings(account.name, times)], instances };
  } catch (error) {
    signal.throwIfAborted();
    return { findings: [failed(account, error), ...clockFindings(account.name, times)], instances: null };
  }
}

const MENDS: Readonly<Record<ReadFailure, string>> = {
  'not-sent': 'is the address right (baseUrl), does its name resolve here, and does a firewall let https out?',
  rejected: 'read what the cloud says; `lamplighter call` asks it by hand',
  uncertain: 'ask again; if it stays so, the cloud or the way to it has trouble',
  unauthorised:
    'put the right token into its file: from the cloud’s console, or by `lamplighter token create` for huixingyun',
  throttled: 'wait, and lower requestsPerSecond or raise pollEvery if others use the same credentials',
  protocol: 'is baseUrl the API’s own address and not that of a web page? If it is, the API has changed',
};

function failed({ name }: Account, error: unknown): Finding {
  const message = error instanceof Error ? error.message : 'no reason given';
  const own = `${name}: `;
  const kind = error instanceof ProviderError ? error.kind : 'uncertain';
  return broken(name, message.startsWith(own) ? message.slice(own.length) : message, MENDS[kind]);
}

/** Words that the cloud uses and nobody has taught us. */
function untaught({ name }: Account, instances: readonly Instance[]): readonly Finding[] {
  const words = (of: readonly string[]) => [...new Set(of)].map((word) => JSON.stringify(word)).join(', ');
  const statuses = instances.filter(({ status, problems }) => status === 'unknown' && problems.length === 0);
  const billings = instances.filter(({ billing, provider }) => billing === 'unknown' && provider === 'huixingyun');
  const rows = instances.filter(({ problems }) => problems.length > 0);
  return [
    ...(statuses.length === 0
      ? []
      : [
          warning(
            name,
            `${counted(statuses.length, 'instance')} with a status that is not known: ${words(statuses.map(({ rawStatus }) => rawStatus))}`,
            `teach it: accounts.${name}.statusWords`,
          ),
        ]),
    ...(billings.length === 0
      ? []
      : [
          warning(
            name,
            `${counted(billings.length, 'instance')} with a way of billing that is not known: ${words(billings.map(({ rawBilling }) => rawBilling))}`,
            `teach it: accounts.${name}.billingWords`,
          ),
        ]),
    ...(rows.length === 0
      ? []
      : [
          warning(
            name,
            `${counted(rows.length, 'instance')} of which not every field could be read (${words(rows.flatMap(({ problems }) => problems))}); these are left alone`,
            '`lamplighter why INSTANCE` tells more',
          ),
        ]),
  ];
}

function clockFindings(account: string, times: readonly AnswerTime[]): readonly Finding[] {
  const aheads = times.map(aheadOf);
  const [first] = aheads;
  if (first === undefined) return [];
  const aheadMs = aheads.reduce((least, each) => (Math.abs(each) < Math.abs(least) ? each : least), first);
  const by = formatDuration(Math.round(Math.abs(aheadMs) / 1000) * 1000);
  const text = `this machine’s clock is ${by} ${aheadMs > 0 ? 'ahead of' : 'behind'} the cloud’s`;
  if (Math.abs(aheadMs) > FAR_OFF_MS)
    return [
      clock.broken(
        account,
        `${text}: renewals, orders and destructions are held`,
        'set this machine’s clock by NTP (`timedatectl set-ntp true`)',
      ),
    ];
  if (Math.abs(aheadMs) > ODD_MS) return [clock.warning(account, text, 'let NTP keep this machine’s clock')];
  return [clock.ok(account, 'agrees with the cloud’s')];
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

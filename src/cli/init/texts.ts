import { assertNever } from '../../fleet/assert-never.ts';
import type { ProviderKind } from '../../fleet/provider-kind.ts';
import type { Answers, NotifierAnswer } from './answers.ts';

const CLOUD_NAMES: Readonly<Record<ProviderKind, string>> = {
  huixingyun: '慧星云',
  chenyu: '晨羽智云, open v2',
  'chenyu-v1': '晨羽智云, the older API',
};

/** Any text as one of YAML. */
const quoted = (text: string) => JSON.stringify(text);

/** lamplighter.yaml, with what each part is for. */
export function configText(answers: Answers): string {
  const { accounts, notifier, redis, stateDir, devNames, prodNames } = answers;
  return `# Made by \`lamplighter init\`. Paths are relative to this file; unknown keys are errors. Every key: docs/config.md.
# After a change: \`lamplighter validate\`, then SIGHUP or a restart of the daemon. Policies are read again by themselves.

timezone: Asia/Shanghai # for whatever names no zone of its own
mode: observe # policies that do not say otherwise only say what they would do
policies: ./policies
redis: ${quoted(redis)} # with appendonly yes, appendfsync always, maxmemory-policy noeviction; REDIS_URL overrides it
listen: 127.0.0.1:8080 # metrics, health, API and console
stateDir: ${quoted(stateDir)} # remembers how far the ledger had come; best on another disk than that of Redis

# One entry per set of credentials.
accounts:
${accounts.map(accountText).join('')}
# The clouds have no tags: labels are given here by name, and policies match by label. A later rule wins per label.
labels:
  - match: { name: ${quoted(devNames)} }
    set: { env: dev }
  - match: { name: ${quoted(prodNames)} }
    set: { env: prod, protect: "true" } # protect: nothing that interrupts, ever

# How to find out what machines are doing. Without a probe nobody knows what is idle, and nothing is stopped for it.
activity:
  - match: { labels: { env: dev } }
    every: 60s
    probes:
      - ssh: {} # logs in with what the cloud lists, and looks at cards, processors and people: docs/ssh.md
      # - jupyter: {} # where the cloud lists one; comfyui, sd-webui, vllm and more: docs/probes.md
${notifierText(notifier)}
# Who holds this may hold machines, pause everything and approve payments. Without it nothing can be changed over HTTP.
control: { tokenFile: ${CONTROL_TOKEN} }
`;
}

export const CONTROL_TOKEN = 'secrets/control_token';

function accountText({ name, provider, token }: Answers['accounts'][number]): string {
  const lines = [
    `  ${name}:`,
    `    provider: ${provider} # ${CLOUD_NAMES[provider]}`,
    `    tokenFile: ${quoted(token.file)}`,
    ...extras(provider),
  ];
  return `${lines.join('\n')}\n`;
}

function extras(provider: ProviderKind): readonly string[] {
  switch (provider) {
    case 'huixingyun':
      return [
        '    spendLimit: { callsPerDay: 5 } # renewals in a day; without a limit nothing is ever paid',
        '    # actions: [stop, cardless-stop, start, restart, snapshot, renew] # the default; destroy only when listed',
      ];
    case 'chenyu':
    case 'chenyu-v1':
      return ['    # billingWords: { "1": hourly } # it does not say what its numbers mean; teach it when you know'];
    default:
      return assertNever(provider);
  }
}

function notifierText(notifier: Answers['notifier']): string {
  if (notifier === null)
    return `
# Nobody is told of anything yet: docs/notifications.md names the channels.
# notifiers:
#   ops: { type: feishu, urlFile: secrets/ops_url }
`;
  const lines = [
    '',
    '# Where policies’ notices and the daemon’s own go. Who hears what, quiet hours, repeats: docs/notifications.md.',
    'notifiers:',
    '  ops:',
    ...notifierLines(notifier).map((line) => `    ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function notifierLines(notifier: NotifierAnswer): readonly string[] {
  switch (notifier.kind) {
    case 'hook': {
      const { type, url, secret } = notifier;
      return [
        `type: ${type}`,
        `urlFile: ${quoted(url.file)}`,
        ...(secret === null ? [] : [`secretFile: ${quoted(secret.file)}`]),
        ...(type === 'feishu' || type === 'dingtalk' || type === 'wecom' ? [LANGUAGE] : []),
      ];
    }
    case 'alertmanager': {
      const { url } = notifier;
      return [
        'type: alertmanager # what is open is told again by itself, and resolved when it is over',
        typeof url === 'string' ? `url: ${quoted(url)}` : `urlFile: ${quoted(url.file)}`,
      ];
    }
    case 'email': {
      const { host, from, to, login } = notifier;
      return [
        'type: email',
        `host: ${quoted(host)} # port 465, TLS from the start; where there is STARTTLS instead: port: 587`,
        ...(login === null ? [] : [`user: ${quoted(login.user)}`, `passwordFile: ${quoted(login.password.file)}`]),
        `from: ${quoted(from)}`,
        `to: [${to.map(quoted).join(', ')}]`,
        '# language: zh-CN # en is the default',
      ];
    }
    default:
      return assertNever(notifier);
  }
}

const LANGUAGE = 'language: zh-CN # or en';

/** The first policies by file name: all in observe mode, and only what the chosen clouds can do. */
export function policyTexts(answers: Answers): ReadonlyMap<string, string> {
  const providers = new Set(answers.accounts.map(({ provider }) => provider));
  const hasChenyu = providers.has('chenyu') || providers.has('chenyu-v1');
  const files = new Map([['idle-stop.yaml', idleStop(hasChenyu)]]);
  if (providers.has('huixingyun')) files.set('renew-before-expiry.yaml', RENEW);
  if (hasChenyu) files.set('low-balance.yaml', LOW_BALANCE);
  files.set('stuck-instance.yaml', STUCK);
  return files;
}

const idleStop = (hasChenyu: boolean) => `# Stops development machines on which nothing has run for half an hour.
# Every key: docs/policies.md. What it would do now: \`lamplighter plan --explain\`.
policies:
  - name: stop-idle-dev
    mode: observe # change to enforce when what it says is right
    match:
      labels: { env: dev }
      billing: ${hasChenyu ? '[hourly, unknown] # 晨羽智云 does not tell how a machine is paid; ' : 'hourly # '}a paid day or month is not given back by stopping
      status: running
    when:
      idleFor: 30m
    do: stop
    notice: 10m # announced first; a hold or any activity in these ten minutes cancels
`;

const RENEW = `# Renews what production stands on before its time ends, and speaks up about the rest. Renewing spends money: the account's
# \`spendLimit\` holds, and at most one renewal leaves for one expiry.
policies:
  - name: keep-production-paid
    mode: observe # change to enforce when what it says is right
    match:
      labels: { env: prod }
      billing: [daily, monthly]
    when:
      expiresWithin: 12h
    do:
      renew:
        periods: { daily: 1, monthly: 1 } # days: 1, 3 or 7; months: 1, 3 or 12

  - name: expiry-reminder
    mode: observe
    match:
      provider: huixingyun # the only one that tells when the paid time ends
      billing: [daily, monthly]
      not:
        labels: { env: prod }
    when:
      expiresWithin: 1d
    do:
      notify: { severity: warning, text: "The paid time ends within a day; renew it or save what is on it." }
`;

const LOW_BALANCE = `# Decided once for each account, and again only after the balance has recovered. 慧星云 does not tell its balance.
policies:
  - name: low-balance
    mode: observe # change to enforce to be told
    match:
      provider: "chenyu*"
    when:
      balanceBelow: 200 # yuan
    do:
      notify: { severity: warning }
`;

const STUCK = `# Machines that are on the way up or down for too long. Nothing is done to them: a person should look.
policies:
  - name: stuck-instance
    mode: observe # change to enforce to be told
    match: all
    when:
      statusFor:
        status: [creating, starting, stopping, restarting]
        for: 20m
    do:
      notify: { severity: warning }
`;

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { labelsOf } from '../../src/config/labels-of.ts';
import { type ConfigOptions, loadConfig } from '../../src/config/load-config.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { unmark } from '../policy/marked.ts';
import { instance } from '../policy/support.ts';

const FILES: Readonly<Record<string, string>> = {
  '/etc/l/tok': 'file-token-long-enough',
  '/etc/l/tok2': 'viewer-token-long-enough',
  '/run/secrets/url': 'https://example.com/hook/s3cr3t',
  '/etc/l/empty': '',
  '/etc/l/two': 'one two',
  '/etc/l/quoted': '"abc"',
  '/etc/l/bearer': 'Bearer abc',
};

const OPTIONS: ConfigOptions = {
  environment: { HXY_TOKEN: 'env-token-1', EMPTY: '', REDIS_URL: undefined },
  readSecret: (path) => {
    const text = FILES[path];
    if (path === '/etc/l/locked') return Promise.reject(Object.assign(new Error('not you'), { code: 'EACCES' }));
    return text === undefined
      ? Promise.reject(new Error(`ENOENT: ${path}`))
      : Promise.resolve({ text, worldReadable: path === '/etc/l/tok' });
  },
};

const load = (text: string, options = OPTIONS) =>
  loadConfig(text, '/etc/l/lamplighter.yaml', 'lamplighter.yaml', options);

async function good(text: string, options = OPTIONS) {
  const result = await load(text, options);
  if (!result.ok) throw new Error(renderAll(result.errors));
  return result.config;
}

const ACCOUNT = `accounts:\n  a: { provider: huixingyun, token: "\${HXY_TOKEN}" }\n`;
const account = (lines: string) =>
  `accounts:\n  a:\n    provider: huixingyun\n    tokenFile: /run/secrets/url\n${lines.replaceAll(/^/gm, '    ')}\n`;

const PROMETHEUS = '{ url: "http://p", query: up, threshold: 1 }';

describe('a good file', () => {
  test('the least that is needed, with every default', async () => {
    const config = await good(ACCOUNT);
    expect(config).toMatchObject({
      timezone: 'Asia/Shanghai',
      mode: 'observe',
      policiesDir: '/etc/l/policies',
      listen: { host: '127.0.0.1', port: 8080 },
      labels: [],
      activity: [],
      allowedNetworks: [],
      notifiers: [],
      controlToken: null,
      console: { url: null, viewerToken: null },
      stateDir: '/etc/l/data',
      recording: { keepMs: 7 * 86_400_000, maxBytes: 256e6 },
      reload: 'normal',
      warnings: [],
    });
    expect(config.redis.reveal()).toBe('redis://127.0.0.1:6379/0');
    expect(config.accounts).toEqual([
      {
        name: 'a',
        provider: 'huixingyun',
        baseUrl: 'https://api-v1.huixingyun.com',
        pollEveryMs: 60_000,
        requestsPerSecond: 5,
        actions: ['stop', 'cardless-stop', 'start', 'restart', 'snapshot', 'renew'],
        statusWords: new Map(),
        billingWords: new Map(),
        prices: new Map(),
        spendLimit: null,
      },
    ]);
    expect(config.tokens.get('a')?.reveal()).toBe('env-token-1');
  });

  test('everything said', async () => {
    const config = await good(`
timezone: UTC
mode: enforce
policies: /srv/policies
redis: rediss://u:p@redis.example:6380/3
listen: "[::1]:0"
accounts:
  hxy:
    provider: huixingyun
    tokenFile: tok
    baseUrl: http://127.0.0.1:9000/
    pollEvery: 90s
    requestsPerSecond: 0.5
    actions: [stop, destroy]
    statusWords: { Booting: starting }
    billingWords: { Week: daily }
    prices: { 4090: { hourly: 1.98, monthly: 900 } }
    spendLimit: { perDay: 500.5, callsPerDay: 10 }
  old: { provider: chenyu-v1, token: "\${HXY_TOKEN}x" }
activity:
  - match: { account: old }
    every: 30s
    probes: [{ jupyter: { url: "http://{id}.example:8888", tokenFile: tok } }, { push: { staleAfter: 2m } }]
  - { match: all, probes: [{ jupyter: }, { push: {} }] }
network: { allow: [10.20.0.0/16, "fd00::/8"] }
notifiers:
  ops: { type: webhook, urlFile: /run/secrets/url, secretFile: tok, events: [operation.escalated], severity: critical }
control: { tokenFile: tok }
console: { url: "https://lamps.example.com/", viewerTokenFile: tok2 }
stateDir: state
recording: { keep: 0s }
reload: careful
`);
    expect(config).toMatchObject({
      timezone: 'UTC',
      mode: 'enforce',
      policiesDir: '/srv/policies',
      listen: { host: '::1', port: 0 },
      allowedNetworks: ['10.20.0.0/16', 'fd00::/8'],
      stateDir: '/etc/l/state',
      recording: null,
      reload: 'careful',
    });
    expect(config.accounts[0]).toMatchObject({
      baseUrl: 'http://127.0.0.1:9000',
      pollEveryMs: 90_000,
      requestsPerSecond: 0.5,
      actions: ['stop', 'destroy'],
      statusWords: new Map([['booting', 'starting']]),
      billingWords: new Map([['week', 'daily']]),
      prices: new Map([['4090', { hourlyFen: 198, dailyFen: null, monthlyFen: 90_000 }]]),
      spendLimit: { perDayFen: 50_050, callsPerDay: 10 },
    });
    expect(config.tokens.get('old')?.reveal()).toBe('env-token-1x');
    expect(config.controlToken?.reveal()).toBe('file-token-long-enough');
    expect(config.console.url).toBe('https://lamps.example.com');
    expect(config.console.viewerToken?.reveal()).toBe('viewer-token-long-enough');
    expect(config.activity.map(({ everyMs, probes }) => [everyMs, probes.map(({ kind }) => kind)])).toEqual([
      [30_000, ['service', 'push']],
      [60_000, ['service', 'push']],
    ]);
    expect(config.activity[0]?.probes[1]).toEqual({ kind: 'push', staleAfterMs: 120_000 });
    expect(config.notifiers[0]).toMatchObject({
      name: 'ops',
      type: 'webhook',
    });
    expect(config.tellings.get('ops')?.routes).toEqual([
      { events: ['operation.escalated'], severity: 'critical', accounts: null, labels: null },
    ]);
    expect(config.notifiers.map((each) => 'url' in each && each.url.reveal())).toEqual([
      'https://example.com/hook/s3cr3t',
    ]);
  });

  test('services and Prometheus as probes', async () => {
    const { activity } = await good(`${ACCOUNT}activity:
  - match: all
    probes:
      - comfyui:
      - sd-webui: { url: "http://{ip}:7860", optional: true, tokenFile: tok }
      - prometheus: { url: "http://127.0.0.1:9090", query: 'up{instance="{ip}:9400"}', threshold: 5 }
      - prometheus: { name: tabs, url: "http://p/x/", query: "max(tabs{n=~'{name}'})", threshold: 1, judges: people }
`);
    const of = { token: null };
    expect(activity[0]?.probes).toMatchObject([
      { kind: 'service', service: 'comfyui', url: null, optional: false, ...of },
      { kind: 'service', service: 'sd-webui', url: 'http://{ip}:7860', optional: true },
      {
        kind: 'prometheus',
        name: 'prometheus',
        query: [
          { kind: 'text', text: 'up{instance="' },
          { kind: 'value', of: 'ip', quote: '"', regex: false },
          { kind: 'text', text: ':9400"}' },
        ],
        judges: 'work',
        staleAfterMs: 180_000,
        ...of,
      },
      {
        name: 'prometheus-tabs',
        query: [{ text: "max(tabs{n=~'" }, { of: 'name', quote: "'", regex: true }, { text: "'})" }],
        judges: 'people',
        staleAfterMs: null,
      },
    ]);
    const [, webui] = activity[0]?.probes ?? [];
    expect(webui?.kind === 'service' ? webui.token?.reveal() : null).toBe('file-token-long-enough');
  });

  test('REDIS_URL and the command line override the file', async () => {
    const environment = { ...OPTIONS.environment, REDIS_URL: 'redis://other:6379/1' };
    const overrides = { policiesDir: '/p', listen: { host: '0.0.0.0', port: 1 }, mode: 'enforce' } as const;
    const config = await good(ACCOUNT, { ...OPTIONS, environment, overrides });
    expect(config.redis.reveal()).toBe('redis://other:6379/1');
    expect(config).toMatchObject({ policiesDir: '/p', listen: { port: 1 }, mode: 'enforce' });
  });

  test('a variable is filled in as a value, whatever it holds, and can be written out', async () => {
    const environment = { ...OPTIONS.environment, EVIL: 'x", provider: chenyu }\n__proto__: {' };
    const config = await good(`${ACCOUNT}labels:\n  - { match: all, set: { a: "\${EVIL}", b: "$\${EVIL}" } }\n`, {
      ...OPTIONS,
      environment,
    });
    expect(config.labels[0]?.set).toEqual({ a: environment.EVIL, b: `\${EVIL}` });
  });

  test('labels: rules in order, a later one wins per label and sees the earlier', async () => {
    const { labels } = await good(`${ACCOUNT}labels:
  - { match: { name: "dev-*" }, set: { env: dev, owner: li } }
  - { match: { id: gpu-1 }, set: { owner: wang } }
  - { match: { labels: { env: dev } }, set: { night: "yes" } }
`);
    const one = (id: string, name: string) => labelsOf(labels, instance({ account: 'a', id, name }));
    expect(one('gpu-1', 'dev-1')).toEqual({ env: 'dev', owner: 'wang', night: 'yes' });
    expect(one('gpu-2', 'dev-1')).toEqual({ env: 'dev', owner: 'li', night: 'yes' });
    expect(one('gpu-1', 'x')).toEqual({ owner: 'wang' });
    expect(one('gpu-2', 'x')).toEqual({});
  });
});

/** What is wrong, where (▶), and in which words it is said. */
const CASES: readonly (readonly [string, string, string])[] = [
  ['nothing', '▶', 'the file is empty'],
  ['no accounts', '▶mode: observe', '"accounts" is missing'],
  ['empty accounts', '▶accounts: {}', 'no account is named'],
  ['an unknown key', `${ACCOUNT}▶acounts: {}`, 'unknown key "acounts"; did you mean "accounts"?'],
  ['an unknown key of an account', account('▶pollEvry: 1m'), 'did you mean "pollEvery"?'],
  [
    'an account with capitals',
    `${ACCOUNT}  ▶Hxy: { provider: chenyu, tokenFile: /run/secrets/url }`,
    '1 to 63 of a-z, 0-9 and "-"',
  ],
  ['no provider', 'accounts:\n  ▶a: { tokenFile: /run/secrets/url }', '"provider" is missing'],
  [
    'an unknown provider',
    'accounts:\n  a: { provider: ▶huixinyun, tokenFile: /run/secrets/url }',
    'did you mean "huixingyun"?',
  ],
  ['no token', 'accounts:\n  ▶a: { provider: chenyu }', 'token or tokenFile is missing'],
  ['token and tokenFile', account('▶token: abc'), 'token and tokenFile are both set'],
  [
    'a token file that is not there',
    'accounts:\n  a: { provider: chenyu, tokenFile: ▶nope }',
    'cannot be read: ENOENT',
  ],
  [
    'a token file of somebody else',
    'accounts:\n  a: { provider: chenyu, tokenFile: ▶locked }',
    'locked may not be read by the user who runs this; chown it to that user',
  ],
  ['an empty token file', 'accounts:\n  a: { provider: chenyu, tokenFile: ▶empty }', 'the secret in empty is empty'],
  ['two words in a token file', 'accounts:\n  a: { provider: chenyu, tokenFile: ▶two }', 'contains white space'],
  ['a token file with quotes', 'accounts:\n  a: { provider: chenyu, tokenFile: ▶quoted }', 'contains a quotation mark'],
  ['a token file with Bearer', 'accounts:\n  a: { provider: chenyu, tokenFile: ▶bearer }', 'begins with "Bearer "'],
  [
    'a token with Bearer',
    'accounts:\n  a: { provider: chenyu, token: ▶"Bearer s3cr3tvalue" }',
    'the token begins with "Bearer "',
  ],
  ['an empty variable', `accounts:\n  a: { provider: chenyu, token: ▶"\${EMPTY}" }`, 'the token is empty'],
  [
    'a variable that is not set',
    `accounts:\n  a: { provider: chenyu, token: "▶\${NOPE}" }`,
    'the environment variable NOPE is not set',
  ],
  [
    'a variable that is not set, in the middle',
    `${ACCOUNT}redis: redis://:▶\${NOPE}@h:1/0`,
    'the environment variable NOPE is not set',
  ],
  ['a shell expression', `${ACCOUNT}policies: x/▶\${A:-b}`, 'names no environment variable'],
  ['http to a cloud', account('baseUrl: ▶http://api-v1.huixingyun.com'), 'baseUrl must be https'],
  [
    'a path on the origin',
    account('baseUrl: ▶https://www.chenyu.cn/api/v1'),
    'must be the origin alone, https://www.chenyu.cn',
  ],
  ['a user in the origin', account('baseUrl: ▶https://u:p@www.chenyu.cn'), 'no user and no password'],
  ['no address', account('baseUrl: ▶www.chenyu.cn'), 'is no address'],
  ['too many polls', account('pollEvery: ▶500ms'), 'must be from 1s to 1h'],
  ['a poll without unit', account('pollEvery: ▶60'), '"60" has no unit'],
  ['no budget', account('requestsPerSecond: ▶0'), 'must be more than 0'],
  ['an unknown action', account('actions: [stop, ▶destory]'), 'did you mean "destroy"?'],
  ['a notify for a cloud', account('actions: [▶notify]'), 'is not known here'],
  ['an unknown status', account('statusWords: { Booting: ▶booting }'), 'known: creating, starting'],
  [
    'a word in two cases',
    account('statusWords: { Booting: starting, ▶BOOTING: running }'),
    'case does not matter here',
  ],
  ['a price of nothing', account('prices: { ▶x: {} }'), 'no price is named'],
  ['a price with three decimals', account('prices: { x: { daily: ▶1.005 } }'), 'at most two decimals'],
  ['no limit', account('▶spendLimit: {}'), 'no limit is named'],
  [
    'perDay without prices',
    account('spendLimit: { ▶perDay: 5 }'),
    'perDay needs prices to count with; set accounts.a.prices',
  ],
  ['half a call', account('spendLimit: { callsPerDay: ▶0.5 }'), 'must be a whole number'],
  ['an unknown zone', `${ACCOUNT}timezone: ▶Shanghai`, 'did you mean "Asia/Shanghai"?'],
  ['an unknown mode', `${ACCOUNT}mode: ▶on`, 'known: observe, enforce'],
  ['a port alone', `${ACCOUNT}listen: ▶8080`, 'write it in quotes: "8080"'],
  ['no port', `${ACCOUNT}listen: ▶localhost`, 'listen must be HOST:PORT'],
  ['a port too high', `${ACCOUNT}listen: ▶127.0.0.1:70000`, 'listen must be HOST:PORT'],
  ['no Redis', `${ACCOUNT}redis: ▶http://localhost`, 'redis is no address'],
  ['a Redis without number', `${ACCOUNT}redis: ▶redis://localhost/prod`, 'number of a database'],
  [
    'an unknown account in a label rule',
    `${ACCOUNT}labels: [{ match: { account: ▶b }, set: { x: y } }]`,
    'no account is called "b"',
  ],
  ['a label rule for nothing', `${ACCOUNT}labels: [{ ▶match: {}, set: { x: y } }]`, 'write match: all'],
  [
    'a label that is no text',
    `${ACCOUNT}labels: [{ match: all, set: { protect: ▶true } }]`,
    'write it in quotes: "true"',
  ],
  ['no label', `${ACCOUNT}labels: [{ match: all, ▶set: {} }]`, 'no label is set'],
  [
    'an unknown account in an activity rule',
    `${ACCOUNT}activity: [{ match: { account: ▶b }, probes: [{ push: }] }]`,
    'no account',
  ],
  ['no probe', `${ACCOUNT}activity: [{ match: all, ▶probes: [] }]`, 'no probe is named'],
  ['an unknown probe', `${ACCOUNT}activity: [{ match: all, probes: [{ ▶jupiter: {} }] }]`, 'did you mean "jupyter"?'],
  [
    'two probes in one map',
    `${ACCOUNT}activity: [{ match: all, probes: [{ ▶jupyter: {}, push: {} }] }]`,
    'one map holds one probe',
  ],
  ['too many looks', `${ACCOUNT}activity: [{ match: all, every: ▶1s, probes: [{ push: {} }] }]`, 'must be 5s or more'],
  [
    'a probe without address',
    `${ACCOUNT}activity: [{ match: all, probes: [{ jupyter: { url: ▶"{id}:8888" } }] }]`,
    'url is no http or https address',
  ],
  [
    'a token file of a probe',
    `${ACCOUNT}activity: [{ match: all, probes: [{ jupyter: { tokenFile: ▶nope } }] }]`,
    'cannot be read',
  ],
  [
    'a probe that there is twice',
    `${ACCOUNT}activity: [{ match: all, probes: [{ vllm: }, { push: }, { ▶vllm: }] }]`,
    'vllm is there twice in this rule',
  ],
  [
    'two of Prometheus without names',
    `${ACCOUNT}activity: [{ match: all, probes: [{ prometheus: ${PROMETHEUS} }, { ▶prometheus: ${PROMETHEUS} }] }]`,
    'give each a name of its own',
  ],
  [
    'a WebUI that is asked too often',
    `${ACCOUNT}activity: [{ match: all, every: 10s, probes: [{ ▶sd-webui: }] }]`,
    'sd-webui needs "every" of 30s or more',
  ],
  ['llama.cpp', `${ACCOUNT}activity: [{ match: all, probes: [{ ▶llama-cpp: }] }]`, 'asking it keeps its model loaded'],
  [
    'a query without threshold',
    `${ACCOUNT}activity: [{ match: all, probes: [{ ▶prometheus: { url: "http://p", query: up } }] }]`,
    '"threshold" is missing',
  ],
  [
    'a placeholder outside of quotes',
    `${ACCOUNT}activity: [{ match: all, probes: [{ prometheus: { url: "http://p", query: 'up▶{id}', threshold: 1 } }] }]`,
    'can stand only in the quotes behind a label',
  ],
  [
    'a placeholder of a query that nothing is filled in for',
    `${ACCOUNT}activity: [{ match: all, probes: [{ prometheus: { url: "http://p", query: 'up{i="▶{ipp}"}', threshold: 1 } }] }]`,
    'did you mean {ip}?',
  ],
  [
    'a password in the address of Prometheus',
    `${ACCOUNT}activity: [{ match: all, probes: [{ prometheus: { url: ▶"http://u:p@p", query: up, threshold: 1 } }] }]`,
    'must hold no user and no password',
  ],
  [
    'an age of what has none',
    `${ACCOUNT}activity: [{ match: all, probes: [{ prometheus: { url: "http://p", query: max(up), threshold: 1, staleAfter: ▶1m } }] }]`,
    'only of one metric and its labels',
  ],
  ['no range', `${ACCOUNT}network: { allow: [10.0.0.0/8, ▶10.0.0.0/33] }`, 'is no range of addresses'],
  [
    'a later notifier',
    `${ACCOUNT}notifiers: { ops: { type: ▶telegram, urlFile: /run/secrets/url } }`,
    'the type telegram is not available in this version; known: webhook, feishu',
  ],
  [
    'an unknown notifier type',
    `${ACCOUNT}notifiers: { ops: { type: ▶webhok, urlFile: /run/secrets/url } }`,
    'did you mean "webhook"?',
  ],
  ['a notifier without type', `${ACCOUNT}notifiers: { ▶ops: { urlFile: /run/secrets/url } }`, '"type" is missing'],
  ['a notifier without address', `${ACCOUNT}notifiers: { ▶ops: { type: webhook } }`, 'url or urlFile is missing'],
  [
    'a notifier with a bad address',
    `${ACCOUNT}notifiers: { ops: { type: webhook, url: ▶"ftp://x/hook" } }`,
    'is no http or https address',
  ],
  [
    'a file without address',
    `${ACCOUNT}notifiers: { ops: { type: webhook, urlFile: ▶/etc/l/tok } }`,
    'the address is no http',
  ],
  [
    'an unknown event',
    `${ACCOUNT}notifiers: { ops: { type: webhook, urlFile: /run/secrets/url, events: [▶balance.lo] } }`,
    'did you mean "balance.low"?',
  ],
  ['a control token that is not there', `${ACCOUNT}control: { tokenFile: ▶nope }`, 'cannot be read'],
  ['control without token', `${ACCOUNT}▶control: {}`, 'token or tokenFile is missing'],
  ['a console below a path', `${ACCOUNT}console: { url: ▶https://a.example/lamps }`, 'must be the origin alone'],
  ['a console without a scheme', `${ACCOUNT}console: { url: ▶lamps.example }`, 'such as https://'],
  ['a viewer token that is not there', `${ACCOUNT}console: { viewerTokenFile: ▶nope }`, 'cannot be read'],
  ['a viewer token to be guessed', `${ACCOUNT}console: { viewerToken: ▶short }`, 'shorter than 16 characters'],
  [
    'a viewer token that may act',
    `${ACCOUNT}control: { token: same-token-for-both }\nconsole: { viewerToken: ▶same-token-for-both }`,
    'whoever may look could act',
  ],
  ['a control token to be guessed', `${ACCOUNT}control: { token: ▶short }`, 'shorter than 16 characters'],
  [
    'a signing secret that is no base64',
    `${ACCOUNT}notifiers: { n: { type: webhook, url: "https://example.com/", secret: ▶whsec_notbase64 } }`,
    'must be base64 of at least 24 bytes',
  ],
  ['a size without a unit', `${ACCOUNT}recording: { maxSize: ▶256 }`, '256 has no unit; write 256MB'],
  ['a size in words', `${ACCOUNT}recording: { maxSize: ▶much }`, '"much" is no size'],
  ['too little room for a recording', `${ACCOUNT}recording: { maxSize: ▶10kB }`, 'at least 1MB is needed'],
  ['a recording that is kept for ever', `${ACCOUNT}recording: { keep: ▶always }`, '"always"'],
  ['an unknown way to reload', `${ACCOUNT}reload: ▶carefull`, 'did you mean "careful"?'],
  ['an alias', `${ACCOUNT}labels: ▶*x`, 'must stand in quotes: "*x"'],
];

describe('a bad file is refused at its place', () => {
  test.each(CASES)('%s', async (_, marked, phrase) => {
    const { text, place } = unmark(marked);
    const result = await load(text);
    const errors = result.ok ? [] : result.errors.map(({ line, column, message }) => [`${line}:${column}`, message]);
    expect(errors).toContainEqual([place, expect.stringContaining(phrase)]);
    // One mistake is one error.
    expect(errors).toHaveLength(1);
  });

  test('TLS that checks nothing is refused', async () => {
    const environment = { ...OPTIONS.environment, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    expect(await load(ACCOUNT, { ...OPTIONS, environment })).toMatchObject({
      ok: false,
      errors: [{ message: expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED=0') }],
    });
  });

  test('a bad REDIS_URL is named without its password', async () => {
    const environment = { ...OPTIONS.environment, REDIS_URL: 'http://:hunter22@x' };
    const result = await load(ACCOUNT, { ...OPTIONS, environment });
    expect(result).toMatchObject({
      ok: false,
      errors: [{ message: expect.stringContaining('REDIS_URL is no address') }],
    });
    expect(JSON.stringify(result)).not.toContain('hunter22');
  });

  test('mistakes in different sections are all named', async () => {
    const result = await load(
      'listen: 80\naccounts:\n  a: { provider: x }\n  b: { provider: chenyu }\nnotifiers: { n: { type: mail } }\nlabels: [{}]\n',
    );
    expect(result.ok ? [] : result.errors.map(({ line }) => line)).toEqual([1, 3, 3, 4, 5, 6, 6]);
  });
});

describe('secrets stay inside', () => {
  const SECRETS = ['s3cr3tvalue', 'hunter22', 'whsec_abc', 'hook/private', 'env-token-1', 'file-token-long-enough'];
  const BAD = `redis: redis://:hunter22@h/x
accounts:
  a: { provider: "\${HXY_TOKEN}", token: s3cr3tvalue }
  b:
    provider: chenyu
    token: "s3cr3tvalue  with spaces"
    tokenFile: tok
  c: { provider: chenyu, token: s3cr3tvalue, oops: 1 }
notifiers:
  x: { type: webhook, url: "ftp://example.com/hook/private", secret: whsec_abc }
  y: { type: webhook, url: "https://example.com/hook/private", secret: whsec_abc, evnts: 1 }
timezone: "\${HXY_TOKEN}"
`;

  test('no error and no quoted line shows one', async () => {
    const result = await load(BAD);
    const shown = result.ok ? '' : renderAll(result.errors);
    expect(shown.split('\n').length).toBeGreaterThan(15);
    for (const secret of SECRETS) expect(shown).not.toContain(secret);
    for (const secret of SECRETS) expect(JSON.stringify(result)).not.toContain(secret);
  });

  test('nor does a syntax error beside one', async () => {
    for (const text of [
      'accounts:\n  a:\n    token: s3cr3tvalue\n   provider: x',
      'token: "s3cr3tvalue',
      'token: s3cr3tvalue: x',
      'token:\n  s3cr3tvalue\n bad: [',
      'a: {token: s3cr3tvalue',
    ]) {
      const result = await load(text);
      expect(result.ok ? '' : renderAll(result.errors)).not.toContain('s3cr3tvalue');
    }
  });

  test('a loaded configuration can be printed', async () => {
    const config = await good(
      `${ACCOUNT}control: { tokenFile: tok }\nnotifiers: { n: { type: webhook, urlFile: /run/secrets/url } }\nredis: redis://:hunter22@h:1/0\n`,
    );
    const tokens = [...config.tokens.values()];
    for (const text of [
      JSON.stringify(config),
      JSON.stringify(tokens),
      inspect(config, { depth: 9 }),
      inspect(tokens),
      String(config.redis),
      `${String(config.controlToken)}`,
    ]) {
      for (const secret of SECRETS) expect(text).not.toContain(secret);
    }
    expect(inspect(config.redis)).toBe('[secret]');
  });

  test('one that everybody can read is warned of', async () => {
    const config = await good(
      'accounts:\n  a: { provider: chenyu, tokenFile: tok }\n  b: { provider: chenyu, token: plainly }\n',
    );
    expect(config.warnings.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '2: every user of this machine can read tok; chmod 600 it',
      '3: the token stands in this file for everybody to read; use tokenFile',
    ]);
    expect(renderAll(config.warnings)).not.toContain('plainly');
  });

  test('one token under two names is warned of, since each machine would be listed twice', async () => {
    const { warnings } = await good(
      'accounts:\n  a: { provider: chenyu, tokenFile: tok }\n  b: { provider: chenyu, tokenFile: tok }\n' +
        '  c: { provider: chenyu-v1, tokenFile: tok }\n',
    );
    expect(warnings.filter(({ message }) => message.includes('same token'))).toMatchObject([
      { line: 3, message: 'account a has the same token, so each machine is listed twice' },
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { unmarkAll } from '../policy/marked.ts';

const TOKEN = 'a-token-that-is-long-enough';

const load = (text: string) =>
  loadConfig(text, '/etc/l/lamplighter.yaml', 'lamplighter.yaml', {
    environment: { TOKEN },
    readSecret: (path) =>
      path === '/run/secrets/url'
        ? Promise.resolve({ text: 'https://example.com/hook', worldReadable: false })
        : Promise.reject(Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })),
  });

/** What is wrong, each thing at its mark (▶), and in which words it is said: all of it, and nothing that only follows. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a mistake in every piece',
    `timezone: ▶Asia/Shanghia
▶lisen: 127.0.0.1:8080
redis: redis://:▶\${NOPE}@localhost
accounts:
  hxy: { provider: ▶huixinyun, tokenFile: ▶nope, spendLimit: { ▶perDay: 5 }, ▶polEvery: 1m }
  ▶chenyu: { provider: chenyu, pollEvery: ▶100ms, actions: [stop, ▶destory] }
  ▶Old: { provider: chenyu-v1, ▶tokn: abc }
labels:
  - { match: { account: ▶chenyuu, ▶nmae: x }, set: { protect: ▶true } }
activity:
  - { match: { account: ▶hxyy }, every: ▶1s, probes: [{ jupyter: { url: "http://▶{idd}:8888", tokenFile: ▶gone } }] }
notifiers:
  ops: { type: webhook, ▶url: "https://example.com/hook", urlFile: /run/secrets/url, severity: ▶high }
control: { token: ▶short, ▶tokens: x }
`,
    [
      '"Asia/Shanghia" is not a time zone; did you mean "Asia/Shanghai"?',
      'unknown key "lisen"; did you mean "listen"?',
      'the environment variable NOPE is not set',
      '"huixinyun" is not known here; did you mean "huixingyun"?',
      'there is no file nope',
      'perDay needs prices to count with; set accounts.hxy.prices, or callsPerDay instead',
      'unknown key "polEvery"; did you mean "pollEvery"?',
      'token or tokenFile is missing',
      'must be from 1s to 1h, not 100ms',
      '"destory" is not known here; did you mean "destroy"?',
      '"Old" is not a name, which is 1 to 63 of a-z, 0-9 and "-"',
      'unknown key "tokn"; did you mean "token"?',
      'no account is called "chenyuu"; did you mean "chenyu"?',
      'unknown key "nmae"; did you mean "name"?',
      'must be a text, not the value true; write it in quotes: "true"',
      'no account is called "hxyy"; did you mean "hxy"?',
      'must be 5s or more, not 1s',
      'nothing is filled in for "{idd}"; did you mean {id}?',
      'there is no file gone',
      'url and urlFile are both set; keep one',
      '"high" is not known here; known: info, warning, critical',
      'the control token is shorter than 16 characters',
      'unknown key "tokens"; did you mean "token"?',
    ],
  ],
  [
    'a variable that is not set beside other mistakes of its line',
    `accounts:
  a: { provider: ▶huixinyun, token: "▶\${NOPE}", ▶colour: red }
`,
    [
      '"huixinyun" is not known here; did you mean "huixingyun"?',
      'the environment variable NOPE is not set',
      'unknown key "colour"; known: provider, token, tokenFile, baseUrl, pollEvery, requestsPerSecond, actions, statusWords, billingWords, prices, spendLimit',
    ],
  ],
  [
    'a value that YAML takes for something else, and what is wrong around it',
    `accounts:
  a: { provider: chenyu, token: "\${TOKEN}" }
labels:
  - { match: { name: ▶*-dev, account: ▶b }, set: { env: dev } }
`,
    ['a value that begins with * must stand in quotes: "*-dev"', 'no account is called "b"; did you mean "a"?'],
  ],
  [
    'placeholders that nothing is filled in for',
    `accounts:
  a: { provider: chenyu, token: "\${TOKEN}" }
activity:
  - { match: all, probes: [{ jupyter: { url: "http://▶{host}.example:▶{port}/{name}" } }] }
  - { match: all, probes: [{ jupyter: { url: "http://{id}.example:8888/{account}" } }, { comfyui: { url: "http://▶{id" } }] }
`,
    [
      'nothing is filled in for "{host}"; there are {id}, {name}, {account}, {ip}',
      'nothing is filled in for "{port}"; there are {id}, {name}, {account}, {ip}',
      'nothing is filled in for "{id"; did you mean {id}?',
    ],
  ],
];

describe('all mistakes of a configuration at once', () => {
  test.each(CASES)('%s', async (_, marked, messages) => {
    const { text, places } = unmarkAll(marked);
    const result = await load(text);
    const errors = result.ok ? [] : result.errors.map(({ line, column, message }) => [`${line}:${column}`, message]);
    expect(errors).toEqual(messages.map((message, index) => [places[index], message]));
  });

  test('what is certain of a configuration with mistakes is kept for checking the policies', async () => {
    const account = `accounts:\n  a: { provider: chenyu, tokenFile: nope }\n`;
    const result = await load(`${account}policies: ../p\nlisten: 80\nlabels: [{ match: all, set: { env: dev } }]\n`);
    expect(result).toMatchObject({
      ok: false,
      known: {
        policiesDir: '/etc/p',
        options: { notifiers: [], timezone: 'Asia/Shanghai', mode: 'observe', labels: new Map([['env', ['dev']]]) },
      },
    });
    expect(result.ok ? [] : result.known?.options.accounts?.map(({ name }) => name)).toEqual(['a']);
  });

  test('of an account that could not be read nothing is certain', async () => {
    const result = await load('accounts:\n  a: { provider: x }\n');
    expect(result).toMatchObject({ ok: false, known: { options: { accounts: null } } });
  });

  test('an account with a mistake is still good for its name, its cloud and what it can do', async () => {
    const result = await load(
      'accounts:\n  a: { provider: chenyu, token: abcdefgh, polEvery: 1m }\n  b: { provider: huixingyun, token: abcdefgh, actions: [destory] }\n',
    );
    const accounts = result.ok ? null : result.known?.options.accounts;
    expect(accounts?.map(({ name, provider }) => `${name} ${provider}`)).toEqual(['a chenyu', 'b huixingyun']);
    expect(accounts?.[0]?.actions).not.toContain('destroy');
    // What was meant by the list is not known, so nothing is said to be missing from it.
    expect(accounts?.[1]?.actions).toContain('destroy');
  });
});

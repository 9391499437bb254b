import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type ConfigOptions, loadConfig } from '../../src/config/load-config.ts';
import { renderAll } from '../../src/yaml/located.ts';

const PEM = '-----BEGIN OPENSSH PRIVATE KEY-----\nkey-canary\n-----END OPENSSH PRIVATE KEY-----';
const FILES: Readonly<Record<string, string>> = {
  '/etc/l/key': PEM,
  '/etc/l/public': 'ssh-ed25519 AAAA',
  '/etc/l/pass': 'two words "quoted" canary',
  '/etc/l/lines': 'one\ntwo',
};
const OPTIONS: ConfigOptions = {
  environment: { HXY_TOKEN: 'env-token-1', PHRASE: 'phrase canary' },
  readSecret: (path) => {
    const text = FILES[path];
    if (text === undefined) return Promise.reject(new Error(`ENOENT: ${path}`));
    return Promise.resolve({ text, worldReadable: false });
  },
};

const load = (ssh: string) =>
  loadConfig(
    `accounts:\n  a: { provider: huixingyun, token: "\${HXY_TOKEN}" }\nactivity: [{ match: all, probes: [{ ssh: ${ssh} }] }]\n`,
    '/etc/l/lamplighter.yaml',
    'lamplighter.yaml',
    OPTIONS,
  );

async function good(ssh: string) {
  const result = await load(ssh);
  if (!result.ok) throw new Error(renderAll(result.errors));
  const [probe] = result.config.activity[0]?.probes ?? [];
  if (probe?.kind !== 'ssh') throw new Error('no ssh probe');
  return { probe, config: result.config };
}

test('with nothing said everything is what the cloud lists', async () => {
  const nothing = {
    kind: 'ssh',
    host: null,
    port: null,
    user: null,
    proof: null,
    keepAliveFile: null,
    optional: [],
    thresholds: {},
    timeoutMs: null,
  };
  expect((await good('')).probe).toEqual(nothing);
  expect((await good('{}')).probe).toEqual(nothing);
});

test('with everything said, and nothing secret to be seen', async () => {
  const { probe, config } = await good(
    `{ host: "{name}.gpu.example.com", port: 2222, user: dev, privateKeyFile: key, passphrase: "\${PHRASE}", ` +
      'keepAliveFile: /srv/keep, optional: [disk], thresholds: { gpuPercent: 10, terminal: 5m }, timeout: 20s }',
  );
  expect(probe).toMatchObject({
    host: '{name}.gpu.example.com',
    port: 2222,
    user: 'dev',
    keepAliveFile: '/srv/keep',
    optional: ['disk'],
    thresholds: { gpuPercent: 10, terminalMs: 300_000 },
    timeoutMs: 20_000,
  });
  const proof = probe.proof?.kind === 'key' ? probe.proof : null;
  expect([proof?.privateKey.reveal(), proof?.passphrase?.reveal()]).toEqual([PEM, 'phrase canary']);
  expect(JSON.stringify(config) + inspect(config, { depth: 9, showHidden: true })).not.toContain('canary');
});

test('a password may hold what no token holds', async () => {
  const { probe } = await good('{ passwordFile: pass }');
  expect(probe.proof?.kind === 'password' ? probe.proof.password.reveal() : null).toBe('two words "quoted" canary');
});

test.each([
  ['{ hots: x }', 'did you mean "host"?'],
  ['{ host: "a b" }', 'host must be a name or an address, without a port'],
  ['{ host: "h:22" }', 'without a port'],
  ['{ host: "{nam}.x" }', 'nothing is filled in for "{nam}"'],
  ['{ port: 0 }', 'port'],
  ['{ user: "-x" }', 'is no user name'],
  ['{ password: x, privateKeyFile: key }', 'a password and a private key are both set'],
  ['{ passwordFile: pass, privateKeyFile: key }', 'a password and a private key are both set'],
  ['{ passphraseFile: pass }', 'there is no privateKeyFile that it opens'],
  ['{ privateKeyFile: public }', 'is no private key in OpenSSH or PEM form'],
  ['{ passwordFile: lines }', 'has more than one line'],
  ['{ keepAliveFile: keep }', 'must begin with / or ~/'],
  ['{ optional: [gpus] }', 'gpus'],
  ['{ thresholds: { gpuPercent: 0 } }', 'gpuPercent'],
  ['{ timeout: 2m }', 'must be from 5s to 60s'],
])('%s is refused: %s', async (ssh, message) => {
  const result = await load(ssh);
  expect(result.ok ? 'accepted' : renderAll(result.errors)).toContain(message);
});

test('a password and a passphrase in the file itself are warned of, and never quoted', async () => {
  const { config } = await good('{ privateKeyFile: key, passphrase: inline-canary }');
  expect(renderAll(config.warnings)).toContain('the passphrase stands in this file');
  const broken = await load('{ privateKeyFile: key, passphrase: inline-canary, prot: 1 }');
  const shown = broken.ok ? '' : renderAll([...broken.errors, ...broken.warnings]);
  expect(shown).toContain('prot');
  expect(renderAll(config.warnings) + shown).not.toContain('canary');
});

import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Checkout } from './checkout.ts';

const made: Checkout[] = [];
afterEach(async () => {
  for (const each of made.splice(0)) await each.remove();
});

async function checkout(installed: boolean): Promise<Checkout> {
  const one = await Checkout.make({ installed });
  made.push(one);
  return one;
}

describe('with everything in place', () => {
  test('the program gets the arguments as they are and the caller’s folder, and its exit code is ours', async () => {
    const here = await checkout(true);
    const args = ['fail', 'two words', '', '*', '灯'];
    const { code, out, err } = await here.start(['lamplighter', ...args], { cwd: here.bin }).ended;
    expect(JSON.parse(out)).toMatchObject({ args, cwd: here.bin });
    expect({ code, err }).toEqual({ code: 5, err: '' });
  });

  test('it takes our place, so that signals and process ids are the program’s own', async () => {
    const here = await checkout(true);
    const run = here.start(['lamplighter', 'plan']);
    expect(JSON.parse((await run.ended).out).pid).toBe(run.pid);
  });

  test('bin/lamplighter works through links, from any folder', async () => {
    const here = await checkout(true);
    await symlink(join(here.root, 'bin', 'lamplighter'), join(here.bin, 'one'));
    await symlink('one', join(here.bin, 'lamplighter'));
    const { code, out, err } = await here.startProgram(join(here.bin, 'lamplighter'), ['why', 'a b']).ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out).args).toEqual(['why', 'a b']);
  });

  test('an unknown task is wrong use', async () => {
    const here = await checkout(true);
    const { code, err } = await here.start(['frobnicate']).ended;
    expect(code).toBe(2);
    expect(err).toContain('no task "frobnicate"');
  });
});

describe('packages', () => {
  test('are installed once for two set-ups at a time, without install scripts, and not again', async () => {
    const here = await checkout(false);
    const gate = join(here.bin, 'gate');
    const env = { FAKE_NPM_GATE: gate };
    const both = [here.start(['lamplighter', 'a'], { env }), here.start(['lamplighter', 'b'], { env })];
    await Promise.race(both.map((run) => run.says('waiting for another set-up')));
    await writeFile(gate, '');
    for (const { ended } of both) expect((await ended).code).toBe(0);
    expect((await here.start(['lamplighter', 'c']).ended).err).toBe('');
    const calls = await here.npmCalls();
    expect(calls).toHaveLength(1);
    expect(calls[0]?.args).toEqual(expect.arrayContaining(['ci', '--ignore-scripts']));
    expect(calls[0]?.cwd).toBe(here.root);
    expect(await readdir(join(here.root, '.toolchain'))).not.toContain('lock');
  });

  test('are installed again when the lockfile changes', async () => {
    const here = await checkout(true);
    await writeFile(join(here.root, 'package-lock.json'), '{"changed":true}');
    expect((await here.start(['lamplighter', 'a']).ended).code).toBe(0);
    expect((await here.start(['lamplighter', 'a']).ended).code).toBe(0);
    expect(await here.npmCalls()).toHaveLength(1);
  });

  test('are complete, whatever the environment of the npm that started us says', async () => {
    const here = await checkout(false);
    const env = {
      NODE_ENV: 'production',
      npm_config_omit: 'dev',
      npm_config_local_prefix: '/nowhere',
      npm_config_registry: 'http://r',
    };
    await here.start(['lamplighter', 'a'], { env }).ended;
    const [call] = await here.npmCalls();
    expect(call?.env).toMatchObject({ npm_config_registry: 'http://r' });
    expect(Object.keys(call?.env ?? {})).not.toContain('npm_config_omit');
    expect(Object.keys(call?.env ?? {})).not.toContain('npm_config_local_prefix');
    expect(Object.keys(call?.env ?? {})).not.toContain('NODE_ENV');
  });

  test.each([
    ['empty', ''],
    ['not there', '/nonexistent/home'],
  ])('a home that is %s leaves npm a cache in the checkout', async (_case, HOME) => {
    const here = await checkout(false);
    expect((await here.start(['lamplighter', 'a'], { env: { HOME } }).ended).code).toBe(0);
    const [call] = await here.npmCalls();
    expect(call?.env).toMatchObject({ npm_config_cache: join(here.root, '.toolchain', 'npm-cache') });
  });

  test('that cannot be had end in npm’s own words, and the next start tries again', async () => {
    const here = await checkout(false);
    const { code, err } = await here.start(['lamplighter', 'a'], { env: { FAKE_NPM_FAILS: '1' } }).ended;
    expect(code).toBe(1);
    expect(err).toContain('the registry is having a bad day');
    expect(err).not.toContain('    at ');
    expect((await here.start(['lamplighter', 'a']).ended).code).toBe(0);
  });

  test('a set-up that is interrupted gives the lock back and ends with 130', async () => {
    const here = await checkout(false);
    const run = here.start(['lamplighter', 'a'], { env: { FAKE_NPM_GATE: join(here.bin, 'never') } });
    await run.says('installing the locked packages');
    run.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    expect(await readdir(join(here.root, '.toolchain'))).not.toContain('lock');
  });

  test.each([
    ['of a process that is gone', `2147483646.x@${encodeURIComponent(hostname())}`],
    ['that was let go half-way', null],
  ])('a lock %s does not stop anyone', async (_case, owner) => {
    const here = await checkout(false);
    const lock = join(here.root, '.toolchain', 'lock');
    await mkdir(lock, { recursive: true });
    if (owner !== null) await writeFile(join(lock, owner), '');
    expect((await here.start(['lamplighter', 'a']).ended).code).toBe(0);
  });
});

describe('a redis-server', () => {
  test('that is missing ends in one message with the exact command, for whoever is not root', async () => {
    const here = await checkout(true);
    await here.addTool('apt-get');
    const { code, out, err } = await here.start(['lamplighter', 'demo'], { nobody: true }).ended;
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      'lamplighter: a redis-server is needed (or REDIS_URL=redis://… for one that runs). Run this once, then start again:\n\n' +
        "    sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends redis-server'\n\n",
    );
    await expect(readFile(join(here.bin, 'called'))).rejects.toThrow('ENOENT');
  });

  test('is asked for by the tests too, and by nothing that does without', async () => {
    const here = await checkout(true);
    await here.addTool('apt-get');
    for (const tool of ['promtool', 'prometheus', 'prometheus-alertmanager']) await here.addTool(tool);
    expect((await here.start(['test'], { nobody: true }).ended).err).toContain('a redis-server is needed');
    expect((await here.start(['lamplighter', 'plan'], { nobody: true }).ended).code).toBe(0);
  });

  test('is not asked for where REDIS_URL names one', async () => {
    const here = await checkout(true);
    const env = { REDIS_URL: 'redis://127.0.0.1:1/0' };
    expect(await here.start(['lamplighter', 'demo'], { env }).ended).toMatchObject({ code: 0, err: '' });
  });

  test('may be valkey’s, which is then found under both names', async () => {
    const here = await checkout(true);
    await here.addTool('valkey-server');
    const { code, out } = await here.start(['lamplighter', 'demo']).ended;
    expect(code).toBe(0);
    const [, last = ''] = /^(?:.*:)?([^:]*)$/.exec(JSON.parse(out).path) ?? [];
    expect(await readdir(last)).toContain('redis-server');
  });
});

test('Prometheus and Alertmanager come out of their packages where the machine has none, and nothing is installed for them', async () => {
  const here = await checkout(true);
  for (const tool of ['redis-server', 'sshd', 'busybox', 'curl', 'wget', 'chromium']) await here.addTool(tool);
  await here.addTool('apt-get', '[ "$2" = download ] && : >"$3"_2_amd64.deb');
  await here.addTool(
    'dpkg-deb',
    'mkdir -p tree/usr/bin && for p in promtool prometheus prometheus-alertmanager; do echo from-"$2" /usr/share/prometheus/alertmanager >tree/usr/bin/"$p"; done',
  );
  await mkdir(join(here.root, 'node_modules', 'vitest'));
  await writeFile(join(here.root, 'node_modules', 'vitest', 'vitest.mjs'), 'console.log(process.argv.slice(2).join())');
  expect(await here.start(['test', 'test/x'], { nobody: false }).ended).toMatchObject({ code: 0, out: 'run,test/x\n' });
  for (const program of ['promtool', 'prometheus']) {
    expect(await readFile(join(here.root, '.toolchain', 'bin', program), 'utf8')).toMatch(
      /^from-prometheus_2_amd64.deb /,
    );
  }
  // Nobody installs the templates that it looks for.
  const alertmanager = await readFile(join(here.root, '.toolchain', 'bin', 'prometheus-alertmanager'), 'utf8');
  expect(alertmanager).toMatch(/^from-prometheus-alertmanager_2_amd64.deb \/proc\/self\/cwd\/+\n$/);
  expect(await readFile(join(here.bin, 'called'), 'utf8')).not.toContain('install');
  expect((await here.start(['test']).ended).err).toBe('');
});

test('curl and wget are installed for the tests where root may, and asked for where not', async () => {
  const here = await checkout(true);
  for (const tool of ['redis-server', 'promtool', 'prometheus', 'prometheus-alertmanager', 'sshd', 'busybox', 'wget'])
    await here.addTool(tool);
  await here.addTool('apt-get');
  const { code, err } = await here.start(['test'], { nobody: true }).ended;
  expect(code).toBe(1);
  expect(err).toContain('apt-get install -y --no-install-recommends curl wget');
});

test('a browser is asked for by name where there is none, and any of its kind will do', async () => {
  const here = await checkout(true);
  const present = [
    'redis-server',
    'promtool',
    'prometheus',
    'prometheus-alertmanager',
    'sshd',
    'busybox',
    'curl',
    'wget',
  ];
  for (const tool of present) await here.addTool(tool);
  await here.addTool('apt-get');
  const { code, err } = await here.start(['test'], { nobody: true }).ended;
  expect(code).toBe(1);
  expect(err).toContain('apt-get install -y --no-install-recommends chromium');
  await here.addTool('google-chrome');
  await mkdir(join(here.root, 'node_modules', 'vitest'));
  await writeFile(join(here.root, 'node_modules', 'vitest', 'vitest.mjs'), '');
  expect(await here.start(['test'], { nobody: false }).ended).toMatchObject({ code: 0 });
});

test('the tests against a real Jupyter Server run by themselves, and say what they need', async () => {
  const here = await checkout(true);
  await here.addTool('apt-get');
  expect((await here.start(['probes'], { nobody: true }).ended).err).toContain('a Jupyter Server is needed');
  await here.addTool('jupyter-server');
  await mkdir(join(here.root, 'node_modules', 'vitest'));
  await writeFile(join(here.root, 'node_modules', 'vitest', 'vitest.mjs'), 'console.log(process.argv.slice(2).join())');
  const { code, out } = await here.start(['probes'], { nobody: false }).ended;
  expect(code).toBe(0);
  expect(out).toMatch(/^run,--config,.*vitest\.real\.config\.ts\n$/);
});

test('sshd comes out of its package with what it needs, and no service is installed for it', async () => {
  const here = await checkout(true);
  const present = ['redis-server', 'promtool', 'prometheus', 'prometheus-alertmanager', 'curl', 'wget', 'chromium'];
  for (const tool of present) await here.addTool(tool);
  await here.addTool('apt-get', '[ "$2" = download ] && for p in "$3" "$4" "$5" "$6"; do : >"$p"_1_amd64.deb; done');
  await here.addTool(
    'dpkg-deb',
    'mkdir -p tree/usr/sbin tree/usr/bin && : >tree/usr/bin/busybox && echo "$2" >>tree/usr/sbin/sshd',
  );
  await mkdir(join(here.root, 'node_modules', 'vitest'));
  await writeFile(join(here.root, 'node_modules', 'vitest', 'vitest.mjs'), '');
  expect(await here.start(['test'], { nobody: false }).ended).toMatchObject({ code: 0 });
  const ours = join(here.root, '.toolchain', 'sshd', 'usr', 'sbin', 'sshd');
  const packages = (await readFile(ours, 'utf8')).split('\n').sort();
  expect(packages).toEqual([
    '',
    'busybox-static_1_amd64.deb',
    'libnss-wrapper_1_amd64.deb',
    'libwrap0_1_amd64.deb',
    'openssh-server_1_amd64.deb',
  ]);
  expect(await readFile(join(here.bin, 'called'), 'utf8')).not.toContain('install');
  expect((await here.start(['test']).ended).err).toBe('');
});

describe('under npm', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s reaches the program once, though npm says it twice', async (signal) => {
    const here = await checkout(true);
    const run = here.start(['lamplighter', 'stay'], { env: { npm_lifecycle_event: 'start' } });
    await run.says('ready');
    run.kill(signal);
    await run.says('heard');
    run.kill(signal);
    const { code, out } = await run.ended;
    expect(out).toContain(`asked 1 ${signal}`);
    expect(code).toBe(7);
  });
});

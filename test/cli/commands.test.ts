import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import { incarnation } from '../../src/fleet/instance.ts';
import { HOUR, MINUTE, TestClock } from '../support/clock.ts';
import { account, busy, daily } from '../support/cloud.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import { Bed } from '../support/daemon.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const POLICIES = {
  'all.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*", billing: daily }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: long-runs
    mode: observe
    match: { name: "dev-*" }
    when: { runningFor: 10m }
    do: stop
`,
};

let redis: TestRedis;
let bed: Bed;
/** A renewal that waits for a person. */
let escalated = '';

beforeAll(async () => {
  redis = await startRedis();
  // Commands go by the system's clock; what takes long has happened before.
  const clock = new TestClock(Date.now() - 2 * HOUR, true);
  const at = clock.now();
  bed = new Bed({
    redis: redis.url,
    clock,
    accounts: [
      account(
        'huixingyun',
        [
          ...['a', 'b', 'c', 'e', 'f'].map((id) => busy(id, { createdAt: at - HOUR, startedAt: at - HOUR })),
          daily('d', 0, { createdAt: at - HOUR, startedAt: at - HOUR, expiresAt: at + 6 * HOUR }),
          busy('twin-1', { name: 'twin' }),
          busy('twin-2', { name: 'twin' }),
        ],
        { username: 'wang', password: 'console-secret' },
      ),
      account('chenyu', [busy('inst_a', { name: 'lab', createdAt: at - HOUR, startedAt: at - HOUR })]),
    ],
    policies: POLICIES,
    config: { activity: [{ match: { account: 'hxy', id: 'a' }, probes: [{ push: null }] }] },
  });
  await bed.open();
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'renew' });
  await bed.start();
  await bed.round();
  escalated = (await bed.operationInTime('hxy/d', 'escalated', 'renew', MINUTE)).id;
  clock.pass(Date.now() - clock.now());
  await bed.round();
}, 40_000);
afterAll(async () => {
  await bed.close();
  await redis.stop();
});

async function run(...args: string[]): Promise<CommandResult> {
  return await runCommand(args, { cwd: bed.dir, env: { USER: 'wang' } });
}

/** Runs it, expects success and reads its JSON. */
async function json(...args: string[]): Promise<unknown> {
  const { code, out, err } = await run(...args, '--json');
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out);
}

describe('reading', () => {
  test('validate', async () => {
    expect(await run('validate')).toEqual({ code: 0, out: 'valid: 2 policies\n', err: '' });
    expect(await json('validate')).toEqual({ valid: true, policies: 2, observing: false, errors: [], warnings: [] });
  });

  test('instances', async () => {
    const human = await run('instances');
    expect(human.code).toBe(0);
    expect(human.out).toMatch(/^INSTANCE +NAME +STATUS +FOR +ACTIVITY/);
    expect(human.out).toMatch(/hxy\/a +dev-a +running/);
    expect(human.err).toContain('hxy: 8 instances, seen');
    // Its cloud tells a balance: how long that lasts stands with it.
    expect(human.err).toMatch(/^cy: 1 instances, seen \S+ ago; 99\d\d\.\d\d yuan, lasts \d+d\S*$/m);
    const { items } = z
      .object({ items: z.array(z.object({ key: z.string() })), next: z.null() })
      .parse(await json('instances', '--account', 'cy'));
    expect(items.map(({ key }) => key)).toEqual(['cy/inst_a']);
    expect(await json('instances', '--status', 'stopped')).toEqual({ items: [], next: null });
    expect(await run('instances', '--account', 'hxxy', '--json')).toEqual({
      code: 2,
      out: '',
      err: 'lamplighter: no account is called "hxxy"; did you mean "hxy"?\n',
    });
    expect((await run('instances', '--account', 'nobody')).err).toBe(
      'lamplighter: no account is called "nobody"; there are hxy, cy\n',
    );
    expect((await run('instances', '--status', 'runing')).err).toBe(
      'lamplighter: --status: "runing" is not known here; did you mean "running"?\n',
    );
    expect(await run('operations', '--account', 'hxxy')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "hxy"?'),
    });
    expect((await run('operations', '--state', 'escalatd')).err).toBe(
      'lamplighter: --state: "escalatd" is not known here; did you mean "escalated"?\n',
    );
    expect((await run('why', 'dev-q')).err).toMatch(/no account has an instance "dev-q"; did you mean "dev-[a-z]"\?/);
  });

  test('simulate', async () => {
    const human = await run('simulate', '--days', '1', '--all');
    expect(human.code).toBe(0);
    expect(human.out).toMatch(/\? +stop +\S+ +long-runs +observe/);
    expect(human.out).toMatch(/up [\d.]+ h instead of [\d.]+ h/);
    expect(human.out).toMatch(/^dev-a +hxy\/a: up 24\.0 of 24\.0 h;/m);
    expect(human.out).toContain('machines go on with what they are at now');
    expect((await run('simulate')).out).not.toContain('long-runs');
    const data = await json('simulate', '--days', '2');
    const acts = z.object({ from: z.iso.datetime(), until: z.iso.datetime(), decisions: z.array(z.looseObject({})) });
    const { from, until, decisions } = acts.parse(data);
    expect(Date.parse(until) - Date.parse(from)).toBe(48 * HOUR);
    expect(decisions).toContainEqual(expect.objectContaining({ kind: 'observe', policy: 'long-runs' }));
    const whatFor = async (...args: string[]) => (await run('simulate', ...args)).err;
    expect(await whatFor('--fleet', 'f.yaml', '--record', 'r.zst')).toContain(
      '--fleet and --record exclude each other',
    );
    expect(await whatFor('--record', 'r.zst', '--days', '3')).toContain('--days does nothing with --record');
    expect(await whatFor('--record', 'r.zst', '--seed', '3')).toContain('--seed does nothing with --record');
    expect(await whatFor('--record', 'r.zst', '--html', 'r.html')).not.toContain('does nothing');
    expect(await whatFor('--record', 'r.zst', '--show', 'some')).toContain('--show is a number or all, not "some"');
    expect(await whatFor('--what-if')).toContain('--what-if goes with --record');
    for (const days of ['0', '-1', '91', 'many'])
      expect(await run('simulate', '--days', days)).toMatchObject({ code: 2, out: '' });
  });

  test('diff', async () => {
    expect((await run('diff', 'policies', 'policies')).out).toBe('nothing differs\n');
    await mkdir(join(bed.dir, 'other'));
    await writeFile(join(bed.dir, 'other/all.yaml'), POLICIES['all.yaml'].replace('"dev-*"', '"dev-a"'));
    const human = await run('diff', 'policies', 'other', '--days', '1');
    expect(human.out).toMatch(/^~ long-runs: changed\n {2}no longer about: dev-b, dev-c, /);
    expect(human.out).toMatch(/in 1 day: \+0\.0 h up, \+0\.00 yuan by the hour/);
    expect(await json('diff', 'policies', 'other')).toMatchObject({
      policies: [
        { policy: 'keep-paid', kind: 'same' },
        { policy: 'long-runs', kind: 'changed', gained: [], lost: expect.arrayContaining(['hxy/b']) },
      ],
    });
    await mkdir(join(bed.dir, 'renamed'));
    await writeFile(join(bed.dir, 'renamed/all.yaml'), POLICIES['all.yaml'].replace('long-runs', 'too-long'));
    expect((await run('diff', 'policies', 'renamed')).out).toBe(
      '+ too-long: added, and does just what long-runs did\n- long-runs: removed, and too-long does just what it did\n' +
        'in 7 days: +0.0 h up, +0.00 yuan by the hour, +0.00 yuan for renewals, +0 interruptions\n',
    );
    // A limit of which no policy in force knows counts what was armed in the last hour.
    await mkdir(join(bed.dir, 'limited'));
    const limited = POLICIES['all.yaml'].replace('mode: observe', 'limits: { perHour: 2 }');
    await writeFile(join(bed.dir, 'limited/all.yaml'), limited);
    expect((await run('diff', 'policies', 'limited')).out).toMatch(/^~ long-runs: changed\n/);
    const wrong = await run('diff', 'policies', 'nowhere');
    expect(wrong).toMatchObject({ code: 3, out: '' });
  });

  test('plan', async () => {
    const human = await run('plan');
    expect(human.out).toMatch(/^ +ACTION +INSTANCE/);
    expect(human.out).toMatch(/stop +hxy\/a +dev-a +long-runs +observe/);
    const rows = await json('plan', '--explain');
    expect(rows).toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ instance: 'hxy/d' })]) });
    const explained = (await run('plan', '--explain')).out;
    expect(explained).toMatch(/^ .*\bnot-due\b/m);
    expect(explained).not.toMatch(/^-.*\bnot-due\b/m);
    const later = await json('plan', '--at', new Date(Date.now() + HOUR).toISOString());
    expect(later).toMatchObject({ next: null });
    const typo = await run('plan', '--at', 'tomorrow');
    expect(typo).toMatchObject({ code: 2, out: '' });
    expect(typo.err).toContain('"tomorrow" is no time');
  });

  test('why', async () => {
    const human = await run('why', 'dev-a');
    expect(human.out).toMatch(/^dev-a {2}hxy\/a/);
    expect(human.out).toMatch(/status +running/);
    expect(human.out).toMatch(/long-runs +stop +observe/);
    expect(await json('why', 'hxy/d')).toMatchObject({
      instance: { key: 'hxy/d', billing: 'daily' },
      operations: [{ id: escalated, state: 'escalated', reason: 'not-seen' }],
    });
    expect(await run('why', 'nobody')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('no account has an instance "nobody"'),
    });
    expect(await run('why', 'twin')).toMatchObject({ code: 2, err: expect.stringContaining('"twin" is 2 instances') });
  });

  test('operations', async () => {
    const human = await run('operations', '--state', 'escalated');
    expect(human.out).toContain(escalated);
    const one = await run('operations', escalated);
    expect(one.out).toMatch(/armed/);
    expect(one.out).toMatch(/verifying +escalated +not-seen/);
    expect(await json('operations', escalated)).toMatchObject({
      id: escalated,
      action: 'renew',
      instance: 'hxy/d',
      outcome: 'escalated',
    });
    expect(await json('operations', '--instance', 'hxy/d', '--limit', '5')).toMatchObject({
      items: [{ id: escalated }],
      next: null,
    });
    expect(await run('operations', 'nothing-1')).toMatchObject({
      code: 1,
      err: 'lamplighter: there is no operation nothing-1\n',
    });
    for (const wrong of [
      ['--state', 'sleeping'],
      ['--limit', '0'],
      ['--instance', 'a'],
    ]) {
      expect((await run('operations', ...wrong)).code).toBe(2);
    }
  });

  test('window', async () => {
    const human = await run('window', 'Mon-Sun 23:00-08:00', '--at', '2026-10-01 23:30');
    expect(human).toMatchObject({ code: 0, err: '' });
    expect(human.out.split('\n')[0]).toBe('inside at 2026-10-01T23:30:00+08:00');
    expect(await json('window', 'Mon-Sun 23:00-08:00', '--at', '2026-10-01T23:30:00+08:00')).toEqual({
      inside: true,
      edges: [
        { at: '2026-10-02T00:00:00Z', opens: false },
        { at: '2026-10-02T15:00:00Z', opens: true },
      ],
    });
    const bad = await run('window', 'Mon-Sun 25:00-08:00');
    expect(bad.code).toBe(3);
    expect(bad.err).toMatch(/Mon-Sun 25:00-08:00\n +\^/);
  });

  test('agent-token', async () => {
    const refused = await run('agent-token', 'nobody-knows-this');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/no account has an instance "nobody-knows-this"/);

    const report = async (token: unknown) =>
      (await bed.post('/api/v1/activity', { instance: 'hxy/a', verdict: 'idle' }, String(token))).status;
    const first = (await run('agent-token', 'hxy/a')).out.trim();
    expect(await report(first)).toBe(200);
    expect(await json('agent-token', 'hxy/a')).toEqual({ instance: 'hxy/a', token: first });
    const second = (await run('agent-token', '--replace', 'hxy/a')).out.trim();
    expect(second).not.toBe(first);
    expect(await report(first)).toBe(401);
    expect(await report(second)).toBe(200);
    expect((await run('agent-token', 'hxy/a')).out.trim()).toBe(second);
  });

  test('calibrate', async () => {
    expect(await json('calibrate', '--account', 'hxy')).toEqual({ items: [], next: null });
    const store = await bed.store();
    const at = bed.clock.now();
    const noise = { threshold: 5, from: at - 30 * HOUR, looks: 200, active: 200, alone: 200, beside: 0, most: 7 };
    const cpu = { signal: 'cpu', verdict: 'active', judges: 'work', value: 6, threshold: 5, unit: '%' } as const;
    const rest = { onlyPositive: false, lastActiveAt: null, detail: NO_DETAIL };
    await store.readings.save('hxy', 'a', {
      probe: 'ssh',
      at,
      verdict: 'active',
      reason: null,
      lastActiveAt: at,
      judges: 'work',
      evidence: NO_DETAIL,
      signals: [{ ...cpu, ...rest }],
      noise: { cpu: { ...noise, heights: { 11: 200 } } },
    });
    const { out } = await run('calibrate');
    expect(out).toMatch(/^hxy, image .*: 1 machine$/m);
    expect(out).toMatch(
      /ssh +cpu +5 % +200 +100 % +100 % +noise up to 6.8 %; a threshold of 11 stands above it; not to be trusted: never at rest/,
    );
    expect((await run('calibrate', '--account', 'nobody')).code).toBe(2);
  });

  test('host-key', async () => {
    expect(await json('host-key', 'hxy/a')).toEqual({ instance: 'hxy/a', hostKey: null, forgotten: false });
    const store = await bed.store();
    const snapshot = await store.loadSnapshot('hxy');
    const seen = snapshot?.instances.find(({ instance }) => instance.id === 'a')?.instance;
    if (seen === undefined) throw new Error('the instance is not in the snapshot');
    await store.hostKeys.remember('hxy', incarnation(seen), 'ssh-ed25519 SHA256:abc');
    expect((await run('host-key', 'hxy/a')).out).toBe('ssh-ed25519 SHA256:abc\n');
    expect(await json('host-key', '--forget', '--by', 'li', 'hxy/a')).toMatchObject({ forgotten: true });
    expect((await run('why', 'hxy/a')).out).toContain('li has its host key forgotten (ssh-ed25519 SHA256:abc)');
    expect((await run('host-key', 'hxy/a')).out).toBe('no host key of hxy/a is remembered\n');
  });

  test('schema', async () => {
    for (const which of ['policy', 'config', 'test']) {
      const { code, out } = await run('schema', which);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ type: 'object' });
    }
    expect((await run('schema', 'poem')).code).toBe(2);
  });

  test('call', async () => {
    const offered = await run('call', 'hxy');
    expect(offered.out).toMatch(/^OPERATION +WHAT IT READS/);
    const answer = await run('call', 'hxy', 'instances');
    expect(answer.code).toBe(0);
    expect(JSON.stringify(JSON.parse(answer.out))).toContain('dev-a');
    expect(answer.out).not.toMatch(/pw-[0-9a-f]{12}/);
    expect(JSON.parse((await run('call', 'cy', 'balance')).out)).toMatchObject({ cashYuan: expect.any(String) });
    expect(await json('call', 'hxy')).toMatchObject({
      items: expect.arrayContaining([{ name: 'instances', summary: expect.any(String) }]),
      next: null,
    });
    expect(await json('call', 'hxy', 'instances')).toMatchObject({ incomplete: null });
    expect(await run('call', 'hxi')).toMatchObject({
      code: 2,
      err: 'lamplighter: no account is called "hxi"; did you mean "hxy"?\n',
    });
    expect((await run('call', 'hxy', 'instance')).err).toBe(
      'lamplighter: no operation of huixingyun is called "instance"; did you mean "instances"?\n',
    );
    expect((await run('call', 'hxy', 'instances/destroy')).code).toBe(2);
    expect((await run('call', 'hxy', 'instances', 'not json')).code).toBe(2);
    const unfit = await run('call', 'hxy', 'images', '{ "gpu": 1 }');
    expect(unfit).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^lamplighter: images: .*\n$/) });
  });
});

describe('people', () => {
  test('hold and release', async () => {
    const held = await run('hold', 'dev-b', '--for', '4h', '--reason', 'a demonstration');
    expect(held.code).toBe(0);
    expect(held.out).toMatch(/^hxy\/b is held until /);
    expect(await json('hold', 'hxy/b', '--for', '5h', '--reason', 'longer', '--owner', 'li')).toMatchObject({
      instance: 'hxy/b',
      owner: 'li',
    });
    expect((await run('instances')).out).toMatch(/hxy\/b .*held by li/);
    expect(await run('do', 'stop', 'hxy/b')).toMatchObject({ code: 1, err: expect.stringContaining('is held by li') });
    expect(await bed.list('holds')).toHaveLength(2);
    expect(await json('release', 'dev-b')).toMatchObject({ items: [{ instance: 'hxy/b' }, { instance: 'hxy/b' }] });
    expect(await run('release', 'dev-b')).toMatchObject({ code: 1, err: 'lamplighter: there is no hold on hxy/b\n' });
    expect((await run('hold', 'dev-b', '--for', '4', '--reason', 'x')).code).toBe(2);
    expect((await run('hold', 'dev-b', '--for', '4h')).code).toBe(2);
    expect((await run('hold', 'dev-b', '--for', '90d', '--reason', 'x')).code).toBe(2);
  });

  test('pause and resume', async () => {
    expect(await run('pause', '--reason', 'a drill')).toMatchObject({ code: 0, out: 'all acting is paused\n' });
    expect(await bed.metric('paused')).toBe(1);
    expect(await run('do', 'stop', 'hxy/a')).toMatchObject({ code: 1, err: expect.stringContaining('paused') });
    expect(await json('resume')).toEqual({ paused: false });
  });

  test('do: at once, by the ledger, with refusals in a sentence', async () => {
    const stopped = await run('do', 'stop', 'hxy/a');
    expect(stopped.code).toBe(0);
    expect(stopped.out).toMatch(/^stop of hxy\/a: operation [0-9a-f]{32}-1 is armed\n$/);
    const done = await bed.operationInTime('hxy/a', 'confirmed', 'stop');
    expect(done).toMatchObject({ policy: null, by: 'person wang' });
    const several = await run('do', 'restart', 'dev-c', 'nobody', 'cy/inst_a', '--json');
    expect(several.code).toBe(1);
    expect(JSON.parse(several.out)).toMatchObject({
      items: [
        { target: 'dev-c', operation: { state: 'armed' } },
        { target: 'nobody', error: expect.any(String) },
        { target: 'cy/inst_a' },
      ],
    });
    const refusals: readonly (readonly [args: readonly string[], code: number, says: string])[] = [
      [['do', 'dance', 'dev-e'], 2, 'there is no action "dance"'],
      [['do', 'renew', 'hxy/d'], 2, 'costs money; say --yes'],
      [['do', 'destroy', 'dev-e'], 2, 'cannot be undone; say --yes'],
      [['do', 'destroy', 'dev-e', '--yes'], 1, 'does not allow destroy'],
      [['do', 'cardless-stop', 'cy/inst_a'], 1, 'has no cardless-stop'],
      [['do', 'start', 'dev-e'], 1, 'only a stopped instance can be started'],
      [['do', 'renew', 'dev-e', '--yes'], 1, 'billed hourly'],
      [['do', 'snapshot', 'dev-e'], 2, 'snapshot needs --name'],
      [['do', 'create', 'hxy', '--yes'], 2, 'create needs --order JSON and --slot NAME'],
      [['do', 'shutdown-timer', 'cy/inst_a', '--in', 'soon'], 2, '--in:'],
    ];
    for (const [args, code, says] of refusals) {
      const result = await run(...args);
      expect(result.err, args.join(' ')).toContain(says);
      expect(result.code, args.join(' ')).toBe(code);
    }
  });

  test('approve sends exactly one more', async () => {
    expect((await run('approve', escalated)).code).toBe(2);
    const approved = await run('approve', escalated, '--reason', 'the console shows no order');
    expect(approved.code).toBe(0);
    await bed.operationInTime('hxy/d', 'confirmed', 'renew');
    expect(bed.sim.account('hxy').commits).toHaveLength(1);
    expect(bed.sim.calls.filter(({ operation }) => operation === 'renew')).toHaveLength(2);
    expect(await run('close', escalated, '--reason', 'x')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is superseded; only an escalated one'),
    });
    expect(await run('approve', 'nothing-1', '--reason', 'x')).toMatchObject({
      code: 1,
      err: 'lamplighter: there is no operation nothing-1\n',
    });
  });
});

describe('token', () => {
  async function token(...args: string[]): Promise<CommandResult> {
    const shared = ['--username', 'wang', '--base-url', bed.sim.origin];
    return await runCommand(['token', ...args, ...shared], { cwd: bed.dir, typed: 'console-secret' });
  }

  test('is made into a file, listed with its middle hidden, and deleted', async () => {
    const made = await token('create', '--name', 'laptop', '--file', 'new-token');
    expect(made.code).toBe(0);
    const path = join(bed.dir, 'new-token');
    const secret = (await readFile(path, 'utf8')).trim();
    expect((await stat(path)).mode & 0o777).toBe(0o400);
    const listed = await token('list', '--json');
    expect(JSON.parse(listed.out)).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ name: 'laptop' })]),
    });
    const gone = await token('delete', '--name', 'laptop');
    expect(gone.out).toBe('deleted 1 token named "laptop"\n');
    for (const { out, err } of [made, listed, gone]) {
      expect(out + err).not.toContain(secret);
      expect(out + err).not.toContain('console-secret');
    }
    expect((await token('delete', '--name', 'laptop')).code).toBe(1);
  });

  test('a wrong password, and no terminal to ask at', async () => {
    const shared = ['--username', 'wang', '--base-url', bed.sim.origin];
    const wrong = await runCommand(['token', 'list', ...shared], { cwd: bed.dir, typed: 'guess-of-mine' });
    expect(wrong.code).toBe(1);
    expect(wrong.err).not.toContain('guess-of-mine');
    expect((await runCommand(['token', 'list', ...shared], { cwd: bed.dir })).code).toBe(2);
  });
});

// Last, since it stops a machine that others look at.
test('plan --out and apply: what was reviewed is what is done, or nothing', async () => {
  const lab =
    'policies:\n  - { name: long-runs, mode: observe, match: { name: dev-f }, when: { runningFor: 10m }, do: stop, limits: { percent: "100%" } }\n';
  await bed.writePolicy('all.yaml', lab);
  expect((await bed.control('/-/reload')).status).toBe(200);
  // The commands go by the real time, which the bed has run ahead of: what is listed in the future is not believed.
  bed.clock.pass(Date.now() - bed.clock.now());
  await bed.round();
  await mkdir(join(bed.dir, 'unread'));
  await writeFile(join(bed.dir, 'unread/lab.yaml'), lab.replace('10m', '12m'));
  const unread = ['--policies', 'unread'];
  expect((await run('plan', '--out', 'unread.json', ...unread)).err).toBe(
    'the daemon has another policy long-runs in force: until it has read this one, apply will refuse\n',
  );
  expect((await run('apply', 'unread.json', '--yes', ...unread)).err).toBe(
    'the daemon has another policy long-runs in force\nlamplighter: nothing was done: the world has moved since the plan was made; make a new one\n',
  );
  const made = await run('plan', '--out', 'reviewed.json');
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out).toMatch(/^stop of dev-f \(hxy\/f\), by long-runs$/m);
  expect(made.out).toMatch(
    /1 act is in .*reviewed\.json; to have it done: lamplighter apply \S*reviewed\.json --yes\n$/,
  );
  expect((await stat(join(bed.dir, 'reviewed.json'))).mode & 0o777).toBe(0o600);
  expect(await run('plan', '--out', 'reviewed.json')).toMatchObject({
    code: 2,
    err: expect.stringContaining('is there already'),
  });

  expect(await run('apply', 'reviewed.json')).toMatchObject({
    code: 2,
    out: 'stop of dev-f (hxy/f), by long-runs\n',
    err: expect.stringMatching(/reviewed\.json is 1 act, for \S+; say --yes/),
  });
  const text = await readFile(join(bed.dir, 'reviewed.json'), 'utf8');
  const unusable = async (changed: string, why: string) => {
    await writeFile(join(bed.dir, 'broken.json'), changed);
    const told = await run('apply', 'broken.json', '--yes');
    expect(told).toMatchObject({ code: 2, out: '', err: expect.stringContaining(`cannot be used as a plan: ${why}`) });
  };
  await unusable('{}', 'version is undefined, and 2 is read here');
  await unusable(text.replace('"acts": [', '"acts": 1, "x": ['), 'acts Invalid input');
  // By hand one more would be easily slipped in.
  await unusable(text.replace('"action": "stop"', '"action": "destroy"'), 'it was changed after it was made');
  await unusable(
    text.replace(/"madeAt": "[^"]*"/, '"madeAt": "2030-01-01T00:00:00Z"'),
    'it was changed after it was made',
  );

  const refused = async (why: string, ...args: string[]) => {
    const told = await run('apply', 'reviewed.json', '--yes', ...args);
    expect(told).toMatchObject({ code: 1, out: '' });
    expect(told.err).toContain(why);
    expect(told.err).toContain('nothing was done');
  };
  await mkdir(join(bed.dir, 'lab2'));
  await writeFile(join(bed.dir, 'lab2/lab.yaml'), lab.replace('10m', '11m'));
  await refused('the policy long-runs means something else now', '--policies', 'lab2');
  await writeFile(join(bed.dir, 'lab2/lab.yaml'), lab.replace('long-runs', 'other'));
  await refused('the policy long-runs is gone', '--policies', 'lab2');
  expect((await run('hold', 'dev-f', '--for', '1h', '--reason', 'disk swap', '--owner', 'li')).code).toBe(0);
  await refused('stop of dev-f (long-runs) is not due any more: hold, held by li');
  expect((await run('release', 'dev-f')).code).toBe(0);

  const done = await run('apply', 'reviewed.json', '--yes', '--by', 'wang');
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toMatch(/^stop of dev-f: operation \S+-1 is armed\n$/);
  await bed.operationInTime('hxy/f', 'confirmed', 'stop', MINUTE);
  expect((await run('apply', 'reviewed.json', '--yes')).err).toContain('nothing was done');
});

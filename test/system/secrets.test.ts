import { expect, test } from 'vitest';
import { SmtpServer } from '../notify/smtp-server.ts';
import { HttpServer, json } from '../providers/support/http-server.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, busy, daily } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';
import { redisText } from '../support/leaks.ts';

/** Each of a shape of its own, so that a find says what leaked. */
const CANARIES = {
  huixingyunToken: 'canary-hxy-token-b7Qp',
  chenyuToken: 'canary-cy-token-Zk3v',
  v1Token: 'canary-cy1-token-8dWm',
  password: 'canary-root-password-Yt5n',
  jupyter: 'canary-jupyter-token-Rr2x',
  hookPath: 'canary-hook-path-Lq9c',
  hookSecret: `whsec_${Buffer.from('canary-hook-secret-Vv4j-long-enough-long').toString('base64')}`,
  redis: 'canary-redis-password-Hx6s',
  botToken: 'canary-bot-token-of-a-webhook-Nn3g',
  botSecret: 'SECcanary-bot-secret-Ww7r',
  smtp: 'canary "smtp" password Ff2u',
  alertmanager: 'canary-alertmanager-token-Bb6y',
} as const;

const BOT_PATHS = ['/open-apis/', '/robot/', '/cgi-bin/', '/services/', '/api/v2/alerts'];

const beds = useBeds({ extra: ['--requirepass', CANARIES.redis] });

test('planted tokens and passwords come up nowhere', { timeout: 40_000 }, async () => {
  // Receivers that take nothing and say back whatever they were told.
  await using telltale = await new HttpServer(({ url, headers, body }, response) => {
    const back = JSON.stringify({ url, headers, body, secret: CANARIES.botSecret });
    json(response, { code: 77, errcode: 77, msg: back, errmsg: back }, url.startsWith('/services') ? 500 : 200);
  }).start();
  await using post = await new SmtpServer().start();
  post.rules = { login: 'lamp:another' };
  const machine = { password: CANARIES.password, jupyterToken: CANARIES.jupyter };
  const bed = await beds.prepare({
    password: CANARIES.redis,
    accounts: [
      account(
        'huixingyun',
        [busy('a', machine), daily('d', 5, machine), busy('odd', { ...machine, statusWord: 'Napping' })],
        { token: CANARIES.huixingyunToken },
      ),
      account('chenyu', [busy('inst_a', machine)], { token: CANARIES.chenyuToken, balanceFen: 10_000 }),
      account('chenyu-v1', [busy('v1-a', machine)], { token: CANARIES.v1Token }),
      account('huixingyun', [busy('z', machine)], { name: 'broken', token: 'canary-broken-token-Kk1p' }),
    ],
    policies: {
      'all.yaml': `
policies:
  - name: keep-paid
    match: { billing: daily }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 12:30-24:00" }
    do: stop
    notice: 5m
    limits: { percent: "100%" }
  - name: low
    match: { account: cy }
    when: { balanceBelow: 200 }
    do: notify
`,
    },
    config: {
      notifiers: {
        hook: { type: 'webhook', urlFile: 'secrets/hook', secretFile: 'secrets/hook-secret' },
        fei: { type: 'feishu', urlFile: 'secrets/fei', secretFile: 'secrets/bot' },
        ding: { type: 'dingtalk', urlFile: 'secrets/ding', secretFile: 'secrets/bot' },
        wecom: { type: 'wecom', urlFile: 'secrets/wecom' },
        slack: { type: 'slack', urlFile: 'secrets/slack' },
        am: { type: 'alertmanager', url: telltale.origin, tokenFile: 'secrets/am' },
        mail: {
          type: 'email',
          host: '127.0.0.1',
          port: post.port,
          secure: false,
          user: 'lamp',
          passwordFile: 'secrets/smtp',
          from: 'l@example.com',
          to: 'o@example.com',
        },
      },
    },
  });
  await bed.secret('fei', `${telltale.origin}/open-apis/bot/v2/hook/${CANARIES.botToken}`);
  await bed.secret('ding', `${telltale.origin}/robot/send?access_token=${CANARIES.botToken}`);
  await bed.secret('wecom', `${telltale.origin}/cgi-bin/webhook/send?key=${CANARIES.botToken}`);
  await bed.secret('slack', `${telltale.origin}/services/T0/B0/${CANARIES.botToken}`);
  await bed.secret('bot', CANARIES.botSecret);
  await bed.secret('am', CANARIES.alertmanager);
  await bed.secret('smtp', CANARIES.smtp);
  await bed.secret('hook', `${bed.receiver.url}/${CANARIES.hookPath}`);
  await bed.secret('hook-secret', CANARIES.hookSecret);
  bed.sim.account('broken').down = true;
  // Answers that are not as they should be, where a careless client quotes them.
  bed.sim.faults.add({ kind: 'truncated', operation: 'list', account: 'hxy', skip: 2 });
  bed.sim.faults.add({ kind: 'bad-row', operation: 'list', account: 'cy', skip: 2 });
  bed.sim.faults.add({ kind: 'html', operation: 'renew', effect: 'now' });
  bed.sim.faults.add({ kind: 'unauthorised', operation: 'list', account: 'cy1', skip: 6 });
  bed.receiver.refusals.push(400, 500);
  await bed.start();
  await bed.round();
  await bed.operationInTime('hxy/d', 'confirmed', 'renew', MINUTE);
  await bed.roll(10 * MINUTE, 4);
  await bed.operationInTime('hxy/a', 'confirmed', 'stop', MINUTE);
  await bed.operationInTime('cy/inst_a', 'confirmed', 'stop', MINUTE);
  await bed.until('something is told', () => bed.receiver.told().length >= 5);
  await bed.until(
    'every channel has told something back',
    () => BOT_PATHS.every((path) => telltale.requests.some(({ url }) => url.startsWith(path))) && post.heard.length > 0,
  );
  await bed.control('/api/v1/holds', { instance: 'hxy/a', for: '1h', reason: 'x', owner: 'y' });
  await bed.writePolicy('all.yaml', 'policies: [');
  await bed.control('/-/reload');

  const pages = await Promise.all(
    [
      '/',
      '/timeline',
      '/holds',
      '/operations',
      '/policies',
      '/accounts',
      '/queues',
      '/instances/hxy/a',
      '/metrics',
      '/readyz',
      '/healthz',
      ...['instances', 'operations', 'policies', 'plan?explain=true', 'holds', 'accounts'].map(
        (list) => `/api/v1/${list}`,
      ),
    ].map(async (path) => await (await bed.http(path)).text()),
  );
  const commands = await Promise.all(
    [
      ['instances', '--json'],
      ['why', 'hxy/odd', '--json'],
      ['operations', '--json'],
      ['call', 'hxy', 'instances'],
      ['call', 'cy', 'instances'],
      ['call', 'cy1', 'instances'],
      ['call', 'broken', 'instances'],
      ['validate'],
      ...['fei', 'ding', 'wecom', 'slack', 'am', 'mail'].map((name) => ['notify', 'test', name]),
    ].map(async (args) => JSON.stringify(await runCommand(args, { cwd: bed.dir }))),
  );
  const places = {
    log: bed.log.join(''),
    told: bed.lines.join('\n'),
    notifications: bed.receiver.bodies.join('\n'),
    redis: await redisText(bed.redisUrl),
    pages: pages.join('\n'),
    commands: commands.join('\n'),
  };
  expect(places.redis.length).toBeGreaterThan(10_000);
  expect(places.log).toContain('an operation moved');
  const secrets = [
    ...Object.values(CANARIES),
    'canary-broken-token-Kk1p',
    bed.controlToken,
    Buffer.from('canary-hook-secret-Vv4j-long-enough-long').toString('base64'),
    Buffer.from(`\0lamp\0${CANARIES.smtp}`).toString('base64'),
    'canary-',
  ];
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) {
      const at = text.indexOf(secret);
      expect(at === -1 ? '' : `${place}: …${text.slice(Math.max(0, at - 200), at + 80)}…`).toBe('');
    }
  }
});

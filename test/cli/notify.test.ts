import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HttpServer, json } from '../providers/support/http-server.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import { newFolder } from '../support/folder.ts';

const TOKEN = 'canary-token-6b19f0e4aa';
const SECRET = 'SECcanary-secret-1c2d3e';

let receiver: HttpServer;
let folder: string;
beforeAll(async () => {
  receiver = await new HttpServer().start();
  folder = await newFolder('lamplighter-notify-');
  await writeFile(join(folder, 'feishu_url'), `${receiver.origin}/open-apis/bot/v2/hook/${TOKEN}\n`, { mode: 0o600 });
  await writeFile(join(folder, 'ding_url'), `${receiver.origin}/robot/send?access_token=${TOKEN}\n`, { mode: 0o600 });
  await writeFile(join(folder, 'secret'), `${SECRET}\n`, { mode: 0o600 });
  // Redis is nowhere, and no daemon runs.
  const config = {
    redis: 'redis://127.0.0.1:1/0',
    timezone: 'Asia/Kolkata',
    accounts: { hxy: { provider: 'huixingyun', token: 'no-cloud-is-asked' } },
    notifiers: {
      ops: { type: 'feishu', urlFile: 'feishu_url', secretFile: 'secret', mentions: { critical: ['all'] } },
      'ding-zh': {
        type: 'dingtalk',
        urlFile: 'ding_url',
        secretFile: 'secret',
        language: 'zh-CN',
        timezone: 'Pacific/Kiritimati',
        severity: 'critical',
      },
      am: { type: 'alertmanager', url: receiver.origin },
      hook: { type: 'webhook', url: `${receiver.origin}/hook` },
      nobody: { type: 'email', host: '127.0.0.1', port: 1, from: 'l@example.com', to: 'o@example.com' },
    },
  };
  await writeFile(join(folder, 'lamplighter.yaml'), JSON.stringify(config));
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  receiver.requests.length = 0;
});

const run = (...args: string[]): Promise<CommandResult> => runCommand(['notify', 'test', ...args], { cwd: folder });
const answers = (body: unknown, status = 200): void => {
  receiver.handler = (_request, response) => json(response, body, status);
};

describe('notify test', () => {
  test('sends one message that says it is a test, and shows the answer', async () => {
    answers({ code: 0, msg: 'success' });
    expect(await run('ops')).toEqual({ code: 0, out: 'ops (feishu) took it: code 0: success\n', err: '' });
    expect(receiver.requests).toHaveLength(1);
    const { body = '' } = receiver.requests[0] ?? {};
    expect(body).toContain('Lamplighter test message: notifier ops works');
    expect(body).toContain('Nothing happened');
    expect(body).toMatch(/Sent: [\d-]{10} \d\d:\d\d \(Asia\/Kolkata\)/);
    expect(body).not.toContain('<at');
  });

  test('in the language of the notifier, past its routes', async () => {
    answers({ errcode: 0, errmsg: 'ok' });
    expect(await run('ding-zh')).toMatchObject({ code: 0 });
    expect(receiver.requests[0]?.body).toContain('什么都没有发生');
    // In the zone of the notifier, as every other message to it.
    expect(receiver.requests[0]?.body).toMatch(/发送时间\*\*：[\d-]{10} \d\d:\d\d（Pacific\/Kiritimati）/);
  });

  test('as if it were critical it mentions who is mentioned then', async () => {
    answers({ code: 0, msg: 'success' });
    expect(await run('ops', '--severity', 'critical')).toMatchObject({ code: 0 });
    expect(receiver.requests[0]?.body).toContain('<at id=all></at>');
  });

  test('a refusal is told in the words of the receiver, with a hint, and ends with 1', async () => {
    answers({ code: 19024, msg: 'Key Words Not Found' });
    expect(await run('ops')).toEqual({
      code: 1,
      out: 'ops (feishu) does not take it: feishu answered code 19024: Key Words Not Found\nhint: the bot asks for a keyword (自定义关键词): set the notifier’s keyword to one of them\n',
      err: 'lamplighter: ops did not take the test message\n',
    });
  });

  test('so does what only a person can mend', async () => {
    answers({ code: 19021, msg: 'sign match fail' });
    expect(await run('ops')).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /^ops \(feishu\) does not take it: feishu answered code 19021: sign match fail\nhint: the secret/,
      ),
    });
  });

  test('so does silence', async () => {
    answers({ errcode: 130101, errmsg: 'send too fast' });
    expect(await run('ding-zh')).toMatchObject({ code: 1, out: expect.stringContaining('takes nothing for 10m') });
    expect(await run('nobody')).toMatchObject({ code: 1, out: expect.stringContaining('ECONNREFUSED') });
  });

  test('--json has it all', async () => {
    answers({ errcode: 310000, errmsg: 'keywords not in content' });
    const { code, out } = await run('ding-zh', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      notifier: 'ding-zh',
      type: 'dingtalk',
      kind: 'retry',
      afterMs: 300_000,
      detail: 'dingtalk answered code 310000: keywords not in content',
      hint: expect.stringContaining('自定义关键词'),
    });
  });

  test('programs see that it is a test', async () => {
    answers({});
    expect(await run('am')).toMatchObject({ code: 0 });
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject([{ labels: { alertname: 'LamplighterTest' } }]);
    expect(await run('hook')).toMatchObject({ code: 0, out: 'hook (webhook) took it: 200\n' });
    expect(JSON.parse(receiver.requests[1]?.body ?? '')).toMatchObject({ details: { test: true, notifier: 'hook' } });
  });

  test('a name that is not there is wrong use', async () => {
    expect(await run('opps')).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "ops"?') });
    expect(await run('ops', '--severity', 'urgent')).toMatchObject({ code: 2 });
    expect(receiver.requests).toEqual([]);
  });

  test('address and secret are shown nowhere, although the receiver says them back', async () => {
    receiver.handler = ({ url }, response) =>
      json(response, { code: 77, errcode: 77, msg: `${url} ${SECRET}`, errmsg: `${url} ${SECRET}` });
    for (const args of [['ops'], ['ding-zh'], ['ops', '--json']]) {
      const { out, err } = await run(...args);
      expect(out + err).toContain('77');
      expect(out + err).not.toContain('canary');
    }
  });
});

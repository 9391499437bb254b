import { beforeEach, describe, expect, test } from 'vitest';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import { FREEZE_REASONS } from '../../src/fleet/freeze.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import { CONTROL, ConsoleBed, csrfIn, ELSEWHERE, HOUR, NOON, VIEWER } from './console-kit.ts';
import {
  accountBoard,
  GOOD_RELOAD,
  operation,
  operationBoard,
  policyBoard,
  policyFacts,
  policyRow,
  queueBoard,
} from './memory-boards.ts';

let bed: ConsoleBed;
beforeEach(() => {
  bed = new ConsoleBed();
});

const PAGES = [
  '/operations',
  '/operations/op-1',
  '/policies',
  '/policies/stop-idle',
  '/accounts',
  '/accounts/hxy',
  '/queues',
];
const ZH = { 'accept-language': 'zh-CN' };

async function page(path: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await bed.get(path, headers);
  expect(response.status).toBe(200);
  return await response.text();
}

/** What somebody reads: without tags, and with single spaces. */
function text(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');
}

async function asController(): Promise<Record<string, string>> {
  return { cookie: await bed.signIn(CONTROL) };
}

describe('every page', () => {
  beforeEach(() => {
    bed.boards.board = operationBoard();
    bed.boards.policyOf = policyBoard();
  });

  test.each(PAGES)('%s is in both languages, without script or style of its own', async (path) => {
    const [en, zh] = [await page(path), await page(path, ZH)];
    expect(text(en)).not.toMatch(/[\u4e00-\u9fff]{2,}(?<!中文)/);
    expect(text(zh)).toMatch(/[\u4e00-\u9fff]{4,}/);
    for (const html of [en, zh]) {
      expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
      // Only what is read: a digest among the attributes may spell anything.
      expect(text(html)).not.toMatch(/undefined|\[object|NaN/);
    }
  });

  test.each(PAGES)('%s is shown to nobody from elsewhere without a token', async (path) => {
    const closed = await bed.get(path, {}, ELSEWHERE);
    expect(closed.status).toBe(401);
    expect(await closed.text()).not.toContain('train-1');
    const cookie = await bed.signIn(VIEWER, ELSEWHERE);
    expect((await bed.get(path, { cookie }, ELSEWHERE)).status).toBe(200);
  });

  test.each(['/operations/none', '/policies/none', '/accounts/none'])('%s is not there', async (path) => {
    expect((await bed.get(path)).status).toBe(404);
  });
});

describe('operations', () => {
  test('those that wait for a person come first, then what is under way, then what ended', async () => {
    bed.boards.ledger = [
      operation({ id: 'ended', state: 'confirmed', instanceName: 'it-ended' }),
      operation({ id: 'open', state: 'verifying', instanceName: 'it-goes-on' }),
      operation({ id: 'waits', state: 'escalated', instanceName: 'it-waits' }),
    ];
    const html = await page('/operations');
    const places = ['it-waits', 'it-goes-on', 'it-ended'].map((name) => html.indexOf(name));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('can be narrowed by state, account and policy, and turned over', async () => {
    bed.boards.ledger = [operation({ state: 'confirmed' })];
    bed.boards.nextPage = '41';
    const html = await page('/operations?state=confirmed&account=hxy&policy=keep-paid&cursor=77');
    expect(bed.boards.asked).toEqual([
      { states: ['confirmed'], account: 'hxy', policy: 'keep-paid', cursor: '77', limit: 50 },
    ]);
    expect(html).toContain('/operations?state=confirmed&amp;account=hxy&amp;policy=keep-paid&amp;cursor=41');
    bed.boards.asked.length = 0;
    await page('/operations?state=nonsense&cursor=x;y');
    expect(bed.boards.asked.map(({ cursor }) => cursor)).toEqual([null, null, null]);
  });

  test('what it rested on is in the reader’s words, and what comes of it is one sentence', async () => {
    const evidence = { idleFor: '30m', lost: 'everything in memory', kept: 'the disk', balanceBelow: '200.00' };
    bed.boards.board = operationBoard({ operation: operation({ action: 'stop', evidence }) });
    const zh = text(await page('/operations/op-1', ZH));
    for (const words of ['空闲至少 30 分', '余额低于 ¥200.00', '影响 会丢失：内存中的一切'])
      expect(zh).toContain(words);
    expect(zh).not.toContain('everything in memory');
    expect(text(await page('/operations/op-1'))).toContain('After it lost: everything in memory');
    bed.boards.board = operationBoard({ operation: operation({ evidence: { idleFor: '30m' } }) });
    expect(text(await page('/operations/op-1', ZH))).not.toContain('会丢失');
  });

  test('who only looks is not asked to decide', async () => {
    bed.boards.board = operationBoard();
    const html = await page('/operations/op-1?ask=approve');
    expect(html).not.toContain('action="/actions/approve"');
    expect(text(html)).toContain('need the control token');
  });

  test('before approving it is said exactly what will be paid', async () => {
    bed.boards.board = operationBoard();
    const headers = await asController();
    const said = text(await page('/operations/op-1?ask=approve', headers));
    expect(said).toContain('One request leaves for huixingyun: renew train-1 (hxy/gpu-1) by 1 month.');
    expect(said).toContain('It costs ¥900.00 by the configured prices.');
    expect(said).toContain('it is paid until 23/11/2026, 00:00:00 GMT+8');
    expect(said).toContain('between 21/12/2026, 00:00:00 GMT+8 and 24/12/2026, 00:00:00 GMT+8');
    expect(said).toContain('paid a second time');
    expect(text(await page('/operations/op-1?ask=approve', { ...headers, ...ZH }))).toContain(
      '给 train-1 (hxy/gpu-1) 续费 1 个月',
    );
  });

  const cases: readonly (readonly [string, Partial<Operation>, RegExp])[] = [
    [
      'days to the second',
      { call: { kind: 'renew', unit: 'daily', periods: 3 } },
      /by 3 days.*paid until 26\/11\/2026, 00:00:00/,
    ],
    [
      'no price is no guess',
      { costFen: null },
      /What it costs is not known here, since no price is configured for rtx_4090/,
    ],
    [
      'another billing',
      { action: 'lengthen', call: { kind: 'lengthen', to: 'monthly' } },
      /change the billing of train-1 .* from monthly to monthly, which cannot be changed back/,
    ],
    ['what is lost', { action: 'destroy', call: { kind: 'destroy' } }, /destroy train-1 .* which cannot be undone/],
    [
      'an order',
      { action: 'create', call: { kind: 'create', order: { gpu: 'rtx_4090', count: 2 } } },
      /order a new instance: gpu=rtx_4090, count=2/,
    ],
    [
      'a stop, which costs nothing',
      { action: 'stop', call: { kind: 'stop' } },
      /stop train-1 \(hxy\/gpu-1\)\. The request of/,
    ],
  ];
  test.each(cases)('%s', async (_name, change, expected) => {
    bed.boards.board = operationBoard({ operation: operation(change) });
    const said = text(await page('/operations/op-1?ask=approve', await asController()));
    expect(said).toMatch(expected);
    if (change.action === 'stop') expect(said).not.toMatch(/paid a second time|It costs/);
  });

  test('an expiry that has moved meanwhile is told, since nothing will be sent then', async () => {
    const { instance } = operationBoard();
    if (instance === null) throw new Error('no instance');
    bed.boards.board = operationBoard({ instance: { ...instance, expiresAt: NOON + 30 * 24 * HOUR } });
    const said = text(await page('/operations/op-1?ask=approve', await asController()));
    expect(said).toContain('somebody has paid already. Nothing will be sent');
    expect(said).not.toContain('Afterwards it is paid');
  });

  test('what is frozen cannot be approved, and says why', async () => {
    bed.boards.board = operationBoard({ cannotApprove: 'paid and destructive work is frozen: excess' });
    const html = await page('/operations/op-1?ask=approve', await asController());
    expect(html).not.toContain('action="/actions/approve"');
    expect(text(html)).toContain('It cannot be approved now: paid and destructive work is frozen: excess');
    expect(html).toContain('?ask=close');
  });

  test.each(['approve', 'close'])('%s is done in the name of whoever signed in, with a reason', async (what) => {
    bed.boards.board = operationBoard();
    bed.source.done = { kind: 'done', value: { id: 'op-2' } };
    const headers = await asController();
    const form = {
      csrf: csrfIn(await page(`/operations/op-1?ask=${what}`, headers)),
      id: 'op-1',
      back: '/operations/op-1',
    };
    const done = await bed.post(`/actions/${what}`, { ...form, reason: 'looked at the bill' }, headers);
    expect([done.status, done.headers.get('location')]).toEqual([303, '/operations/op-1']);
    expect(bed.source.asked).toEqual([{ what, with: { id: 'op-1', by: 'wang', reason: 'looked at the bill' } }]);
    bed.source.asked.length = 0;
    await bed.post(`/actions/${what}`, { ...form, reason: '  ' }, headers);
    await bed.post(`/actions/${what}`, { ...form, reason: 'x', csrf: 'guessed' }, headers);
    await bed.post(`/actions/${what}`, { ...form, reason: 'x' });
    expect(bed.source.asked).toEqual([]);
  });

  test('names from a cloud stay text', async () => {
    bed.boards.board = operationBoard({
      operation: operation({
        instanceName: '<img src=x onerror=alert(1)>\u202e',
        detail: verbatim('"><script>1</script>'),
      }),
    });
    const html = await page('/operations/op-1?ask=approve', await asController());
    expect(html).not.toMatch(/<img src=x|<script>1/);
    expect(html).not.toContain('\u202e');
  });
});

describe('policies', () => {
  test('what each did, was kept from and saved, and where it is written', async () => {
    const said = text(await page('/policies'));
    expect(said).toContain('4 confirmed');
    expect(said).toContain('held back: 2 hold, 1 protected');
    expect(text(await page('/policies', ZH))).toContain('被挡住：2 被保留、1 受保护');
    expect(said).toContain('20 confirmed 3 told');
    expect(said).toContain('¥19.80 10.0 GPU h');
    expect(said).toContain('policies/idle.yaml:2');
    expect(said).toContain('3 instances');
  });

  test('one that only watches says what it would have saved, and how often it was wrong', async () => {
    bed.boards.policyRows = [
      policyRow({
        facts: policyFacts({ mode: 'observe' }),
        saved: { gpuSeconds: 0, fen: 0 },
        observed: { stops: 9, right: 6, wrong: 2, unknown: 0, open: 1, savedGpuSeconds: 7_200, savedFen: 396 },
      }),
    ];
    const said = text(await page('/policies'));
    expect(said).toContain('only watches');
    expect(said).toContain('would have ¥3.96, 2.0 GPU h');
    expect(said).toContain('9 stops observed · 2 of 8 judged wrong');
  });

  test('in plain words', async () => {
    bed.boards.policyOf = policyBoard({
      facts: policyFacts({
        conditions: [
          { kind: 'idleFor', ms: 30 * 60_000 },
          {
            kind: 'during',
            openings: [
              {
                kind: 'weekly',
                days: [0, 1, 2, 3, 4, 5, 6],
                startMinute: 1380,
                endMinute: 1920,
                zone: 'Asia/Shanghai',
              },
            ],
            inside: true,
            changesAt: NOON + HOUR,
          },
          { kind: 'cron', text: '0 3 * * *', timezone: 'Asia/Shanghai', nextAt: NOON + 2 * HOUR },
          { kind: 'statusFor', ms: HOUR, status: ['starting', 'creating'] },
          { kind: 'balanceBelow', fen: 20_000 },
          { kind: 'expiresWithin', ms: 12 * HOUR },
          { kind: 'runningFor', ms: 48 * HOUR },
          { kind: 'stoppedFor', ms: 72 * HOUR },
          { kind: 'runwayBelow', ms: 36 * HOUR },
        ],
        steps: [
          { kind: 'snapshot', name: '{name}-{date}' },
          { kind: 'cardless-stop' },
          { kind: 'renew', daily: 3, monthly: 1 },
          { kind: 'lengthen', to: 'monthly' },
          { kind: 'notify', to: ['ops'], severity: 'critical', text: 'Look <here>.' },
        ],
        startsAfterwards: true,
        cooldownMs: HOUR,
        requireNotice: true,
        limits: { perPass: 3, perHour: 10, percent: 20 },
      }),
    });
    const said = text(await page('/policies/stop-idle'));
    for (const words of [
      'For each instance: at huixingyun whose name begins with “dev-”',
      'When all of this holds: it has been proven idle for 30m',
      'the time is from 23:00 to 08:00 of the next day, every day (open now, until 13:00)',
      'the time has come: at 03:00, every day (0 3 * * *, next 14:00)',
      'its status has been starting or creating for more than 1h',
      'the account has less than ¥200.00',
      'it expires within 12h',
      'it has been up for more than 2d',
      'save an image of it as “{name}-{date}”',
      'stop it and give back its cards',
      'renew it by 3 days where it is billed by the day and 1 month where it is billed by the month',
      'tell ops (critical): “Look &lt;here&gt;.”',
      'It is announced 10m before, and a hold or any activity calls it off.',
      'Not again on the same machine within 1h.',
      'When the window closes, what it stopped is started again.',
      'At most 3 at once, 10 an hour, 20 % of an account’s machines in a minute.',
      'A tick that was missed is made up for within 15m.',
    ]) {
      expect(said).toContain(words);
    }
    const zh = text(await page('/policies/stop-idle', ZH));
    for (const words of ['已证实空闲满 30 分钟', '状态为开机中或创建中已超过 1 小时', '通知 ops（紧急）']) {
      expect(zh).toContain(words);
    }
  });

  test('every mistake of a reload stands there with its place, line and caret', async () => {
    bed.boards.reload = {
      ...GOOD_RELOAD,
      ok: false,
      at: NOON,
      mistakes: [
        {
          file: 'policies/night.yaml',
          line: 6,
          column: 5,
          message: 'unknown key "cooldwon"',
          hint: 'did you mean "cooldown"?',
          excerpt: ['      cooldwon: 10m', '      ^^^^^^^^'],
        },
      ],
    };
    const html = await page('/policies');
    expect(html).toMatch(/role="alert"/);
    expect(text(html)).toContain('policies/night.yaml:6:5 unknown key "cooldwon"');
    expect(html).toContain('<pre tabindex="0">      cooldwon: 10m\n      ^^^^^^^^</pre>');
    expect(html).not.toContain('action="/actions/reload"');
  });

  test('a reload is asked for by whoever may act, and one that is held is taken by its id', async () => {
    const headers = await asController();
    bed.boards.reload = {
      ...GOOD_RELOAD,
      ok: false,
      detail: 'held',
      held: { id: 'abcd1234', reach: ['destroy on hxy/gpu-1 by policy tidy'] },
    };
    const html = await page('/policies', headers);
    expect(text(html)).toContain('destroy on hxy/gpu-1 by policy tidy');
    expect(html).toContain('name="acknowledge" value="abcd1234"');
    const csrf = csrfIn(html);
    await bed.post('/actions/reload', { csrf, back: '/policies', acknowledge: 'abcd1234' }, headers);
    await bed.post('/actions/reload', { csrf, back: '/policies' }, headers);
    expect(bed.source.asked.map(({ what, with: given }) => [what, given])).toEqual([
      ['reload', 'abcd1234'],
      ['reload', null],
    ]);
  });
});

describe('accounts', () => {
  test('money, limits and what keeps it from acting, with what ends that', async () => {
    bed.boards.accountBoards = [
      accountBoard({
        breakers: [{ kind: 'paid', until: NOON + HOUR, why: '3 unclear answers to paid requests within an hour' }],
        freezes: FREEZE_REASONS.map((reason) => ({ class: 'paid', reason, detail: 'because', here: false, at: NOON })),
        unclear: 3,
        escalated: 2,
        spend: { calls: 10, callsLimit: 10, fen: 4_000, fenLimit: null },
      }),
    ];
    const said = text(await page('/accounts/hxy'));
    for (const words of [
      '¥1,234.56',
      '¥19.80',
      '2d 14h',
      '10 of 10 requests',
      'Breaker: nothing is paid',
      '3 unclear answers to paid requests within an hour What ends it: until 13:00',
      'Frozen: paid work',
      'run lamplighter reconcile --yes',
      'it ends by itself when Redis is set right',
      '2 operations wait for a person',
    ]) {
      expect(said).toContain(words);
    }
    const zh = text(await page('/accounts/hxy', ZH));
    for (const words of ['2 天 14 小时', '60 秒', '如何解除： 至 13:00']) expect(zh).toContain(words);
    expect(text(await page('/accounts', ZH))).toContain('2 天 14 小时');
    expect(text(await page('/accounts/hxy', ZH))).toContain('熔断：不付款');
  });

  test('a burn that is not known for want of a price says which price', async () => {
    const lacking = { burnFenPerHour: null, runwayMs: null, unpriced: ['a100_80g', 'x<b>'] };
    bed.boards.accountBoards = [accountBoard(lacking)];
    for (const path of ['/accounts', '/accounts/hxy']) {
      expect(text(await page(path))).toContain('prices lacks a100_80g, x&lt;b&gt;');
      expect(text(await page(path, ZH))).toContain('prices 缺 a100_80g、x&lt;b&gt;');
    }
  });

  test('the plots’ data stand in attributes, and the same in a table', async () => {
    bed.boards.points = Array.from({ length: 200 }, (_, i) => ({
      at: NOON - (200 - i) * 60_000,
      balanceFen: 100_000 - i * 10,
      burnFenPerHour: i < 10 ? null : 600,
      runwayMs: i < 10 ? null : 7 * HOUR,
    }));
    const html = await page('/accounts/hxy');
    const values = /data-plot="burn" data-values="([^"]*)"/.exec(html)?.[1] ?? '';
    const burn: unknown = JSON.parse(values);
    expect(burn).toHaveLength(200);
    expect(burn).toContain(6);
    expect(html).toContain('aria-label="Balance, yuan: from ¥1,000.00 to ¥980.10, between ¥980.10 and ¥1,000.00"');
    const rows = html.split('<tbody').at(-1)?.match(/<tr>/g) ?? [];
    expect(rows.length).toBeLessThanOrEqual(48);
    expect(rows.length).toBeGreaterThan(30);
    expect(text(html)).toContain('¥980.10');
  });

  test('an account that fails says since when and how often', async () => {
    bed.boards.accountBoards = [accountBoard({ ok: false, failures: 4, detail: 'answered 502', okAt: NOON - HOUR })];
    expect(text(await page('/accounts'))).toContain('fails, 4 in a row answered 502');
  });
});

test('queues tell depth, age, failures and retries', async () => {
  bed.boards.queueBoards = [
    queueBoard({
      queue: 'notify',
      waiting: 7,
      oldestMs: 200_000,
      retrying: 3,
      failed: 2,
      completed: [...Array.from({ length: 59 }, () => 0), 12],
      gaveUp: [...Array.from({ length: 59 }, () => 0), 2],
      failures: [
        {
          jobId: 'n-1',
          agoMs: 120_000,
          attempts: 24,
          reason: 'the receiver answered <502>',
          about: { account: 'hxy', operations: ['op-1'], notifier: 'ops', event: 'balance.low' },
        },
      ],
    }),
  ];
  const html = await page('/queues');
  const said = text(html);
  for (const words of ['7 oldest 3m', '3 to be tried again', '12 done, 2 given up', '24 tries', 'balance.low']) {
    expect(said).toContain(words);
  }
  expect(html).toContain('&lt;502&gt;');
  expect(html).toContain('href="/operations/op-1"');
});

describe('the same for programs', () => {
  test('how the money went', async () => {
    bed.boards.points = [{ at: NOON, balanceFen: 12_345, burnFenPerHour: 198, runwayMs: null }];
    expect(await (await bed.get('/api/v1/accounts/hxy/history?range=3d')).json()).toEqual({
      items: [{ at: '2026-11-22T04:00:00Z', balanceYuan: '123.45', burnYuanPerHour: '1.98', runwaySeconds: null }],
      next: null,
    });
    expect((await bed.get('/api/v1/accounts/hxy/history?range=1y')).status).toBe(400);
    expect((await bed.get('/api/v1/accounts/none/history')).status).toBe(404);
    expect((await bed.get('/api/v1/accounts/hxy/history', {}, ELSEWHERE)).status).toBe(401);
  });

  test('how the queues stand', async () => {
    const answer = await (await bed.get('/api/v1/queues')).json();
    expect(answer).toMatchObject({
      items: [{ queue: 'poll', waiting: 0, active: 1, oldestSeconds: null, completedLastHour: 0, failures: [] }],
    });
    expect((await bed.get('/api/v1/queues', {}, ELSEWHERE)).status).toBe(401);
  });
});

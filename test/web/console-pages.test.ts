import { describe, expect, test } from 'vitest';
import { NO_DETAIL, verbatim } from '../../src/fleet/detail/detail.ts';
import { fleetQuery, select } from '../../src/web/console/fleet-query.ts';
import { holdLinkKey, makeHoldLinks } from '../../src/web/console/hold-link.ts';
import { askedFor } from '../../src/web/console/language.ts';
import type { Coming, InstanceBoard } from '../../src/web/console/source.ts';
import { CONTROL, ConsoleBed, csrfIn, ELSEWHERE, type Ends, HOUR, NOON, row, VIEWER } from './console-kit.ts';

const HOLD = {
  id: 'h1',
  instance: 'hxy/gpu-1',
  owner: 'wang',
  reason: 'fine-tuning',
  createdAt: NOON,
  until: NOON + 4 * HOUR,
};
const STOP: Coming = {
  kind: 'act',
  at: NOON + HOUR,
  isNow: false,
  action: 'stop',
  policy: 'stop-idle',
  reason: 'due',
  told: verbatim('stop dev-1'),
  assumesIdle: true,
};

const text = async (bed: ConsoleBed, path: string, headers: Record<string, string> = {}, ends?: Ends) => {
  const response = await bed.get(path, headers, ends);
  expect([path, response.status]).toEqual([path, 200]);
  return await response.text();
};

describe('the fleet', () => {
  test('says what runs, what it costs, what holds it and what happens next', async () => {
    const bed = new ConsoleBed();
    bed.console.rows = [row({ next: STOP, hold: HOLD, expiresAt: NOON + 30 * HOUR, isProtected: true })];
    const html = await text(bed, '/');
    for (const shown of [
      'dev-1',
      'hxy/gpu-1',
      '¥1.98',
      'today ¥3.96',
      'held by wang',
      'fine-tuning',
      'protected',
      'idle',
    ]) {
      expect(html).toContain(shown);
    }
    expect(html).toMatch(/13:00<\/time> <span class="act act"[^>]*>stop<\/span>/);
    expect(html).toContain('stop-idle · if it stays idle');
  });

  test('says what is not known yet, and which account cannot be read', async () => {
    const bed = new ConsoleBed();
    bed.console.rows = [row({ isForeseen: false })];
    const accounts = [
      { name: 'hxy', provider: 'huixingyun', ok: false, detail: 'unauthorised: 401', listedAt: NOON - HOUR },
    ];
    bed.console.fleet = () => Promise.resolve({ rows: bed.console.rows, accounts });
    const html = await text(bed, '/');
    expect(html).toContain('being worked out');
    expect(html).toContain('hxy cannot be read</b> unauthorised: 401');
  });

  test('in Chinese by the browser, by choice, and back', async () => {
    const bed = new ConsoleBed();
    bed.console.rows = [row({ next: STOP })];
    const chinese = await text(bed, '/', { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' });
    for (const shown of ['<html lang="zh-CN"', '机群', '运行中', '空闲', '关机', '若一直空闲'])
      expect(chinese).toContain(shown);
    const chosen = await bed.post('/preferences', { language: 'en', back: '/?q=a' });
    expect([chosen.status, chosen.headers.get('location')]).toEqual([303, '/?q=a']);
    const cookie = chosen.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await text(bed, '/', { 'accept-language': 'zh', cookie })).toContain('<html lang="en-GB"');
    expect([askedFor('fr, en;q=0.5, zh;q=0.7'), askedFor('fr'), askedFor('zh-TW;q=0')]).toEqual(['zh', 'en', 'en']);
  });

  test('its colours by choice', async () => {
    const bed = new ConsoleBed();
    const cookie = (await bed.post('/preferences', { theme: 'dark' })).headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await text(bed, '/', { cookie })).toContain('data-theme="dark"');
    expect(await text(bed, '/')).toContain('data-theme="auto"');
  });

  test('is filtered, searched and sorted by the address', () => {
    const rows = [
      row({ id: 'a', name: 'dev-b', costFenPerHour: 100 }),
      row({ id: 'b', name: 'dev-a', costFenPerHour: null, status: 'stopped', activity: null }),
      row({ id: 'c', name: 'train', account: 'chenyu', costFenPerHour: 900, next: STOP, labels: { owner: 'li' } }),
    ];
    const ids = (query: string) => select(rows, fleetQuery(new URLSearchParams(query))).map(({ id }) => id);
    expect(ids('')).toEqual(['b', 'a', 'c']);
    expect(ids('q=DEV')).toEqual(['b', 'a']);
    expect(ids('q=owner%3Dli+4090')).toEqual(['c']);
    expect(ids('status=stopped')).toEqual(['b']);
    expect(ids('activity=unknown')).toEqual(['b']);
    expect(ids('account=chenyu&q=nothing')).toEqual([]);
    expect(ids('sort=-cost')).toEqual(['c', 'a', 'b']);
    expect(ids('sort=next')).toEqual(['c', 'b', 'a']);
    expect(ids('sort=evil')).toEqual(['b', 'a', 'c']);
    expect(ids('show=held')).toEqual([]);
  });

  test('a hostile name stays text, wherever it stands', async () => {
    const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202egnp.exe\u0000`;
    const bed = new ConsoleBed();
    const coming = { ...STOP, policy: evil, detail: evil, action: evil };
    bed.console.rows = [
      row({
        name: evil,
        gpu: evil,
        id: evil,
        next: coming,
        hold: { ...HOLD, owner: evil, reason: evil },
        problems: [verbatim(evil)],
      }),
    ];
    bed.console.coming = { [`hxy/${evil}`]: [coming] };
    bed.console.around = { ...bed.console.around, paused: { by: evil, reason: evil, at: NOON } };
    for (const path of ['/', '/holds', '/timeline', '/?q=%3Cscript%3Ealert(1)%3C/script%3E']) {
      const html = await text(bed, path);
      expect(html).not.toMatch(/<script>|<img src=x/);
      expect(html).not.toMatch(/\p{Bidi_Control}/u);
      expect(html).not.toMatch(/[^\P{Cc}\n]/u);
    }
  });

  test('without Redis it says so and asks for nothing', async () => {
    const bed = new ConsoleBed();
    bed.console.around = {
      ...bed.console.around,
      ready: false,
      redis: false,
      problems: [{ name: 'redis', told: verbatim('gone') }],
    };
    bed.console.fleet = () => Promise.reject(new Error('asked'));
    const response = await bed.get('/');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('Redis cannot be reached');
  });

  test('what fails is told to the log, and to the reader only that it did', async () => {
    const bed = new ConsoleBed();
    const failure = new Error('redis://:password@10.0.0.1 is down');
    bed.console.fleet = () => Promise.reject(failure);
    const response = await bed.get('/');
    const html = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'text/html; charset=UTF-8']);
    expect(html).toContain('could not be made');
    expect(html).not.toContain('password');
    expect(bed.failures).toEqual([failure]);
  });

  test('a thousand instances are one page, made quickly', async () => {
    const bed = new ConsoleBed();
    bed.console.rows = Array.from({ length: 1_000 }, (_, place) =>
      row({ id: `gpu-${place}`, name: `dev-${place}`, next: STOP }),
    );
    const html = await text(bed, '/');
    expect(html.match(/<tr id="i-/g)).toHaveLength(1_000);
    // A row is a few hundred bytes of text, and gzip makes a tenth of it.
    expect(html.length).toBeLessThan(1_600_000);
  });
});

describe('one instance', () => {
  const board = (fields: Partial<InstanceBoard> = {}): InstanceBoard => ({
    row: row(),
    rawStatus: 'Running',
    upSince: NOON - HOUR,
    createdAt: null,
    listedAt: NOON,
    coming: [STOP],
    policies: [
      {
        policy: 'stop-idle',
        mode: 'observe',
        reason: 'not-due',
        action: 'stop',
        told: verbatim('idle for 20m of 30m'),
        place: 'p.yaml:1:1',
      },
    ],
    notices: [],
    obligations: [],
    idle: null,
    operations: [],
    audit: [],
    ...fields,
  });

  test('shows what is coming, each policy, and a form to hold it for whoever may', async () => {
    const bed = new ConsoleBed();
    bed.console.boards = { 'hxy/gpu-1': board() };
    const html = await text(bed, '/instances/hxy/gpu-1');
    for (const shown of ['stop-idle', 'only observes', 'idle for 20m of 30m', 'Sign in with the control token']) {
      expect(html).toContain(shown);
    }
    const cookie = await bed.signIn(CONTROL);
    const mine = await text(bed, '/instances/hxy/gpu-1', { cookie });
    const form = {
      instance: 'hxy/gpu-1',
      for: '4h',
      owner: 'wang',
      reason: 'demo',
      csrf: csrfIn(mine),
      back: '/instances/hxy/gpu-1',
    };
    const done = await bed.post('/actions/hold', form, { cookie });
    expect([done.status, done.headers.get('location')]).toEqual([303, '/instances/hxy/gpu-1']);
    expect(bed.source.asked).toEqual([
      { what: 'hold', with: { instance: 'hxy/gpu-1', for: '4h', owner: 'wang', reason: 'demo' } },
    ]);
    const json = await bed.post('/actions/hold', { ...form, reason: '' }, { cookie, accept: 'application/json' });
    expect([json.status, await json.json()]).toMatchObject([409, { ok: false }]);
  });

  test('what an operation rested on, and what became of it, is in the reader’s words and on the reader’s clock', async () => {
    const bed = new ConsoleBed();
    const evidence = {
      listingAt: '2026-11-22T11:30:00+08:00',
      billing: 'hourly',
      expiresWithin: '12h',
      idleSince: null,
      costPerHour: '1.98',
      lost: 'everything in memory',
      odd: '<b>',
    };
    bed.console.boards = {
      'hxy/gpu-1': board({
        operations: [
          {
            id: 'op-1',
            action: 'stop',
            policy: 'stop-idle',
            by: 'policy stop-idle',
            state: 'confirmed',
            reason: 'seen',
            told: NO_DETAIL,
            createdAt: '2026-11-20T11:30:00+08:00',
            updatedAt: '2026-11-20T11:31:00+08:00',
            costYuan: null,
            evidence,
          },
        ],
        audit: [{ at: '2026-11-20T11:31:00+08:00', kind: 'transition', reason: 'seen', told: NO_DETAIL }],
      }),
    };
    const plain = (html: string) => html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
    const zh = plain(await text(bed, '/instances/hxy/gpu-1', { 'accept-language': 'zh-CN' }));
    expect(zh).toContain('列表时间 11:30 · 计费 按小时 · 距到期不足 12 小时 · 每小时费用 ¥1.98 · odd &lt;b&gt;');
    expect(zh).not.toContain('everything in memory');
    expect(zh).toContain('周五 11:31 已看到结果');
    expect(plain(await text(bed, '/instances/hxy/gpu-1'))).toContain('Listing of 11:30 · Billing hourly');
  });

  test('releasing says who asked', async () => {
    const bed = new ConsoleBed();
    bed.console.rows = [row({ hold: HOLD })];
    const cookie = await bed.signIn(CONTROL);
    const csrf = csrfIn(await text(bed, '/holds', { cookie }));
    expect((await bed.post('/actions/release', { id: 'h1', csrf, back: '/holds' }, { cookie })).status).toBe(303);
    expect(bed.source.asked).toEqual([{ what: 'release', with: 'h1' }]);
  });

  test('one that no account lists is 404', async () => {
    expect((await new ConsoleBed().get('/instances/hxy/none')).status).toBe(404);
    expect((await new ConsoleBed().get('/instances/hxy/%E0%A4%A')).status).toBe(404);
  });
});

describe('the coming day', () => {
  test('has each act in the column of its hour, and the dark hours after a stop', async () => {
    const bed = new ConsoleBed();
    bed.console.rows = [row(), row({ id: 'gpu-2', name: 'quiet' })];
    const start: Coming = { ...STOP, at: NOON + 20 * HOUR, action: 'start', reason: 'afterwards' };
    bed.console.coming = { 'hxy/gpu-1': [{ ...STOP, at: NOON + 11 * HOUR }, start] };
    const html = await text(bed, '/timeline');
    const lane = /<tbody id="lanes"[^>]*>(.*)<\/tbody>/s.exec(html)?.[1] ?? '';
    expect(lane.match(/<tr /g)).toHaveLength(1);
    expect([...lane.matchAll(/<td([^>]*)>/g)].map((cell) => cell[1])).toEqual([
      ' colspan="11"',
      ' class="has"',
      ' colspan="8" class="off"',
      ' class="has off"',
      ' colspan="4"',
    ]);
    expect(html).toContain('Nothing is coming for 1 other instance');
    expect(html.match(/<th scope="col"/g)).toHaveLength(26);
  });

  test('leaves out what is only kept back, when asked', async () => {
    const bed = new ConsoleBed();
    bed.console.coming = { 'hxy/gpu-1': [{ ...STOP, kind: 'kept', reason: 'protected' }] };
    expect(await text(bed, '/timeline')).toContain('kept from it: protected');
    expect(await text(bed, '/timeline?show=acts')).not.toContain('kept from it');
  });
});

describe('a link that holds', () => {
  const links = makeHoldLinks({ baseUrl: 'http://10.0.0.5:8080', key: holdLinkKey(CONTROL) });
  const pathOf = (instance: string, until: number) => new URL(links.hold(instance, until) ?? '').pathname;

  test('shows its instance to whoever has it, and acts only by its button', async () => {
    const bed = new ConsoleBed();
    bed.console.rows = [row({ next: STOP }), row({ id: 'gpu-2', name: 'secret-2' })];
    const path = pathOf('hxy/gpu-1', NOON + HOUR);
    const page = await bed.get(path, {}, ELSEWHERE);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain('dev-1');
    expect(html).not.toContain('secret-2');
    expect(bed.source.asked).toEqual([]);
    const done = await bed.post(path, { owner: 'li', for: '12h' }, {}, ELSEWHERE);
    expect(await done.text()).toContain('It is held');
    expect(bed.source.asked).toEqual([
      {
        what: 'hold',
        with: { instance: 'hxy/gpu-1', for: '12h', owner: 'li', reason: 'held by a link from a message' },
      },
    ]);
  });

  test.each([
    [{ owner: 'li', for: '31d' }, 'select name="for"', 'for', '请从中选择'],
    [{ owner: 'li', for: '' }, 'select name="for"', 'for', '请从中选择'],
    [{ owner: ' ', for: '4h' }, 'input name="owner"', 'owner', '请填写您的名字'],
    [{ owner: 'x'.repeat(101), for: '12h' }, 'input name="owner"', 'owner', '请填写您的名字'],
  ])('says of %j what is asked for, where, and in the reader’s language', async (form, field, name, said) => {
    const bed = new ConsoleBed();
    const chinese = { 'accept-language': 'zh-CN' };
    const answer = await bed.post(pathOf('hxy/gpu-1', NOON + HOUR), form, chinese, ELSEWHERE);
    const html = await answer.text();
    expect(answer.status).toBe(422);
    expect(html).toMatch(new RegExp(`<${field}[^>]* aria-invalid="true" aria-describedby="${name}-wrong" autofocus>`));
    expect(html).toMatch(new RegExp(`<p class="wrong" id="${name}-wrong" role="alert">[^<]*${said}`));
    expect(html.match(/aria-invalid/g)).toHaveLength(1);
    // What was right stays.
    if (name === 'for') expect(html).toContain('value="li"');
    if (form.for === '12h') expect(html).toContain('<option value="12h" selected>');
    expect(bed.source.asked).toEqual([]);
  });

  test('holds under the page of this daemon alone, and one machine alone', async () => {
    const bed = new ConsoleBed();
    const path = pathOf('hxy/gpu-1', NOON + HOUR);
    await bed.post(path, { owner: 'li', for: '4h', instance: 'hxy/gpu-2' }, {}, ELSEWHERE);
    expect(bed.source.asked.splice(0)).toMatchObject([{ with: { instance: 'hxy/gpu-1' } }]);
    expect(
      (await bed.post(path, { owner: 'x', for: '4h' }, { origin: 'https://evil.example' }, ELSEWHERE)).status,
    ).toBe(403);
    expect(bed.source.asked).toEqual([]);
  });

  test('has nothing on its page that is of use to those who are signed in alone', async () => {
    const bed = new ConsoleBed();
    const stranger = await text(bed, pathOf('hxy/gpu-1', NOON + HOUR), {}, ELSEWHERE);
    for (const inside of ['<kbd>', 'id="help"', 'data-go']) {
      expect(stranger).not.toContain(inside);
      expect(await text(bed, '/')).toContain(inside);
    }
  });

  test('that is over, forged, or of a machine that is gone says so', async () => {
    const bed = new ConsoleBed();
    const over = await bed.get(pathOf('hxy/gpu-1', NOON), {}, ELSEWHERE);
    expect([over.status, (await over.text()).includes('lamplighter hold hxy/gpu-1')]).toEqual([410, true]);
    const path = pathOf('hxy/gpu-1', NOON + HOUR);
    for (const forged of [`${path}x`, '/hold/nonsense', path.replace('.', '')]) {
      expect((await bed.get(forged, {}, ELSEWHERE)).status).toBe(404);
      expect((await bed.post(forged, { owner: 'x', for: '4h' }, {}, ELSEWHERE)).status).toBe(404);
    }
    bed.control = 'another-control-token';
    expect((await bed.get(path, {}, ELSEWHERE)).status).toBe(404);
    bed.control = null;
    expect((await bed.get(path, {}, ELSEWHERE)).status).toBe(404);
    expect((await new ConsoleBed().get(pathOf('hxy/gone', NOON + HOUR), {}, ELSEWHERE)).status).toBe(404);
    expect(bed.source.asked).toEqual([]);
  });
});

describe('a link that holds what a policy is about to do', () => {
  const links = makeHoldLinks({ baseUrl: 'http://10.0.0.5:8080', key: holdLinkKey(CONTROL) });
  const path = new URL(links.holdMany('hxy', STOP.policy, NOON + HOUR) ?? '').pathname;
  const bedWith = () => {
    const bed = new ConsoleBed();
    const kept = { ...STOP, kind: 'kept' as const, reason: 'hold' };
    bed.console.rows = [
      row({ next: STOP }),
      row({ id: 'gpu-2', name: 'dev-2', next: STOP }),
      row({ id: 'gpu-3', name: 'dev-3', hold: { ...HOLD, instance: 'hxy/gpu-3' } }),
      row({ id: 'gpu-4', name: 'of-another-policy' }),
      row({ id: 'gpu-5', name: 'watched-only' }),
      row({ id: 'gpu-6', name: 'put-out-already', status: 'stopped' }),
      row({ id: 'gpu-1', name: 'of-another-account', account: 'chenyu', next: STOP }),
    ];
    bed.console.coming = {
      'hxy/gpu-1': [STOP],
      'hxy/gpu-2': [{ ...STOP, kind: 'announce' }],
      'hxy/gpu-3': [kept],
      'hxy/gpu-4': [{ ...STOP, policy: 'another' }],
      'hxy/gpu-5': [{ ...STOP, kind: 'observe' }],
      'hxy/gpu-6': [{ ...STOP, action: 'start', reason: 'afterwards' }],
      'chenyu/gpu-1': [STOP],
    };
    return bed;
  };
  const holding = (bed: ConsoleBed, instances: readonly string[], owner = 'li') => {
    const form = new URLSearchParams([['owner', owner], ['for', '4h'], ...instances.map((key) => ['instance', key])]);
    return bed.post(path, form, {}, ELSEWHERE);
  };

  test('shows those machines, ticked, those that are held already, and no other', async () => {
    const html = await text(bedWith(), path, {}, ELSEWHERE);
    for (const key of ['hxy/gpu-1', 'hxy/gpu-2']) expect(html).toContain(`name="instance" value="${key}" checked>`);
    expect(html).toContain('dev-3');
    expect(html).not.toContain('value="hxy/gpu-3"');
    for (const other of ['of-another-policy', 'watched-only', 'put-out-already', 'of-another-account']) {
      expect(html).not.toContain(other);
    }
  });

  test('holds those that are ticked, and says of each what became of it', async () => {
    const bed = bedWith();
    const answer = await holding(bed, ['hxy/gpu-2', 'hxy/gpu-4', 'chenyu/gpu-1']);
    expect(answer.status).toBe(200);
    expect(bed.source.asked).toEqual([
      {
        what: 'hold',
        with: { instance: 'hxy/gpu-2', for: '4h', owner: 'li', reason: 'held by a link from a message' },
      },
    ]);
    const html = await answer.text();
    expect(html).toContain('One machine is held');
    for (const other of ['hxy/gpu-4', 'chenyu/gpu-1']) {
      expect(html).toContain(`${other}</span> <span class="wrong">nothing is coming there any more`);
    }
  });

  test('asks for a machine at least, and keeps what was ticked when something else is wrong', async () => {
    const none = await holding(bedWith(), []);
    expect(none.status).toBe(422);
    expect(await none.text()).toMatch(/aria-describedby="instances-wrong"[\s\S]*Tick at least one machine/);
    const html = await (await holding(bedWith(), ['hxy/gpu-2'], '')).text();
    expect(html).toContain('value="hxy/gpu-2" checked>');
    expect(html).toContain('value="hxy/gpu-1">');
  });

  test('says when it is refused, and when nothing is coming any more', async () => {
    const bed = bedWith();
    bed.source.done = { kind: 'refused', message: 'Redis is away' };
    const refused = await holding(bed, ['hxy/gpu-1']);
    expect([refused.status, (await refused.text()).includes('Redis is away')]).toEqual([409, true]);
    const over = bedWith();
    over.console.coming = {};
    const html = await text(over, path, {}, ELSEWHERE);
    expect(html).toContain('Nothing is coming any more');
    expect(html).not.toContain('<form method="post" class="stack">');
  });
});

describe('what is not as it should be', () => {
  test('a pause, an operation that waits, a check that fails: on top of every page', async () => {
    const bed = new ConsoleBed();
    bed.console.around = {
      ready: true,
      redis: true,
      problems: [{ name: 'paidWork', told: verbatim('frozen') }],
      paused: { by: 'li', reason: 'night', at: NOON },
      escalated: 2,
    };
    const html = await text(bed, '/holds');
    for (const shown of [
      'All acting is paused by li',
      'night',
      '2 operations wait for a person',
      'paidWork',
      'frozen',
    ]) {
      expect(html).toContain(shown);
    }
    expect(html).not.toContain('action="/actions/resume"');
    const cookie = await bed.signIn(VIEWER);
    expect(await text(bed, '/holds', { cookie })).not.toContain('action="/actions/');
  });
});

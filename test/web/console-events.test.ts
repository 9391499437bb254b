import { Hono } from 'hono';
import { html } from 'hono/html';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changesBetween, Events, versionOf } from '../../src/web/console/events.ts';
import { Live } from '../../src/web/console/visit.ts';
import { ConsoleBed, ELSEWHERE, row, VIEWER } from './console-kit.ts';

function liveOf(parts: Readonly<Record<string, string>>, list: readonly string[] = []): Live {
  const live = new Live();
  for (const [id, text] of Object.entries(parts)) void live.part(id, html`<p id="${id}">${text}</p>`);
  void live.list(
    'rows',
    list.map((id) => ({ id, element: html`<li id="${id}">${id}</li>` })),
  );
  return live;
}

describe('what changed', () => {
  test('is what differs, and the order where that did', () => {
    const before = liveOf({ a: '1', b: '1' }, ['x', 'y']);
    expect(changesBetween(before, liveOf({ a: '1', b: '2' }, ['x', 'y']))).toEqual({
      parts: { b: '<p id="b">2</p>' },
      lists: {},
    });
    expect(changesBetween(before, liveOf({ a: '1', b: '1' }, ['y', 'z']))).toEqual({
      parts: { z: '<li id="z">z</li>' },
      lists: { rows: ['y', 'z'] },
    });
    expect(Object.keys(changesBetween(null, before).parts)).toEqual(['a', 'b', 'x', 'y']);
    expect(changesBetween(before, before)).toEqual({ parts: {}, lists: {} });
    expect(versionOf(before)).toBe(versionOf(liveOf({ a: '1', b: '1' }, ['x', 'y'])));
    expect(versionOf(before)).not.toBe(versionOf(liveOf({ a: '1', b: '1' }, ['y', 'x'])));
  });
});

/** Reads events one by one. */
async function* eventsOf(response: Response): AsyncGenerator<{ readonly event: string; readonly data: unknown }> {
  if (response.body === null) return;
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      yield { event: field('event'), data: JSON.parse(field('data')) };
    }
  }
}

describe('a page that is followed', () => {
  let stop: AbortController;
  let events: Events;
  let app: Hono;
  let shown: Live;
  let made: number;
  let isAllowed: boolean;
  /** What making the page comes to; `null`: it is made at once. */
  let rendered: (() => Promise<Live | null>) | null;
  beforeEach(() => {
    stop = new AbortController();
    events = new Events(stop.signal, { lookMs: 5, lateMs: 20 });
    shown = liveOf({ a: '1' });
    made = 0;
    isAllowed = true;
    rendered = null;
    app = new Hono();
    app.get('/', (context) =>
      events.open(context, {
        view: 'one',
        seen: context.req.query('seen') ?? '',
        isStillAllowed: () => isAllowed,
        now: () => 7,
        render: () => {
          made += 1;
          return rendered === null ? Promise.resolve(shown) : rendered();
        },
      }),
    );
  });
  afterEach(() => stop.abort());

  test('is sent whole to whom it is new, and then what changes', async () => {
    const stream = eventsOf(await app.request('/'));
    expect((await stream.next()).value).toEqual({
      event: 'patch',
      data: { now: 7, parts: { a: '<p id="a">1</p>' }, lists: { rows: [] } },
    });
    shown = liveOf({ a: '2' });
    expect((await stream.next()).value).toMatchObject({ data: { parts: { a: '<p id="a">2</p>' }, lists: {} } });
    await stream.return(undefined);
  });

  test('is not sent to whom has it', async () => {
    const stream = eventsOf(await app.request(`/?seen=${versionOf(shown)}`));
    // Only what the time is.
    expect((await stream.next()).value).toEqual({ event: 'now', data: { now: 7 } });
    shown = liveOf({ a: '1', b: 'new' });
    expect((await stream.next()).value).toEqual({
      event: 'patch',
      data: { now: 7, parts: { b: '<p id="b">new</p>' }, lists: {} },
    });
    await stream.return(undefined);
  });

  test('is said not to be live while it cannot be made, and to be live again after', async () => {
    const stream = eventsOf(await app.request(`/?seen=${versionOf(shown)}`));
    expect((await stream.next()).value).toMatchObject({ event: 'now' });
    const redis = Promise.withResolvers<Live>();
    rendered = () => redis.promise;
    expect((await stream.next()).value).toEqual({ event: 'late', data: { now: 7 } });
    rendered = null;
    redis.resolve(shown);
    // Nothing has changed, and that is news.
    expect((await stream.next()).value).toEqual({ event: 'now', data: { now: 7 } });
    rendered = () => Promise.reject(new Error('no Redis'));
    expect((await stream.next()).value).toMatchObject({ event: 'late' });
    rendered = null;
    shown = liveOf({ a: '2' });
    expect((await stream.next()).value).toMatchObject({ event: 'patch', data: { parts: { a: '<p id="a">2</p>' } } });
    // A page that says that nothing is known is no page of what is.
    const makeshift = liveOf({ a: 'no Redis' });
    makeshift.isKnown = false;
    shown = makeshift;
    expect((await stream.next()).value).toMatchObject({ event: 'patch' });
    expect((await stream.next()).value).toMatchObject({ event: 'late' });
    shown = liveOf({ a: '2' });
    expect((await stream.next()).value).toMatchObject({ event: 'patch' });
    await stream.return(undefined);
    // Less than the time after which a word is sent in any case.
  }, 10_000);

  test('ends when the daemon stops, and when whoever looks may no longer', async () => {
    const all = [await app.request('/'), await app.request('/')];
    const streams = all.map((response) => eventsOf(response));
    for (const stream of streams) expect((await stream.next()).done).toBe(false);
    isAllowed = false;
    for (const stream of streams) expect((await stream.next()).done).toBe(true);
    isAllowed = true;
    const last = eventsOf(await app.request('/'));
    await last.next();
    stop.abort();
    expect((await last.next()).done).toBe(true);
    expect((await app.request('/')).status).toBe(503);
  });

  test('is made once for all who see the same, and only so many may look', async () => {
    const many = await Promise.all(Array.from({ length: 100 }, async () => await app.request('/')));
    expect(many.every(({ status }) => status === 200)).toBe(true);
    const refused = await app.request('/');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60']);
    const streams = many.map((response) => eventsOf(response));
    await Promise.all(streams.map((stream) => stream.next()));
    expect(made).toBeLessThan(20);
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  });
});

test('the console sends a page’s own pieces, to whom it shows the page', async () => {
  const bed = new ConsoleBed();
  const cookie = await bed.signIn(VIEWER, ELSEWHERE);
  const page = encodeURIComponent('/?q=dev-1');
  expect((await bed.get(`/events?page=${page}`, {}, ELSEWHERE)).status).toBe(401);
  expect((await bed.get('/events?page=/nowhere', { cookie }, ELSEWHERE)).status).toBe(404);
  bed.console.rows = [row(), row({ id: 'gpu-2', name: 'train' })];
  const response = await bed.get(`/events?page=${page}`, { cookie }, ELSEWHERE);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const stream = eventsOf(response);
  const first = JSON.stringify((await stream.next()).value);
  expect(first).toContain('hxy/gpu-1');
  expect(first).toContain('totals');
  // Not in the filter of the page.
  expect(first).not.toContain('hxy/gpu-2');
  bed.stop.abort();
  expect((await stream.next()).done).toBe(true);
});

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { HuixingyunTokens } from '../../src/providers/huixingyun/tokens.ts';
import { failureOf, forever, SHORT } from './support/clients.ts';
import { type Handler, HttpServer, html, json } from './support/http-server.ts';
import { JumpClock } from './support/jump-clock.ts';

const LOGIN = { username: 'wang', password: 'console-canary' };
const ROW = {
  name: '管理token',
  scope: 'global',
  status: 'active',
  token: 'edfb5419-canary-9093-42c7f731bad1',
  update_at: '2024-06-21T11:22:44+08:00',
  create_at: '2024-06-21T11:22:44+08:00',
};

async function withTokens<T>(
  handler: Handler,
  use: (tokens: HuixingyunTokens, server: HttpServer) => Promise<T>,
): Promise<T> {
  await using server = await new HttpServer(handler).start();
  const tokens = new HuixingyunTokens({
    account: 'hxy',
    baseUrl: server.origin,
    clock: new JumpClock(),
    random: () => 0,
    limits: SHORT,
  });
  try {
    return await use(tokens, server);
  } finally {
    await tokens.close();
  }
}

describe('HX-24: the token calls', () => {
  test('make one, from the object that holds a text of the same name', () =>
    withTokens(
      (_, response) => json(response, { token: ROW }),
      async (tokens, server) => {
        const token = await tokens.generate(LOGIN, '管理token', forever());
        expect(server.requests[0]).toMatchObject({ url: '/generate/token' });
        expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ ...LOGIN, name: '管理token' });
        expect(server.requests[0]?.headers.authorization).toBeUndefined();
        expect(token.reveal()).toBe(ROW.token);
        expect(token).toMatchObject({ name: '管理token', scope: 'global', status: 'active', ending: '…bad1' });
        expect(token.createdAt).toBe(Date.parse(ROW.create_at));
        expect(inspect(token, { showHidden: true }) + JSON.stringify(token)).not.toContain('canary');
      },
    ));

  test('list all of them or none', () =>
    withTokens(
      (_, response, count) => json(response, { tokens: count === 1 ? [ROW, ROW] : [ROW, {}] }),
      async (tokens) => {
        expect(await tokens.list(LOGIN, forever())).toHaveLength(2);
        expect((await failureOf(tokens.list(LOGIN, forever()))).kind).toBe('protocol');
      },
    ));

  test('delete one', () =>
    withTokens(
      (_, response, count) => json(response, { success: count === 1 }),
      async (tokens, server) => {
        await tokens.delete(LOGIN, ROW.token, forever());
        expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ ...LOGIN, token: ROW.token });
        expect((await failureOf(tokens.delete(LOGIN, ROW.token, forever()))).kind).toBe('protocol');
        await expect(tokens.delete(LOGIN, 'a,b', forever())).rejects.toThrow();
      },
    ));

  test('are sent once, whatever comes, and tell neither password nor token', () =>
    withTokens(
      (request, response, count) =>
        count === 1 ? html(response, 502) : json(response, { message: request.body }, 401),
      async (tokens, server) => {
        const broken = await failureOf(tokens.generate(LOGIN, 'x', forever()));
        expect(broken.kind).toBe('uncertain');
        const refused = await failureOf(tokens.list(LOGIN, forever()));
        expect(refused.kind).toBe('unauthorised');
        expect(server.requests).toHaveLength(2);
        for (const thing of [broken, refused, tokens])
          expect(inspect(thing, { depth: 9, showHidden: true })).not.toContain('canary');
      },
    ));
});

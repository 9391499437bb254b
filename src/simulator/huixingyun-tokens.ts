import { ok } from './answer.ts';
import { idsArg, textArg } from './args.ts';
import type { Endpoint } from './endpoint.ts';
import { randomUuid } from './random.ts';
import { toShanghaiRfc3339 } from './shanghai-time.ts';
import type { SimToken } from './sim-account.ts';

function tokenRow(token: SimToken): unknown {
  const madeAt = toShanghaiRfc3339(token.createdAt);
  return {
    name: token.name,
    scope: 'global',
    status: 'active',
    token: token.token,
    update_at: madeAt,
    create_at: madeAt,
  };
}

/** Token management by console login (慧星云 API doc, Token管理). The login has been checked before these are reached. */
export const huixingyunTokens: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/generate/token',
    operation: 'token-create',
    access: 'password',
    handle: ({ account, args, at }) => {
      const name = textArg(args, 'name');
      if (name === null) return { kind: 'object', status: 400, body: { message: 'name is required' } };
      const token: SimToken = { name, token: randomUuid(account.random), createdAt: at };
      account.tokens = [...account.tokens, token];
      return ok({ token: tokenRow(token) });
    },
  },
  {
    method: 'POST',
    path: '/delete/token',
    operation: 'token-delete',
    access: 'password',
    handle: ({ account, args }) => {
      const gone = new Set(idsArg(args, 'token'));
      const left = account.tokens.filter((token) => !gone.has(token.token));
      const deleted = account.tokens.length - left.length;
      account.tokens = left;
      return ok({ success: gone.size > 0 && deleted === gone.size });
    },
  },
  {
    method: 'POST',
    path: '/all/tokens',
    operation: 'token-list',
    access: 'password',
    handle: ({ account }) => ok({ tokens: account.tokens.map(tokenRow) }),
  },
];

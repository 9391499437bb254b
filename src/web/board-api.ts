import { Hono } from 'hono';
import { formatYuan } from '../fleet/money.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import { type BoardSource, MONEY_RANGES, type MoneyPoint, type QueueBoard } from './console/board-source.ts';
import type { WebEnv } from './own-host.ts';

/** What the console shows of money over time and of the queues, for programs. */
export function boardApi(boards: BoardSource): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  app.get('/api/v1/accounts/:account/history', async (context) => {
    const { account } = context.req.param();
    const asked = context.req.query('range') ?? '6h';
    const range = MONEY_RANGES.find((each) => each === asked);
    if (range === undefined) {
      const message = `range is one of ${MONEY_RANGES.join(', ')}, not "${asked.slice(0, 100)}"`;
      return context.json({ error: { code: 'invalid', message } }, 400);
    }
    if ((await boards.account(account)) === null) {
      return context.json({ error: { code: 'not-found', message: `there is no account ${account}` } }, 404);
    }
    const points = await boards.money(account, range);
    return context.json({ items: points.map(pointView), next: null });
  });
  app.get('/api/v1/queues', async (context) => {
    const queues = await boards.queues();
    return context.json({ items: queues.map(queueView), next: null });
  });
  return app;
}

function pointView({ at, balanceFen, burnFenPerHour, runwayMs }: MoneyPoint) {
  return {
    at: rfc3339(at),
    balanceYuan: balanceFen === null ? null : formatYuan(balanceFen),
    burnYuanPerHour: burnFenPerHour === null ? null : formatYuan(burnFenPerHour),
    runwaySeconds: runwayMs === null ? null : Math.round(runwayMs / 1000),
  };
}

function queueView(board: QueueBoard) {
  const { queue, waiting, active, delayed, retrying, failed, oldestMs, completed, gaveUp, failures } = board;
  const sum = (counts: readonly number[]) => counts.reduce((all, each) => all + each, 0);
  return {
    queue,
    waiting,
    active,
    delayed,
    retrying,
    failed,
    oldestSeconds: oldestMs === null ? null : Math.round(oldestMs / 1000),
    completedLastHour: sum(completed),
    gaveUpLastHour: sum(gaveUp),
    failures: failures.map(({ jobId, agoMs, attempts, reason, about }) => ({
      jobId,
      secondsAgo: agoMs === null ? null : Math.round(agoMs / 1000),
      attempts,
      reason,
      ...about,
    })),
  };
}

import { z } from 'zod';

const SAMPLE = z.tuple([z.number(), z.string()]);
const ANSWER = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(SAMPLE),
      }),
    ),
  }),
});

/** A rate needs two scrapes, Grafana asks for four, and a busy machine may be late with one. */
const RATE_INTERVAL = '4s';

/** As Grafana would ask, with everything chosen. */
export function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', RATE_INTERVAL)
    .replaceAll(/\[\d+m\]/g, `[${RATE_INTERVAL}]`)
    .replaceAll('"$job"', '"lamplighter"')
    .replaceAll('"$account"', '".+"');
}

/** Without what only keeps a panel from being empty where nothing is wrong. */
export function bare(expr: string): string {
  return expr.replace(/ or vector\(0\)$/, '').replace(/ (?:> 0|== 1)(?=$| and on)/, '');
}

/**
 * The numbers that Prometheus answers with for each second of the last two minutes: at any one of them a busy machine may have
 * been too slow for a scrape, and then a series is gone. @throws Error with the refusal
 */
export async function numbers(origin: string, expr: string): Promise<readonly number[]> {
  const now = Date.now() / 1000;
  const parameters = new URLSearchParams({ query: expr, start: `${now - 120}`, end: `${now}`, step: '1' });
  const response = await fetch(`${origin}/api/v1/query_range?${parameters.toString()}`);
  if (!response.ok) throw new Error(`${expr}: ${await response.text()}`);
  const { data } = ANSWER.parse(await response.json());
  return data.result
    .flatMap(({ values }) => values)
    .map(([, text]) => Number(text))
    .filter(Number.isFinite);
}

const RULES = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            name: z.string(),
            health: z.enum(['ok', 'unknown', 'err']),
            lastError: z.string().optional(),
            state: z.string().optional(),
          }),
        ),
      }),
    ),
  }),
});

/** Every rule, how its last evaluation went, and whether it is raised. */
export async function rulesOf(
  origin: string,
): Promise<readonly z.infer<typeof RULES>['data']['groups'][number]['rules'][number][]> {
  const { data } = RULES.parse(await (await fetch(`${origin}/api/v1/rules`)).json());
  return data.groups.flatMap(({ rules }) => rules);
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/app/clock.ts';
import { PROVIDER_KINDS } from '../../src/fleet/provider-kind.ts';
import { INCOMPLETE_REASONS } from '../../src/fleet/snapshot.ts';
import { BILLINGS, STATUSES } from '../../src/fleet/status.ts';
import { ProviderError } from '../../src/providers/port.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { anyJson, inherited, spoiling, spoilt } from '../support/mutate.ts';
import { forever } from './support/clients.ts';
import { HttpServer } from './support/http-server.ts';
import { SUBJECTS, type Subject } from './support/subjects.ts';

const TOKEN = 'c0ffee00-fuzz-canary-4444-2cd2e6a0ae30';
const PASSWORD = 'root-password-canary-of-fuzz';
/** The same cases on every machine and in every run. */
const SEED = 20_251_122;
/** Of one list, decoded or refused. Far more than it takes; an answer that makes us think for long is an attack. */
const MOST_CPU_MS = 400;

/** The range of a JavaScript date. */
const time = z.number().int().min(-8.64e15).max(8.64e15).nullable();
const text = z.string();
const instance = z
  .strictObject({
    account: z.literal('one'),
    provider: z.enum(PROVIDER_KINDS),
    id: z.string().regex(/^[\x21-\x2b\x2d-\x7e]{1,128}$/),
    name: text,
    status: z.enum(STATUSES),
    rawStatus: text,
    billing: z.enum(BILLINGS),
    rawBilling: text,
    gpu: text,
    gpuCount: z.number().int().positive().nullable(),
    gpuType: text,
    room: text,
    createdAt: time,
    startedAt: time,
    expiresAt: time,
    hourlyFen: z.number().int().nonnegative().nullable(),
    orderId: text.nullable(),
    imageId: text.nullable(),
    savingImage: z.boolean(),
    shutdownTimerAt: time,
    services: z.array(
      z.strictObject({ title: text, url: z.string().regex(/^[a-z][a-z0-9+.-]*:\/\/[^@?#\s]+$/i), kind: text }),
    ),
    problems: z.array(text),
  })
  .refine(({ problems, status }) => problems.length === 0 || status === 'unknown', 'half read, and yet believed');
const listing = z
  .strictObject({
    startedAt: z.number(),
    finishedAt: z.number(),
    instances: z.array(instance),
    incomplete: z.enum(INCOMPLETE_REASONS).nullable(),
    serverTimeAt: time,
  })
  .refine(({ instances }) => new Set(instances.map(({ id }) => id)).size === instances.length, 'one id twice');
const OUTCOMES = new Set(['accepted', 'rejected', 'unauthorised', 'throttled', 'not-sent', 'uncertain']);

/** What a real listing of this cloud says, request by request. */
async function realAnswers(subject: Subject): Promise<ReadonlyMap<string, string>> {
  const now = systemClock.now();
  const instances = subject.seeds(now).map((seed) => ({ ...seed, password: PASSWORD, jupyterToken: PASSWORD }));
  const cloud = new Simulator({
    clock: systemClock,
    accounts: [{ name: 'one', provider: subject.kind, token: TOKEN, balanceFen: 1_000_000, instances }],
  });
  await cloud.start();
  const answers = new Map<string, string>();
  await using front = await new HttpServer((request, response) => {
    void fetch(`${cloud.origin}${request.url}`, {
      method: request.method,
      headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
      ...(request.body === '' ? {} : { body: request.body }),
    })
      .then((answer) => answer.text())
      .then((body) => {
        answers.set(`${request.url} ${request.body}`, body);
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      });
  }).start();
  const provider = subject.open({ baseUrl: front.origin, token: TOKEN, account: 'one' });
  await provider.list(forever());
  await provider.close();
  await cloud.stop();
  return answers;
}

async function harmless(work: () => Promise<unknown>): Promise<void> {
  const before = process.threadCpuUsage();
  try {
    const value = await work();
    const found = JSON.stringify(value);
    expect(found).not.toContain(PASSWORD);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    expect(error.message).not.toContain(TOKEN);
  }
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
}

describe.each(SUBJECTS)('$kind', (subject) => {
  test('a list that is spoilt is a valid one or a located error', { timeout: 30_000 }, async () => {
    const answers = await realAnswers(subject);
    const before = inherited();
    let body = (_key: string) => '';
    await using cloud = await new HttpServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body(`${request.url} ${request.body}`));
    }).start();
    await using provider = closing(subject.open({ baseUrl: cloud.origin, token: TOKEN, account: 'one' }));
    let complete = 0;
    await fc.assert(
      fc.asyncProperty(
        spoiling,
        fc.nat(20),
        anyJson,
        fc.integer({ min: 0, max: 9 }),
        async (how, which, json, chance) => {
          const keys = [...answers.keys()];
          const victim = keys[which % keys.length];
          body = (key) => {
            const real = answers.get(key) ?? answers.get(keys[0] ?? '') ?? '{}';
            if (key !== victim) return real;
            return chance === 0 ? JSON.stringify(json) : spoilt(real, how);
          };
          await harmless(async () => {
            const got = await provider.value.list(forever());
            expect(listing.safeParse(got).error?.issues ?? []).toEqual([]);
            if (got.incomplete === null) complete += 1;
            return got;
          });
        },
      ),
      { numRuns: 100, seed: SEED },
    );
    // Some spoil what nobody reads, so the check is not only about errors.
    expect(complete).toBeGreaterThan(10);
    expect(inherited()).toBe(before);
    expect('polluted' in {}).toBe(false);
  });

  test('whatever is answered to an action, it is one of the outcomes, and what is no answer proves nothing', async () => {
    let body = '';
    await using cloud = await new HttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    }).start();
    await using provider = closing(subject.open({ baseUrl: cloud.origin, token: TOKEN, account: 'one' }));
    await fc.assert(
      fc.asyncProperty(fc.nat(30), anyJson, async (which, json) => {
        const act = subject.acts[which % subject.acts.length];
        if (act === undefined) return;
        body = JSON.stringify(json);
        await harmless(async () => {
          const outcome = await provider.value.act(act.id, act.call, { signal: forever(), gate: () => true });
          expect(OUTCOMES).toContain(outcome.kind);
          // No arbitrary JSON names the instance that was asked about.
          if (outcome.kind === 'accepted') expect(body).toMatch(/"code":0|"success":true/);
          return outcome;
        });
      }),
      { numRuns: 60, seed: SEED },
    );
  });
});

function closing<T extends { close(): Promise<void> }>(value: T) {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}

import { z } from 'zod';
import { acceleratedClock, systemClock } from './clocks.ts';
import { demoFleet } from './demo-fleet.ts';
import { fleetOfSize } from './fleet-size.ts';
import { seededRandom } from './random.ts';
import { DEFAULT_RULES, rulesWithDelay } from './rules.ts';
import { Simulator } from './simulator.ts';

const count = z.int().min(0).max(1_000_000);
const settings = z.strictObject({
  port: z.int().min(0).max(65_535).default(0),
  fleet: z
    .union([
      z.literal('demo'),
      z.strictObject({
        huixingyun: count.default(0),
        chenyu: count.default(0),
        'chenyu-v1': count.default(0),
      }),
    ])
    .default('demo'),
  /** All transitions take this long; default: the rules' own durations. */
  actionDelayMs: z.int().min(0).optional(),
  /** Largest page that chenyu serves. */
  pageLimit: z.int().min(1).optional(),
  seed: z.int().default(1),
  /** How many times faster than real time the clock runs. */
  speed: z.number().positive().default(1),
});

/**
 * The simulator as a process of its own: `node main.ts '{"fleet":{"huixingyun":10000}}'`. Prints one JSON line with the origin
 * and the accounts' (fake) tokens when it is ready, and ends on SIGTERM, SIGINT or when its stdin closes, so that it never outlives
 * whoever started it.
 */
async function main(argument: string | undefined): Promise<void> {
  const wanted = settings.parse(JSON.parse(argument ?? '{}'));
  const now = systemClock.now();
  const fleet = wanted.fleet === 'demo' ? demoFleet(now) : fleetOfSize(wanted.fleet, now);
  const { pageLimit } = wanted;
  const simulator = new Simulator({
    clock: acceleratedClock({ startAt: now, speed: wanted.speed }),
    random: seededRandom(wanted.seed),
    accounts: pageLimit === undefined ? fleet : fleet.map((account) => ({ ...account, pageLimit })),
    rules: wanted.actionDelayMs === undefined ? DEFAULT_RULES : rulesWithDelay(wanted.actionDelayMs),
    port: wanted.port,
  });
  await simulator.start();
  const accounts = simulator.accounts.map((account) => ({
    name: account.name,
    provider: account.provider,
    token: account.tokens[0]?.token,
  }));
  // Listening for the end comes before saying "ready": whoever started it may end it at once.
  const ended = new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
    process.stdin.once('end', resolve).once('close', resolve).once('error', resolve).resume();
  });
  process.stdout.write(`${JSON.stringify({ origin: simulator.origin, accounts })}\n`);
  await ended;
  await simulator.stop();
  process.stdin.destroy();
}

try {
  await main(process.argv[2]);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

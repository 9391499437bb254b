import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { add, type Failure, nothing, type Result, runSeeds, type Seeds, type Sum } from './run-seeds.ts';
import { simulate } from './simulation.ts';

const USAGE = `node test/simulation/main.ts [--seeds N] [--from S] [--threads N] [--trace]

Runs the ledger and the processors on a virtual clock, store, queue and cloud, N seeds from S on, and checks the invariants
after every step. --trace runs the one seed S and prints everything that happened.
`;

const ROWS: readonly (readonly [keyof Sum, string])[] = [
  ['steps', 'steps'],
  ['kills', 'processes killed'],
  ['pauses', 'processes stopped and continued'],
  ['rollbacks', 'times the store came back older'],
  ['operations', 'operations'],
  ['sends', 'requests on the wire'],
  ['commits', 'carried out by the cloud'],
  ['confirmed', 'confirmed'],
  ['rejected', 'rejected'],
  ['escalated', 'in front of a person'],
  ['doubles', 'doubles'],
  ['lost', 'lost'],
];

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${name} ${text}: a whole number from 1 on is wanted`);
}

async function inThreads(from: number, count: number, threads: number): Promise<readonly Result[]> {
  const each = Array.from({ length: threads }, (_, index) => {
    const seeds: Seeds = {
      from: from + index,
      step: threads,
      count: Math.floor((count - index + threads - 1) / threads),
    };
    return new Promise<Result>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: seeds, argv: [] });
      worker.once('message', (result: Result) => resolve(result));
      worker.once('error', reject);
    });
  });
  return await Promise.all(each);
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '10000' },
      from: { type: 'string', default: '1' },
      threads: { type: 'string', default: '2' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const from = wholeNumber('from', values.from);
  if (values.trace) {
    const { trace, breach } = await simulate(from, {}, true);
    process.stdout.write(`${trace.join('\n')}\n`);
    process.stderr.write(breach === null ? `seed ${from}: all is well\n` : `seed ${from}: ${breach.message}\n`);
    return breach === null ? 0 : 1;
  }
  const count = wholeNumber('seeds', values.seeds);
  const threads = Math.min(count, wholeNumber('threads', values.threads));
  process.stdout.write(`seeds ${from} to ${from + count - 1} in ${threads} threads\n`);
  const began = performance.now();
  const results = await inThreads(from, count, threads);
  const minutes = (performance.now() - began) / 60_000;
  const sum = nothing();
  const failures: Failure[] = [];
  for (const result of results) {
    add(sum, result.sum);
    failures.push(...result.failures);
  }
  for (const [field, words] of ROWS) process.stdout.write(`${String(sum[field]).padStart(10)}  ${words}\n`);
  process.stdout.write(`${String(Math.round(count / minutes)).padStart(10)}  seeds a minute\n`);
  for (const { seed, message } of failures.sort((a, b) => a.seed - b.seed)) {
    process.stderr.write(`seed ${seed}: ${message}\n  again: node test/simulation/main.ts --from ${seed} --trace\n`);
  }
  return failures.length === 0 ? 0 : 1;
}

if (isMainThread) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'it failed'}\n${USAGE}`);
    process.exitCode = 2;
  }
} else {
  const seeds: Seeds = workerData;
  parentPort?.postMessage(await runSeeds(seeds));
}

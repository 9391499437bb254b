/**
 * Measures what the daemon promises of its speed and size, each as a ratio or a limit within this one run:
 * `node test/bench/main.ts [NAME…]`. Prints a table, writes bench-results.json, and exits 1 when a target is missed.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { z } from 'zod';
import { BENCHES, type BenchName, isBenchName } from './benches.ts';
import { ROOT } from './processes.ts';
import { holds, type Row, ratioOf, UNITS } from './rows.ts';
import { digits } from './statistics.ts';

const rowsSchema = z.array(
  z.object({
    what: z.string(),
    measured: z.number(),
    unit: z.enum(UNITS),
    target: z.object({ kind: z.enum(['at-most', 'at-least']), limit: z.number() }).nullable(),
    detail: z.string(),
  }),
);

/** One bench may take so long, so that all of them end whatever hangs; on an idle machine each takes half a minute. */
const LONGEST_MS = 120_000;

interface Result {
  readonly bench: BenchName;
  readonly seconds: number;
  readonly rows: readonly Row[];
  /** Why there are no rows. */
  readonly failure: string | null;
}

/** Each in a process of its own: the heap of one would slow the next. */
async function runBench(bench: BenchName): Promise<Result> {
  const startedAt = performance.now();
  const child = fork(join(import.meta.dirname, 'one.ts'), [bench], {
    // What is measured of memory is measured as the daemon is started; the others only compute.
    execArgv: ['--disable-warning=ExperimentalWarning', ...(bench === 'probes' ? ['--max-semi-space-size=8'] : [])],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    end();
  }, LONGEST_MS);
  let rows: readonly Row[] | null = null;
  child.on('message', (message) => {
    rows = rowsSchema.parse(message);
  });
  const [code, signal] = await once(child, 'exit');
  clearTimeout(late);
  process.removeListener('exit', end);
  const seconds = (performance.now() - startedAt) / 1000;
  const why = isLate ? `it took longer than ${LONGEST_MS / 1000} s` : `it ended with ${String(code ?? signal)}`;
  const failure = rows === null ? `${why} and measured nothing` : null;
  return { bench, seconds, rows: rows ?? [], failure };
}

function table(results: readonly Result[]): string {
  const grid = new Table({ head: ['what', 'measured', 'target', 'of target', ''], style: { head: [], border: [] } });
  for (const { bench, rows, failure } of results) {
    if (failure !== null) grid.push([bench, failure, '', '', 'missed']);
    for (const row of rows) {
      const held = holds(row);
      const ratio = ratioOf(row);
      // As a number, so that a whole one has no places.
      const bound = row.target && Number(digits(row.target.limit));
      const limit = row.target && `${row.target.kind === 'at-most' ? '≤' : '≥'} ${bound} ${row.unit}`;
      grid.push([
        `${row.what}\n  ${row.detail}`,
        `${digits(row.measured)} ${row.unit}`,
        limit ?? '',
        ratio === null ? '' : `${digits(ratio)}×`,
        held === null ? '' : held ? 'ok' : 'missed',
      ]);
    }
  }
  return `${grid.toString()}\n`;
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !isBenchName(name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no bench ${unknown.join(', ')}; there are ${BENCHES.join(', ')}\n`);
    return 2;
  }
  const wanted = names.length === 0 ? BENCHES : names.filter(isBenchName);
  const results: Result[] = [];
  for (const bench of wanted) {
    process.stderr.write(`${bench}…\n`);
    results.push(await runBench(bench));
  }
  process.stdout.write(table(results));
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: cpus().length, load: loadavg() };
  const report = {
    at: new Date().toISOString(),
    machine,
    benches: results.map(({ bench, seconds, rows, failure }) => ({
      bench,
      seconds: Math.round(seconds * 10) / 10,
      failure,
      rows: rows.map((row) => ({ ...row, ratio: ratioOf(row), ok: holds(row) })),
    })),
  };
  await writeFile(join(ROOT, 'bench-results.json'), `${JSON.stringify(report, null, 2)}\n`);
  const missed = results.some(({ rows, failure }) => failure !== null || rows.some((row) => holds(row) === false));
  return missed ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));

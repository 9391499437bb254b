import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { newFolder } from './folder.ts';

export interface PrometheusOptions {
  readonly job?: string;
  /** Between two scrapes, and between two evaluations of the rules. */
  readonly every?: string;
  /** Absolute paths of rule files. */
  readonly rules?: readonly string[];
}

export interface TestPrometheus extends AsyncDisposable {
  readonly origin: string;
}

/**
 * A real Prometheus that scrapes one target every second, unless told otherwise. It looks for targets five seconds after its start, so
 * that one that is still being started may come later. @throws Error saying what to install where it is absent, and what it said where
 * it ended
 */
export async function startPrometheus(
  target: string | Promise<string>,
  options: PrometheusOptions = {},
): Promise<TestPrometheus> {
  if (typeof target === 'string') return await startOn(target, options);
  const front = await startFront(target);
  const prometheus = await startOn(front.origin, options);
  return {
    origin: prometheus.origin,
    async [Symbol.asyncDispose]() {
      await prometheus[Symbol.asyncDispose]();
      await front.stop();
    },
  };
}

/** Hands on what it is asked to a place that is known later. */
async function startFront(target: Promise<string>) {
  const server = createHttpServer((request, response) => {
    void target
      .then(async (origin) => {
        const answer = await fetch(new URL(request.url ?? '/', origin));
        const body = Buffer.from(await answer.arrayBuffer());
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(body);
      })
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function startOn(target: string, options: PrometheusOptions): Promise<TestPrometheus> {
  const { job = 'gpu', every = '1s', rules = [] } = options;
  const folder = await newFolder('lamplighter-prometheus-');
  const config = join(folder, 'prometheus.yml');
  const jobs = [{ job_name: job, static_configs: [{ targets: [new URL(target).host] }] }];
  // YAML is a superset of JSON.
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
      rule_files: rules,
      scrape_configs: jobs,
    }),
  );
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  await once(child, 'spawn').catch((cause: unknown) => {
    throw new Error('prometheus is not on the PATH; install it (on Debian or Ubuntu: apt-get install prometheus)', {
      cause,
    });
  });
  const closed = once(child, 'close');
  const said = text(child.stderr);
  return {
    origin,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await closed;
      await said;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Prometheus cannot be asked which port it took, so it is told a free one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port is free');
  return address.port;
}

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

/** A request as it came over the wire. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string;
  readonly body: unknown;
}

/** What is answered: a value as JSON with 200, or a whole answer. */
export type Script = (request: SeenRequest) => unknown;

export class WholeAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.text = text;
    this.headers = headers;
  }
}

export interface ScriptedCloud extends AsyncDisposable {
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
  /** The bodies and queries sent to one path. */
  sent(path: string): readonly unknown[];
}

/** A cloud on loopback that answers by path with what the test says; anything else is a 404 page. */
export async function scriptedCloud(scripts: Readonly<Record<string, Script>>): Promise<ScriptedCloud> {
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    void seen(incoming).then((request) => {
      requests.push(request);
      const script = scripts[request.path];
      const answer = script === undefined ? new WholeAnswer(404, '<html>not here</html>') : script(request);
      if (answer instanceof WholeAnswer) outgoing.writeHead(answer.status, answer.headers).end(answer.text);
      else outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    sent: (path) => requests.filter((request) => request.path === path).map((request) => request.body ?? request.query),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function seen(incoming: IncomingMessage): Promise<SeenRequest> {
  const url = new URL(incoming.url ?? '/', 'http://cloud.invalid');
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    authorization: incoming.headers.authorization ?? '',
    body: text === '' ? null : JSON.parse(text),
  };
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';

const NOTIFICATION = z.object({
  id: z.string(),
  version: z.literal(1),
  event: z.string(),
  severity: z.string(),
  at: z.string(),
  account: z.string().nullable(),
  provider: z.string().nullable(),
  instance: z.object({ id: z.string(), name: z.string(), status: z.string() }).nullable(),
  policy: z.string().nullable(),
  action: z.string().nullable(),
  occurrence: z.string().nullable(),
  reason: z.string().nullable(),
  text: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type Told = z.infer<typeof NOTIFICATION>;

/** Receives notifications as somebody's webhook does: notes every delivery, keeps one of each id. */
export class Receiver {
  /** Every delivery that was answered with 2xx, repetitions included. */
  readonly deliveries: Told[] = [];
  /** Every body that came, taken or not. */
  readonly bodies: string[] = [];
  /** With these the next deliveries are answered; afterwards 204. */
  readonly refusals: number[] = [];
  readonly #onRequest: () => void;
  readonly #server = createServer((request, response) => {
    void this.#take(request, response);
  });

  constructor(onRequest: () => void) {
    this.#onRequest = onRequest;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver does not listen');
    return `http://127.0.0.1:${address.port}/hook`;
  }

  /** What was told, each id once, of one event or of all. */
  told(event?: string): readonly Told[] {
    const first = new Map(this.deliveries.toReversed().map((told) => [told.id, told]));
    return this.deliveries.filter(
      (told) => first.get(told.id) === told && (event === undefined || told.event === event),
    );
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    this.bodies.push(text);
    const refusal = this.refusals.shift();
    if (refusal === undefined) this.deliveries.push(NOTIFICATION.parse(JSON.parse(text)));
    response.writeHead(refusal ?? 204).end();
    this.#onRequest();
  }
}

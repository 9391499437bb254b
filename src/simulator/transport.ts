import type { ServerResponse } from 'node:http';
import { type Answer, render } from './answer.ts';
import type { FaultKind } from './faults.ts';

// The size that reliability tests ask for: larger than any honest listing by far.
const HUGE_BYTES = 500_000_000;
const BLANKS = Buffer.alloc(64 * 1024, ' ');

function head(answer: Answer): { status: number; type: string } {
  if (answer.kind === 'html') return { status: answer.status, type: 'text/html; charset=utf-8' };
  return { status: answer.kind === 'object' ? answer.status : 200, type: 'application/json' };
}

/** Sends an answer whole. */
export function send(response: ServerResponse, answer: Answer, headers: Record<string, string> = {}): void {
  const { status, type } = head(answer);
  const body = render(answer);
  response.writeHead(status, { 'content-type': type, 'content-length': body.length, ...headers });
  response.end(body);
}

/** Sends an answer the way a transport fault says; whole if the fault is none of the transport's. */
export function sendThrough(response: ServerResponse, answer: Answer, fault: FaultKind): void {
  const { status, type } = head(answer);
  if (fault.kind === 'truncated') {
    const body = render(answer);
    // Without a length and without chunks, only the closed connection tells where the body ends.
    response.removeHeader('transfer-encoding');
    response.writeHead(status, { 'content-type': type, connection: 'close' });
    response.end(body.subarray(0, fault.bytes ?? Math.floor(body.length / 2)));
  } else if (fault.kind === 'slow-drip') {
    response.writeHead(status, { 'content-type': type });
    drip(response, render(answer), fault.chunkBytes ?? 1, fault.everyMs ?? 1000);
  } else if (fault.kind === 'huge-body') {
    response.writeHead(status, { 'content-type': type });
    response.write(render(answer));
    flood(response, fault.bytes ?? HUGE_BYTES);
  } else {
    send(response, answer);
  }
}

/** Real time, not the simulator's clock: a slow network is slow for whoever waits. */
function drip(response: ServerResponse, body: Buffer, chunkBytes: number, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sent, sent + chunkBytes));
    sent += chunkBytes;
    if (sent >= body.length) response.end();
  }, everyMs);
  response.once('close', () => clearInterval(timer));
  response.once('finish', () => clearInterval(timer));
}

function flood(response: ServerResponse, bytes: number): void {
  let left = bytes;
  const pour = () => {
    while (left > 0 && !response.destroyed) {
      const chunk = BLANKS.subarray(0, Math.min(left, BLANKS.length));
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', pour);
        return;
      }
    }
    response.end();
  };
  pour();
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, ok } from './answer.ts';
import type { Args } from './args.ts';
import { assertNever } from './assert-never.ts';
import type { Api } from './endpoint.ts';
import type { ChosenFault, EffectTime, FaultKind } from './faults.ts';
import type { SimCall } from './history.ts';
import type { SimulatedAccount } from './simulated-account.ts';
import { spoil } from './spoil.ts';
import { send, sendThrough } from './transport.ts';

/** A request that has been understood and is about to be answered, well or badly. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly call: SimCall;
  /** null when the credentials were wrong, or for an instance's Jupyter. */
  readonly account: SimulatedAccount | null;
  readonly args: Args;
  readonly origin: string;
  readonly now: () => number;
  /** Carries the request out. */
  readonly run: (args: Args) => Answer;
  /** The answer of a cloud that will act later, where the operation allows one. */
  readonly accept: (() => { readonly answer: Answer; readonly args: Args }) | null;
  /** The API's ways of saying no. */
  readonly no: Pick<Api, 'unauthorised' | 'refused' | 'systemFault'>;
}

const BAD_GATEWAY = '<html><head><title>Bad Gateway</title></head><body>nginx</body></html>';
const WEB_PAGE =
  '<!DOCTYPE html><html><head><title>系统维护中</title></head><body>系统维护中，请稍后再试</body></html>';

/** Answers without anything going wrong. */
export function answerWell(exchange: Exchange): void {
  finish(exchange, exchange.run(exchange.args));
}

function finish(exchange: Exchange, answer: Answer, headers?: Record<string, string>): void {
  send(exchange.response, answer, headers);
  exchange.call.status = exchange.response.statusCode;
}

/** Breaks the connection off: the caller cannot know how far its request got. */
export function breakOff(exchange: Exchange): void {
  exchange.request.socket.destroy();
}

/** Answers the way a fault wants it. */
export function answerBadly(exchange: Exchange, fault: ChosenFault): void {
  const { spec } = fault;
  exchange.call.fault = spec.kind;
  switch (spec.kind) {
    case 'lost-answer':
      exchange.run(exchange.args);
      breakOff(exchange);
      return;
    case 'reset':
      breakOff(exchange);
      return;
    case 'http-status':
      takeEffect(exchange, spec.effect ?? 'never');
      finish(exchange, { kind: 'html', status: spec.status, text: BAD_GATEWAY }, retryAfter(spec.retryAfter));
      return;
    case 'throttled': {
      const body = { message: 'too many requests' };
      finish(exchange, { kind: 'object', status: 429, body }, retryAfter(spec.retryAfter));
      return;
    }
    case 'html':
      takeEffect(exchange, spec.effect ?? 'never');
      finish(exchange, { kind: 'html', status: 200, text: WEB_PAGE });
      return;
    case 'empty-object':
      takeEffect(exchange, spec.effect ?? 'never');
      finish(exchange, ok({}));
      return;
    case 'hang':
      hang(exchange, fault, spec.effect ?? 'never');
      return;
    case 'delayed-effect':
      finish(exchange, takeEffect(exchange, { afterMs: spec.delayMs }) ?? ok({}));
      return;
    case 'redirect': {
      const location = spec.location ?? `${exchange.origin}/redirected`;
      finish(exchange, { kind: 'html', status: 307, text: '' }, { location });
      return;
    }
    case 'unauthorised':
      finish(exchange, exchange.no.unauthorised());
      return;
    case 'refused': {
      const accepted = exchange.accept?.().answer;
      const ids = accepted?.kind === 'ids' ? accepted.success : null;
      finish(exchange, ids === null ? exchange.no.refused() : { kind: 'ids', success: [], fails: ids });
      return;
    }
    case 'system-fault':
      takeEffect(exchange, spec.effect ?? 'never');
      finish(exchange, exchange.no.systemFault());
      return;
    case 'repeat-page':
      finish(exchange, exchange.run({ ...exchange.args, page: 1 }));
      return;
    case 'partial-page':
    case 'wrong-total':
    case 'empty-list':
    case 'bad-row':
    case 'status-word':
    case 'wrong-id':
    case 'both-lists':
    case 'neither-list':
      finish(exchange, spoil(exchange.run(exchange.args), spec));
      return;
    case 'truncated':
    case 'slow-drip':
    case 'huge-body':
      through(exchange, exchange.run(exchange.args), spec);
      return;
    default:
      assertNever(spec);
  }
}

function through(exchange: Exchange, answer: Answer, spec: FaultKind): void {
  sendThrough(exchange.response, answer, spec);
  exchange.call.status = exchange.response.statusCode;
}

function retryAfter(value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { 'retry-after': value };
}

/** Lets the request take effect now, never, or later by the clock; the honest answer, if there is one yet. */
function takeEffect(exchange: Exchange, effect: EffectTime): Answer | null {
  if (effect === 'never') return null;
  const later = effect === 'now' ? null : (exchange.accept?.() ?? null);
  // Reads and refused credentials have nothing to put off.
  if (effect === 'now' || later === null || exchange.account === null) return exchange.run(exchange.args);
  exchange.account.defer({
    at: exchange.now() + effect.afterMs,
    operation: exchange.call.operation,
    args: later.args,
    callSeq: exchange.call.seq,
  });
  return later.answer;
}

/** Waits for the release; the caller may well hang up first. */
function hang(exchange: Exchange, fault: ChosenFault, effect: EffectTime): void {
  const answer = takeEffect(exchange, effect);
  const forget = fault.onRelease(() => {
    if (!exchange.response.destroyed) finish(exchange, answer ?? exchange.run(exchange.args));
  });
  exchange.response.once('close', forget);
}

import type { JsonAnswer, SendDecoder } from '../http/request.ts';
import type { CallOutcome } from '../port.ts';
import { isRecord, wholeNumber } from './wire-values.ts';

/**
 * The three shapes of `success` (慧星云 API doc): a list of ids for operations, a list of orders for purchases, `true` for
 * a saved image. Each has its own decoder, and an answer that is not exactly as documented is uncertain: this API
 * documents no errors, so a 200 may carry anything.
 */

function accepted(detail: string, orderId: string | null = null): CallOutcome {
  return { kind: 'accepted', orderId, effectiveAt: null, detail };
}

function uncertain(answer: JsonAnswer, why: string): CallOutcome {
  return { kind: 'uncertain', detail: `HTTP ${answer.status}, but ${why}` };
}

/**
 * `{ success: [gid…], fails: [gid…] }`. Done only when our id is in `success` and nowhere in `fails`; refused only when it
 * is in `fails` alone. What an element of `fails` looks like is not documented: an id, or an object that holds it.
 */
export function decodeGidOutcome(gid: string): SendDecoder {
  return (answer) => {
    const { body } = answer;
    if (!isRecord(body)) return uncertain(answer, 'the answer is not an object');
    if (!isListOfText(body.success)) return uncertain(answer, '"success" is not a list of ids');
    if (!Array.isArray(body.fails)) return uncertain(answer, '"fails" is not a list');
    const succeeded = body.success.includes(gid);
    const failed = body.fails.some((fail) => names(fail, gid));
    if (succeeded && failed) return uncertain(answer, 'the instance is in "success" and in "fails"');
    if (succeeded) return accepted('in "success"');
    if (failed) return { kind: 'rejected', detail: 'in "fails", without a documented reason' };
    return uncertain(answer, 'the instance is neither in "success" nor in "fails"');
  };
}

/**
 * `{ success_instance, fail_instance, success: [{ order_uid }], fails: [] }` for an order of one. Both counts and both
 * lists must tell the same story.
 */
export function decodeOrderOutcome(): SendDecoder {
  return (answer) => {
    const { body } = answer;
    if (!isRecord(body)) return uncertain(answer, 'the answer is not an object');
    if (!Array.isArray(body.success)) return uncertain(answer, '"success" is not a list');
    if (!Array.isArray(body.fails)) return uncertain(answer, '"fails" is not a list');
    const bought = wholeNumber(body.success_instance);
    const refused = wholeNumber(body.fail_instance);
    const lengths = [body.success.length, body.fails.length] as const;
    if (bought !== lengths[0] || refused !== lengths[1]) {
      return uncertain(answer, 'the counts and the lists of the order disagree');
    }
    if (bought === 0 && refused === 1)
      return { kind: 'rejected', detail: 'the order is in "fails", without a documented reason' };
    if (bought !== 1 || refused !== 0)
      return uncertain(answer, `one was ordered, ${bought} bought and ${refused} refused`);
    const order: unknown = body.success[0];
    const orderId = isRecord(order) ? order.order_uid : undefined;
    if (typeof orderId !== 'string' || orderId === '') return uncertain(answer, 'the order has no "order_uid"');
    return accepted('ordered', orderId);
  };
}

/** `{ success: true }`, a boolean. `false` is not documented and names no instance. */
export function decodeFlagOutcome(): SendDecoder {
  return (answer) => {
    if (isRecord(answer.body) && answer.body.success === true) return accepted('"success" is true');
    return uncertain(answer, '"success" is not true');
  };
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

/** Does an element of `fails` mean our id? Looked for in an object's values, not in its wording. */
function names(fail: unknown, gid: string): boolean {
  if (typeof fail === 'string') return fail === gid;
  return isRecord(fail) && Object.values(fail).includes(gid);
}

import type { Answer } from './answer.ts';
import { intArg, pageOf, textArg } from './args.ts';
import { SAMPLE_CARD as CARD, PODS } from './catalogue.ts';
import { data, refused, V2_ENVELOPE as V2 } from './chenyu-answers.ts';
import type { ApiRequest, Endpoint } from './endpoint.ts';
import type { SimOperation } from './history.ts';
import { yuanNumber, yuanText } from './money-text.ts';
import { toUnixSeconds } from './shanghai-time.ts';

function read(path: string, operation: SimOperation, handle: (request: ApiRequest) => Answer): Endpoint {
  return { method: 'GET', path: `/api/open/v2${path}`, operation, access: 'token', handle };
}

/** One page of records under `key`, newest first. */
function paged(request: ApiRequest, key: string, all: readonly unknown[]): Answer {
  const page = pageOf(request.args, request.account.pageLimit, all);
  return page === null ? refused(V2, 'bad-argument', 'page') : data(V2, { [key]: page, total: all.length });
}

function bills(request: ApiRequest): Answer {
  const channel = intArg(request.args, 'charge_channel');
  const orderNumber = textArg(request.args, 'order_number');
  const rows = request.account.bills
    // 1 balance, 2 compute card: everything here is paid from the balance.
    .filter((bill) => (channel ?? 1) === 1 && (orderNumber ?? bill.orderNumber) === bill.orderNumber)
    .map((bill) => ({
      amount: yuanNumber(bill.amountFen),
      charge_channel: 1,
      order_number: bill.orderNumber,
      order_time: toUnixSeconds(bill.endAt),
      settle_start_time: toUnixSeconds(bill.startAt),
      settle_end_time: toUnixSeconds(bill.endAt),
      remark: bill.remark,
    }))
    .reverse();
  return paged(request, 'order_list', rows);
}

/** Its page was not seen; the fields are v1's (doc 充值记录) with v2's form of time. */
function recharges(request: ApiRequest): Answer {
  const rows = request.account.recharges.map((row) => ({
    created_at: toUnixSeconds(row.at),
    pay_time: toUnixSeconds(row.at),
    out_trade_no: row.tradeNo,
    pay_channel: '微信支付',
    amount: yuanNumber(row.amountFen),
  }));
  return paged(request, 'recharge_list', rows.reverse());
}

function cards(request: ApiRequest): Answer {
  const row = {
    leave_amount: yuanNumber(CARD.leaveFen),
    face_amount: yuanNumber(CARD.faceFen),
    sale_price: yuanNumber(CARD.saleFen),
    bind_time: toUnixSeconds(CARD.boundAt),
    expire_date: toUnixSeconds(CARD.expiresAt),
    bind_txt: '已绑定',
    card_no: CARD.cardNo,
    pods: PODS.slice(0, 1).map((pod) => ({ uuid: pod.uuid, title: pod.title })),
    status_txt: '使用中',
    title: CARD.title,
    uuid: CARD.uuid,
    valid_days: CARD.validDays,
  };
  return paged(request, 'card_list', [row]);
}

/** Money reads of the open v2 API (docs "bill/list", "card/list"; balance/info and recharge/list are known by path only). */
export const chenyuFinance: readonly Endpoint[] = [
  read('/balance/info', 'balance', ({ account }) => {
    const fen = account.balanceAtHandFen;
    return data(V2, { balance: account.rules.balanceAs === 'string' ? yuanText(fen) : yuanNumber(fen) });
  }),
  read('/bill/list', 'bills', bills),
  read('/recharge/list', 'recharges', recharges),
  read('/card/list', 'cards', cards),
];

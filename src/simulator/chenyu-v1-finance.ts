import type { Answer } from './answer.ts';
import { pageOf, textArg } from './args.ts';
import { SAMPLE_CARD as CARD, GPU_MODELS, PODS } from './catalogue.ts';
import { data, refused, V1_ENVELOPE as V1 } from './chenyu-answers.ts';
import type { ApiRequest, Endpoint } from './endpoint.ts';
import type { SimOperation } from './history.ts';
import { yuanNumber, yuanText } from './money-text.ts';
import { toShanghaiRfc3339 } from './shanghai-time.ts';

// Any fixed moment will do: the catalogue does not change.
const CATALOGUE_AT = Date.UTC(2025, 0, 1);
// Price per hour of the platform's cardless mode, which no documented request turns on.
const CARDLESS_FEN = 10;

function post(path: string, operation: SimOperation, handle: (request: ApiRequest) => Answer): Endpoint {
  return { method: 'POST', path: `/api/v1${path}`, operation, access: 'token', handle };
}

/** One page of `{ total: text, items }`, filtered by `kw`. */
function paged<T>(request: ApiRequest, all: readonly T[], textOf: (row: T) => string): Answer {
  const keyword = textArg(request.args, 'kw') ?? '';
  const found = all.filter((row) => textOf(row).includes(keyword));
  const page = pageOf(request.args, request.account.pageLimit, found);
  if (page === null) return refused(V1, 'bad-argument', 'page');
  return data(V1, { total: String(found.length), items: page });
}

/** 余额查询: `balance` is a text and leaves the compute cards out. */
function balance({ account }: ApiRequest): Answer {
  const card = {
    uuid: CARD.uuid,
    title: CARD.title,
    card_no: CARD.cardNo,
    valid_days: CARD.validDays,
    bind_time: toShanghaiRfc3339(CARD.boundAt),
    expire_date: toShanghaiRfc3339(CARD.expiresAt),
    bind_txt: '已绑定',
    sale_price: yuanNumber(CARD.saleFen),
    face_price: yuanNumber(CARD.faceFen),
    leave_amount: yuanNumber(CARD.leaveFen),
    pods: PODS.slice(0, 1).map((pod) => ({ uuid: pod.uuid, title: pod.title })),
    remark: '',
    status: 1,
    status_txt: '使用中',
  };
  return data(V1, { cards: [card], balance: yuanText(account.balanceAtHandFen) });
}

function recharges(request: ApiRequest): Answer {
  const rows = request.account.recharges.map((row) => ({
    created_at: toShanghaiRfc3339(row.at),
    pay_time: toShanghaiRfc3339(row.at),
    out_trade_no: row.tradeNo,
    pay_channel: '微信支付',
    amount: yuanNumber(row.amountFen),
  }));
  return paged(request, rows.reverse(), (row) => row.out_trade_no);
}

function bills(request: ApiRequest): Answer {
  const rows = request.account.bills.map((bill) => ({
    created_at: toShanghaiRfc3339(bill.endAt),
    order_no: bill.orderNumber,
    occurred_amount: yuanNumber(bill.amountFen),
    card_txt: '',
    show: bill.remark,
  }));
  return paged(request, rows.reverse(), (row) => row.order_no);
}

function pods(request: ApiRequest): Answer {
  const rows = PODS.map((row) => ({
    uuid: row.uuid,
    title: row.title,
    image_tags: row.tags.join(','),
    image_tag: row.tags.at(-1) ?? '',
    pod_name: row.title,
    status: 1,
    status_txt: '已上架',
    created_at: toShanghaiRfc3339(CATALOGUE_AT),
  }));
  return paged(request, rows, (row) => row.title);
}

function gpus(): Answer {
  const items = GPU_MODELS.map((row) => ({
    uuid: row.uuid,
    title: row.name,
    desc: row.name,
    price: yuanText(row.price.hourly),
    remark: '',
    status: 1,
    status_txt: '可用',
    created_at: toShanghaiRfc3339(CATALOGUE_AT),
    free_txt: '充足',
  }));
  return data(V1, { total: String(items.length), no_card_price: yuanNumber(CARDLESS_FEN), items });
}

/** Money and catalogue of center-ai (doc 财务接口, pod列表, GPU列表). */
export const chenyuV1Finance: readonly Endpoint[] = [
  post('/finances/balance', 'balance', balance),
  post('/finances/recharge', 'recharges', recharges),
  post('/finances/bill', 'bills', bills),
  post('/app/list', 'pods', pods),
  post('/gpu/models', 'gpus', gpus),
];

import type { Answer } from './answer.ts';
import { intArg, pageOf, textArg } from './args.ts';
import { GPU_MODELS, MARKET_IMAGES, PODS } from './catalogue.ts';
import { data, refused, V2_ENVELOPE as V2 } from './chenyu-answers.ts';
import type { ApiRequest, Endpoint } from './endpoint.ts';
import { yuanNumber } from './money-text.ts';
import { toUnixSeconds } from './shanghai-time.ts';

// Any fixed moment will do: the catalogue does not change.
const CATALOGUE_AT = Date.UTC(2025, 0, 1);
// The page of the largest public listing that the simulator serves.
const PUBLIC_PAGE_LIMIT = 100;

/** Doc "gpu/list": prices per GPU are JSON numbers of yuan; there is no stock count. */
function gpus(): Answer {
  const rows = GPU_MODELS.map((row) => ({
    gpu_name: row.name,
    gpu_uuid: row.uuid,
    status: 1,
    price: {
      hour: yuanNumber(row.price.hourly),
      day: yuanNumber(row.price.daily),
      week: yuanNumber(row.price.weekly),
      month: yuanNumber(row.price.monthly),
      year: yuanNumber(row.price.yearly),
    },
  }));
  return data(V2, { gpu_list: rows, total: rows.length });
}

/** Its page was not seen; the fields are v1's (doc pod列表). */
function pods({ args, account }: ApiRequest): Answer {
  const rows = PODS.map((row) => ({
    uuid: row.uuid,
    title: row.title,
    image_tags: row.tags.join(','),
    status: 1,
    status_txt: '已上架',
    created_at: toUnixSeconds(CATALOGUE_AT),
  }));
  const page = pageOf(args, account.pageLimit, rows);
  return page === null ? refused(V2, 'bad-argument', 'page') : data(V2, { pod_list: page, total: rows.length });
}

/** Doc "image/market/list": public; `size` in bytes. */
function marketImages({ args }: ApiRequest): Answer {
  const python = textArg(args, 'python_version');
  const cuda = textArg(args, 'cuda_version');
  const rows = MARKET_IMAGES.filter(
    (row) => (python ?? row.python) === row.python && (cuda ?? '11.8.0') === '11.8.0',
  ).map((row) => ({
    uuid: row.uuid,
    components: {
      CUDA: '11.8.0',
      PaddlePaddle: '',
      PyTorch: '2.0.1',
      Python: row.python,
      TensorFlow: '',
      Ubuntu: '22.04',
    },
    size: 8_589_934_592,
    created_at: toUnixSeconds(CATALOGUE_AT),
    updated_at: toUnixSeconds(CATALOGUE_AT),
  }));
  const page = pageOf(args, PUBLIC_PAGE_LIMIT, rows);
  if (page === null) return refused(V2, 'bad-argument', 'page');
  return data(V2, {
    image_list: page,
    total: rows.length,
    page: intArg(args, 'page') ?? 1,
    page_size: intArg(args, 'page_size') ?? 10,
  });
}

/** Doc "image/private-list": no paging; `size` in GB; an image still uploading is listed with status 1. */
function privateImages({ account }: ApiRequest): Answer {
  const rows = account.images.map((image) => ({
    title: image.name,
    uuid: image.id,
    remark: image.remark,
    layer_count: 5,
    size: 12.5,
    pod_uuid: PODS[0]?.uuid ?? '',
    pod_tag: PODS[0]?.tags[0] ?? '',
    save_image_status: image.status,
    create_time: toUnixSeconds(image.createdAt),
  }));
  return data(V2, { image_list: rows, total: rows.length });
}

/** What can be rented, and images. */
export const chenyuCatalogue: readonly Endpoint[] = [
  { method: 'GET', path: '/api/open/v2/gpu/list', operation: 'gpus', access: 'token', handle: gpus },
  { method: 'GET', path: '/api/open/v2/pod/list', operation: 'pods', access: 'token', handle: pods },
  {
    method: 'GET',
    path: '/api/open/v2/image/market/list',
    operation: 'images',
    access: 'public',
    handle: marketImages,
  },
  {
    method: 'GET',
    path: '/api/open/v2/image/private/list',
    operation: 'own-images',
    access: 'token',
    handle: privateImages,
  },
];

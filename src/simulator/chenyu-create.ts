import type { Answer } from './answer.ts';
import { intArg, textArg } from './args.ts';
import { GPU_MODELS, MARKET_IMAGES, PODS } from './catalogue.ts';
import { data, refused, V2_ENVELOPE as V2 } from './chenyu-answers.ts';
import { chenyuBareRow, jupyterUrl } from './chenyu-rows.ts';
import type { ApiRequest } from './endpoint.ts';
import { buy } from './paid.ts';

/** Doc "create-by-pod": `gpu_nums` is one of 1, 2, 4, 8; the new instance starts and bills at once. */
export function createByPod(request: ApiRequest): Answer {
  const pod = PODS.find((row) => row.uuid === textArg(request.args, 'pod_uuid'));
  const tag = textArg(request.args, 'pod_tag') ?? pod?.tags.at(-1);
  if (pod === undefined || tag === undefined || !pod.tags.includes(tag)) return refused(V2, 'bad-argument', 'pod_uuid');
  return create(request, { id: pod.uuid, name: pod.title, tag });
}

/** Its page was not seen; taken to be as create_by_pod with an `image_uuid` of the market or the account. */
export function createByImage(request: ApiRequest): Answer {
  const id = textArg(request.args, 'image_uuid');
  const market = MARKET_IMAGES.find((row) => row.uuid === id);
  const own = request.account.images.find((row) => row.id === id && row.status === 2);
  const name = market?.name ?? own?.name;
  if (id === null || name === undefined) return refused(V2, 'bad-argument', 'image_uuid');
  return create(request, { id, name, tag: '' });
}

function create(request: ApiRequest, image: { id: string; name: string; tag: string }): Answer {
  const { account, args, origin } = request;
  const gpu = GPU_MODELS.find((row) => row.uuid === textArg(args, 'gpu_uuid'));
  const gpuCount = intArg(args, 'gpu_nums');
  if (gpu === undefined) return refused(V2, 'bad-argument', 'gpu_uuid');
  if (gpuCount === null || ![1, 2, 4, 8].includes(gpuCount)) return refused(V2, 'bad-argument', 'gpu_nums');
  const bought = buy(account, request, {
    gpu: gpu.uuid,
    gpuCount,
    billing: 'hourly',
    room: '',
    imageId: image.id,
    imageName: image.name,
    imageTag: image.tag,
    name: image.name,
    begins: 'creating',
  });
  if (typeof bought === 'string') return refused(V2, bought);
  return data(V2, chenyuBareRow(bought, jupyterUrl(origin, account.name, bought.id)));
}

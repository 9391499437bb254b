import type { z } from 'zod';
import type { Listing } from '../../fleet/snapshot.ts';
import { BadArgument, type ReadOperation } from '../port.ts';
import type { HuixingyunApi } from './huixingyun-api.ts';
import { complaints, imagesRequest, myImagesRequest, nothing } from './requests.ts';

/** The reads that `lamplighter call` offers: decoded, without secrets. */
export function readOperations(
  api: HuixingyunApi,
  list: (signal: AbortSignal) => Promise<Listing>,
): readonly ReadOperation[] {
  return [
    operation('products', 'GPUs that can be rented (no prices, no stock)', nothing, (_, signal) =>
      api.products({ signal }),
    ),
    operation('applications', 'ready-made applications', nothing, (_, signal) => api.applications({ signal })),
    operation('images', 'public images: { "gpu_type": "…" }', imagesRequest, (request, signal) =>
      api.images(request, { signal }),
    ),
    operation('my-images', 'own images in a room: { "room_name": "…" }', myImagesRequest, (request, signal) =>
      api.myImages(request, { signal }),
    ),
    operation('instances', 'all instances of the account', nothing, (_, signal) => list(signal)),
  ];
}

function operation<Request>(
  name: string,
  summary: string,
  schema: z.ZodType<Request>,
  run: (request: Request, signal: AbortSignal) => Promise<unknown>,
): ReadOperation {
  return {
    name,
    summary,
    run: async (argument, signal) => {
      const parsed = schema.safeParse(argument ?? {});
      if (!parsed.success) throw new BadArgument(`${name}: ${complaints(parsed.error)}; expected ${summary}`);
      return run(parsed.data, signal);
    },
  };
}

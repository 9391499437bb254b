import { z } from 'zod';
import type { Order } from '../../fleet/action-call.ts';
import { createByImageRequest, createByPodRequest } from './requests.ts';

/** An order as the ledger keeps it, told apart by what it is made from. */
export type ChenyuOrder =
  | { readonly kind: 'pod'; readonly request: z.infer<typeof createByPodRequest> }
  | { readonly kind: 'image'; readonly request: z.infer<typeof createByImageRequest> };

/**
 * Reads what `do create` was given, or what the ledger kept.
 * @throws Error that names each field that is wrong and what is allowed.
 */
export function readOrder(argument: unknown): ChenyuOrder {
  const fromImage = typeof argument === 'object' && argument !== null && 'image_uuid' in argument;
  if (fromImage) return { kind: 'image', request: parsedOrder(argument, createByImageRequest, IMAGE_ORDER) };
  return { kind: 'pod', request: parsedOrder(argument, createByPodRequest, POD_ORDER) };
}

const POD_ORDER = '{ pod_uuid, pod_tag?, gpu_uuid, gpu_nums: 1 | 2 | 4 | 8 }';
const IMAGE_ORDER = '{ image_uuid, gpu_uuid, gpu_nums: 1 | 2 | 4 | 8 }';

/** Parses strictly with `schema`; `shape` is what the message says an order looks like. */
export function parsedOrder<T>(argument: unknown, schema: z.ZodType<T>, shape: string): T {
  const parsed = schema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new Error(`not an order: ${complaints(parsed.error)}; an order is ${shape}`);
}

/** Every issue as "field: what is wrong". */
export function complaints(error: z.ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ');
}

/** The order as the flat record that the port wants: what is not given is left out. */
export function flatOrder(request: Readonly<Record<string, string | number | undefined>>): Order {
  const order: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(request)) if (value !== undefined) order[name] = value;
  return order;
}

/** What one of our own checks complains about. */
export function complaintOf(error: unknown): string {
  if (error instanceof z.ZodError) return complaints(error);
  return error instanceof Error ? error.message : String(error);
}

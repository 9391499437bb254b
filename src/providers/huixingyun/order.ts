import type { z } from 'zod';
import { type ApplicationOrder, applicationOrder, complaints, type InstanceOrder, instanceOrder } from './requests.ts';

export type HuixingyunOrder =
  | { readonly kind: 'instance'; readonly order: InstanceOrder }
  | { readonly kind: 'application'; readonly order: ApplicationOrder };

const SHAPES =
  '{ image_id, gpu_type, gpu_count, extra_disk_cap (GB, in hundreds), pay_unit (4 hourly, 1 daily, 2 monthly), room_name } ' +
  'for an instance, { app_type, pay_unit } for an application; one is bought per order, so there is no num';

/**
 * Reads what `do create` was given, or what the ledger kept, in the vendor's field names.
 * @throws Error that names every field that is wrong, and what an order looks like.
 */
export function readOrder(argument: unknown): HuixingyunOrder {
  const application = typeof argument === 'object' && argument !== null && 'app_type' in argument;
  if (application) return { kind: 'application', order: parsed(applicationOrder, argument) };
  return { kind: 'instance', order: parsed(instanceOrder, argument) };
}

function parsed<T>(schema: z.ZodType<T>, argument: unknown): T {
  const result = schema.safeParse(argument);
  if (result.success) return result.data;
  throw new Error(`not an order: ${complaints(result.error)}; an order is ${SHAPES}`);
}

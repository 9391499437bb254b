import { chenyuApi } from './chenyu-api.ts';
import { chenyuV1Api } from './chenyu-v1-api.ts';
import type { Api, Endpoint } from './endpoint.ts';
import type { SimOperation } from './history.ts';
import { huixingyunApi } from './huixingyun-api.ts';
import type { SimProvider } from './sim-instance.ts';

export const APIS: Readonly<Record<SimProvider, Api>> = {
  huixingyun: huixingyunApi,
  chenyu: chenyuApi,
  'chenyu-v1': chenyuV1Api,
};

export interface Route {
  readonly provider: SimProvider;
  readonly endpoint: Endpoint;
}

/** Every documented path, and every operation by provider. */
export class Router {
  readonly #byPath = new Map<string, Route>();
  readonly #byOperation = new Map<string, Route>();

  constructor() {
    for (const provider of ['huixingyun', 'chenyu', 'chenyu-v1'] as const) {
      for (const endpoint of APIS[provider].endpoints) {
        this.#byPath.set(endpoint.path, { provider, endpoint });
        this.#byOperation.set(`${provider} ${endpoint.operation}`, { provider, endpoint });
      }
    }
  }

  byPath(path: string): Route | undefined {
    return this.#byPath.get(path);
  }

  byOperation(provider: SimProvider, operation: SimOperation): Route | undefined {
    return this.#byOperation.get(`${provider} ${operation}`);
  }
}

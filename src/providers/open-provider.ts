import { assertNever } from '../fleet/assert-never.ts';
import { ChenyuProvider } from './chenyu/chenyu-provider.ts';
import { ChenyuV1Provider } from './chenyu-v1/chenyu-v1-provider.ts';
import { HuixingyunProvider } from './huixingyun/huixingyun-provider.ts';
import type { Provider } from './port.ts';
import type { ProviderOptions } from './provider-options.ts';

/**
 * The client of an account's cloud. Opens no connection; `close` it when done.
 * @throws Error on a token, base URL or rate that cannot work; the message never holds the token.
 */
export function openProvider(options: ProviderOptions): Provider {
  const kind = options.account.provider;
  switch (kind) {
    case 'huixingyun':
      return new HuixingyunProvider(options);
    case 'chenyu':
      return new ChenyuProvider(options);
    case 'chenyu-v1':
      return new ChenyuV1Provider(options);
    default:
      return assertNever(kind);
  }
}

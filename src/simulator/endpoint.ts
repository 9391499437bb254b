import type { Answer } from './answer.ts';
import type { Args } from './args.ts';
import type { SimOperation } from './history.ts';
import type { SimulatedAccount } from './simulated-account.ts';

/** A recognised request of an account. */
export interface ApiRequest {
  readonly account: SimulatedAccount;
  readonly args: Args;
  readonly at: number;
  readonly callSeq: number;
  /** Where the simulator listens, for the addresses that listings carry. */
  readonly origin: string;
}

/** One documented path of one API. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly operation: SimOperation;
  /** `password`: huixingyun's token management, by console login in the body. `public`: no key needed. */
  readonly access: 'token' | 'password' | 'public';
  /** Carries it out and answers. */
  readonly handle: (request: ApiRequest) => Answer;
  /** For actions: the answer of a cloud that will act later, and the arguments to act with. */
  readonly accept?: (request: ApiRequest) => { readonly answer: Answer; readonly args: Args };
}

/** One vendor API: its paths and how it says no before any endpoint is reached. */
export interface Api {
  readonly endpoints: readonly Endpoint[];
  readonly unauthorised: () => Answer;
  /** An honest refusal of anything. */
  readonly refused: () => Answer;
  /** The cloud's own trouble: nobody can tell whether the request took effect. */
  readonly systemFault: () => Answer;
  readonly badRequest: (message: string) => Answer;
}

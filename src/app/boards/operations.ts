import type { Operation } from '../../fleet/operation.ts';
import type { Store } from '../../store/store.ts';
import type { OperationBoard, OperationPage, OperationQuery } from '../../web/console/board-source.ts';
import type { Control } from '../control.ts';

/** Other attempts at the same thing are among the latest operations of the instance. */
const LOOKED_THROUGH = 50;

/** The ledger as people look at it. */
export class OperationBoards {
  readonly #store: Store;
  readonly #control: Pick<Control, 'whyNotApprove'>;

  constructor(store: Store, control: Pick<Control, 'whyNotApprove'>) {
    this.#store = store;
    this.#control = control;
  }

  async list({ states, account, policy, cursor, limit }: OperationQuery): Promise<OperationPage> {
    return await this.#store.ledger.list({
      ...(states === null ? {} : { states }),
      ...(account === null ? {} : { account }),
      ...(policy === null ? {} : { policy }),
      cursor,
      limit,
    });
  }

  async one(id: string): Promise<OperationBoard | null> {
    const operation = await this.#store.ledger.get(id);
    if (operation === null) return null;
    const [snapshot, evidence, attempts] = await Promise.all([
      this.#store.loadSnapshot(operation.account),
      this.#store.evidence.load(id),
      this.#attempts(operation),
    ]);
    const instance = snapshot?.instances.find((each) => each.instance.id === operation.instanceId)?.instance;
    const { createdAt } = operation.observed;
    const isAnother =
      instance !== undefined && createdAt !== null && instance.createdAt !== null && instance.createdAt !== createdAt;
    return {
      operation,
      instance:
        instance === undefined || snapshot === null
          ? null
          : {
              name: instance.name,
              status: instance.status,
              billing: instance.billing,
              expiresAt: instance.expiresAt,
              listedAt: snapshot.takenAt,
            },
      isAnother,
      cannotApprove: operation.state === 'escalated' ? await this.#control.whyNotApprove(operation) : null,
      lastLook: evidence,
      attempts,
    };
  }

  async #attempts(operation: Operation): Promise<OperationBoard['attempts']> {
    const { items } = await this.#store.ledger.list({ instance: operation.instance, limit: LOOKED_THROUGH });
    const key = keyOf(operation.id);
    return items
      .filter(({ id }) => id !== operation.id && keyOf(id) === key)
      .map(({ id, attempt, state }) => ({ id, attempt, state }));
  }
}

/** All attempts at one thing have an id that begins alike. */
function keyOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}

/** A vendor's answer before it is written, so that a fault can still spoil its meaning. */
export type Answer =
  | { readonly kind: 'object'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'html'; readonly status: number; readonly text: string }
  /** A listing of instances: rows as JSON texts, and how the API wraps them. `whole` may serve a cached body. */
  | {
      readonly kind: 'listing';
      readonly rows: () => readonly string[];
      readonly total: number;
      readonly wrap: (rows: readonly string[], total: number) => string;
      readonly whole: (() => Buffer) | null;
    }
  /** huixingyun's answer to an action: ids that went well and ids that did not. */
  | { readonly kind: 'ids'; readonly success: readonly string[]; readonly fails: readonly string[] };

export function ok(body: unknown): Answer {
  return { kind: 'object', status: 200, body };
}

/** The bytes of an unspoilt answer. */
export function render(answer: Answer): Buffer {
  switch (answer.kind) {
    case 'object':
      return Buffer.from(JSON.stringify(answer.body));
    case 'html':
      return Buffer.from(answer.text);
    case 'listing':
      return answer.whole === null ? Buffer.from(answer.wrap(answer.rows(), answer.total)) : answer.whole();
    case 'ids':
      return Buffer.from(JSON.stringify({ fails: answer.fails, success: answer.success }));
  }
}

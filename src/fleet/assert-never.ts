/**
 * Ends an exhaustive switch: the compiler fails here when a case is new, and so does the program.
 * @throws Error always; reaching it is a bug of ours.
 */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}

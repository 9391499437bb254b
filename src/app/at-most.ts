/** Lets so many go at a time; the others wait for their turn, first come first served. */
export function atMost<A extends readonly unknown[]>(
  most: number,
  run: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  const waiting: (() => void)[] = [];
  let going = 0;
  return async (...args) => {
    if (going < most) going += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await run(...args);
    } finally {
      const next = waiting.shift();
      // Its place goes to the next one, so the number of those who go stays.
      if (next === undefined) going -= 1;
      else next();
    }
  };
}

/** Runs over all of them at once and to the end of each: one that fails keeps none of the others. @throws what failed */
export async function eachOf<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(items.map((item) => run(item)));
  const failures = ends.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} of ${items.length} failed`);
}

/** One line of samples: name, labels that may hold anything in quotes, value. */
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)/;

/**
 * The sums of wanted metrics over all their series, from a page in the Prometheus text format. A metric that the page does
 * not have is not in the map; one with a series that is no number is NaN.
 */
export function metricSums(page: string, wanted: readonly string[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of page.split('\n')) {
    // A page has thousands of lines, of which a handful count: the pattern is for these.
    if (!wanted.some((name) => line.startsWith(name))) continue;
    const [, name = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (wanted.includes(name)) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}

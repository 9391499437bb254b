/** Of what is known of an account: the jobs and accounts that are chosen. */
const CHOSEN = 'job=~"$job",account=~"$account"';
/** Of what is known of no account. */
const OF_JOB = 'job=~"$job"';

/** A metric with labels; names are written without the prefix `lamplighter_`. */
export function ofAccount(metric: string, labels = ''): string {
  return `lamplighter_${metric}{${CHOSEN}${labels === '' ? '' : `,${labels}`}}`;
}

export function ofJob(metric: string, labels = ''): string {
  return `lamplighter_${metric}{${OF_JOB}${labels === '' ? '' : `,${labels}`}}`;
}

/** What Prometheus itself writes down of our alerts. */
export function ofAlerts(series: string, labels = ''): string {
  return `${series}{${OF_JOB},alertname=~"Lamplighter.+"${labels === '' ? '' : `,${labels}`}}`;
}

/** Of Node, in the processes of the chosen jobs. */
export function ofProcess(metric: string): string {
  return `${metric}{${OF_JOB}}`;
}

/** Gauges that come from Redis are the same on every replica: the greatest of each is it. */
export function once(by: string, series: string): string {
  return `max by (${by}) (${series})`;
}

/** One machine. Prometheus has a label `instance` of its own, so ours arrives as `exported_instance`. */
export const MACHINE = 'job, account, exported_instance';

export function quantile(q: number, by: string, histogram: string): string {
  return `histogram_quantile(${q}, sum by (le, ${by}) (rate(${histogram}[$__rate_interval])))`;
}

/** Where the links of alerts and dashboards lead. All without a slash at the end. */
export interface LinkBases {
  /** The folder with the runbooks, as Markdown files named after their alerts. */
  readonly runbooks: string;
  /** The same in Chinese. */
  readonly runbooksZh: string;
  /** What the uid of a dashboard is put behind. */
  readonly dashboards: string;
}

/**
 * What the committed files say. Prometheus serves the runbooks itself (`--web.user-assets`), and knows its own address;
 * Grafana is where docker-compose.yml publishes it.
 */
export const LINKS: LinkBases = {
  runbooks: '{{ $externalURL }}/user/runbooks',
  runbooksZh: '{{ $externalURL }}/user/zh-CN/runbooks',
  dashboards: 'http://127.0.0.1:3000/d',
};

/** A rule file with its links led elsewhere; nothing else is touched. */
export function withLinks(rules: string, bases: LinkBases): string {
  return rules
    .replaceAll(`runbook_url: '${LINKS.runbooks}/`, () => `runbook_url: '${quoted(bases.runbooks)}/`)
    .replaceAll(`runbook_url_zh: '${LINKS.runbooksZh}/`, () => `runbook_url_zh: '${quoted(bases.runbooksZh)}/`)
    .replaceAll(`dashboard_url: '${LINKS.dashboards}/`, () => `dashboard_url: '${quoted(bases.dashboards)}/`);
}

/** As it stands between single quotes in YAML. */
function quoted(text: string): string {
  return text.replaceAll("'", "''");
}

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { type Addresses, dashboardOf, uidOf } from './dashboard.ts';
import { daemonAndQueues } from './dashboards/daemon-and-queues.ts';
import { fleetAndMoney } from './dashboards/fleet-and-money.ts';
import { policiesAndDecisions } from './dashboards/policies-and-decisions.ts';
import { providers } from './dashboards/providers.ts';
import { LANGUAGES } from './text.ts';

export const DASHBOARDS = [fleetAndMoney, policiesAndDecisions, providers, daemonAndQueues];

/** Every dashboard in both languages, by its name below deploy/grafana/dashboards. */
export function dashboardFiles(addresses: Addresses): ReadonlyMap<string, Dashboard> {
  return new Map(
    LANGUAGES.flatMap((language) =>
      DASHBOARDS.map((spec) => [`${uidOf(spec, language)}.json`, dashboardOf(spec, language, addresses)] as const),
    ),
  );
}

/**
 * As it is committed. The library puts links and annotations into a menu that only Grafana 12.3 and later have; without a
 * `placement` they stand where they always did.
 */
export function textOf(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, (key, value: unknown) => (key === 'placement' ? undefined : value), 2)}\n`;
}

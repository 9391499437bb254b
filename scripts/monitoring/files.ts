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

/** As it is committed. */
export function textOf(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

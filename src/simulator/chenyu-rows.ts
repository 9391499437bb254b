import { listedApp } from './apps.ts';
import { gpuName } from './catalogue.ts';
import { toUnixSeconds } from './shanghai-time.ts';
import type { SimBilling, SimInstance, SimStatus } from './sim-instance.ts';

/** chenyu v2 doc "instance/list": 2 运行中, 21 关机中, 22 已关机, 24 开机中, 27 重启中; 1 is in the create sample only. */
const V2_STATUS = {
  ordered: 1,
  creating: 1,
  created: 22,
  starting: 24,
  running: 2,
  stopping: 21,
  stopped: 22,
  restarting: 27,
  destroyed: 22,
} as const satisfies Record<SimStatus, number>;

/** `charging_type` is enumerated nowhere; the sample's 1 is taken for hourly. */
export const CHARGING_TYPES = { hourly: 1, daily: 2, monthly: 3 } as const satisfies Record<SimBilling, number>;

/** Where the fake Jupyter of an instance answers. */
export function jupyterUrl(origin: string, account: string, id: string): string {
  return `${origin}/jupyter/${encodeURIComponent(account)}/${encodeURIComponent(id)}/`;
}

/** An instance in the open v2 API (doc "instance/list"); times are Unix seconds. */
export function chenyuRow(instance: SimInstance, place: { origin: string; account: string }): Record<string, unknown> {
  const jupyter = jupyterUrl(place.origin, place.account, instance.id);
  const app = listedApp(instance.name);
  return {
    ...chenyuBareRow(instance, jupyter),
    server_map: [
      { title: 'Jupyter Lab', url: jupyter, port_type: 'http', protocol: 'tcp' },
      ...(app === null
        ? []
        : [
            { title: app.title, url: jupyter.replace('/jupyter/', `/${app.app}/`), port_type: 'http', protocol: 'tcp' },
          ]),
      {
        title: 'SSH Terminal',
        // In the document's sample this address disagrees with ssh_info, and ssh_info is the one that works.
        url: 'ssh://ssh.invalid:22',
        port_type: 'ssh',
        protocol: 'tcp',
        ssh_info: { host: instance.ip, port: instance.port, username: 'root', password: instance.password },
      },
    ],
  };
}

/** The same without `server_map`, as the answer to a creation shows it (doc "create-by-pod"). */
export function chenyuBareRow(instance: SimInstance, jupyter: string): Record<string, unknown> {
  return {
    instance_uuid: instance.id,
    status: instance.statusWord ?? V2_STATUS[instance.status],
    title: instance.name,
    create_time: toUnixSeconds(instance.createdAt),
    start_time: toUnixSeconds(instance.startedAt ?? instance.createdAt),
    server_url: [jupyter],
    save_image_status: instance.saveStatus,
    charging_type: instance.billingWord ?? CHARGING_TYPES[instance.billing],
    shutdown_regular: {
      shutdown_time: instance.shutdownAt === null ? 0 : toUnixSeconds(instance.shutdownAt),
      enable: instance.shutdownAt !== null,
    },
    image_uuid: instance.imageId,
    image_name: instance.imageName,
    image_tag: instance.imageTag,
    gpu_uuid: instance.gpu,
    gpu_name: gpuName(instance.gpu),
    gpu_nums: instance.gpuCount,
  };
}

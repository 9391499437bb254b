/** One row as the v2 page shows it, with changes. */
export function instanceRow(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    instance_uuid: 'inst_1',
    status: 2,
    title: '我的PyTorch实例',
    create_time: 1_767_225_600,
    start_time: 1_767_225_660,
    server_url: ['https://jupyter-inst123.chenyu.cn', 'https://web-inst123.chenyu.cn/lab?token=canary-url'],
    server_map: [
      { title: 'Jupyter Lab', url: 'https://jupyter-inst123.chenyu.cn', port_type: 'http', protocol: 'tcp' },
      {
        title: 'SSH Terminal',
        url: 'ssh://ssh-inst123.chenyu.cn:22',
        port_type: 'ssh',
        protocol: 'tcp',
        ssh_info: { host: 'inst1.gz.chenyu.cn', port: 22_001, username: 'root', password: 'canary-password' },
      },
    ],
    save_image_status: 2,
    charging_type: 1,
    shutdown_regular: { shutdown_time: 1_767_312_000, enable: true },
    image_uuid: 'img_1',
    image_name: 'PyTorch 2.0 环境',
    image_tag: 'v2.0',
    gpu_uuid: 'gpu_1',
    gpu_name: 'NVIDIA RTX 4090',
    gpu_nums: 2,
    ...changes,
  };
}

/** v2's wrapping of a list. */
export function list(name: string, rows: unknown, total: unknown = Array.isArray(rows) ? rows.length : 0): unknown {
  return { code: 0, msg: '查询成功', data: { [name]: rows, total } };
}

/** v1's wrapping of a list: code and total are texts. */
export function items(rows: unknown, total: unknown = Array.isArray(rows) ? String(rows.length) : '0'): unknown {
  return { code: '0', msg: '操作成功', result: { total, items: rows } };
}

/** One row of v1, with the fields that the answer to a creation documents. */
export function v1Row(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    uuid: 'u1',
    title: 'comfy',
    pod_uuid: 'pod_1',
    pod_title: 'ComfyUI',
    pod_name: 'comfyui',
    pod_price: '0.00',
    pod_startup_elapse: 40,
    image_tag: 'v1',
    out_web_url: 'https://u1.chenyu.cn/',
    category: 1,
    gpus: 1,
    no_card: 0,
    gpu_model_name: 'RTX 4090',
    charging_type: 1,
    charging_type_name: '按时',
    charging_num: 1,
    price_h: 1.98,
    instance_type_txt: 'GPU',
    status: 2,
    status_txt: '运行中',
    ...changes,
  };
}

/**
 * Every documented path (慧星云 API doc). All are POST; for the two starts the doc names no method, so POST is assumed
 * there. Mind the singular `instance` of the snapshot.
 */
export const PATHS = {
  'token/generate': '/generate/token',
  'token/delete': '/delete/token',
  'token/list': '/all/tokens',
  products: '/gpu/product/list',
  applications: '/gpu/application/list',
  images: '/gpu/images/list',
  'my-images': '/gpu/images/mine',
  'instances/buy': '/gpu/instances/buy',
  'application/buy': '/gpu/application/buy',
  'instances/list': '/gpu/instances/list',
  'instances/stop': '/gpu/instances/stop',
  'instances/restart': '/gpu/instances/restart',
  'instances/start': '/gpu/instances/start',
  'instances/cardless-start': '/gpu/instances/cardless/start',
  'instance/snapshot': '/gpu/instance/snapshot',
  'instances/rebuild': '/gpu/instances/rebuild',
  'instances/destroy': '/gpu/instances/destroy',
  'instances/lengthen': '/gpu/instances/lengthen',
  'instances/renew': '/gpu/instances/renew',
} as const;

export type Operation = keyof typeof PATHS;

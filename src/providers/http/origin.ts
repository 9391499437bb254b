/**
 * Checks an account's base URL: an origin and nothing more (clients add the path), https unless its host is loopback.
 * @throws Error that says what is wrong with which value. A URL with a user name in it is not repeated.
 */
export function checkedOrigin(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  if (url === null)
    throw new Error(`base URL "${baseUrl}" is not a URL; expected an origin such as https://www.chenyu.cn`);
  if (url.username !== '' || url.password !== '')
    throw new Error('base URL holds a user name or password; neither is allowed');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new Error(`base URL "${baseUrl}" must be https; http is allowed for loopback only`);
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new Error(`base URL "${baseUrl}" must be an origin without a path; did you mean "${url.origin}"?`);
  }
  return url.origin;
}

/** `hostname` as a URL gives it: lower case, IPv6 in brackets, IPv4 in four decimal parts. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

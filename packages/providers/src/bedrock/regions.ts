/** True for a valid region name: it becomes part of a URL, so nothing else is allowed. */
export function isRegion(name: string): boolean {
  return /^[a-z]{2,3}(?:-[a-z]+){1,3}-\d{1,2}$/.test(name);
}

/** The host of a service in a region. */
export function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

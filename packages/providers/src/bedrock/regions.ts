/** True for what can be the name of a region: what stands in an address must be nothing else. */
export function isRegion(name: string): boolean {
  return /^[a-z]{2,3}(?:-[a-z]+){1,3}-\d{1,2}$/.test(name);
}

/** Where the services of a region are. */
export function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

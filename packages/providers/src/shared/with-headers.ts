/**
 * Headers of a request with more of them, hidden properties included: headers print masked, and must stay masked for
 * interceptors that log requests (R-LOG-1).
 */
export function withHeaders(
  headers: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const properties = { ...Object.getOwnPropertyDescriptors(headers), ...Object.getOwnPropertyDescriptors(more) };
  return Object.defineProperties({}, properties) as Record<string, string>; // both hold strings only
}

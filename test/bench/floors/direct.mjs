/** Floor (a): no gateway at all, the client talks to the upstream. */
export async function start(upstreamUrl) {
  return { url: `${upstreamUrl}/v1` };
}

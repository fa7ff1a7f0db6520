import type { Call } from '../call.js';
import { GatewayError } from '../errors.js';
import { decide } from '../hooks/decide.js';
import type { Authorize, AuthorizeRequest } from '../hooks/policy.js';
import { type IdentifyDeps, PolicyView } from '../identity/identify.js';
import type { IncomingRequest } from '../incoming-request.js';
import type { Operation } from '../operation.js';

/** Calls the `authorize` hooks of the host and the plugins in turn; the first rejection counts. */
export async function authorizeCall<Host>(
  call: Call<Host, Operation>,
  request: IncomingRequest<Host>,
  policies: readonly Authorize<Host>[],
  { clock, policyTimeoutMs }: Pick<IdentifyDeps<Host>, 'clock' | 'policyTimeoutMs'>,
): Promise<void> {
  const view: AuthorizeRequest = Object.assign(new PolicyView(request, call.id, call.cancellation), {
    principal: call.principal,
    via: call.via,
    operation: call.operation.name,
    model: call.group.name,
    stream: call.summary.stream,
    body: call.body,
    overrides: call.overrides,
  });
  const seen = { ...request.host, request: view };
  for (const authorize of policies) {
    const refusal = await decide(() => authorize(seen), clock, policyTimeoutMs);
    if (refusal === undefined) continue;
    if (refusal instanceof GatewayError) throw refusal;
    // Any other result is invalid and rejects the call, so that a wrong policy lets nobody in.
    throw new GatewayError('internal', '"authorize" must return a GatewayError to refuse, or nothing.');
  }
}

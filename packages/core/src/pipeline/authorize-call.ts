import type { Call } from '../call.js';
import { GatewayError } from '../errors.js';
import type { IncomingRequest } from '../incoming.js';
import type { Operation } from '../operation.js';
import type { Authorize, AuthorizeRequest } from '../policy.js';
import { decide, type IdentifyParts, PolicyView } from './identify.js';

/** Asks the host's and the plugins' `authorize` in turn; the first refusal counts. */
export async function authorizeCall<Host>(
  call: Call<Host, Operation>,
  request: IncomingRequest<Host>,
  policies: readonly Authorize<Host>[],
  { clock, policyTimeoutMs }: Pick<IdentifyParts<Host>, 'clock' | 'policyTimeoutMs'>,
): Promise<void> {
  const view: AuthorizeRequest = Object.assign(new PolicyView(request, call.id, call.cancellation), {
    principal: call.principal,
    via: call.via,
    operation: call.operation.name,
    model: call.group.name,
    stream: call.demand.stream,
    body: call.body,
    steering: call.steering,
  });
  const seen = { ...request.host, request: view };
  for (const authorize of policies) {
    const refusal = await decide(() => authorize(seen), clock, policyTimeoutMs);
    if (refusal === undefined) continue;
    if (refusal instanceof GatewayError) throw refusal;
    // Whatever else was meant, it was no "yes": a policy that breaks its word lets nobody pass (h01).
    throw new GatewayError('internal', '"authorize" must return a GatewayError to refuse, or nothing.');
  }
}

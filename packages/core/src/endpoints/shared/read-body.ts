import type { BodyAdmission } from '../../accounts/body-admission.js';
import type { IncomingBody, IncomingRequest } from '../../incoming-request.js';
import type { Principal } from '../../principal.js';

export interface BodyDeps {
  readonly maxBodyBytes: number;
  readonly bodies: BodyAdmission;
}

/** Reads a body as a whole, if its caller may still make a call. */
export async function readWholeBody(
  request: IncomingRequest,
  body: IncomingBody & { readonly kind: 'bytes' },
  principal: Principal,
  { bodies, maxBodyBytes }: BodyDeps,
): Promise<Uint8Array> {
  // What this application asks itself is in its memory already.
  if (request.principal !== undefined) return body.read(maxBodyBytes);
  const done = await bodies.begin(principal, announcedBytes(request));
  try {
    return await body.read(maxBodyBytes);
  } finally {
    done();
  }
}

/** The length of a body as its headers say; undefined if they do not. */
export function announcedBytes(request: IncomingRequest): number | undefined {
  const length = Number(request.header('content-length') ?? Number.NaN);
  return Number.isNaN(length) ? undefined : length;
}

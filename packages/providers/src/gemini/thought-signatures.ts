import { isJsonObject, type JsonObject } from '@portico/core';

// A signature belongs to the thoughts before a part. It must come back with that part, byte for byte (R-XL-1).

/** Sent for a call whose signature was lost: the vendor then accepts the call anyway. */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** The signature of a part, in both spellings. */
export function signatureOfPart(part: JsonObject): string | undefined {
  return filled(part.thoughtSignature) ?? filled(part.thought_signature);
}

/** The fields in which a tool call carries its signature: LiteLLM's, and those of Google's own chat endpoint. */
export function signedFields(signature: string): JsonObject {
  return {
    provider_specific_fields: { thought_signature: signature },
    extra_content: { google: { thought_signature: signature } },
  };
}

/** The signature that a client sends back with a tool call or an image, or in the call's id. */
export function signatureOfField(holder: JsonObject): string | undefined {
  const { provider_specific_fields: own, extra_content: extra } = holder;
  const google = isJsonObject(extra) ? extra.google : undefined;
  return (
    (isJsonObject(own) ? filled(own.thought_signature) : undefined) ??
    (isJsonObject(google) ? filled(google.thought_signature) : undefined) ??
    (typeof holder.id === 'string' ? signatureInId(holder.id) : undefined)
  );
}

/** The id of a call without a signature in it. */
export function plainCallId(id: string): string {
  const [own = ''] = id.split(MARK, 1);
  return own;
}

/** The id carries a signature behind this mark, for clients that drop unknown fields. LiteLLM's invention. */
const MARK = '__thought__';

function signatureInId(id: string): string | undefined {
  const at = id.indexOf(MARK);
  if (at < 0) return undefined;
  const carried = id.slice(at + MARK.length);
  if (carried === NO_SIGNATURE) return carried;
  // Ids of other APIs do not allow plus and slash, so some replace these two and drop the padding.
  const plain = carried.replaceAll('-', '+').replaceAll('_', '/');
  return filled(plain.padEnd(Math.ceil(plain.length / 4) * 4, '='));
}

function filled(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

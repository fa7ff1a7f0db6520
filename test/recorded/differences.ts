const OBJECT_CONTENT = 'the vendor sends JSON content as an object; the gateway as the text that clients expect';

/** Recorded cases that the gateway rightly answers otherwise, by id, each with its reason. Not more than 2 % of a wire. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  'cloudflare/chat-structured--llama-3-3-70b-instruct-fp8-f-22173a': OBJECT_CONTENT,
  'cloudflare/chat-structured--llama-3-3-70b-instruct-fp8-f-583336': OBJECT_CONTENT,
  'cloudflare/chat-structured--llama-3-3-70b-instruct-fp8-f-a52002': OBJECT_CONTENT,
};

/** The same for vendors' own wires. */
export const NATIVE_DIFFERENCES: Readonly<Record<string, string>> = {};

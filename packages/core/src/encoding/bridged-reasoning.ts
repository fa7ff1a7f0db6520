/**
 * The prefix of `encrypted_content` of a reasoning item that the gateway made from another vendor's signed thinking.
 * An upstream with its own Responses API cannot read it, so its codec removes such items.
 */
export const BRIDGED_REASONING = 'bridged:';

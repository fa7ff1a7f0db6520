/**
 * What the `encrypted_content` of a reasoning item begins with that the gateway itself made of another vendor's signed
 * thinking. Upstreams that speak the wire themselves cannot read it: their codecs leave such items out.
 */
export const BRIDGED_REASONING = 'bridged:';

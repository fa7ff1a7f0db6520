/**
 * What a model can do and how long its input and output may be. Anything left out counts as supported; only `false`
 * excludes calls.
 */
export interface Capabilities {
  /** Supports function calls. */
  readonly tools?: boolean;
  /** Accepts images. */
  readonly images?: boolean;
  /** Accepts audio. */
  readonly audio?: boolean;
  /** Accepts documents. */
  readonly files?: boolean;
  /** Supports structured output by a JSON schema. */
  readonly jsonSchema?: boolean;
  /**
   * Supports assistant prefill: continues an answer whose beginning is the last message. Not assumed: broken streams
   * are continued only where this is `true`.
   */
  readonly prefill?: boolean;
  /**
   * Calls may ask for a dearer tier: `service_tier: "priority"`, `speed: "fast"`. Not assumed, because the vendor bills
   * a multiple of the price and budgets reckon with the price: such calls are sent only where this is `true`.
   */
  readonly priorityTier?: boolean;
  /** Longest input in tokens. */
  readonly inputTokens?: number;
  /** Longest output in tokens. */
  readonly outputTokens?: number;
}

/** The capabilities that a call may require, as bits, so that a call's requirements are one number. */
export const CAPABILITY_BITS = {
  tools: 1,
  images: 2,
  audio: 4,
  files: 8,
  jsonSchema: 16,
  priorityTier: 32,
} as const satisfies Partial<Record<keyof Capabilities, number>>;

/** The required capabilities that are missing here. */
export function missingCapabilities(needs: number, capabilities: Capabilities): (keyof typeof CAPABILITY_BITS)[] {
  if (needs === 0) return [];
  return (Object.keys(CAPABILITY_BITS) as (keyof typeof CAPABILITY_BITS)[]).filter(
    (name) => (needs & CAPABILITY_BITS[name]) !== 0 && !isSupported(name, capabilities),
  );
}

function isSupported(name: keyof typeof CAPABILITY_BITS, capabilities: Capabilities): boolean {
  return name === 'priorityTier' ? capabilities[name] === true : capabilities[name] !== false;
}

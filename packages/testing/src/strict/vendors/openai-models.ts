/** Families that reason unless they are told not to, and those that cannot be told. */
const REASON = /^(gpt-5\.5|gpt-5\.6|gpt-5(-|$)|gpt-5\.[1-5]-(pro|codex|chat)|o[134])/;
const MAY_REASON = /^gpt-5\.[1-6]/;

/**
 * Whether a model takes no sampling parameters with this effort.
 * Source: platform.openai.com/docs/guides/latest-model, and the profiles of pydantic/pydantic-ai for OpenAI's models.
 */
export function refusesSampling(model: string, effort: unknown): boolean {
  const name = model.replace(/^.*\//, '');
  if (name.startsWith('gpt-5-chat')) return false;
  if (MAY_REASON.test(name) && !/-(pro|codex|chat)/.test(name)) {
    if (effort === 'none') return false;
    return effort !== undefined && effort !== null ? true : REASON.test(name);
  }
  return REASON.test(name);
}

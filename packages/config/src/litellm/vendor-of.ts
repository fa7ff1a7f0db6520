/** LiteLLM's names for vendors that have another one here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  azure_text: 'azure',
  bedrock_converse: 'bedrock',
  cohere_chat: 'cohere',
  ollama_chat: 'ollama',
  vertex_ai_beta: 'vertex_ai',
  watsonx_text: 'watsonx',
};

/** Whose a model is that is named without its vendor. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:gpt-|chatgpt-|o\d|text-embedding-|whisper-|codex-|davinci-|babbage-)/, 'openai'],
  [/^(?:[a-z-]{2,6}\.)?(?:ai21|amazon|anthropic|cohere|meta|mistral|stability)\./, 'bedrock'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'gemini'],
  [/^command-/, 'cohere'],
  [/^(?:mistral|codestral|magistral|ministral|pixtral)-/, 'mistral'],
  [/^deepseek-/, 'deepseek'],
  [/^grok-/, 'xai'],
];

/** `vendor/model` as the gateway spells it; undefined where nobody can tell the vendor. */
export function vendorAndModel(model: string, vendor: string | undefined): string | undefined {
  const slash = model.indexOf('/');
  const prefix = slash > 0 ? model.slice(0, slash) : undefined;
  if (vendor !== undefined) {
    const bare = prefix === vendor ? model.slice(slash + 1) : model;
    return `${OTHER_NAMES[vendor] ?? vendor}/${bare}`;
  }
  if (prefix !== undefined) {
    const name = OTHER_NAMES[prefix] ?? prefix;
    const rest = model.slice(slash + 1);
    // LiteLLM's hint of what an arbitrary deployment name stands for.
    return `${name}/${name === 'azure' ? rest.replace(/^(?:o_series|gpt5_series)\//, '') : rest}`;
  }
  const family = FAMILIES.find(([names]) => names.test(model));
  return family === undefined ? undefined : `${family[1]}/${model}`;
}

/** LiteLLM's names for vendors that have another one here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  azure_text: 'azure',
  bedrock_converse: 'bedrock',
  cohere_chat: 'cohere',
  ollama_chat: 'ollama',
  vertex_ai_beta: 'vertex_ai',
  watsonx_text: 'watsonx',
};

/** The prefixes of models that are named without their vendor. */
export const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  openai: ['gpt-', 'chatgpt-', 'o1', 'o3', 'o4', 'text-embedding-', 'whisper-', 'codex-', 'davinci-', 'babbage-'],
  anthropic: ['claude-'],
  gemini: ['gemini-'],
  cohere: ['command-'],
  mistral: ['mistral-', 'codestral-', 'magistral-', 'ministral-', 'pixtral-'],
  deepseek: ['deepseek-'],
  xai: ['grok-'],
};

const ON_BEDROCK = /^(?:[a-z-]{2,6}\.)?(?:ai21|amazon|anthropic|cohere|meta|mistral|stability)\./;

/** `vendor/model` in the gateway's format; undefined if the vendor is not known. */
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
    // LiteLLM's hint about the model behind an arbitrary deployment name.
    return `${name}/${name === 'azure' ? rest.replace(/^(?:o_series|gpt5_series)\//, '') : rest}`;
  }
  // The client names the vendor.
  if (model.startsWith('*')) return model;
  if (ON_BEDROCK.test(model)) return `bedrock/${model}`;
  const family = Object.entries(FAMILIES).find(([, begins]) => begins.some((begin) => model.startsWith(begin)));
  return family === undefined ? undefined : `${family[0]}/${model}`;
}

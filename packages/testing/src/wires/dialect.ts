/** The vendor of an OpenAI- or Anthropic-like API. */
export type Dialect = 'openai' | 'azure' | 'anthropic';

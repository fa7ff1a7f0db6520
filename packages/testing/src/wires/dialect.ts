/** Whose habits an OpenAI- or Anthropic-shaped API has. */
export type Dialect = 'openai' | 'azure' | 'anthropic';

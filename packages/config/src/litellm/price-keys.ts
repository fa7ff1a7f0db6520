import { numberOf } from '../read-context.js';
import type { DeploymentDraft } from './draft.js';
import { each, ignored, type KeyRows, supported } from './key-row.js';

const TOKEN_PRICES = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cacheRead',
  cache_creation_input_token_cost: 'cacheWrite',
  cache_creation_input_token_cost_above_1hr: 'cacheWriteHour',
  output_cost_per_reasoning_token: 'reasoning',
  input_cost_per_audio_token: 'audioInput',
  output_cost_per_audio_token: 'audioOutput',
} as const;

/** Prices for which the gateway has no unit. A budget still counts the cost of the tokens. */
const OTHER_PRICES = [
  'input_cost_per_second',
  'output_cost_per_second',
  'input_cost_per_character',
  'output_cost_per_character',
  'input_cost_per_image',
  'output_cost_per_image',
  'input_cost_per_pixel',
  'output_cost_per_pixel',
  'input_cost_per_query',
  'input_cost_per_request',
  'input_cost_per_token_batches',
  'output_cost_per_token_batches',
  'input_cost_per_token_flex',
  'output_cost_per_token_flex',
  'input_cost_per_token_priority',
  'output_cost_per_token_priority',
  'input_cost_per_token_above_128k_tokens',
  'output_cost_per_token_above_128k_tokens',
  'input_cost_per_token_above_200k_tokens',
  'output_cost_per_token_above_200k_tokens',
  'cache_creation_input_audio_token_cost',
  'citation_cost_per_token',
  'code_interpreter_cost_per_session',
  'ocr_cost_per_page',
  'search_context_cost_per_query',
  'tiered_pricing',
];

/** Prices, in `litellm_params` and in `model_info`. */
export const PRICE_KEYS: KeyRows<DeploymentDraft> = {
  ...Object.fromEntries(
    Object.entries(TOKEN_PRICES).map(([key, name]) => [
      key,
      supported<DeploymentDraft, number>('the price in US dollars', numberOf, (draft, dollars) => {
        draft.tokenPrices[name] = dollars;
      }),
    ]),
  ),
  ...each(OTHER_PRICES, ignored('not part of the price here')),
};

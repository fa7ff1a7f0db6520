import { rule } from '../checks/fields.js';
import { anthropicError } from '../error-bodies.js';
import { sentWith } from '../examples.js';
import { plainMessages } from '../plain-requests.js';
import type { StrictVendorDefinition } from '../strict-rule.js';
import { CLAUDE_SIGNATURE, claudeRules, messageBetas, messageFields } from './messages-rules.js';

const MODEL = 'claude-sonnet-4-5';

/** Anthropic. */
export const anthropic: StrictVendorDefinition = {
  name: 'anthropic',
  title: 'Anthropic',
  model: MODEL,
  errorBody: anthropicError,
  ownIds: CLAUDE_SIGNATURE,
  wires: {
    messages: {
      path: '/v1/messages',
      plain: plainMessages(MODEL),
      rules: [
        rule(
          'anthropic-version',
          'a request without the header `anthropic-version`',
          { source: 'platform.claude.com/docs/en/api/versioning' },
          {
            refused: sentWith({ headers: { 'anthropic-version': '' } }),
            check: ({ headers }) =>
              headers['anthropic-version'] ? undefined : { message: 'anthropic-version: header is required' },
          },
        ),
        ...messageFields,
        ...messageBetas,
        ...claudeRules,
      ],
    },
  },
};

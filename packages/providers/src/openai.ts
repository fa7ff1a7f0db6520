import type { Provider } from '@portico/core/provider';
import { baseUrlOf, joinPath } from './shared/base-url.js';
import { classifyOpenAiError } from './shared/classify-openai-error.js';
import { credentialHeader } from './shared/credential.js';
import { endpointPaths, storagePaths } from './shared/endpoints.js';
import { OPENAI_OPERATIONS, openAiCodecs } from './shared/openai-codecs.js';
import { readOptions, textOption } from './shared/read-options.js';
import { remainingInOpenAiHeaders } from './shared/remaining-limits.js';
import { modelOf } from './shared/responses-only.js';

const providerName = 'openai';

/**
 * OpenAI, https://platform.openai.com/docs/api-reference. Options: `organization` and `project`, ids to bill to if a
 * key belongs to several. A model `responses/…` is called through the Responses API whichever API its client uses,
 * and so are those that have no other.
 */
export const openai: Provider = {
  name: providerName,
  keyVariables: ['OPENAI_API_KEY'],
  needsKey: true,
  batchPriceShare: 0.5,
  codecs: openAiCodecs(providerName),
  connect(settings) {
    const options = readOptions(settings, ['organization', 'project'], providerName);
    const organization = textOption(options, 'organization', providerName);
    const project = textOption(options, 'project', providerName);
    const { model, operations } = modelOf(settings, OPENAI_OPERATIONS);
    const base = baseUrlOf(settings, 'https://api.openai.com/v1', providerName);
    return {
      origin: base.origin,
      model,
      paths: endpointPaths(base, operations),
      relays: {
        ...storagePaths(base),
        realtime: joinPath(base, '/realtime', { model: model }),
      },
      headers: {
        ...(settings.apiKey && credentialHeader(settings.apiKey, providerName)),
        ...(organization !== undefined && { 'openai-organization': organization }),
        ...(project !== undefined && { 'openai-project': project }),
        ...settings.headers,
      },
    };
  },
  classify: (answer) => classifyOpenAiError(answer, { providerName }),
  roomLeft: remainingInOpenAiHeaders,
};

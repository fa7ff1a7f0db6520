import type { Provider } from '@portico/core';
import { baseUrlOf, joinPath } from './shared/base-url.js';
import { classifyOpenAiError } from './shared/classify-openai-error.js';
import { credentialHeader } from './shared/credential.js';
import { endpointPaths, keepingPaths } from './shared/endpoints.js';
import { OPENAI_OPERATIONS, openAiCodecs } from './shared/openai-codecs.js';
import { readOptions, textOption } from './shared/read-options.js';
import { modelOf } from './shared/responses-only.js';
import { roomLeftInOpenAiHeaders } from './shared/room-left.js';

const who = 'openai';

/**
 * OpenAI, https://platform.openai.com/docs/api-reference. Options: `organization` and `project`, ids to bill to where a key
 * belongs to several. A model
 * `responses/…` is asked on the Responses wire whichever wire its client speaks, and so are those that have no other.
 */
export const openai: Provider = {
  name: who,
  keyVariables: ['OPENAI_API_KEY'],
  needsKey: true,
  batchPriceShare: 0.5,
  codecs: openAiCodecs(who),
  connect(settings) {
    const options = readOptions(settings, ['organization', 'project'], who);
    const organization = textOption(options, 'organization', who);
    const project = textOption(options, 'project', who);
    const { model, operations } = modelOf(settings, OPENAI_OPERATIONS);
    const base = baseUrlOf(settings, 'https://api.openai.com/v1', who);
    return {
      origin: base.origin,
      model,
      paths: endpointPaths(base, operations),
      relays: {
        ...keepingPaths(base),
        realtime: joinPath(base, '/realtime', { model: model }),
      },
      headers: {
        ...(settings.apiKey && credentialHeader(settings.apiKey, who)),
        ...(organization !== undefined && { 'openai-organization': organization }),
        ...(project !== undefined && { 'openai-project': project }),
        ...settings.headers,
      },
    };
  },
  classify: (answer) => classifyOpenAiError(answer, { who }),
  roomLeft: roomLeftInOpenAiHeaders,
};

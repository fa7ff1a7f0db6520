import type { JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { STANDARD_RULES } from '../openai-compatible-vendors.js';
import { passThrough } from '../shared/pass-through.js';
import { type Place, placed } from './place.js';

/** Chat completions in OpenAI's format except for the model and the tool choice; the URL selects streaming. */
export function chatCompletions(place: Place): Codec {
  const rules = { ...STANDARD_RULES, textParts: false, strict: false, usage: 'unasked' } as const;
  return passThrough('chat.completions', { providerName: 'watsonx' }, rules, [
    (body, target) => fit(body, target, place),
  ]);
}

function fit(body: JsonObject, target: EncodeTarget, place: Place): void {
  const names = placed(place, body, target);
  for (const name of ['model', 'project_id', 'space_id', 'stream']) delete body[name];
  Object.assign(body, names);
  if (typeof body.tool_choice !== 'string') return;
  body.tool_choice_option = body.tool_choice;
  delete body.tool_choice;
}

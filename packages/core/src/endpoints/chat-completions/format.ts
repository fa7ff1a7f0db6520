import { chunkStream } from '../../encoding/chunk-stream.js';
import { isJsonObject } from '../../encoding/json.js';
import { readCount, readFlag, readLimit, readModel, readWantsUsage } from '../../encoding/read-fields.js';
import type { UpstreamOperation } from '../../operation.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { checkMessages } from '../shared/check-messages.js';
import { errorFormat } from '../shared/error-format.js';
import { type InputSize, measureBody, measureInput, requiredCapabilitiesOf } from '../shared/measure-input.js';
import { chatRecovery } from './resume.js';

/** https://platform.openai.com/docs/api-reference/chat */
export const chatCompletions: UpstreamOperation = {
  kind: 'upstream',
  name: 'chat.completions',
  method: 'POST',
  paths: ['/chat/completions'],
  stream: chunkStream('chat.completion.chunk'),
  errors: errorFormat,
  recovery: chatRecovery,

  read(body) {
    const model = readModel(body);
    checkMessages(body.messages);
    const size = measureBody(body);
    const answers = readCount(body, 'n') || 1;
    // Some vendors read one of the two, some the other.
    const perAnswer = Math.max(readLimit(body, 'max_completion_tokens') ?? 0, readLimit(body, 'max_tokens') ?? 0);
    return {
      model,
      stream: readFlag(body, 'stream'),
      wantsUsage: readWantsUsage(body),
      inputCharacters: size.characters,
      inputAttachments: size.attachments,
      maxOutputTokens: perAnswer === 0 ? undefined : perAnswer * answers,
      answers,
      requiredCapabilities: requiredCapabilitiesOf(size, body, body.response_format),
    };
  },

  usageOf: (answer) => usageOfAnswer(answer.usage),

  outputCharactersOf(answer) {
    if (!Array.isArray(answer.choices)) return 0;
    const size: InputSize = { characters: 0, attachments: 0 };
    for (const choice of answer.choices) if (isJsonObject(choice)) measureInput(choice.message, size, 'choices');
    return size.characters;
  },
};

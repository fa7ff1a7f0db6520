import type { SessionMeter } from '../../operations/realtime-operation.js';
import { NO_USAGE, type Usage } from '../../usage/usage.js';
import { weighedLength } from '../../usage/weighed-length.js';

// OpenAI counts 10 tokens for a second of audio that it hears and 20 for one that it says. A second of PCM16 at 24 kHz has
// 48,000 bytes, which are 64,000 characters of base64. https://platform.openai.com/docs/guides/realtime-costs
const CHARACTERS_PER_AUDIO_INPUT_TOKEN = 6_400;
const CHARACTERS_PER_AUDIO_OUTPUT_TOKEN = 3_200;
const CHARACTERS_PER_TOKEN = 4;

/**
 * Counts what passes in a session, so that an answer which is never finished is charged with an estimate. Messages are
 * not parsed: the vendor's are large and many, and their types are found as text.
 */
export function createSessionMeter(): SessionMeter {
  // All of the conversation so far is the input of each answer.
  let text = 0;
  let audio = 0;
  let answerText = 0;
  let answerAudio = 0;
  let isAnswering = false;

  return {
    sent(message) {
      if (message.includes('"input_audio_buffer.append"')) audio += message.length;
      else text += weighedLength(message);
    },

    received(message) {
      const delta = message.includes('.delta"') ? message.indexOf('"delta":') : -1;
      if (delta < 0) {
        if (message.includes('"response.created"')) isAnswering = true;
        return;
      }
      if (!message.includes('"response.')) return;
      isAnswering = true;
      if (message.includes('audio.delta"')) answerAudio += message.length - delta;
      else answerText += weighedLength(message.slice(delta + '"delta":""'.length));
    },

    reported() {
      text += answerText;
      answerText = 0;
      answerAudio = 0;
      isAnswering = false;
    },

    unreported(): Usage | undefined {
      if (!isAnswering) return undefined;
      return {
        ...NO_USAGE,
        inputTokens: Math.ceil(text / CHARACTERS_PER_TOKEN),
        audioInputTokens: Math.ceil(audio / CHARACTERS_PER_AUDIO_INPUT_TOKEN),
        outputTokens: Math.ceil(answerText / CHARACTERS_PER_TOKEN),
        audioOutputTokens: Math.ceil(answerAudio / CHARACTERS_PER_AUDIO_OUTPUT_TOKEN),
        estimated: true,
      };
    },
  };
}

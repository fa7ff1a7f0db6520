import { batches } from '../operations/batches.js';
import { chatCompletions } from '../operations/chat-completions.js';
import { completions } from '../operations/completions.js';
import { countTokens } from '../operations/count-tokens.js';
import { embeddings } from '../operations/embeddings.js';
import { files } from '../operations/files.js';
import { imageEdits, imageGenerations } from '../operations/images.js';
import { keptResponses } from '../operations/kept-responses.js';
import { messages } from '../operations/messages.js';
import { moderations } from '../operations/moderations.js';
import { realtime } from '../operations/realtime.js';
import { rerank } from '../operations/rerank.js';
import { responses } from '../operations/responses.js';
import { responsesCompact } from '../operations/responses-compact.js';
import { speech } from '../operations/speech.js';
import { transcriptions, translations } from '../operations/transcriptions.js';

/** Everything a client may ask an upstream. */
export const SERVED_OPERATIONS = [
  chatCompletions,
  messages,
  countTokens,
  responses,
  responsesCompact,
  completions,
  embeddings,
  moderations,
  rerank,
  imageGenerations,
  imageEdits,
  speech,
  transcriptions,
  translations,
];

/** What vendors keep for their callers. */
export const HELD_OPERATIONS = [files, batches];

/** What can be asked of answers that vendors keep. */
export const KEPT_OPERATIONS = [keptResponses];

/** What is no question and answer. */
export const CONVERSATIONS = [realtime];

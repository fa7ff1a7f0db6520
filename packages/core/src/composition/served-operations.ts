import { speech } from '../endpoints/audio/speech.js';
import { transcriptions, translations } from '../endpoints/audio/transcriptions.js';
import { batches } from '../endpoints/batches/format.js';
import { chatCompletions } from '../endpoints/chat-completions/format.js';
import { completions } from '../endpoints/completions.js';
import { embeddings } from '../endpoints/embeddings.js';
import { files } from '../endpoints/files/format.js';
import { imageEdits, imageGenerations } from '../endpoints/images.js';
import { countTokens } from '../endpoints/messages/count-tokens.js';
import { messages } from '../endpoints/messages/format.js';
import { moderations } from '../endpoints/moderations.js';
import { realtime } from '../endpoints/realtime/format.js';
import { rerank } from '../endpoints/rerank.js';
import { responsesCompact } from '../endpoints/responses/compact.js';
import { responses } from '../endpoints/responses/format.js';
import { storedResponses } from '../endpoints/responses/stored-responses.js';

/** Every operation that an upstream can answer. */
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

/** Resources that vendors store for callers. */
export const RESOURCE_OPERATIONS = [files, batches];

/** Operations on stored responses. */
export const STORED_RESPONSE_OPERATIONS = [storedResponses];

/** Operations that are not request and response. */
export const REALTIME_OPERATIONS = [realtime];

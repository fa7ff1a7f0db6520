import { speech } from '../endpoints/audio/speech.js';
import { transcriptions, translations } from '../endpoints/audio/transcriptions.js';
import { batches } from '../endpoints/batches/format.js';
import { chatCompletions } from '../endpoints/chat-completions/format.js';
import { completions } from '../endpoints/completions.js';
import { type CustomEndpointDeps, customEndpoint } from '../endpoints/custom/custom-endpoint.js';
import { embeddings } from '../endpoints/embeddings.js';
import type { Endpoint } from '../endpoints/endpoint.js';
import { files } from '../endpoints/files/format.js';
import { imageEdits, imageGenerations } from '../endpoints/images.js';
import { countTokens } from '../endpoints/messages/count-tokens.js';
import { messages } from '../endpoints/messages/format.js';
import { type ModelsDeps, modelsEndpoint, oneModelEndpoint } from '../endpoints/models.js';
import { moderations } from '../endpoints/moderations.js';
import { type PassThroughDeps, passThroughEndpoint } from '../endpoints/pass-through/pass-through-endpoint.js';
import { type RealtimeEndpointDeps, realtimeEndpoint } from '../endpoints/realtime/endpoint.js';
import { realtime } from '../endpoints/realtime/format.js';
import { rerank } from '../endpoints/rerank.js';
import { type ResourceEndpointDeps, resourceEndpoints } from '../endpoints/resources/resource-endpoints.js';
import { responsesCompact } from '../endpoints/responses/compact.js';
import { responses } from '../endpoints/responses/format.js';
import {
  type StoredResponseEndpointDeps,
  storedResponseEndpoints,
} from '../endpoints/responses/stored-response-endpoints.js';
import { storedResponses } from '../endpoints/responses/stored-responses.js';
import { type ModelEndpointDeps, modelEndpoint } from '../endpoints/shared/model-endpoint.js';
import { type UsageDeps, usageEndpoint } from '../endpoints/usage.js';
import type { CustomEndpoint } from '../hooks/custom-endpoint.js';
import type { PassThroughRule } from '../operations/pass-through-rule.js';

/** Every operation that an upstream can answer. */
export const MODEL_OPERATIONS = [
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

export interface EndpointsDeps
  extends ModelEndpointDeps,
    ModelsDeps,
    Omit<ResourceEndpointDeps, 'operationAt'>,
    StoredResponseEndpointDeps,
    RealtimeEndpointDeps,
    PassThroughDeps,
    UsageDeps,
    CustomEndpointDeps {}

/** All endpoints of a gateway, in the order in which routes with variable parts are tried. */
export function createEndpoints<Host>(
  deps: EndpointsDeps,
  passThrough: readonly PassThroughRule[],
  custom: readonly CustomEndpoint<Host>[],
): Endpoint<Host>[] {
  const resourceDeps: ResourceEndpointDeps = { ...deps, operationAt };
  return [
    ...MODEL_OPERATIONS.map((operation) => modelEndpoint<Host>(operation, deps)),
    modelsEndpoint(deps),
    oneModelEndpoint(deps),
    usageEndpoint(deps),
    ...resourceEndpoints<Host>(files, resourceDeps),
    ...resourceEndpoints<Host>(batches, resourceDeps),
    ...storedResponseEndpoints<Host>(storedResponses, deps),
    realtimeEndpoint(realtime, deps),
    ...custom.map((each) => customEndpoint(each, deps)),
    ...passThrough.map((rule) => passThroughEndpoint<Host>(rule, deps)),
  ];
}

/** The operation of a line of a batch. */
function operationAt(url: string) {
  const path = url.replace(/^(?:\/v1){0,2}/, '').replace(/(?<=.)\/$/, '');
  return MODEL_OPERATIONS.find(({ paths }) => paths.includes(path))?.name;
}

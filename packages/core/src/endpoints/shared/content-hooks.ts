import type { Call } from '../../call.js';
import type { Clock } from '../../clock.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import type { AnswerMiddleware, ChunkTransform, ContentRequest, RequestTransform } from '../../hooks/content.js';
import { decide, hookFailure } from '../../hooks/decide.js';
import type { RequestSummary, UpstreamOperation } from '../../operation.js';
import type { ChunkTransformsDeps } from '../../streams/chunk-transforms.js';
import type { OpeningExchange } from '../endpoint.js';

/** What sees and changes the content of calls, in the order of the configuration. */
export interface ContentHooks<Host = unknown> {
  readonly requestTransforms: readonly RequestTransform<Host>[];
  readonly answerMiddleware: readonly AnswerMiddleware<Host>[];
  readonly chunkTransforms: readonly ChunkTransform<Host>[];
  readonly clock: Clock;
  /** Longest time that a transform may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** A body after all transforms, and what was read of it. */
interface Transformed {
  readonly json: JsonObject;
  readonly summary: RequestSummary;
}

/** Lets the transforms change a body, and measures it again if one has. */
export async function transformRequest<Host>(
  exchange: OpeningExchange<Host>,
  operation: UpstreamOperation,
  given: Transformed,
  warn: (message: string) => void,
  { requestTransforms, clock, timeoutMs }: ContentHooks<Host>,
): Promise<Transformed> {
  const { principal, via } = exchange.caller;
  let { json, summary } = given;
  for (const { name, transform } of requestTransforms) {
    const request: ContentRequest = {
      requestId: exchange.id,
      operation: operation.name,
      principal,
      via,
      model: summary.model,
      stream: summary.stream,
      body: json,
      tags: principal.tags ?? [],
      warn,
    };
    const changed = await decide(async () => transform({ ...exchange.request.host, request }), clock, timeoutMs);
    if (changed === undefined) continue;
    if (!isJsonObject(changed)) throw hookFailure(new TypeError(`"${name}" must return an object, or undefined.`));
    json = changed;
    summary = operation.read(json);
  }
  return { json, summary };
}

/** The transformers of a stream of this call; undefined if none has anything to do with it. */
export function transformersFor<Host>(
  call: Call<Host>,
  { chunkTransforms, clock, timeoutMs }: ContentHooks<Host>,
): ChunkTransformsDeps | undefined {
  const request = contentRequestOf(call);
  try {
    const transformers = chunkTransforms
      .map((transform) => transform.open({ ...call.host, request }))
      .filter((transformer) => transformer !== undefined);
    return transformers.length === 0 ? undefined : { transformers, clock, timeoutMs };
  } catch (error) {
    throw hookFailure(error);
  }
}

/** A call as hooks see its content. */
export function contentRequestOf(call: Call<unknown>): ContentRequest {
  return {
    requestId: call.id,
    operation: call.operation.name,
    principal: call.principal,
    via: call.via,
    model: call.group.name,
    stream: call.summary.stream,
    body: call.body,
    tags: call.tags,
    warn: (message) => call.warnings.add(message),
  };
}

import type { MaybePromise } from '../encoding/json.js';
import type { AnswerMiddleware, ChunkTransform, RequestTransform } from './content.js';
import type { CustomEndpoint } from './custom-endpoint.js';
import type { Interceptor } from './interceptor.js';
import type { Observer } from './observer.js';
import type { Authenticate, Authorize } from './policy.js';
import type { Sink } from './sink.js';

/** A bundle of hooks under one name. */
export interface Plugin<Host = unknown> {
  readonly name: string;
  readonly policies?: { readonly authenticate?: Authenticate<Host>; readonly authorize?: Authorize<Host> };
  readonly interceptors?: readonly Interceptor[];
  readonly observers?: readonly Observer[];
  readonly sinks?: readonly Sink[];
  readonly endpoints?: readonly CustomEndpoint<Host>[];
  readonly requestTransforms?: readonly RequestTransform<Host>[];
  readonly answerMiddleware?: readonly AnswerMiddleware<Host>[];
  readonly chunkTransforms?: readonly ChunkTransform<Host>[];
  /**
   * Runs once before the first call; a throw makes that call, and every later one, fail until it succeeds. While it runs,
   * calls wait for it, each for at most 30 seconds.
   */
  start?(): MaybePromise<void>;
  /** Runs when the gateway closes, after the last call ended and the sinks have its record. What it throws is logged; after 30 seconds it is not waited for. */
  close?(): MaybePromise<void>;
}

/** Only for type inference. */
export function definePlugin<Host = unknown>(plugin: Plugin<Host>): Plugin<Host> {
  return plugin;
}

import type { Clock } from './clock.js';
import type { Codec } from './codec.js';
import type { JsonObject, MaybePromise } from './encoding/json.js';
import type { GatewayError } from './errors.js';
import type { RelayedOperationName, UpstreamOperationName } from './operation.js';
import type { ReportedUsage } from './operations/pinned-request.js';
import type { Secret } from './secret.js';
import type { HeaderLookup, Send, UpstreamRequest } from './transport.js';

/** A vendor: base URL, credentials, codecs and the classification of its errors. */
export interface Provider {
  /** The prefix in `provider/model`. */
  readonly name: string;
  /** The name under which the price catalogue knows the vendor. Default: `name`. */
  readonly priceCatalogue?: string;
  /** Usual environment variables of the credential, the first one that is set is used; empty if none is needed. */
  readonly keyVariables: readonly string[];
  /** False for servers that run without a credential. */
  readonly needsKey: boolean;
  /** The price of a batch as a share of the same calls one by one. Default 1. */
  readonly batchPriceShare?: number;
  /** Its operations. */
  readonly codecs: Readonly<Partial<Record<UpstreamOperationName, Codec>>>;
  /**
   * Prepares everything that is the same for all calls. Throws an Error with a `ConfigProblem` sentence for missing
   * settings.
   */
  connect(settings: ConnectionSettings): Connection;
  /** The kind of an error response. `body` is the parsed JSON, or undefined if it was not JSON. */
  classify(answer: ErrorAnswer): GatewayError;
  /** The remaining capacity within the vendor's own limits, from the response headers. */
  roomLeft?(headers: HeaderLookup, now: number): RoomLeft;
  /**
   * What an answer in the vendor's own format, or an event of a streamed one, reports about itself, for answers that
   * are forwarded unchanged. Undefined if it reports nothing. Without it, the formats of OpenAI and Anthropic are
   * recognised.
   */
  readReportedUsage?(answer: JsonObject): ReportedUsage | undefined;
}

/** What is left of a vendor's limits; absent if it does not say. */
export interface RoomLeft {
  readonly requests?: Room | undefined;
  readonly tokens?: Room | undefined;
}

interface Room {
  readonly left: number;
  readonly limit: number | undefined;
  /** When the limit is fully available again. */
  readonly resetsInMs: number;
}

/** The connection settings of a deployment. */
export interface ConnectionSettings {
  readonly model: string;
  /** The model's base name, if the configuration sets it because `model` is an arbitrary one. */
  readonly baseModel?: string | undefined;
  readonly baseUrl: string | undefined;
  readonly apiKey: Secret | undefined;
  readonly apiVersion: string | undefined;
  /** Extra request headers, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** All other vendor-specific settings of the deployment. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The vendor's usual variables, for settings that the deployment leaves out: a region, nothing secret. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The part of every request that is fixed for a deployment. */
export interface Connection {
  readonly origin: string;
  /** The model's base name, if `model` contains more: a route, a region. Default: the model. */
  readonly baseModel?: string;
  /** The vendor's name for the model, if the reference contains more (`openai/responses/…`). */
  readonly model?: string;
  /**
   * Path and query of an operation; an operation without one is not available here, even if the provider supports it
   * elsewhere.
   */
  readonly paths: Readonly<Partial<Record<UpstreamOperationName, string>>>;
  /** Path and query of an operation with a stream, if they differ; `paths` must contain the operation as well. */
  readonly streamPaths?: Readonly<Partial<Record<UpstreamOperationName, string>>>;
  /** Path and query for forwarded requests: of the collection, or of the socket. */
  readonly relays?: Readonly<Partial<Record<RelayedOperationName, string>>>;
  /** Credential and fixed headers, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The codecs of this deployment, if its model or URL uses another API format than the provider's others. */
  readonly codecs?: Provider['codecs'];
  /**
   * For schemes that must see the request or fetch a token first. Everything it waits for must end when
   * `request.cancellation` fires: on the attempt's deadline, when the client disconnects and when the gateway closes.
   */
  readonly sign?: (request: UpstreamRequest, ctx: SigningContext) => MaybePromise<UpstreamRequest>;
  /**
   * Answers instead of the transport, inside the same interceptors and deadlines: for a model without a socket. It
   * has the duties of a transport: it rejects, or fails its body, as soon as `request.cancellation` fires, and sends
   * nothing while it is paused.
   */
  readonly send?: Send;
}

/** What signing a request may need. */
export interface SigningContext {
  /** Fetches a token, without the interceptors: they wrap model requests and must not see credentials. */
  readonly send: Send;
  readonly clock: Clock;
  /** The environment of the vendor's usual credential chain; nothing else is read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a text file, for credentials in files; absent if the runtime has no files. */
  readonly readFile: ((path: string) => Promise<string>) | undefined;
}

/** A response that is not successful, or a successful one that contains an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: HeaderLookup;
  readonly body: unknown;
  /** The beginning of the body as text, for responses that are not JSON. */
  readonly text: string;
}

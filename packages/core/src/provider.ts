import type { Clock } from './clock.js';
import type { Codec } from './codec.js';
import type { Told } from './errand.js';
import type { GatewayError } from './errors.js';
import type { JsonObject, MaybePromise } from './json.js';
import type { RelayedOperationName, UpstreamOperationName } from './operation.js';
import type { Secret } from './secret.js';
import type { HeaderLookup, Send, UpstreamRequest } from './transport.js';

/** Who answers: base URL, credential scheme, codecs and how its errors are told apart. */
export interface Provider {
  /** The prefix in `provider/model`. */
  readonly name: string;
  /** The name under which the price catalogue knows the vendor. Default: `name`. */
  readonly priceCatalogue?: string;
  /** Usual environment variables of the credential, first found wins; empty where none is needed. */
  readonly keyVariables: readonly string[];
  /** False for servers that run without a credential. */
  readonly needsKey: boolean;
  /** What a batch costs as a share of the same calls made one by one. Default 1. */
  readonly batchPriceShare?: number;
  /** What it can be asked. */
  readonly codecs: Readonly<Partial<Record<UpstreamOperationName, Codec>>>;
  /** Fixes everything that does not change from call to call. Throws a `ConfigProblem` sentence as an Error where settings are missing. */
  connect(settings: ConnectionSettings): Connection;
  /** Which of our kinds an error answer is. `body` is the parsed JSON, or undefined where it was none. */
  classify(answer: ErrorAnswer): GatewayError;
  /** What the head of an answer tells of the room that is left within the vendor's own limits. */
  roomLeft?(headers: HeaderLookup, now: number): RoomLeft;
  /**
   * What an answer in the vendor's own shape, or an event of a streamed one, says of itself so far: for those that are handed
   * on as they are. Undefined where it says nothing. Without it, and where the shapes of OpenAI and Anthropic are found.
   */
  toldBy?(answer: JsonObject): Told | undefined;
}

/** Room within a vendor's limits; absent where it says nothing. */
export interface RoomLeft {
  readonly requests?: Room | undefined;
  readonly tokens?: Room | undefined;
}

interface Room {
  readonly left: number;
  readonly limit: number | undefined;
  /** Until all of it is there again. */
  readonly resetsInMs: number;
}

/** What a deployment says about its connection. */
export interface ConnectionSettings {
  readonly model: string;
  /** The model's own name, where the configuration says it because `model` is an arbitrary one. */
  readonly baseModel?: string | undefined;
  readonly baseUrl: string | undefined;
  readonly apiKey: Secret | undefined;
  readonly apiVersion: string | undefined;
  /** Extra request headers, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Everything else the deployment's configuration holds for this vendor. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Where the vendor's usual variables are, for what the deployment does not say: a region, and nothing secret. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A deployment's fixed side of every request. */
export interface Connection {
  readonly origin: string;
  /** The model's own name, where `model` says more than that: a route, a region. Default: the model. */
  readonly baseModel?: string;
  /** The vendor's name for the model, where the reference says more than that (`openai/responses/…`). */
  readonly model?: string;
  /** Path and query of an operation; what has none is not offered here, whatever the provider could do elsewhere. */
  readonly paths: Readonly<Partial<Record<UpstreamOperationName, string>>>;
  /** Path and query of an operation asked for a stream, where that is another; `paths` must name the operation as well. */
  readonly streamPaths?: Readonly<Partial<Record<UpstreamOperationName, string>>>;
  /** Path and query of what is relayed to it as it is: of the collection, or of the socket. */
  readonly relays?: Readonly<Partial<Record<RelayedOperationName, string>>>;
  /** Credential and fixed headers, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What this deployment can be asked, where its model or its address speaks another wire than the provider's others. */
  readonly codecs?: Provider['codecs'];
  /**
   * For schemes that must see the request or fetch a token first. What it waits for must end when `request.cancellation`
   * fires: that is the attempt's deadline, the client that left and the gateway that closes.
   */
  readonly sign?: (request: UpstreamRequest, means: SignMeans) => MaybePromise<UpstreamRequest>;
  /**
   * Answers instead of the transport, inside the same interceptors and deadlines: for a model that no socket leads to. It
   * owes what a transport owes: it rejects, or fails its body, as soon as `request.cancellation` fires, and holds back
   * while it is paused.
   */
  readonly send?: Send;
}

/** What signing a request may need. */
export interface SignMeans {
  /** Fetches a token. Goes past the interceptors: they wrap what a model is asked, and a credential is none of their business. */
  readonly send: Send;
  readonly clock: Clock;
  /** Where the vendor's usual credential chain looks; nothing else is read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a text file of the machine, for credentials kept in one; absent where the runtime has no files. */
  readonly readFile: ((path: string) => Promise<string>) | undefined;
}

/** An answer that is not a success, or a success that names an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: HeaderLookup;
  readonly body: unknown;
  /** The beginning of the body as text, for answers that are not JSON. */
  readonly text: string;
}

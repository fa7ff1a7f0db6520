import type { JsonObject } from './json-places.js';

/** What a request asks for, by the path it is sent to. */
export type StrictWire =
  | 'chat'
  | 'responses'
  | 'messages'
  | 'generate'
  | 'converse'
  | 'invoke'
  | 'cohere-chat'
  | 'ollama-chat'
  | 'embeddings'
  | 'images'
  | 'speech'
  | 'transcriptions';

/** A request as a rule sees it. */
export interface ReadRequest {
  readonly wire: StrictWire;
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-cased name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: JsonObject;
  /** The model, wherever the wire names it. */
  readonly model: string;
  /** Whether the vendor gave out this id or signature. */
  issued(id: string): boolean;
}

/** What is wrong with a request, before a vendor puts it into its own error body. */
export interface Complaint {
  readonly message: string;
  /** The field it is about, as the vendor prints it. */
  readonly param?: string;
  readonly code?: string;
  /** Where the vendor has another type for this than for bad requests in general. */
  readonly type?: string;
  /** Default: what the vendor answers to bad requests. */
  readonly status?: number;
}

/** A request that shows a rule: what is put in the place of the vendor's plain request. */
export interface RuleExample {
  readonly body: JsonObject;
  /** Default: the vendor's. */
  readonly model?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
}

/** Makes an example of the vendor's plain request. */
export type ExampleOf = (plain: JsonObject) => RuleExample;

/** One thing that a vendor refuses. */
export interface StrictRule {
  /** What it is about, unique within a vendor and a wire. */
  readonly id: string;
  /** What is refused, in one phrase. */
  readonly refuses: string;
  /** Where that is known from: a published description, a page of the vendor, a public bug report or a recording. */
  readonly source: string;
  check(request: ReadRequest): Complaint | undefined;
  /** A request that it refuses. */
  readonly refused: ExampleOf;
  /** A near neighbour that the vendor takes. */
  readonly accepted: ExampleOf;
}

/** A vendor: the rules of each wire it has, and how it says no. */
export interface StrictVendorDefinition {
  readonly name: string;
  readonly title: string;
  /** The model that examples ask. */
  readonly model: string;
  readonly wires: Readonly<Partial<Record<StrictWire, VendorWire>>>;
  /** The error body of a complaint. */
  errorBody(complaint: Complaint, wire: StrictWire | undefined): unknown;
  /** Of bad requests. Default 400. */
  readonly status?: number;
  /** What ids and signatures that nobody told the checker of look like when they are the vendor's own. */
  readonly ownIds?: RegExp;
}

/** One wire of a vendor. */
export interface VendorWire {
  readonly rules: readonly StrictRule[];
  /** A request with as much in it as the vendor takes, from which the examples are made. */
  readonly plain: JsonObject;
  /** The path it is sent to, with `{model}` where the model stands in it. */
  readonly path: string;
}

/** The parts of a reference after `bedrock/`. */
export interface ModelReference {
  /** The interface in the reference, if there is one. */
  readonly route: 'converse' | 'invoke' | 'openai' | undefined;
  /** The region in the reference or the ARN. */
  readonly region: string | undefined;
  /** The model's id, the id of an inference profile, or an ARN: what the URL contains. */
  readonly id: string;
  /** The base name of the model; a custom ARN does not contain it. */
  readonly name: string;
}

/**
 * Reads `anthropic.claude-…`, `us.anthropic.claude-…` (an inference profile over several regions), ARNs, and
 * LiteLLM's forms: `converse/…`, `invoke/…`, `openai/…` and `us-east-1/…` in front of each of them.
 */
export function readReference(model: string): ModelReference {
  let id = model;
  let route: ModelReference['route'];
  let region: string | undefined;
  for (;;) {
    const [, prefix, rest] = PREFIX.exec(id) ?? [];
    if (prefix === undefined || rest === undefined) break;
    const named = ROUTES.get(prefix);
    if (named === undefined) region = prefix;
    else route = named;
    id = rest;
  }
  const arn = ARN.exec(id);
  return { route, region: arn?.[1] || region, id, name: arn === null ? id : (arn[2] ?? id) };
}

const PREFIX = /^(converse(?:_like)?|invoke|openai|[a-z]{2}(?:-[a-z]+){1,2}-\d)\/(.+)$/;

const ROUTES: ReadonlyMap<string, NonNullable<ModelReference['route']>> = new Map([
  ['converse', 'converse'],
  ['converse_like', 'converse'],
  ['invoke', 'invoke'],
  ['openai', 'openai'],
]);

// Only ARNs of the vendor's own models and of its own inference profiles contain a model's name.
const ARN = /^arn:aws[\w-]*:(?:bedrock|sagemaker):([a-z0-9-]*):\d*:(?:(?:foundation-model|inference-profile)\/(.+))?/;

/** The model without the regions it is served from: `eu.anthropic.claude-…` is `anthropic.claude-…`. */
export function withoutRegions(name: string): string {
  return name.replace(/^(?:[a-z]{2}|us-gov|apac|global)\./, '');
}

import type { JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';

/** Where requests are charged, and whether they contain their model: deployments know it. */
export interface Place {
  readonly names?: 'model' | 'nothing';
  readonly project_id?: string;
  readonly space_id?: string;
}

/** The fields of a request with the model and the project. A client may name its own project. */
export function placed({ names, ...place }: Place, request: JsonObject, target: EncodeTarget): JsonObject {
  if (names === 'nothing') return {};
  const { project_id: project, space_id: space } = request;
  const own = project === undefined && space === undefined ? place : { project_id: project, space_id: space };
  return { model_id: target.model, ...own };
}

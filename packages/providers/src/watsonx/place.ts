import type { EncodeTarget, JsonObject } from '@portico/core';

/** Where requests are charged, and whether they name their model at all: deployments know it. */
export interface Place {
  readonly names?: 'model' | 'nothing';
  readonly project_id?: string;
  readonly space_id?: string;
}

/** The fields by which a request says what is asked and who pays. A client may name its own project. */
export function placed({ names, ...place }: Place, request: JsonObject, target: EncodeTarget): JsonObject {
  if (names === 'nothing') return {};
  const { project_id: project, space_id: space } = request;
  const own = project === undefined && space === undefined ? place : { project_id: project, space_id: space };
  return { model_id: target.model, ...own };
}

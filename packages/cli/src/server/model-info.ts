import type { IncomingMessage, ServerResponse } from 'node:http';
import { modelsOfCaller } from './request-as-caller.js';
import { sendJson } from './send-json.js';
import type { ServedConfig } from './served.js';

/** `GET /v1/model/info`: the deployments of a caller's models, without their credentials. */
export async function answerModelInfo(req: IncomingMessage, res: ServerResponse, served: ServedConfig): Promise<void> {
  const models = await modelsOfCaller(served, req);
  if ('status' in models) return sendJson(res, models.status, models.body);
  const id = new URL(req.url ?? '/', 'http://localhost').searchParams.get('litellm_model_id');
  const { modelInfo, principal } = served.loaded;
  // With only one caller, all of them: also those that are not listed because their name has a wildcard.
  const data = principal === undefined ? modelInfo.filter(({ model_name }) => models.includes(model_name)) : modelInfo;
  sendJson(res, 200, { data: id === null ? data : data.filter(({ model_info }) => model_info.id === id) });
}

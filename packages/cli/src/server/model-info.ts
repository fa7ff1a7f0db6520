import type { IncomingMessage, ServerResponse } from 'node:http';
import { modelsOfCaller } from './ask-as-caller.js';
import { sendJson } from './send-json.js';
import type { Served } from './served.js';

/** `GET /v1/model/info`: the deployments of the models a caller may ask for, without their credentials. */
export async function answerModelInfo(req: IncomingMessage, res: ServerResponse, served: Served): Promise<void> {
  const models = await modelsOfCaller(served, req);
  if ('status' in models) return sendJson(res, models.status, models.body);
  const id = new URL(req.url ?? '/', 'http://localhost').searchParams.get('litellm_model_id');
  const { modelInfo, principal } = served.loaded;
  // Where there is only one caller, everything is theirs: also what is not listed because its name has a star.
  const data = principal === undefined ? modelInfo.filter(({ model_name }) => models.includes(model_name)) : modelInfo;
  sendJson(res, 200, { data: id === null ? data : data.filter(({ model_info }) => model_info.id === id) });
}

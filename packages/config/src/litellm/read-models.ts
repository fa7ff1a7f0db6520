import { didYouMean, nearestWord } from '../nearest-word.js';
import { mapOf, problem, type ReadContext, textOf } from '../read-context.js';
import { type ConfigNode, type MapNode, plainValue } from '../yaml/config-node.js';
import { ENTRY_KEYS, INFO_KEYS, PARAMETER_KEYS } from './deployment-keys.js';
import { type DeploymentDraft, draftDeployment, type SettingsDraft } from './draft.js';
import { type KeyVerdict, readKeys } from './key-row.js';
import { CREDENTIAL_KEYS } from './settings-keys.js';

/** Reads `credential_list`, for deployments to refer to. */
export function readCredentials(items: readonly ConfigNode[], settings: SettingsDraft, reading: ReadContext): void {
  for (const item of items) {
    const entry = mapOf(item, reading);
    if (entry === undefined) continue;
    readKeys(entry, CREDENTIAL_KEYS, undefined, reading);
    const nameNode = entry.entries.get('credential_name');
    const name = nameNode && textOf(nameNode, reading);
    const valuesNode = entry.entries.get('credential_values');
    const values = valuesNode && mapOf(valuesNode, reading);
    if (name === undefined) problem(reading, entry, 'needs a "credential_name".');
    else if (values === undefined) problem(reading, entry, 'needs "credential_values".');
    else if (settings.credentials.has(name)) problem(reading, entry, `there is another credential "${name}".`);
    else settings.credentials.set(name, values);
  }
}

/** Reads one entry of `model_list`; undefined if it is invalid, which is reported as a problem. */
export function readDeployment(
  item: ConfigNode,
  settings: SettingsDraft,
  reading: ReadContext,
): DeploymentDraft | undefined {
  const entry = mapOf(item, reading);
  if (entry === undefined) return undefined;
  const draft = draftDeployment(entry, settings);
  readKeys(entry, ENTRY_KEYS, draft, reading);

  const paramsNode = entry.entries.get('litellm_params');
  const params = paramsNode && mapOf(paramsNode, reading);
  if (params === undefined) return problem(reading, entry, 'needs "litellm_params".');
  const merged = withCredential(params, settings, reading);
  if (merged !== undefined) readKeys(merged, PARAMETER_KEYS, draft, reading, judgeUnknownParameter);

  const infoNode = entry.entries.get('model_info');
  const info = infoNode && mapOf(infoNode, reading);
  if (info !== undefined) {
    readKeys(info, INFO_KEYS, draft, reading, judgeUnknownFact);
    for (const [key, node] of info.entries) draft.info[key] = plainValue(node);
  }
  if (draft.group === undefined && !entry.entries.has('model_name')) problem(reading, entry, 'needs a "model_name".');
  if (draft.model === undefined && !params.entries.has('model')) problem(reading, params, 'needs a "model".');
  return draft;
}

/** Parameters merged with those of the credential they name; their own take precedence. */
function withCredential(params: MapNode, settings: SettingsDraft, reading: ReadContext): MapNode | undefined {
  const named = params.entries.get('litellm_credential_name');
  const name = named && textOf(named, reading);
  if (named === undefined || name === undefined) return params;
  const values = settings.credentials.get(name);
  if (values === undefined) {
    const names = [...settings.credentials.keys()];
    return problem(reading, named, `credential_list has no "${name}"${didYouMean(name, names)}.`);
  }
  return {
    ...params,
    entries: new Map([...values.entries, ...params.entries]),
    keyPlaces: new Map([...values.keyPlaces, ...params.keyPlaces]),
  };
}

/** LiteLLM sends unknown parameters to the vendor; one that is nearly a known one is probably a typing error. */
function judgeUnknownParameter(key: string): KeyVerdict | undefined {
  if (PRICE.test(key)) return UNKNOWN_PRICE;
  if (nearestWord(key, Object.keys(PARAMETER_KEYS)) !== undefined) return undefined;
  return {
    verdict: 'ignored',
    message: 'not a setting of the gateway; parameters are not preset here: calls use those of the client',
  };
}

function judgeUnknownFact(key: string): KeyVerdict | undefined {
  if (PRICE.test(key)) return UNKNOWN_PRICE;
  if (!key.startsWith('supports_') && nearestWord(key, Object.keys(INFO_KEYS)) !== undefined) return undefined;
  return { verdict: 'supported', message: 'shown at /v1/model/info' };
}

const PRICE = /_cost(?:_|$)/;
const UNKNOWN_PRICE: KeyVerdict = { verdict: 'ignored', message: 'not part of the price here' };

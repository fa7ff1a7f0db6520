import { didYouMean, nearestWord } from '../nearest-word.js';
import { mapOf, problem, type Reading, textOf } from '../reading.js';
import { type ConfigNode, type MapNode, plainValue } from '../yaml/config-node.js';
import { type DeploymentDraft, draftDeployment, type SettingsDraft } from './draft.js';
import { type Judgement, readKeys } from './key-row.js';
import { ENTRY_KEYS, INFO_KEYS, PARAMETER_KEYS } from './keys-of-deployments.js';
import { CREDENTIAL_KEYS } from './keys-of-settings.js';

/** Reads `credential_list`, for deployments to refer to. */
export function readCredentials(items: readonly ConfigNode[], settings: SettingsDraft, reading: Reading): void {
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

/** Reads one entry of `model_list`; undefined if it is no deployment, which is then among the problems. */
export function readDeployment(
  item: ConfigNode,
  settings: SettingsDraft,
  reading: Reading,
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

/** Parameters with those of the credential they name; their own win. */
function withCredential(params: MapNode, settings: SettingsDraft, reading: Reading): MapNode | undefined {
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

/** LiteLLM sends what it does not know to the vendor; a word that is nearly a known one was meant to be that. */
function judgeUnknownParameter(key: string): Judgement | undefined {
  if (PRICE.test(key)) return UNKNOWN_PRICE;
  if (nearestWord(key, Object.keys(PARAMETER_KEYS)) !== undefined) return undefined;
  return {
    verdict: 'ignored',
    says: 'not a setting of the gateway; calls go out with what the client asks for: parameters are not preset here',
  };
}

function judgeUnknownFact(key: string): Judgement | undefined {
  if (PRICE.test(key)) return UNKNOWN_PRICE;
  if (!key.startsWith('supports_') && nearestWord(key, Object.keys(INFO_KEYS)) !== undefined) return undefined;
  return { verdict: 'supported', says: 'shown at /v1/model/info' };
}

const PRICE = /_cost(?:_|$)/;
const UNKNOWN_PRICE: Judgement = { verdict: 'ignored', says: 'calls are priced without it' };

import { secret } from '@portico/core';
import { type Reading, textOf } from '../reading.js';
import type { ConfigNode } from '../yaml/config-node.js';
import type { DeploymentDraft } from './draft.js';
import { type KeyRows, supported } from './key-row.js';

/** Who asks a vendor on AWS, and where. */
export const AWS_KEYS: KeyRows<DeploymentDraft> = {
  aws_access_key_id: option('a key of AWS', 'accessKeyId', secretOf),
  aws_secret_access_key: option('the secret of the key', 'secretAccessKey', secretOf),
  aws_session_token: option('the token of a key that is lent', 'sessionToken', secretOf),
  aws_region_name: option('the region', 'region', textOf),
  aws_role_name: option('the role to take on', 'roleArn', textOf),
  aws_session_name: option('the name under which it is taken on', 'roleSessionName', textOf),
  aws_external_id: option('what the owner of the role wants to hear', 'externalId', textOf),
  aws_profile_name: option("a profile in the files of AWS' tools", 'profile', textOf),
  aws_web_identity_token: option('the token, or its file, to take on the role with', 'webIdentityToken', secretOf),
  aws_sts_endpoint: option('where roles are given out', 'stsEndpoint', textOf),
  model_id: option('the ARN to ask instead of the model', 'modelId', textOf),
};

/** True for models of a vendor that is signed in to as AWS is. */
export function isOnAws(model: string): boolean {
  return /^(?:bedrock|sagemaker)/.test(model);
}

/** Among the variables of the file itself, those of AWS as options, for deployments that do not say who asks. */
export function awsOptions(
  variables: Readonly<Record<string, string>>,
  said: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const region = variables.AWS_REGION_NAME ?? variables.AWS_REGION ?? variables.AWS_DEFAULT_REGION;
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = variables;
  const saysWho = ['accessKeyId', 'profile', 'webIdentityToken'].some((name) => name in said);
  return {
    ...(region && { region }),
    ...(id && key && !saysWho && { accessKeyId: secret(id), secretAccessKey: secret(key) }),
    ...(id && key && token && !saysWho && { sessionToken: secret(token) }),
    ...said,
  };
}

function option(
  says: string,
  name: string,
  read: (node: ConfigNode, reading: Reading) => unknown,
): KeyRows<DeploymentDraft>[string] {
  return supported<DeploymentDraft, unknown>(says, read, (draft, value) => {
    draft.options[name] = value;
  });
}

function secretOf(node: ConfigNode, reading: Reading) {
  const text = textOf(node, reading);
  return text === undefined ? undefined : secret(text);
}

import { secret } from '@portico/core';
import { type ReadContext, textOf } from '../read-context.js';
import type { ConfigNode } from '../yaml/config-node.js';
import type { DeploymentDraft } from './draft.js';
import { type KeyRows, supported } from './key-row.js';

/** AWS credentials and region. */
export const AWS_KEYS: KeyRows<DeploymentDraft> = {
  aws_access_key_id: option('the AWS access key id', 'accessKeyId', secretOf),
  aws_secret_access_key: option('the AWS secret access key', 'secretAccessKey', secretOf),
  aws_session_token: option('the session token of temporary credentials', 'sessionToken', secretOf),
  aws_region_name: option('the region', 'region', textOf),
  aws_role_name: option('the role to assume', 'roleArn', textOf),
  aws_session_name: option('the session name of the role', 'roleSessionName', textOf),
  aws_external_id: option('the external id of the role', 'externalId', textOf),
  aws_profile_name: option('a profile in the AWS configuration files', 'profile', textOf),
  aws_web_identity_token: option(
    'the web identity token, or its file, to assume the role with',
    'webIdentityToken',
    secretOf,
  ),
  aws_sts_endpoint: option('the STS endpoint', 'stsEndpoint', textOf),
  model_id: option('the ARN to call instead of the model', 'modelId', textOf),
};

/** True for models of a vendor with AWS authentication. */
export function isOnAws(model: string): boolean {
  return /^(?:bedrock|sagemaker)/.test(model);
}

/** The file's own AWS variables as options, for deployments without credentials. */
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
  message: string,
  name: string,
  read: (node: ConfigNode, reading: ReadContext) => unknown,
): KeyRows<DeploymentDraft>[string] {
  return supported<DeploymentDraft, unknown>(message, read, (draft, value) => {
    draft.options[name] = value;
  });
}

function secretOf(node: ConfigNode, reading: ReadContext) {
  const text = textOf(node, reading);
  return text === undefined ? undefined : secret(text);
}

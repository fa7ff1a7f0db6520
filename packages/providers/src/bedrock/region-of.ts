import type { ConnectionSettings } from '@portico/core/provider';
import { textOption } from '../shared/read-options.js';
import { isRegion } from './regions.js';

/** The region of a deployment: from its model, else its option, else the usual variables. */
export function regionOf(
  settings: ConnectionSettings,
  options: Readonly<Record<string, unknown>>,
  named: string | undefined,
  providerName: string,
): string {
  const { AWS_REGION_NAME, AWS_REGION, AWS_DEFAULT_REGION } = settings.environment ?? {};
  const region =
    named ||
    textOption(options, 'region', providerName) ||
    AWS_REGION_NAME ||
    AWS_REGION ||
    AWS_DEFAULT_REGION ||
    undefined;
  if (region === undefined) {
    throw new Error(`${providerName} needs a region. Set AWS_REGION in the environment, or give the option "region".`);
  }
  if (!isRegion(region)) throw new Error(`"${region}" is not a region of ${providerName}. One looks like "us-east-1".`);
  return region;
}

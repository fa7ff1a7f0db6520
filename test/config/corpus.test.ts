import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ConfigReport, checkConfig, formatReport } from '@portico/config';
import { describe, expect, it } from 'vitest';
import { ENTRY_KEYS, INFO_KEYS, PARAMETER_KEYS } from '../../packages/config/dist/litellm/deployment-keys.js';
import {
  CREDENTIAL_KEYS,
  GENERAL_KEYS,
  GUARDRAIL_KEYS,
  LITELLM_SETTINGS_KEYS,
  ROUTER_KEYS,
  TOP_KEYS,
} from '../../packages/config/dist/litellm/settings-keys.js';
import { surroundings } from './surroundings.js';

// Configurations as LiteLLM's users have them, and what becomes of every key of each. What a file beside them says is
// what `portico check` prints; `vitest -u` writes it anew, and the difference is to be read.

const corpus = fileURLToPath(new URL('corpus', import.meta.url));
const files = readdirSync(corpus).filter((file) => file.endsWith('.yaml'));

describe("LiteLLM's configurations", () => {
  it.each(files)('%s', async (file) => {
    const text = `${formatReport(report(file))}\n`;
    await expect(text).toMatchFileSnapshot(resolve(corpus, `${basename(file, '.yaml')}.report`));
  });

  it('are at least sixty', () => {
    expect(files.length).toBeGreaterThanOrEqual(60);
  });

  it.each([
    ['', TOP_KEYS],
    ['model_list[]', ENTRY_KEYS],
    ['model_list[].litellm_params', PARAMETER_KEYS],
    ['model_list[].model_info', INFO_KEYS],
    ['litellm_settings', LITELLM_SETTINGS_KEYS],
    ['router_settings', ROUTER_KEYS],
    ['general_settings', GENERAL_KEYS],
    ['credential_list[]', CREDENTIAL_KEYS],
    ['guardrails[]', GUARDRAIL_KEYS],
  ])('use every key of the table below "%s" (prices stand in either place)', (section, rows) => {
    const used = new Set(
      files.flatMap((file) => report(file).findings.map(({ path }) => path.replaceAll(/\[\d+\]/g, '[]'))),
    );
    const prefix = section === '' ? '' : `${section}.`;
    const elsewhere = section.endsWith('model_info') ? 'model_list[].litellm_params.' : 'model_list[].model_info.';
    const unused = Object.keys(rows).filter(
      (key) =>
        !used.has(`${prefix}${key}`) &&
        !(key.includes('cost') || key === 'tiered_pricing' ? used.has(`${elsewhere}${key}`) : false),
    );
    expect(unused).toEqual([]);
  });
});

function report(file: string): ConfigReport {
  return checkConfig(resolve(corpus, file), { ...surroundings(file), shownAs: file });
}

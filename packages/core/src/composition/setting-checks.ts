import type { SettingChecks } from '../config/validate-config.js';
import { originProblems } from '../identity/cross-site.js';
import { keyProblems } from '../identity/virtual-keys.js';
import { secretProblems } from '../secret.js';

/** What those who read a setting have against it, beyond its shape. */
export const SETTING_CHECKS: SettingChecks = {
  keys: keyProblems,
  csrf: originProblems,
  ids: ({ secret }) => secretProblems(secret, 'ids.secret'),
  tokens: ({ secret }) => secretProblems(secret, 'tokens.secret'),
};

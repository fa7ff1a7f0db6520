export { ConfigFileError, type FileProblem, type Place } from './config-problem.js';
export {
  type ConfigFormat,
  type ConfigReport,
  type Finding,
  formatReport,
  isUsable,
  type Verdict,
} from './config-report.js';
export { type ImportedConfig, importLiteLlm } from './import/import-litellm.js';
export { type ImportPortkeyOptions, importPortkey } from './import/import-portkey.js';
export { checkConfig, loadConfig } from './load-config.js';
export type { LiteLlmCompat, LoadedConfig, ModelInfo, ReadOptions } from './loaded-config.js';
export { nearestWord } from './nearest-word.js';
export { type ReadTextOptions, readConfig } from './read-config.js';
export { isRedisUrl, type SharedRedis } from './shared-redis.js';
export { type ConfigListener, type ConfigWatch, type WatchOptions, watchConfig } from './watch-config.js';

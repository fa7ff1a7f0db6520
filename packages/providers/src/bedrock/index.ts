export { bedrockMantle } from './mantle.js';
export { bedrock } from './provider.js';

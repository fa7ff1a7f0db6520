export { type AiSdkModels, aiSdkProvider } from './ai-sdk-provider.js';

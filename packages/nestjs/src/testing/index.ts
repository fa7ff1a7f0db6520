export { FakeLlm } from './fake-llm.js';
export { LlmTestingModule, type LlmTestingOptions } from './llm-testing-module.js';

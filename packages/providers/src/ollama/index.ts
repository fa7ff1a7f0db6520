export { ollama } from './provider.js';

export { gemini } from './provider.js';

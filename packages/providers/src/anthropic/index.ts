export { anthropic } from './provider.js';

export { cohere } from './provider.js';

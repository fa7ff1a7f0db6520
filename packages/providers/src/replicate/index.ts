export { replicate } from './provider.js';

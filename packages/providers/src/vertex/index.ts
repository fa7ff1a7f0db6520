export { vertex } from './provider.js';

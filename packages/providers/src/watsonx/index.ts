export { watsonx } from './provider.js';

export { type ChosenModel, chooseModel } from './choose-model.js';
export { type Example, type ExampleOptions, isUser, serve, USERS } from './example.js';
export { findPageFile, type PageFile } from './page-files.js';

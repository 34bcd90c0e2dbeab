export * from './builder.js';
export * from './dim.js';
export * from './dtype.js';
export * from './graph.js';
export * from './hash.js';
export * from './memoized.js';
export * from './quoted.js';
export * from './tensor.js';

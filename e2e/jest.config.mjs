// The end-to-end tests: as the other tests, but slower and one file at a time, for each starts a cluster.
import unit from '../jest.config.mjs';

export default {
  ...unit,
  rootDir: '..',
  roots: ['<rootDir>/e2e'],
  testMatch: ['<rootDir>/e2e/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};

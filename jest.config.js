/** Real servers are started once by the global set-up; each test file gets a database and a task queue of its own. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.holdfast'],
  testTimeout: 60_000,
  maxWorkers: 2,
  // The Temporal client's native runtime keeps a handle open after every worker has been shut down (sdk-typescript#928).
  forceExit: true,
};

// Jest 30.5 on Node >= 24.9: our code becomes CommonJS by SWC, NestJS 12 (ESM only) is loaded by Jest's require(esm).
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Much of the time goes into waiting for the disk and for password hashes.
  maxWorkers: '100%',
  // Only against a test that hangs; a slow machine is no failure.
  testTimeout: 30_000,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2023',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
};

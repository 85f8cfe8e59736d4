import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'data/', '**/*.mjs', '**/*.cjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-console': 'error',
      'no-control-regex': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // Ports promise promises; an adapter that has nothing to wait for keeps the promise all the same.
    // `Position | 'end'` says more to a reader than the `string` it comes to.
    rules: {
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-redundant-type-constituents': 'off',
    },
  },
  {
    // What handles every aggregate, event or read model alike holds them as `any` in one place, where a rule of types
    // would have to be written for each pair; and what a matcher of a test gives is `any` by Jest's own types.
    files: [
      '*/kernel/**',
      '*/index.ts',
      'infrastructure/worker/**',
      'bench/**',
      'test/**',
      'composition/**',
      'system.ts',
    ],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // `expect(port.method)` takes a method without calling it.
    files: ['test/**'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    // These talk to the person who started them.
    files: ['bench/**', 'ops/**', 'main.ts', 'test/fixtures/*/main.ts'],
    rules: { 'no-console': 'off' },
  },
);

// Who may import what: the tree's promise. `npm run check:imports` checks it, imports of types included.
// Each rule's comment is what the check prints, so it says what to do instead.

// What puts processes together may import everything; nothing else imports it.
const COMPOSES = '^(composition/|(write-api|read-api)/(main|worker[.]main|projector[.]main)[.]ts$)';

const packages = (...names) => names.map((name) => `^node_modules/${name}/`);

module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment:
        'domain/ says what is true and imports zod alone (and temporal-polyfill for calendars). Time, ids, random values, ' +
        'files and the network come in with the command or its context; what does them lives in infrastructure/.',
      from: { path: '^domain/' },
      to: { pathNot: ['^domain/', ...packages('zod', 'temporal-polyfill', 'temporal-spec')] },
    },
    {
      name: 'domain-contexts-are-apart',
      severity: 'error',
      comment:
        'A context in domain/ imports its own files and domain/kernel. What a rule must know of another context comes in ' +
        'as facts, looked up in application/<context>.ts; what follows in another context is a reaction there.',
      from: { path: '^domain/(?!kernel/)([^/]+)/' },
      to: { path: '^domain/', pathNot: '^domain/($1|kernel)/' },
    },
    {
      name: 'application-knows-the-domain-only',
      severity: 'error',
      comment:
        'application/ wires deciders, reactions and effects. What it needs of the world is a port in application/kernel, ' +
        'with its adapter in infrastructure/.',
      from: { path: '^application/' },
      to: {
        pathNot: [
          '^(application|domain)/',
          // For digests; ids and random values come with the command.
          '^crypto$',
          ...packages('@nestjs/common', '@nestjs/cqrs', 'zod', 'lru-cache', 'uuid', 'temporal-polyfill'),
        ],
      },
    },
    {
      name: 'kernels-know-no-context',
      severity: 'error',
      comment: 'A kernel is what every context shares. Take what belongs to one context out of it, or pass it in.',
      from: { path: '^(domain|application|projections)/kernel/' },
      to: { path: '^(domain|application|projections)/', pathNot: '^[^/]+/kernel/' },
    },
    {
      name: 'projections-know-the-domain-only',
      severity: 'error',
      comment:
        'A read model is a pure fold of events: it imports their definitions from domain/ and projections/kernel. ' +
        'What belongs to another person or thing is joined when read, in read-api/.',
      from: { path: '^projections/' },
      to: { pathNot: ['^(projections|domain)/', ...packages('zod', 'temporal-polyfill')] },
    },
    {
      name: 'read-models-are-apart',
      severity: 'error',
      comment:
        'A read model folds events, never the documents of another one: subscribe to the same events, or join when read.',
      // Totals fold nothing: they say what to count in the read models of several contexts.
      from: { path: '^projections/([^/]+)/', pathNot: '^projections/organisations/hospital-totals\\.ts$' },
      to: { path: '^projections/', pathNot: '^projections/($1|kernel)/' },
    },
    {
      name: 'infrastructure-knows-no-context',
      severity: 'error',
      comment:
        'infrastructure/ says how something is done, for any context: it sees the kernels of domain/, application/ and ' +
        'projections/ only. Pass the rest in from main.ts.',
      from: { path: '^infrastructure/' },
      to: {
        path: '^(domain|application|projections|write-api|read-api)/',
        pathNot: '^(domain|application|projections)/kernel/',
      },
    },
    {
      name: 'write-api-takes-commands',
      severity: 'error',
      comment:
        'write-api/ imports domain/, application/ and infrastructure/. Answers to questions belong in read-api/; a command ' +
        'that must know something looks it up as facts in application/<context>.ts, where it is consistent.',
      from: { path: '^write-api/', pathNot: COMPOSES },
      to: { path: '^(projections|read-api)/' },
    },
    {
      name: 'read-api-cannot-command',
      severity: 'error',
      comment:
        'read-api/ imports domain/kernel, projections/ and infrastructure/, so that a question cannot change anything even by ' +
        'accident. A route that changes something belongs in write-api/.',
      from: { path: '^read-api/', pathNot: COMPOSES },
      to: { path: '^(domain|application|write-api)/', pathNot: '^domain/kernel/' },
    },
    {
      name: 'read-api-cannot-reach-a-command',
      severity: 'error',
      comment:
        'This import leads read-api/ to commands by a detour. Cut the detour where it enters application/ or write-api/.',
      from: { path: '^read-api/', pathNot: COMPOSES },
      to: { path: '^(application/(?!kernel/)|write-api/)', reachable: true },
    },
    {
      name: 'only-main-composes',
      severity: 'error',
      comment:
        'The files beside package.json and composition/ put everything together, and what runs the whole (bench/, ops/, ' +
        'test/) may start it. Nothing else imports these: pass the value in from there.',
      from: { path: '^(domain|application|projections|infrastructure|write-api|read-api)/', pathNot: COMPOSES },
      to: { path: '^([^/]+\\.ts$|composition/|bench/|ops/|test/)' },
    },
    {
      name: 'no-circle',
      severity: 'error',
      comment: 'Files that import each other in a circle are one file, or hide a third that both should import.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-tool-in-the-application',
      severity: 'error',
      comment: '`npm start` installs without devDependencies. Move the package to dependencies, or the code to test/.',
      from: {
        path: '^([^/]+\\.ts$|domain/|application/|projections/|infrastructure/|write-api/|read-api/|composition/)',
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'no-unlisted-package',
      severity: 'error',
      comment:
        'The package is there only because another one brought it. Name it, with its exact version, in package.json.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unknown-import',
      severity: 'error',
      comment: 'There is no such file or package. Imports of our own files end with .js, also where the file is .ts.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};

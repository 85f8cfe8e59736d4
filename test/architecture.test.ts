import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const root = join(__dirname, '..');

/** What .dependency-cruiser.cjs says of a tree in which each file imports what is named beside it. */
const violations = (imports: readonly (readonly [from: string, to: string])[]): string[] => {
  const tree = mkdtempSync(join(tmpdir(), 'architecture-'));
  try {
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
      copyFileSync(join(root, file), join(tree, file));
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'), 'junction');
    const text = new Map<string, string>();
    const write = (file: string, line: string) => text.set(file, `${text.get(file) ?? ''}${line}\n`);
    imports.forEach(([from, to], i) => {
      const isOurs = to.endsWith('.ts');
      if (isOurs) write(to, `export const it${i} = ${i};`);
      const path = isOurs
        ? relative(dirname(from), to)
            .replace(/^(?!\.)/, './')
            .replace(/ts$/, 'js')
        : to;
      // Our own files by their types alone, because those count too.
      write(from, `import ${isOurs ? 'type ' : ''}* as their${i} from '${path}';`);
      write(from, `export type Their${i} = typeof their${i};`);
      if (!isOurs) write(from, `console.log(their${i});`);
    });
    for (const [file, content] of text) {
      mkdirSync(join(tree, dirname(file)), { recursive: true });
      writeFileSync(join(tree, file), content);
    }
    const cli = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const args = ['--config', '.dependency-cruiser.cjs', '--preserve-symlinks', '--output-type', 'json', '.'];
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: tree, encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    const { summary } = JSON.parse(stdout) as {
      summary: { violations: { from: string; to: string; rule: { name: string } }[] };
    };
    return summary.violations.map(({ from, to, rule }) => `${from} -> ${to}: ${rule.name}`);
  } finally {
    rmSync(tree, { recursive: true });
  }
};

describe('the import rule', () => {
  it('lets every folder import what it is made of', () => {
    expect(
      violations([
        ['domain/pharmacy/stock.ts', 'domain/kernel/event.ts'],
        ['domain/pharmacy/stock.ts', 'domain/pharmacy/units.ts'],
        ['domain/pharmacy/stock.ts', 'zod'],
        ['domain/index.ts', 'domain/pharmacy/stock.ts'],
        ['application/pharmacy.ts', 'domain/pharmacy/stock.ts'],
        ['application/pharmacy.ts', 'domain/payments/payment.ts'],
        ['application/pharmacy.ts', 'application/payments.ts'],
        ['projections/pharmacy/shortages.ts', 'domain/pharmacy/stock.ts'],
        ['projections/pharmacy/shortages.ts', 'domain/payments/payment.ts'],
        ['projections/pharmacy/shortages.ts', 'projections/kernel/projection.ts'],
        ['infrastructure/ledger/sqlite.ts', 'application/kernel/ledger.ts'],
        ['infrastructure/ledger/sqlite.ts', 'domain/kernel/event.ts'],
        ['infrastructure/ledger/sqlite.ts', 'projections/kernel/projection.ts'],
        ['write-api/pharmacy.controller.ts', 'application/pharmacy.ts'],
        ['write-api/pharmacy.controller.ts', 'domain/pharmacy/stock.ts'],
        ['write-api/pharmacy.controller.ts', 'infrastructure/ledger/sqlite.ts'],
        ['read-api/pharmacy.controller.ts', 'projections/pharmacy/shortages.ts'],
        ['read-api/pharmacy.controller.ts', 'domain/kernel/event.ts'],
        ['read-api/pharmacy.controller.ts', 'infrastructure/ledger/sqlite.ts'],
        ['composition/questions.ts', 'read-api/pharmacy.controller.ts'],
        ['composition/questions.ts', 'application/pharmacy.ts'],
        ['read-api/projector.main.ts', 'composition/questions.ts'],
        ['write-api/main.ts', 'composition/questions.ts'],
        ['main.ts', 'write-api/pharmacy.controller.ts'],
        ['main.ts', 'read-api/pharmacy.controller.ts'],
        ['bench/main.ts', 'main.ts'],
      ]),
    ).toEqual([]);
  });

  const refused: (readonly [from: string, to: string, rule: string])[] = [
    ['domain/pharmacy/stock.ts', 'domain/payments/payment.ts', 'domain-contexts-are-apart'],
    ['domain/pharmacy/stock.ts', 'application/pharmacy.ts', 'domain-is-pure'],
    ['domain/pharmacy/stock.ts', 'node:fs', 'domain-is-pure'],
    ['domain/pharmacy/stock.ts', 'uuid', 'domain-is-pure'],
    ['domain/kernel/event.ts', 'domain/payments/payment.ts', 'kernels-know-no-context'],
    ['application/kernel/ledger.ts', 'application/payments.ts', 'kernels-know-no-context'],
    ['application/payments.ts', 'projections/pharmacy/shortages.ts', 'application-knows-the-domain-only'],
    ['application/payments.ts', 'infrastructure/mail.ts', 'application-knows-the-domain-only'],
    ['projections/pharmacy/shortages.ts', 'projections/payments/owed.ts', 'read-models-are-apart'],
    ['projections/pharmacy/shortages.ts', 'application/kernel/ledger.ts', 'projections-know-the-domain-only'],
    ['infrastructure/mail.ts', 'domain/payments/payment.ts', 'infrastructure-knows-no-context'],
    ['infrastructure/mail.ts', 'application/payments.ts', 'infrastructure-knows-no-context'],
    ['infrastructure/mail.ts', 'write-api/index.ts', 'infrastructure-knows-no-context'],
    ['write-api/index.ts', 'projections/payments/owed.ts', 'write-api-takes-commands'],
    ['write-api/index.ts', 'read-api/index.ts', 'write-api-takes-commands'],
    ['read-api/other.ts', 'domain/payments/payment.ts', 'read-api-cannot-command'],
    ['read-api/other.ts', 'application/kernel/ledger.ts', 'read-api-cannot-command'],
    ['read-api/other.ts', 'write-api/index.ts', 'read-api-cannot-command'],
    ['read-api/other.ts', 'main.ts', 'only-main-composes'],
    ['read-api/other.ts', 'composition/questions.ts', 'only-main-composes'],
    ['write-api/index.ts', 'fast-check', 'no-tool-in-the-application'],
    ['write-api/index.ts', 'avvio', 'no-unlisted-package'],
  ];

  it('refuses everything else, and says so by a rule that helps', () => {
    const found = violations(refused.map(([from, to]) => [from, to]));
    const says = (line: string, [from, to, rule]: (typeof refused)[number]) =>
      line.startsWith(`${from} -> `) && line.includes(to.replace('node:', '')) && line.endsWith(`: ${rule}`);
    const unseen = refused.filter((row) => !found.some((line) => says(line, row)));
    expect(unseen).toEqual([]);
  });

  it('refuses a circle', () => {
    const circle: (readonly [string, string])[] = [
      ['domain/pharmacy/stock.ts', 'domain/pharmacy/units.ts'],
      ['domain/pharmacy/units.ts', 'domain/pharmacy/stock.ts'],
    ];
    expect(violations(circle).join('\n')).toContain(': no-circle');
  });

  it('refuses a detour from the read side to a command', () => {
    const detour: (readonly [string, string])[] = [
      ['read-api/pharmacy.controller.ts', 'infrastructure/mail.ts'],
      ['infrastructure/mail.ts', 'application/payments.ts'],
    ];
    expect(violations(detour)).toContain(
      'read-api/pharmacy.controller.ts -> application/payments.ts: read-api-cannot-reach-a-command',
    );
  });
});

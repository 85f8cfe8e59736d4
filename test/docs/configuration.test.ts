import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { SETTINGS } from '../../infrastructure/config.js';

// docs/configuration.md says what infrastructure/config.ts takes. UPDATE_DOCS=1 writes it anew.
const FILE = join(__dirname, '../../docs/configuration.md');

const row = ({ name, otherwise, secret, description }: (typeof SETTINGS)[number]): string =>
  `| \`${name}\` | ${otherwise === undefined ? '' : `\`${otherwise}\``} | ${secret ? 'yes' : ''} | ${description} |`;

const page = (): Promise<string> =>
  format(
    `# Settings

Written by \`UPDATE_DOCS=1 npm test -- test/docs\`. They are read from the environment, once, when a process starts; a wrong
value or combination is one line that names the variable, and the process does not start. An empty variable is one that
nobody set. What may hold a password can lie in a file: \`<NAME>_FILE\` names it, instead of the variable itself.

Without any of them everything runs in one process on a data folder (\`npm start\`). \`LEDGER_URL\`, \`READ_MODELS_URL\`,
\`VAULT_URL\` and the payment gateway are needed by a process that is one of several; all of them get the same values.

| variable | without it | from a file | |
|---|---|---|---|
${SETTINGS.map(row).join('\n')}
`,
    { parser: 'markdown', printWidth: 120, proseWrap: 'preserve' },
  );

test('the page names every setting, its default and where it may come from', async () => {
  const expected = await page();
  if (process.env.UPDATE_DOCS) writeFileSync(FILE, expected);
  expect(existsSync(FILE) && readFileSync(FILE, 'utf8')).toBe(expected);
});

test('every setting is described', () => {
  expect(SETTINGS.filter(({ description }) => !/^[A-Z`].*\.$/.test(description)).map(({ name }) => name)).toEqual([]);
});

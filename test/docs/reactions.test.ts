import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { effects, reactions, timers } from '../../application/index.js';
import { events } from '../../domain/index.js';

// docs/reactions.md says what the registries hold. UPDATE_DOCS=1 writes it anew.
const FILE = join(__dirname, '../../docs/reactions.md');

interface Named {
  readonly name: string;
  readonly from: object;
}

const sentence = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1).replaceAll('-', ' ')}.`;

const section = (title: string, text: string, all: readonly Named[]): string =>
  `## ${title}\n\n${text}\n\n` +
  [...all]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, from }) => `- ${sentence(name)} (${Object.keys(from).sort().join(', ')})\n`)
    .join('');

const page = [
  '# What happens because something happened\n\nWritten by `UPDATE_DOCS=1 npm test -- test/docs`. In brackets: the events ' +
    'that each looks at. How they are run is in `infrastructure/worker/worker.ts`.\n',
  section('Reactions', 'Pure: an event, and the commands to send because of it. Each command happens once.', reactions),
  section('Effects', 'Touch the outside, then record what came of it. Tried again until they succeed.', effects),
  section('Timers', 'Commands for later. What came due while nobody ran is caught up, once.', timers),
].join('\n');

test('the page names every reaction, effect and timer', () => {
  if (process.env.UPDATE_DOCS) writeFileSync(FILE, page);
  expect(existsSync(FILE) && readFileSync(FILE, 'utf8')).toBe(page);
});

test('each has a name of its own that is a sentence, and looks at events that exist', () => {
  const all: readonly Named[] = [...reactions, ...effects, ...timers];
  for (const { name, from } of all) {
    expect(name).toMatch(/^[a-z]+(-[a-z0-9]+){2,}$/);
    for (const type of Object.keys(from)) expect(Object.keys(events)).toContain(type);
  }
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

import { readFileSync } from 'node:fs';

const about = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  scripts: { start: string };
};

/** Node's own options under which `npm start` runs the application: what is measured runs under the same. */
export const NODE_FLAGS: readonly string[] = about.scripts.start.split(' ').filter((word) => word.startsWith('--'));

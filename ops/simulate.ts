import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Fatal } from '../application/kernel/ledger.js';
import { BadConfiguration, readConfiguration } from '../infrastructure/config.js';
import { discardUnfinished, ensureWritable, holdsEvents } from './data-folder.js';
import { fill, type Filled } from './filling.js';

/** Fills an empty data folder with a simulated month: `npm run simulate -- --hospitals 3 --doctors 20 --seed 1`. */
const main = async (args: readonly string[]): Promise<void> => {
  const { brief, seed, ...size } = readArguments(args);
  const configuration = readConfiguration(process.env);
  const { DATA_DIR } = configuration;
  ensureWritable(DATA_DIR);
  discardUnfinished(DATA_DIR);
  if (await holdsEvents(DATA_DIR))
    throw new Refused(`DATA_DIR: ${DATA_DIR} holds events already. Choose an empty folder with DATA_DIR=another.`);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const options = { ...size, seed, until: new Date().toISOString() };
  const filled = await fill(configuration, version, options, showProgress('Making demo data'));
  if (!brief) summarise(filled);
};

class Refused extends Error {}

/** What can be chosen, what it is without choosing, and what it may be. */
const SIZES = {
  hospitals: { value: 3, max: 50 },
  doctors: { value: 20, max: 2_000 },
  patients: { value: 200, max: 100_000 },
  days: { value: 30, max: 3_650 },
} as const;
type Sizes = Record<keyof typeof SIZES, number>;

const readArguments = (args: readonly string[]): Sizes & { readonly seed: string; readonly brief: boolean } => {
  const names = Object.keys(SIZES) as (keyof typeof SIZES)[];
  const usage = `Usage: npm run simulate -- ${names.map((name) => `--${name} ${SIZES[name].value}`).join(' ')} --seed 1`;
  const read = () => {
    const option = { type: 'string' } as const;
    const options = { hospitals: option, doctors: option, patients: option, days: option, seed: option };
    return parseArgs({ args: [...args], options: { ...options, brief: { type: 'boolean' } } }).values;
  };
  let given: ReturnType<typeof read>;
  try {
    given = read();
  } catch (error) {
    throw new Refused(`${(error as Error).message.split('. ')[0]}. ${usage}`);
  }
  const sizes = names.map((name) => {
    const { value, max } = SIZES[name];
    const size = Number(given[name] ?? value);
    if (!Number.isInteger(size) || size < 1 || size > max)
      throw new Refused(`--${name}: a whole number from 1 to ${max}. ${usage}`);
    return [name, size] as const;
  });
  return { ...(Object.fromEntries(sizes) as Sizes), seed: given.seed ?? '1', brief: given.brief ?? false };
};

const BAR_WIDTH = 30;

/** One line that grows on a terminal; elsewhere a line for each quarter. */
const showProgress = (what: string): ((share: number) => void) => {
  let shown = -1;
  return (share) => {
    const { isTTY } = process.stderr;
    const step = isTTY ? Math.floor(share * 100) : Math.floor(share * 4) * 25;
    if (step <= shown) return;
    shown = step;
    const filled = Math.round(share * BAR_WIDTH);
    const line = `${what} [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${step} %`;
    process.stderr.write(isTTY ? `\r${line}${share < 1 ? '' : '\n'}` : `${line}\n`);
  };
};

const summarise = ({ events, byType, refused }: Filled): void => {
  const counts = Object.entries(byType).toSorted(([, a], [, b]) => b - a);
  for (const [type, count] of counts) console.log(`${String(count).padStart(8)} ${type}`);
  console.log(`${String(events).padStart(8)} events`);
  for (const [code, count] of Object.entries(refused)) console.log(`${String(count).padStart(8)} refused: ${code}`);
};

main(process.argv.slice(2)).catch((error: unknown) => {
  const known = error instanceof Refused || error instanceof BadConfiguration || error instanceof Fatal;
  console.error(known ? error.message : error);
  process.exit(1);
});

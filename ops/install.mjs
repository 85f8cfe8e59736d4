// Installs what the lock file says and is missing, and nothing when all of it is there: runs before every script.
// `node ops/install.mjs` installs everything, `node ops/install.mjs --omit=dev` only what the application needs to run.
// Plain Node >= 18 without a dependency, because it runs before there is any. The scripts that npm runs after it find
// node_modules/.bin/node first in their PATH: the Node that the lock file names, whatever the machine has.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const stop = (line) => {
  console.error(line);
  process.exit(1);
};

const omitDev = process.argv.includes('--omit=dev');
const { engines, optionalDependencies } = read('package.json');
const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const nodePackage = `node-${platform}`;

const wanted = /(\d+)\.(\d+)/.exec(engines.node).slice(1).map(Number);
const isNewEnough = (version) => {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
};
const nodeNeeded = (why) =>
  `HealthStack needs Node ${wanted.join('.')} or newer. This machine has ${process.versions.node}, and ${why}: ` +
  `install Node from https://nodejs.org and run the command again.`;

/** The packages the lock file asks for here that are not installed as it says. npm keeps what it installed beside them. */
const missing = () => {
  const installed = existsSync(join(root, 'node_modules', '.package-lock.json'))
    ? read('node_modules', '.package-lock.json').packages
    : undefined;
  if (!installed) return undefined;
  return Object.entries(read('package-lock.json').packages).filter(([path, wants]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (path === '' || (omitDev && (wants.dev || wants.devOptional))) return false;
    // Optional packages may be for another platform; the one that matters is this platform's Node.
    if (wants.optional && name !== nodePackage) return false;
    return installed[path]?.version !== wants.version || !existsSync(join(root, path));
  });
};

const bringsNode = nodePackage in optionalDependencies;
if (!bringsNode && !isNewEnough(process.versions.node)) stop(nodeNeeded(`npm has none for ${platform}`));

const lacking = missing();
if (lacking?.length === 0) process.exit(0);

const what = omitDev ? 'what the application needs' : 'the application and its tools';
const why = lacking ? `missing or changed packages: ${lacking.length}` : 'nothing is installed yet';
const size = bringsNode && !lacking ? '; Node itself, 190 MB, is among it' : '';
console.log(`Installing ${what}: ${why}${size}.`);

// `npm ci` empties node_modules first, so it is only for an empty one: a running application keeps its files.
const command = lacking ? ['install', '--no-save'] : ['ci'];
const flags = [...command, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
if (omitDev) flags.push('--omit=dev');
const npm = process.env.npm_execpath;
const began = Date.now();
const { status, error } = npm
  ? spawnSync(process.env.npm_node_execpath ?? process.execPath, [npm, ...flags], { cwd: root, stdio: 'inherit' })
  : spawnSync('npm', flags, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
if (error || status !== 0) stop(`npm could not install (${error?.message ?? `exit code ${status}`}); see above.`);

// The Node that came may not run here (Alpine's libc, for instance); then the machine's own has to do.
const shim = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
const own = spawnSync(shim, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
if (own.status !== 0) {
  for (const ending of ['', '.cmd', '.ps1'])
    rmSync(join(root, 'node_modules', '.bin', `node${ending}`), { force: true });
  if (!isNewEnough(process.versions.node)) stop(nodeNeeded(`the one that npm has for ${platform} does not run on it`));
}
console.log(`Installed in ${Math.round((Date.now() - began) / 1000)} s.`);

// Builds the TypeScript sources to dist/, the same tree as ES modules, and copies what else the code reads. Only files
// whose content changed are built again. Types are not looked at here: `npm run typecheck` does that.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'dist');
const manifest = join(out, '.sources.json');
const folders = [
  'domain',
  'application',
  'projections',
  'infrastructure',
  'write-api',
  'read-api',
  'composition',
  'bench',
  'ops',
  // Servers that stand in for real ones, started as processes of their own.
  'test/fixtures',
];

const options = {
  swcrc: false,
  sourceMaps: true,
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
};

const isTypeScript = (path) => path.endsWith('.ts');
const target = (path) => join(out, isTypeScript(path) ? path.replace(/\.ts$/, '.js') : path);

const sources = async () => {
  const found = (await readdir(root)).filter((name) => name.endsWith('.ts'));
  for (const folder of folders.filter((name) => existsSync(join(root, name)))) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\.(md|mjs|d\.ts)$/.test(entry.name)) continue;
      found.push(
        relative(root, join(entry.parentPath ?? entry.path, entry.name))
          .split(sep)
          .join('/'),
      );
    }
  }
  return found;
};

const digest = (content) => createHash('sha256').update(content).digest('base64');

const began = performance.now();
const settings = digest(await readFile(fileURLToPath(import.meta.url)));
const before = existsSync(manifest) ? JSON.parse(await readFile(manifest, 'utf8')) : {};
const known = before.settings === settings ? before.files : {};
const files = Object.fromEntries(
  await Promise.all((await sources()).map(async (path) => [path, digest(await readFile(join(root, path)))])),
);

const gone = Object.keys(before.files ?? {}).filter((path) => !(path in files));
for (const path of gone) {
  await rm(target(path), { force: true });
  await rm(`${target(path)}.map`, { force: true });
}
const stale = Object.keys(files).filter((path) => known[path] !== files[path] || !existsSync(target(path)));

if (stale.length > 0) {
  const { transformFile } = await import('@swc/core');
  const failed = [];
  const build = async (path) => {
    const to = target(path);
    await mkdir(dirname(to), { recursive: true });
    if (!isTypeScript(path)) return copyFile(join(root, path), to);
    const { code, map } = await transformFile(join(root, path), options);
    await writeFile(`${to}.map`, map);
    // Whole at once: an application that starts while another build runs reads the old file or the new one.
    const half = `${to}.${process.pid}.part`;
    await writeFile(half, `${code}//# sourceMappingURL=${to.slice(to.lastIndexOf(sep) + 1)}.map\n`);
    await rename(half, to);
  };
  await Promise.all(stale.map((path) => build(path).catch((error) => failed.push([path, error]))));
  for (const [path, error] of failed) {
    console.error(`${path} could not be built:\n${error.message}`);
    delete files[path];
  }
  if (failed.length > 0) process.exitCode = 1;
}
if (stale.length > 0 || gone.length > 0) {
  await mkdir(out, { recursive: true });
  await writeFile(manifest, JSON.stringify({ settings, files }, null, 1));
  console.log(
    `Built ${stale.length} of ${Object.keys(files).length} files in ${Math.round(performance.now() - began)} ms.`,
  );
}

import { type CollectionSpec, Superseded } from '../../../projections/kernel/read-models.js';
import { begun, type Subject } from './subject.js';

interface Doc {
  readonly n: number;
}

export const generations = (subject: Subject): void => {
  const built = async (spec: CollectionSpec, docs: Record<string, Doc>) => {
    const beside = await subject.readModels.openBeside<Doc>(spec);
    await beside.write(begun(docs));
    return beside;
  };

  it('makes a collection when it is asked for first, and finds it again', async () => {
    const { readModels } = subject;
    const spec = subject.spec({ version: 3, indexes: { byN: ['n'] }, search: ['n'], searchFilters: ['n'] });
    expect(await readModels.liveVersion(spec.name)).toBeUndefined();
    const [one, two] = await Promise.all([readModels.open<Doc>(spec), readModels.open<Doc>(spec)]);
    expect(one.id).toBe(two.id);
    expect(one.spec).toEqual(spec);
    expect(await readModels.liveVersion(spec.name)).toBe(3);
    expect((await readModels.open(spec)).id).toBe(one.id);
  });

  it('shows nothing of a generation beside until the switch, and all of it after', async () => {
    const { readModels } = subject;
    const spec = subject.spec({ indexes: { byN: ['n'] } });
    const newer = { ...spec, version: 2, indexes: { byNewN: ['n'] } };
    const old = await readModels.open<Doc>(spec);
    await old.write(begun({ a: { n: 1 } }));
    const beside = await built(newer, { a: { n: 10 }, b: { n: 20 } });

    const before = await readModels.open<Doc>(newer);
    expect([before.id, before.spec.version, await before.get('b')]).toEqual([old.id, 1, undefined]);
    expect(await readModels.liveVersion(spec.name)).toBe(1);

    await readModels.switchTo(beside);
    const after = await readModels.open<Doc>(newer);
    expect([after.id, after.spec]).toEqual([beside.id, newer]);
    expect((await after.query({ index: 'byNewN', limit: 10 })).items.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(await readModels.liveVersion(spec.name)).toBe(2);
  });

  it('goes back to the generation before, and forth again', async () => {
    const { readModels } = subject;
    const spec = subject.spec();
    const old = await readModels.open<Doc>(spec);
    await old.write(begun({ a: { n: 1 } }));
    await readModels.switchTo(await built(spec, { a: { n: 2 } }));
    const n = async () => (await (await readModels.open<Doc>(spec)).get('a'))!.doc.n;
    const seen = [await n()];
    for (let i = 0; i < 3; i++) {
      await readModels.switchBack(spec.name);
      seen.push(await n());
    }
    expect(seen).toEqual([2, 1, 2, 1]);
  });

  it('has nothing to go back to before a switch, nor after the old one was given up', async () => {
    const { readModels } = subject;
    const spec = subject.spec();
    await readModels.open<Doc>(spec);
    await expect(readModels.switchBack(spec.name)).rejects.toThrow(Superseded);
    await readModels.switchTo(await built(spec, { a: { n: 2 } }));
    await readModels.dropOld(spec.name);
    await readModels.dropOld(spec.name);
    await expect(readModels.switchBack(spec.name)).rejects.toThrow(Superseded);
    expect((await (await readModels.open<Doc>(spec)).get('a'))!.doc).toEqual({ n: 2 });
  });

  it('ends an unfinished rebuild when another one begins, and never shows it', async () => {
    const { readModels } = subject;
    const spec = subject.spec();
    await readModels.open<Doc>(spec);
    const first = await built(spec, { a: { n: 1 } });
    const second = await built(spec, { a: { n: 2 } });
    await expect(readModels.switchTo(first)).rejects.toThrow(Superseded);
    await expect(first.write([{ key: 'b', expected: undefined, at: '1', doc: { n: 1 } }])).rejects.toThrow(Superseded);
    await readModels.switchTo(second);
    await expect(readModels.switchTo(second)).rejects.toThrow(Superseded);
    expect((await (await readModels.open<Doc>(spec)).get('a'))!.doc).toEqual({ n: 2 });
  });

  it('lets another process see the switch', async () => {
    const spec = subject.spec();
    const other = await subject.another();
    try {
      await (await subject.readModels.open<Doc>(spec)).write(begun({ a: { n: 1 } }));
      expect((await (await other.open<Doc>(spec)).get('a'))!.doc).toEqual({ n: 1 });
      await subject.readModels.switchTo(await built(spec, { a: { n: 2 } }));
      expect((await (await other.open<Doc>(spec)).get('a'))!.doc).toEqual({ n: 2 });
      await other.switchBack(spec.name);
      expect((await (await subject.readModels.open<Doc>(spec)).get('a'))!.doc).toEqual({ n: 1 });
    } finally {
      await other.close();
    }
  });

  it('tells a reader who kept a generation too long to ask anew', async () => {
    const { readModels } = subject;
    const spec = subject.spec({ indexes: { byN: ['n'] }, search: ['n'] });
    const old = await readModels.open<Doc>(spec);
    await old.write(begun({ a: { n: 1 } }));
    await readModels.switchTo(await built(spec, { a: { n: 2 } }));
    expect((await old.get('a'))!.doc).toEqual({ n: 1 });
    await readModels.dropOld(spec.name);
    await expect(old.get('a')).rejects.toThrow(Superseded);
    await expect(old.getMany(['a'])).rejects.toThrow(Superseded);
    await expect(old.load(['a'])).rejects.toThrow(Superseded);
    await expect(old.query({ index: 'byN', limit: 1 })).rejects.toThrow(Superseded);
    await expect(old.search({ text: 'a', limit: 1 })).rejects.toThrow(Superseded);
    await expect(old.digest()).rejects.toThrow(Superseded);
  });

  it('keeps checkpoints, and gives up those of a generation with it', async () => {
    const { readModels } = subject;
    const name = subject.name();
    expect(await readModels.checkpoint(name)).toBeUndefined();
    await readModels.saveCheckpoint(name, '9');
    await readModels.saveCheckpoint(name, '10');
    expect(await readModels.checkpoint(name)).toBe('10');

    const spec = subject.spec();
    const old = await readModels.open(spec);
    await readModels.saveCheckpoint(old.id, '5');
    const beside = await built(spec, {});
    await readModels.saveCheckpoint(beside.id, '6');
    await readModels.switchTo(beside);
    expect([await readModels.checkpoint(old.id), await readModels.checkpoint(beside.id)]).toEqual(['5', '6']);
    await readModels.dropOld(spec.name);
    expect([await readModels.checkpoint(old.id), await readModels.checkpoint(beside.id)]).toEqual([undefined, '6']);
  });
};

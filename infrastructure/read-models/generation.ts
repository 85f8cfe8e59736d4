import type { CollectionSpec } from '../../projections/kernel/read-models.js';

/** One building of a read model's documents. */
export interface Generation {
  /** Names its tables or collections; never given twice. */
  readonly id: string;
  readonly spec: CollectionSpec;
}

export const generationOf = (spec: CollectionSpec, n: number): Generation => ({
  id: `${spec.name}_v${spec.version}_${n}`,
  spec,
});

/** What a collection must know of itself, out of a projection that knows more. Throws for names that are not plain. */
export const declared = ({ name, version, indexes, search, searchFilters }: CollectionSpec): CollectionSpec => {
  // They become parts of statements, and of names.
  const names = [name, ...Object.keys(indexes)].every((each) => /^[A-Za-z][A-Za-z0-9]*$/.test(each));
  const fields = Object.values(indexes).flat();
  const paths = fields.every((each) => /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(each));
  if (!names || !paths) throw new Error(`Not a plain name for a collection, an index or a field in ${name}.`);
  if (!Number.isInteger(version)) throw new Error(`The version of ${name} is not a whole number.`);
  return { name, version, indexes, ...(search && { search }), ...(searchFilters && { searchFilters }) };
};

/** All fields of a collection that an index holds. */
export const indexedFields = (spec: CollectionSpec): string[] =>
  [...new Set(Object.values(spec.indexes).flat())].sort();

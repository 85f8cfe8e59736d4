import type {
  Collection,
  CollectionSpec,
  DocumentWrite,
  Page,
  ReadModels,
} from '../../../projections/kernel/read-models.js';

export interface ReadModelsFixture {
  readonly readModels: ReadModels;
  /** The same store opened once more, as another process would. */
  readonly another: () => Promise<ReadModels>;
  readonly close: () => Promise<void>;
}

/** The store under test, and names that nobody else uses. */
export class Subject {
  private fixture!: ReadModelsFixture;
  private readonly run = Date.now().toString(36);
  private named = 0;

  use(fixture: ReadModelsFixture): void {
    this.fixture = fixture;
  }

  get readModels(): ReadModels {
    return this.fixture.readModels;
  }

  another(): Promise<ReadModels> {
    return this.fixture.another();
  }

  close(): Promise<void> {
    return this.fixture.close();
  }

  name(): string {
    return `test${this.run}x${++this.named}`;
  }

  spec(declared: Partial<CollectionSpec> = {}): CollectionSpec {
    return { name: this.name(), version: 1, indexes: {}, ...declared };
  }

  collection<Doc extends object>(declared: Partial<CollectionSpec> = {}): Promise<Collection<Doc>> {
    return this.readModels.open<Doc>(this.spec(declared));
  }
}

/** First writes of documents, one position after the other. */
export const begun = <Doc>(docs: Readonly<Record<string, Doc>>): DocumentWrite<Doc>[] =>
  Object.entries(docs).map(([key, doc], i) => ({ key, expected: undefined, at: String(i + 1), doc }));

/** All pages of something, with a bound, since a cursor that does not move would never end. */
export const allPages = async <Doc>(
  page: (after: string | undefined) => Promise<Page<Doc>>,
  pagesMax = 2_000,
): Promise<Page<Doc>['items'][number][]> => {
  const items: Page<Doc>['items'][number][] = [];
  let after: string | undefined;
  for (let pages = 0; pages < pagesMax; pages++) {
    const { items: more, next } = await page(after);
    items.push(...more);
    if (next === undefined) return items;
    after = next;
  }
  throw new Error('The pages do not end.');
};

import type { AnyProjection } from './projection.js';
import type { IndexQuery } from './read-models.js';

/** How many documents a declared index of a read model holds for these leading values. */
export interface Count extends Pick<IndexQuery, 'index' | 'equal' | 'range' | 'prefix'> {
  readonly from: AnyProjection;
}

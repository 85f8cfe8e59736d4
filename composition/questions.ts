import { FILES } from '../application/kernel/files.js';
import { historyIn } from '../application/kernel/history.js';
import type { Ledger } from '../application/kernel/ledger.js';
import { deciders } from '../domain/index.js';
import { Rejection } from '../domain/kernel/rejection.js';
import { IntegrationFeed } from '../infrastructure/feed/feed.js';
import { DESCRIPTIONS, SchemasController, schemasPolicy } from '../infrastructure/feed/schemas.controller.js';
import { FileServer } from '../infrastructure/files/serving.js';
import { TOKEN_ISSUER } from '../infrastructure/identity/tokens.js';
import { controllers, providers } from '../read-api/index.js';
import { type Freshness, FRESHNESS, READ_MODELS } from '../read-api/kernel/ask.js';
import { CLOCK } from '../read-api/kernel/clock.js';
import { HISTORY } from '../read-api/kernel/history.js';
import { type Changes, CHANGES } from '../read-api/kernel/live.js';
import { policy } from '../read-api/policy.js';
import { type Offered, tokensOf } from './api.js';
import type { Ground } from './ground.js';
import { descriptionsOf, offerOf } from './offering.js';

/** What answers questions. */
export interface QuestionSide {
  readonly feed: IntegrationFeed;
  readonly api: Offered;
}

/** `shown` knows how far the read models are, and what changed: the projector, or whoever follows one elsewhere. */
export const questionSide = (ground: Ground, shown: Freshness & Changes): QuestionSide => {
  const { ledger, readModels, clock, files, log } = ground;
  const feed = new IntegrationFeed({ ledger, readModels, ...offerOf(ground), logger: log });
  return {
    feed,
    api: {
      controllers: [...controllers, SchemasController],
      policy: { ...policy, ...schemasPolicy },
      providers: [
        ...providers,
        FileServer,
        { provide: FILES, useValue: files },
        { provide: CLOCK, useValue: clock },
        { provide: READ_MODELS, useValue: readModels },
        { provide: FRESHNESS, useValue: freshnessOf(ledger, shown) },
        { provide: CHANGES, useValue: shown },
        { provide: HISTORY, useValue: historyIn(ledger, deciders) },
        { provide: TOKEN_ISSUER, useValue: tokensOf(ground) },
        { provide: IntegrationFeed, useValue: feed },
        { provide: DESCRIPTIONS, useValue: descriptionsOf(ground) },
      ],
    },
  };
};

/** Waiting for what the ledger does not hold would never end, so it is a mistake of the asker. */
const freshnessOf = (ledger: Ledger, shown: Freshness): Freshness => ({
  waitFor: async (position, timeoutMs) => {
    const head = await ledger.head();
    if (head === undefined || ledger.compare(position, head) > 0)
      throw new Rejection('position-unknown', 'The ledger has not come to that position.', 'invalid', 'minPosition');
    return shown.waitFor(position, timeoutMs);
  },
});

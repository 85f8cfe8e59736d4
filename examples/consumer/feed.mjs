const PAGE = 1_000;
const ATTEMPTS_MAX = 60;
const PAUSE_MS = 1_000;

/** The HTTP feed of HealthStack: the same events under the same numbers, from the first one on, however old. */
export class Feed {
  /** `url` ends with /api/v1/feed. The token is that of an account with the role `consumer`. */
  constructor(url, token, topic) {
    Object.assign(this, { url, token, topic });
  }

  /** The events of the topic after one number and up to another, in order. */
  async *between(after, upTo) {
    const types = (await this.types()).join();
    for (let next = after; next < upTo;) {
      const page = await this.ask(`?after=${next}&limit=${PAGE}&types=${types}`);
      for (const event of page.events) if (Number(event.sequence) <= upTo) yield eventOf(event);
      if (page.atEnd) return;
      next = page.next;
    }
  }

  /** The event that has a number. */
  async one(sequence) {
    const { events } = await this.ask(`?after=${sequence - 1}&limit=1`);
    return events.filter((event) => Number(event.sequence) === sequence).map(eventOf)[0];
  }

  /** The names of the events of the topic, from the public description of all topics. */
  async types() {
    const { channels } = await this.ask(new URL('/api/asyncapi.json', this.url));
    const { messages } = Object.values(channels).find(({ address }) => address === this.topic);
    return Object.keys(messages).map((name) => name.replace(/\.v\d+$/, ''));
  }

  async ask(path) {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await fetch(path instanceof URL ? path : `${this.url}${path}`, {
          headers: { authorization: `Bearer ${this.token}` },
          signal: AbortSignal.timeout(10_000),
        });
        if (answer.ok) return await answer.json();
        // What is asked wrongly does not become right by asking again.
        if (answer.status < 500 && answer.status !== 429) attempt = ATTEMPTS_MAX;
        throw new Error(`The feed answers ${answer.status}: ${await answer.text()}`);
      } catch (error) {
        if (attempt === ATTEMPTS_MAX) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}

const eventOf = ({ id, type, subject, revision, sequence, data }) => ({
  id,
  type,
  subject,
  revision,
  sequence: Number(sequence),
  data,
});

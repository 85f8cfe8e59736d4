interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  readonly done: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
}

/** What is asked for in the same turn goes to the server in one message; `all` answers in the order of the asking. */
export const gathered = <Ask, Answer>(
  all: (asks: readonly Ask[]) => Promise<readonly Answer[]>,
): ((ask: Ask) => Promise<Answer>) => {
  let waiting: Waiting<Ask, Answer>[] = [];
  const send = async (): Promise<void> => {
    const sent = waiting;
    waiting = [];
    try {
      const answers = await all(sent.map(({ ask }) => ask));
      sent.forEach(({ done }, i) => done(answers[i]!));
    } catch (error) {
      for (const { failed } of sent) failed(error);
    }
  };
  return (ask) =>
    new Promise((done, failed) => {
      if (waiting.push({ ask, done, failed }) === 1) queueMicrotask(() => void send());
    });
};

import { z } from 'zod';

/** The languages that people are written to in (BCP 47). */
export const Language = z.enum(['en', 'bn', 'ar']);
export type Language = z.infer<typeof Language>;

/** What a mail says. `{name}` stands for a value; a subject has none, for it lies open on every screen and server. */
export interface Wording {
  readonly subject: string;
  readonly text: string;
}
export type Template = Readonly<Record<Language, Wording>>;

/** The values that a template's text asks for. */
export type Values = Readonly<Record<string, string>>;

/** In which languages to write to somebody: the one that was chosen, or the two that most people here read. */
export const languagesFor = (chosen: Language | undefined): Language[] => (chosen ? [chosen] : ['en', 'bn']);

/** A value that is not known is a dash: a mail with a gap is better than none. */
const fill = (text: string, values: Values): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '–');

/** A mail's subject and text, in one language or one below the other. */
export const write = (
  template: Template,
  languages: readonly Language[],
  valuesIn: (language: Language) => Values,
): Wording => ({
  subject: languages.map((language) => template[language].subject).join(' · '),
  text: languages.map((language) => fill(template[language].text, valuesIn(language))).join('\n\n* * *\n\n'),
});

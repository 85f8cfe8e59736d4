import { chatTerms } from '../../../domain/chat/chat-terms.js';
import { NOW, spec } from '../../kernel/spec.js';

const given = spec(chatTerms, 'hospital-1');
const set = (days: number) => ({ type: 'SetGracePeriod' as const, data: { days } });
const fortnight = { type: 'GracePeriodSet' as const, data: { hospitalId: 'hospital-1', days: 14, at: NOW } };

test('a hospital sets its grace period', () => given().when(set(14)).then(fortnight));
test('what is so already changes nothing', () => {
  given().when(set(30)).then();
  given(fortnight).when(set(14)).then();
});
test.each([-1, 366, 1.5])('%d days are refused', (days) => {
  expect(chatTerms.commands.SetGracePeriod.safeParse({ days }).success).toBe(false);
});

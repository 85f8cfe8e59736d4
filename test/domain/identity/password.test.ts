import { GivenPassword, NewPassword } from '../../../domain/identity/password.js';
import { unknownLogIns } from '../../../domain/identity/unknown-log-ins.js';
import { NOW, spec } from '../../kernel/spec.js';

const takes = (password: string) => NewPassword.safeParse(password).success;

test.each(['correct horse', 'পাসওয়ার্ড-২০২৫', 'x'.repeat(190) + 'yz 12345', '  spaces count  ', '🦀🦀🐢🐢🐇🐇🐌🐌🦉🦉'])(
  'a new password may be %p, and stays as it was typed',
  (password) => {
    expect(NewPassword.parse(password)).toBe(password);
  },
);

test.each([
  ['nine characters', 'abcdefghi'],
  ['nine characters of four bytes', '🦀🐢🐇🐌🦉🦀🐢🐇🐌'],
  ['one of the common ones', 'password123'],
  ['one of the common ones in capitals', 'PassWord123'],
  ['one of the common ones between spaces', ' 1234567890 '],
  ['one letter over and over', 'zzzzzzzzzzzzzzz'],
  ['too long to hash', 'ab1'.repeat(70)],
])('a new password may not be %s', (_, password) => expect(takes(password)).toBe(false));

test('a password that is shown is any text', () => {
  expect(GivenPassword.parse(' short ')).toBe(' short ');
  expect(GivenPassword.safeParse('').success).toBe(false);
});

test('attempts on accounts that do not exist are recorded, five thousand a day', () => {
  const attempt = { type: 'RecordUnknownLogIn', data: { attempt: 'logIn' } } as const;
  const happened = { type: 'UnknownLoginFailed', data: { attempt: 'logIn', at: NOW } } as const;
  const given = spec(unknownLogIns, '2030-01-01');
  given().when(attempt).then(happened);
  given(...Array.from({ length: 4_999 }, () => happened))
    .when(attempt)
    .then(happened);
  given(...Array.from({ length: 5_000 }, () => happened))
    .when(attempt)
    .then();
});

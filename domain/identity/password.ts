import { z } from 'zod';

const LENGTH_MIN = 10;
const LENGTH_MAX = 200;

/** Those of ten or more characters among the passwords that are guessed first. */
const COMMON = new Set(
  `0123456789 0987654321 1029384756 1111111111 1122334455 11223344556677 123123123 1231231231 1234512345 1234554321
   1234567890 12345678900 12345678901 12345678910 123456789a 123456789q 123456789abc 1234567891 12344321 1234qwerasdf
   123qweasdzxc 147258369 1472583690 147852369 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc 2222222222 5555555555
   987654321a 9876543210 999999999 9999999999 a123456789 a1b2c3d4e5 aa12345678 aaaaaaaaaa abc1234567 abcd123456
   abcdefghij abcdefghijk administrator asdfasdfasdf asdfghjkl1 asdfghjkl123 bangladesh bangladesh123 basketball
   changeme123 dhaka12345 football123 healthstack hospital123 iloveyou12 iloveyou123 iloveyou1234 internet123 letmein123
   liverpool1 manchester master1234 monkey1234 p@ssw0rd123 p@ssword123 passw0rd123 password00 password01 password10
   password11 password12 password123 password1234 password12345 password2020 password2021 password2022 password2023
   password2024 password2025 princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc1 qazwsxedcrfv qwe123456789 qweasdzxc1
   qwer123456 qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop1 qwertyuiop123 samsung123 sunshine123 superman123
   temporary1 test123456 unknown123 welcome123 welcome1234 zaq12wsxcde3 zxcvbnm123 zxcvbnmasdf`.split(/\s+/),
);

/**
 * A password that is newly chosen: ten characters of any script or more, none of the common ones (NIST SP 800-63B).
 * Spaces at its ends belong to it. Passwords that came from elsewhere are not measured by this.
 */
export const NewPassword = z
  .string()
  .refine((password) => [...password].length >= LENGTH_MIN, `At least ${LENGTH_MIN} characters.`)
  .refine((password) => password.length <= LENGTH_MAX, `At most ${LENGTH_MAX} characters.`)
  .refine(
    (password) => !COMMON.has(password.trim().toLowerCase()),
    'This is one of the passwords that are guessed first.',
  )
  .refine((password) => new Set(password).size > 2, 'One or two characters, repeated, are guessed first.')
  .meta({ minLength: LENGTH_MIN, maxLength: LENGTH_MAX });

/** A password that is shown to prove who one is: any text, as it was typed. */
export const GivenPassword = z.string().min(1).max(1_000);

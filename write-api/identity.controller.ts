import { Body, Controller, Inject, Param, Req } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Visitor } from '../application/doorkeeper.js';
import { Doors, type Self } from '../application/doors.js';
import type { Caller } from '../application/kernel/transact.js';
import { Login } from '../domain/identity/account.js';
import { Email } from '../domain/identity/mail.js';
import { GivenPassword, NewPassword } from '../domain/identity/password.js';
import { OpenRole, RoleHeld, StaffRole } from '../domain/identity/roles.js';
import { Id, Line } from '../domain/kernel/types.js';
import { Language } from '../domain/kernel/wording.js';
import type { Asker } from '../infrastructure/http/door.js';
import { CommandRoute, FromAsker, FromCaller } from '../infrastructure/http/routes.js';

const Token = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'Not a token that we gave out.');

const language = Language.optional().describe('In which mails are written; in English and Bangla where nobody said.');

const Register = z
  .strictObject({ name: Line(200), email: Email, password: NewPassword, role: OpenRole, language })
  .meta({ id: 'RegisterAccount' });
const Correct = z
  .strictObject({
    name: Line(200).optional(),
    email: Email.optional(),
    password: GivenPassword.optional().describe('Needed for another address.'),
    language,
  })
  .meta({ id: 'CorrectAccount' });
const ChangePassword = z
  .strictObject({ oldPassword: GivenPassword, newPassword: NewPassword })
  .meta({ id: 'ChangePassword' });
const LogIn = z.strictObject({ login: Login, password: GivenPassword }).meta({ id: 'LogIn' });
const Refresh = z.strictObject({ refreshToken: Token }).meta({ id: 'RefreshSession' });
const RequestReset = z.strictObject({ login: Login }).meta({ id: 'RequestPasswordReset' });
const CompleteReset = z.strictObject({ token: Token, password: NewPassword }).meta({ id: 'CompletePasswordReset' });
const Invite = z
  .strictObject({
    email: Email,
    role: StaffRole,
    hospitalId: Id.optional().describe('Missing for the whole platform.'),
  })
  .meta({ id: 'InviteStaff' });
const Accept = z
  .strictObject({
    token: Token,
    name: Line(200),
    email: Email.optional().describe('Only where the invitation was not mailed.'),
    password: GivenPassword.describe('A new one, or that of the account which the address has already.'),
    language,
  })
  .meta({ id: 'AcceptInvitation' });
const Role = z.strictObject(RoleHeld.shape).meta({ id: 'Role' });
const ServiceAccount = z.strictObject({ name: Line(200) }).meta({ id: 'OpenServiceAccount' });

const inPath = { schema: Id };

const text = { type: 'string' };
const answered = (status: number, properties: Record<string, object>) =>
  ApiResponse({
    status,
    content: { 'application/json': { schema: { type: 'object', required: Object.keys(properties), properties } } },
  });
const AnsweredSession = () =>
  answered(200, {
    accountId: text,
    sessionId: text,
    accessToken: text,
    refreshToken: text,
    tokenType: text,
    expiresIn: { type: 'integer', description: 'Seconds for which the access token is good.' },
  });

const visitorOf = (caller: Caller, { ip, headers }: FastifyRequest): Visitor => ({
  ...caller,
  address: ip,
  device: headers['user-agent']?.slice(0, 300),
});

const selfOf = ({ account }: Asker): Self => account!;

@Controller()
export class IdentityController {
  constructor(@Inject(Doors) private readonly doors: Doors) {}

  @CommandRoute('registerAccount', 'accounts', 'A patient or a doctor registers.', { open: true })
  register(
    @Body({ schema: Register }) data: z.output<typeof Register>,
    @FromCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ) {
    return this.doors.register(data, visitorOf(caller, request));
  }

  @CommandRoute('correctAccount', 'accounts/correct', 'Corrects the own name, address or language.')
  correct(
    @Body({ schema: Correct }) data: z.output<typeof Correct>,
    @FromAsker() asker: Asker,
    @FromCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ) {
    return this.doors.correct(selfOf(asker).accountId, data, visitorOf(caller, request));
  }

  @CommandRoute('changePassword', 'accounts/password', 'Changes the own password and ends all other sessions.')
  changePassword(
    @Body({ schema: ChangePassword }) data: z.output<typeof ChangePassword>,
    @FromAsker() asker: Asker,
    @FromCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ) {
    return this.doors.changePassword(selfOf(asker), data, visitorOf(caller, request));
  }

  @AnsweredSession()
  @CommandRoute('logIn', 'sessions', 'Logs in.', { open: true, status: 200 })
  logIn(
    @Body({ schema: LogIn }) data: z.output<typeof LogIn>,
    @FromCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ) {
    return this.doors.logIn(data, visitorOf(caller, request));
  }

  @AnsweredSession()
  @CommandRoute('refreshSession', 'sessions/refresh', 'Gives a new pair of tokens; each refresh token works once.', {
    open: true,
    status: 200,
  })
  refresh(
    @Body({ schema: Refresh }) { refreshToken }: z.output<typeof Refresh>,
    @FromCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ) {
    return this.doors.refresh(refreshToken, visitorOf(caller, request));
  }

  @CommandRoute('logOut', 'sessions/end', 'Ends the session of the token.')
  logOut(@FromAsker() asker: Asker, @FromCaller() caller: Caller) {
    const { accountId, sessionId } = selfOf(asker);
    return this.doors.endSession(accountId, sessionId, 'loggedOut', caller);
  }

  @CommandRoute('endSession', 'sessions/:id/end', 'Ends another one of the own sessions.')
  endSession(@Param('id', inPath) id: string, @FromAsker() asker: Asker, @FromCaller() caller: Caller) {
    return this.doors.endSession(selfOf(asker).accountId, id, 'endedByOwner', caller);
  }

  @answered(202, { requested: { type: 'boolean' } })
  @CommandRoute('requestPasswordReset', 'password-resets', 'Mails a link, if there is such an account.', { open: true })
  async requestReset(
    @Body({ schema: RequestReset }) { login }: z.output<typeof RequestReset>,
    @FromCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ) {
    await this.doors.requestPasswordReset(login, visitorOf(caller, request));
    return { requested: true };
  }

  @CommandRoute('completePasswordReset', 'password-resets/complete', "Sets a new password with the mail's token.", {
    open: true,
  })
  completeReset(
    @Body({ schema: CompleteReset }) data: z.output<typeof CompleteReset>,
    @FromCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ) {
    return this.doors.completePasswordReset(data, visitorOf(caller, request));
  }

  @CommandRoute('inviteStaff', 'invitations', 'Invites a member of staff by mail.')
  invite(@Body({ schema: Invite }) data: z.output<typeof Invite>, @FromCaller() caller: Caller) {
    return this.doors.invite(data, caller);
  }

  @CommandRoute('withdrawInvitation', 'invitations/:id/withdraw', 'Takes an open invitation back.')
  withdraw(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.doors.withdraw(id, caller);
  }

  @CommandRoute('acceptInvitation', 'invitations/accept', 'Becomes staff with the token of an invitation.', {
    open: true,
  })
  accept(
    @Body({ schema: Accept }) data: z.output<typeof Accept>,
    @FromCaller() caller: Caller,
    @Req() request: FastifyRequest,
  ) {
    return this.doors.acceptInvitation(data, visitorOf(caller, request));
  }

  @CommandRoute('grantRole', 'accounts/:id/roles/grant', 'Gives an account a role.')
  grant(
    @Param('id', inPath) id: string,
    @Body({ schema: Role }) role: z.output<typeof Role>,
    @FromCaller() caller: Caller,
  ) {
    return this.doors.changeRole(id, 'GrantRole', role, caller);
  }

  @CommandRoute('revokeRole', 'accounts/:id/roles/revoke', 'Takes a role back.')
  revoke(
    @Param('id', inPath) id: string,
    @Body({ schema: Role }) role: z.output<typeof Role>,
    @FromCaller() caller: Caller,
  ) {
    return this.doors.changeRole(id, 'RevokeRole', role, caller);
  }

  @answered(202, { id: text, accessToken: text, expiresIn: { type: 'integer' } })
  @CommandRoute('openServiceAccount', 'service-accounts', 'Opens an account for a program and gives its token, once.')
  openServiceAccount(
    @Body({ schema: ServiceAccount }) data: z.output<typeof ServiceAccount>,
    @FromCaller() caller: Caller,
  ) {
    return this.doors.openServiceAccount(data, caller);
  }
}

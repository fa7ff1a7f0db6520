import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { LlmService, Principal } from '@portico/nestjs';
import type { Request, Response } from 'express';
import { COOKIE, JwtGuard } from './auth.js';
import { Ledger } from './ledger.js';
import { isPlan, Tenants, type User } from './tenants.js';
import { usagePage } from './usage-page.js';

@Controller()
export class AccountController {
  constructor(
    @Inject(JwtService) private readonly jwt: JwtService,
    @Inject(LlmService) private readonly llm: LlmService,
    @Inject(Tenants) private readonly tenants: Tenants,
    @Inject(Ledger) private readonly ledger: Ledger,
  ) {}

  @Post('login')
  @HttpCode(204)
  login(@Body() body: { readonly user?: unknown }, @Res({ passthrough: true }) res: Response): void {
    const user = this.tenants.findUser(body.user);
    if (user === undefined) throw new UnauthorizedException();
    const token = this.jwt.sign({}, { subject: user.name });
    res.cookie(COOKIE, token, { httpOnly: true, sameSite: 'lax' });
  }

  @Post('logout')
  @HttpCode(204)
  @UseGuards(JwtGuard)
  logout(@Req() req: Request, @Res({ passthrough: true }) res: Response): void {
    // Signing out ends running answers.
    this.llm.revoke((req.user as User).name);
    res.clearCookie(COOKIE);
  }

  @Get('me')
  @UseGuards(JwtGuard)
  me(@Req() req: Request) {
    const { name, tenant, plan } = req.user as User;
    return { user: name, about: `${tenant}, ${plan} plan`, more: '/usage' };
  }

  @Post('plan')
  @HttpCode(303)
  @UseGuards(JwtGuard)
  changePlan(
    @Req() req: Request,
    @Body() body: { readonly plan?: unknown },
    @Res({ passthrough: true }) res: Response,
  ) {
    if (!isPlan(body.plan)) throw new BadRequestException('There is no such plan.');
    const { tenant } = req.user as User;
    this.tenants.setPlan(tenant, body.plan);
    // Running calls began under the old plan, and end with it.
    for (const user of this.tenants.usersOf(tenant)) this.llm.revoke(user);
    res.location('/usage');
  }

  @Get('usage')
  @Header('content-type', 'text/html; charset=utf-8')
  @UseGuards(JwtGuard)
  usage(@Req() req: Request, @Principal() who: Principal): string {
    const { tenant, plan } = req.user as User;
    return usagePage({ tenant, plan, principal: who, records: this.ledger.of(tenant) });
  }
}

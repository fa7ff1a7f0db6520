import {
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
import { findUser, type User } from './tenants.js';

@Controller()
export class AccountController {
  constructor(
    @Inject(JwtService) private readonly jwt: JwtService,
    @Inject(LlmService) private readonly llm: LlmService,
    @Inject(Ledger) private readonly ledger: Ledger,
  ) {}

  @Post('login')
  @HttpCode(204)
  login(@Body() body: { readonly user?: unknown }, @Res({ passthrough: true }) res: Response): void {
    const user = findUser(body.user);
    if (user === undefined) throw new UnauthorizedException();
    const token = this.jwt.sign({}, { subject: user.name });
    res.cookie(COOKIE, token, { httpOnly: true, sameSite: 'lax' });
  }

  @Post('logout')
  @HttpCode(204)
  @UseGuards(JwtGuard)
  logout(@Req() req: Request, @Res({ passthrough: true }) res: Response): void {
    // Whoever leaves gets no more of an answer under way.
    this.llm.revoke((req.user as User).name);
    res.clearCookie(COOKIE);
  }

  @Get('me')
  @UseGuards(JwtGuard)
  me(@Req() req: Request) {
    const { name, tenant, plan } = req.user as User;
    return { user: name, tenant, plan };
  }

  @Get('usage')
  @Header('content-type', 'text/html; charset=utf-8')
  @UseGuards(JwtGuard)
  usage(@Principal() who: Principal): string {
    const rows = this.ledger.of(who.team ?? '').map(({ principal, usage, costNanoUsd, outcome }) => {
      const tokens = usage.inputTokens + usage.outputTokens;
      return `<tr><td>${principal.id}<td>${outcome}<td>${tokens}<td>$${((costNanoUsd ?? 0) / 1e9).toFixed(6)}`;
    });
    return `<!doctype html><title>Usage</title><link rel="stylesheet" href="/style.css"><main><h1>Usage</h1><table><tr><th>who<th>how<th>tokens<th>cost${rows.join('')}</table></main>`;
  }
}

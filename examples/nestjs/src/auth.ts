import { Inject, Injectable, type Type } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Tenants, type User } from './tenants.js';

export const COOKIE = 'token';

/** Reads the token from the cookie of the page, or from the `Authorization` header of a script. */
export function jwtStrategy(secret: string): Type {
  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy) {
    readonly #tenants: Tenants;

    constructor(@Inject(Tenants) tenants: Tenants) {
      super({
        jwtFromRequest: ExtractJwt.fromExtractors([fromCookie, ExtractJwt.fromAuthHeaderAsBearerToken()]),
        secretOrKey: secret,
      });
      this.#tenants = tenants;
    }

    validate({ sub }: { readonly sub: string }): User | undefined {
      return this.#tenants.findUser(sub);
    }
  }
  return JwtStrategy;
}

/** Runs before the gateway's routes and before the application's own. */
export const JwtGuard = AuthGuard('jwt');

function fromCookie({ headers }: Request): string | null {
  const found = headers.cookie?.split('; ').find((each) => each.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1) ?? null;
}

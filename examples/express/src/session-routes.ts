import express, { Router } from 'express';
import { preparedAnswers } from './prepared-answers.js';
import { demoUsers, findUser } from './users.js';

declare module 'express-session' {
  interface SessionData {
    userId: string;
  }
}

/** Sign in, sign out, and who is signed in. `left` is called with the user who has signed out. */
export function sessionRoutes(fakeNotice: string | undefined, left: (userId: string) => unknown): Router {
  const routes = Router();

  routes.get('/', (req, res) => {
    const user = findUser(req.session.userId);
    res.json({ user, users: demoUsers, suggestions: [...preparedAnswers.keys()], fakeNotice });
  });

  // Only JSON is read, and JSON from another site would need a preflight, which is not answered here.
  routes.post('/', express.json(), (req, res, next) => {
    const user = findUser(req.body?.user);
    if (user === undefined) {
      res.status(401).json({ error: { message: `This user does not exist. Try ${namesOfUsers()}.` } });
      return;
    }
    // A new session id, so that one planted by an attacker is worthless.
    req.session.regenerate((error) => {
      if (error) return next(error);
      req.session.userId = user.id;
      res.status(204).end();
    });
  });

  routes.delete('/', (req, res, next) => {
    if (req.session.userId !== undefined) left(req.session.userId);
    req.session.destroy((error) => (error ? next(error) : res.status(204).end()));
  });

  return routes;
}

function namesOfUsers(): string {
  return demoUsers.map((user) => user.name).join(' or ');
}

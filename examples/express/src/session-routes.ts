import express, { Router } from 'express';
import { rehearsedAnswers } from './rehearsed-answers.js';
import { demoUsers, findUser } from './users.js';

declare module 'express-session' {
  interface SessionData {
    userId: string;
  }
}

/** Who is signed in, signing in and signing out. `left` is told who has signed out. */
export function sessionRoutes(fakeNotice: string | undefined, left: (userId: string) => unknown): Router {
  const routes = Router();

  routes.get('/', (req, res) => {
    const user = findUser(req.session.userId);
    res.json({ user, users: demoUsers, suggestions: [...rehearsedAnswers.keys()], fakeNotice });
  });

  // Only JSON is read, and JSON from another site would need a preflight that nobody answers here.
  routes.post('/', express.json(), (req, res, next) => {
    const user = findUser(req.body?.user);
    if (user === undefined) {
      res.status(401).json({ error: { message: `Nobody of that name is known here. Try ${namesOfUsers()}.` } });
      return;
    }
    // A new session id: one that somebody planted before is worth nothing now.
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

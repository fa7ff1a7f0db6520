import type { IncomingMessage } from 'node:http';
import type { Authenticate, Authorize, CustomEndpoint, Plugin } from '@portico/core';
import type { MountConfig } from './mounted.js';

/** The hooks of a test, written against Node's own request, as a host with other objects calls them. */
export function hooksOf<Host>(config: MountConfig, requestOf: (host: Host) => IncomingMessage) {
  const { authenticate, authorize, plugins, endpoints, ...rest } = config;
  type Policies = NonNullable<Plugin<{ readonly req: IncomingMessage }>['policies']>;

  function policiesOf(policies: Policies): NonNullable<Plugin<Host>['policies']> {
    const asks: { authenticate?: Authenticate<Host>; authorize?: Authorize<Host> } = {};
    const { authenticate, authorize } = policies;
    if (authenticate) asks.authenticate = (host) => authenticate({ req: requestOf(host), request: host.request });
    if (authorize) asks.authorize = (host) => authorize({ req: requestOf(host), request: host.request });
    return asks;
  }

  function endpointsOf(custom: NonNullable<MountConfig['endpoints']>): readonly CustomEndpoint<Host>[] {
    return custom.map((endpoint) => ({
      ...endpoint,
      answer: (host) => endpoint.answer({ req: requestOf(host), request: host.request }),
    }));
  }

  return {
    ...rest,
    ...(endpoints && { endpoints: endpointsOf(endpoints) }),
    ...policiesOf({ ...(authenticate && { authenticate }), ...(authorize && { authorize }) }),
    ...(plugins && {
      plugins: plugins.map(
        ({ policies, endpoints: custom, ...plugin }): Plugin<Host> => ({
          // Its other hooks do not look at the host.
          ...(plugin as Plugin),
          ...(policies && { policies: policiesOf(policies) }),
          ...(custom && { endpoints: endpointsOf(custom) }),
        }),
      ),
    }),
  };
}

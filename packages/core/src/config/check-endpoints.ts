import type { CustomEndpoint } from '../hooks/custom-endpoint.js';
import { OPERATIONS } from '../operation.js';
import type { Principal } from '../principal.js';
import type { ConfigProblem } from '../settings/config-error.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import { didYouMean } from './nearest-name.js';

const PATH = /^(?:\/(?:[\w.~-]+|\{[A-Za-z_]\w*\}))*(?:\/\{[A-Za-z_]\w*\.\.\.\})?$/;

/** The custom endpoints of a configuration: its own, then those of its plugins in order. */
export function customEndpointsOf<Host>({
  endpoints = [],
  plugins = [],
}: Pick<GatewayConfig<Host>, 'endpoints' | 'plugins'>): readonly CustomEndpoint<Host>[] {
  return [...endpoints, ...plugins.flatMap((plugin) => plugin.endpoints ?? [])];
}

/** What is wrong with custom endpoints, and with the operations that principals of the configuration may use. */
export function endpointProblems(config: GatewayConfig<never>): ConfigProblem[] {
  const custom = customEndpointsOf(config);
  const problems: ConfigProblem[] = [];
  for (const { name, path } of custom) {
    if ((OPERATIONS as readonly string[]).includes(name)) {
      problems.push({ path: 'endpoints', message: `"${name}" is the name of an endpoint of the gateway itself.` });
    }
    if (path.length < 2 || !PATH.test(path)) {
      problems.push({
        path: 'endpoints',
        message: `"${name}" has the path "${path}"; it must look like "/notes", "/notes/{id}" or "/notes/{path...}".`,
      });
    }
  }
  const known = [...OPERATIONS, ...custom.map(({ name }) => name)];
  problems.push(...operationProblems(config.anonymous, 'anonymous', known));
  for (const [index, { principal }] of (config.keys ?? []).entries()) {
    problems.push(...operationProblems(principal, `keys[${index}].principal`, known));
  }
  return problems;
}

function operationProblems(
  principal: Principal | undefined,
  path: string,
  known: readonly string[],
): readonly ConfigProblem[] {
  return (principal?.operations ?? []).flatMap((operation, index) => {
    if (known.includes(operation)) return [];
    const message = `there is no operation "${operation}"${didYouMean(operation, known)}. There are: ${known.join(', ')}.`;
    return [{ path: `${path}.operations[${index}]`, message }];
  });
}

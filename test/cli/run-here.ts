import { run } from '@portico/cli';

/** Runs a command in this process. */
export async function portico(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string; errors: string }> {
  let [output, errors] = ['', ''];
  const code = await run(args, {
    out: (text) => (output += `${text}\n`),
    error: (text) => (errors += `${text}\n`),
    colours: false,
    folder: process.cwd(),
    environment,
  });
  return { code, output, errors };
}

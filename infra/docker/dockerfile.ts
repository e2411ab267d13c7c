// As much of a Dockerfile and a .dockerignore as this repository writes: which paths an image is made from, what it
// installs and what it starts. @pure

export interface Copy {
  sources: string[];
  destination: string;
}

export interface Stage {
  name: string | undefined;
  from: string;
  copies: Copy[];
  runs: string[];
  entrypoint: string[];
}

/** Instructions with their continued lines joined and their comments gone. */
function instructions(text: string): [keyword: string, rest: string][] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\\\s*\n/g, ' ')
    .split('\n')
    .map((line) => /^\s*(\w+)\s+(.*\S)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => [(match[1] ?? '').toUpperCase(), match[2] ?? '']);
}

/** The stages of a Dockerfile, in order, with the values that its ARGs have by default put in. */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  const values = new Map<string, string>();
  for (const [keyword, rest] of instructions(text)) {
    const stage = stages.at(-1);
    if (keyword === 'ARG') {
      const [name = '', value = ''] = rest.split('=');
      values.set(name, value);
    } else if (keyword === 'FROM') {
      const [from = '', , name] = rest.split(/\s+/);
      const filled = from.replaceAll(/\$\{(\w+)\}/g, (whole, variable: string) => values.get(variable) ?? whole);
      stages.push({ name, from: filled, copies: [], runs: [], entrypoint: [] });
    }
    if (stage === undefined) continue;
    if (keyword === 'COPY') {
      const words = rest.split(/\s+/);
      if (words.some((word) => word.startsWith('--from='))) continue;
      const paths = words.filter((word) => !word.startsWith('--'));
      stage.copies.push({ sources: paths.slice(0, -1), destination: paths.at(-1) ?? '.' });
    } else if (keyword === 'RUN') stage.runs.push(rest.replaceAll(/\s+/g, ' '));
    else if (keyword === 'ENTRYPOINT') stage.entrypoint = JSON.parse(rest);
  }
  return stages;
}

/** Whether a .dockerignore keeps a path out of the build. Knows what ours uses: names, `*` and a leading `**`. */
export function ignores(dockerignore: string): (path: string) => boolean {
  const patterns = dockerignore
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const anywhere = line.startsWith('**/');
      const body = (anywhere ? line.slice(3) : line).replaceAll(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '[^/]*');
      return new RegExp(`^${anywhere ? '(?:.*/)?' : ''}${body}(?:/|$)`);
    });
  return (path) => patterns.some((pattern) => pattern.test(path));
}

/** What is where in the logs of a run: on this machine, and in the artifact of a job, of this version and of earlier ones. */

import { ACCESS_LOG, API_PROXY_LOG_FILE } from '../shared/contract.ts';

/** The files that are read. */
export type LogFile =
  'access.jsonl' | 'access-log' | 'requests' | 'usage.json' | 'policy.json' | 'timings.json' | 'run.json';

/** Where a file may be; the first place that has it counts. `S` and `A` are the directories of the two sidecars. */
const PLACES: Readonly<Record<LogFile, readonly string[]>> = {
  'access.jsonl': ['S/access.jsonl'],
  'access-log': [`S/${ACCESS_LOG}`],
  requests: ['A/requests.jsonl', `A/${API_PROXY_LOG_FILE}`],
  'usage.json': ['usage.json', 'A/usage.json'],
  'policy.json': ['policy.json', 'S/policy.json'],
  'timings.json': ['timings.json', 'S/timings.json'],
  'run.json': ['run.json'],
};

/** The names of the sidecars' directories. Those with a time belong to one run each. */
const DIRECTORY = /^(?:(squid|squid-logs)|(?:api-proxy|api-proxy-logs))(?:-(\d{10,16}))?$/;

/** The files of a run, by what they are; the paths are relative. */
export interface Layout {
  readonly files: ReadonlyMap<LogFile, string>;
  /** When the run began, in milliseconds since the epoch, if a name tells. */
  readonly time: number | undefined;
}

/** True for a directory of a sidecar: others, such as that of the agent's own logs, have files that the command named. */
export const isSidecarDirectory = (name: string): boolean => DIRECTORY.test(name);

/**
 * Finds the files of a run. Of several runs, the last one counts.
 *
 * @param paths relative, with slashes
 */
export function layoutOf(paths: readonly string[]): Layout {
  const inside = withoutFolder(paths);
  const times = inside.paths.flatMap((path) => timeOf(path) ?? []);
  const time = times.length === 0 ? undefined : Math.max(...new Set(times));
  const byPlace = new Map<string, string>();
  for (const path of inside.paths) {
    if (timeOf(path) !== undefined && timeOf(path) !== time) continue;
    byPlace.set(placeOf(path), inside.prefix + path);
  }
  const files = Object.entries(PLACES).flatMap(([file, places]): [LogFile, string][] => {
    const found = places.flatMap((place) => byPlace.get(place) ?? []);
    return found[0] === undefined ? [] : [[file as LogFile, found[0]]];
  });
  return { files: new Map(files), time };
}

/** Archives are often packed, and unpacked, with a folder around everything. */
function withoutFolder(paths: readonly string[]): { paths: readonly string[]; prefix: string } {
  const first = paths[0] ?? '';
  const folder = first.slice(0, first.indexOf('/') + 1);
  const isAround =
    folder !== '' && !isSidecarDirectory(folder.slice(0, -1)) && paths.every((p) => p.startsWith(folder));
  return isAround ? { paths: paths.map((path) => path.slice(folder.length)), prefix: folder } : { paths, prefix: '' };
}

function timeOf(path: string): number | undefined {
  const time = DIRECTORY.exec(path.split('/', 1)[0] ?? '')?.[2];
  return time === undefined ? undefined : Number(time);
}

/** A path in the notation of {@link PLACES}. */
function placeOf(path: string): string {
  const [directory = '', ...rest] = path.split('/');
  if (rest.length !== 1) return path;
  const match = DIRECTORY.exec(directory);
  return match === null ? path : `${match[1] === undefined ? 'A' : 'S'}/${rest[0] ?? ''}`;
}

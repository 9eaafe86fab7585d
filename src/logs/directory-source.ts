import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RUN_FILE } from '../host/run-logs.ts';
import { piecesOf } from '../report/lines.ts';
import { ACCESS_LOG } from '../shared/contract.ts';
import { isSidecarDirectory, layoutOf, type LogFile } from './layout.ts';
import type { LogSource } from './source.ts';

/** Logs that may still grow. */
export interface DirectorySource extends LogSource {
  /** The absolute path of a file; undefined if it is not there. */
  readonly pathOf: (file: LogFile) => string | undefined;
}

/** A directory with the logs of a run, or Squid's own, beside which the api-proxy's is. */
export function directorySource(path: string): DirectorySource {
  const directory = resolve(path);
  const squidFiles = filesIn(directory).filter((name) => name === ACCESS_LOG || name === 'access.jsonl');
  const [top, paths] = squidFiles.length > 0 ? besides(directory) : [directory, below(directory)];
  const { files, time } = layoutOf([...paths.keys()]);
  const pathOf = (file: LogFile): string | undefined => {
    const found = files.get(file);
    return found && join(top, paths.get(found) ?? found);
  };
  return {
    place: path,
    time: time ?? timeIn(basename(directory)),
    has: (file) => files.has(file),
    pieces: (file) => piecesOf(pathOf(file) ?? join(top, file)),
    close: () => undefined,
    pathOf,
  };
}

type Paths = ReadonlyMap<string, string>;

/** The files of a directory, and of the sidecars' directories in it. No link is followed. */
function below(directory: string): Paths {
  const entries = readdirSync(directory, { withFileTypes: true });
  const own = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const directories = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const [only] = directories;
  // An archive may have been unpacked with a folder around everything.
  if (own.length === 0 && directories.length === 1 && only !== undefined && !isSidecarDirectory(only)) {
    return new Map([...below(join(directory, only)).values()].map((path) => [join(only, path), join(only, path)]));
  }
  const inside = directories
    .filter(isSidecarDirectory)
    .flatMap((name) => filesIn(join(directory, name)).map((file) => join(name, file)));
  return new Map([...own, ...inside].map((path) => [path, path]));
}

/**
 * Squid's directory has any name that the user chose; the api-proxy's is beside it. A name of AWF's own lies in the run's
 * directory, whose `run.json` names the process, and later the outcome.
 */
function besides(squid: string): [top: string, paths: Paths] {
  const [top, name] = [dirname(squid), basename(squid)];
  const other = isSidecarDirectory(name) ? name.replace(/^squid/, 'api-proxy') : 'api-proxy-logs';
  const of = (directory: string, as: string): [string, string][] =>
    filesIn(join(top, directory)).map((file) => [`${as}/${file}`, `${directory}/${file}`]);
  const hasRecord = isSidecarDirectory(name) && lstatSync(join(top, RUN_FILE), { throwIfNoEntry: false })?.isFile();
  const record: [string, string][] = hasRecord === true ? [[RUN_FILE, RUN_FILE]] : [];
  return [top, new Map([...of(name, 'squid'), ...of(other, 'api-proxy'), ...record])];
}

function filesIn(directory: string): string[] {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

function timeIn(name: string): number | undefined {
  const time = /^(?:squid-logs-)?(\d{13})(?:-[0-9a-f]+)?$/.exec(name)?.[1];
  return time === undefined ? undefined : Number(time);
}

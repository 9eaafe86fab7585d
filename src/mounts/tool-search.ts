import { existsSync, lstatSync, readdirSync, readFileSync, type Dirent } from 'node:fs';
import { basename, join } from 'node:path';
import type { Slices } from '../host/slices.ts';
import { nameMatcher } from '../shared/name-patterns.ts';
import { words } from '../shared/words.ts';
import { looksLikeCredential } from './credential-text.ts';
import { isCredentialFile } from './etc-policy.ts';

/** A directory of programs, and how many levels below it are looked through. */
export interface ToolPlace {
  readonly path: string;
  readonly depth: number;
  readonly kind: Kind;
}

/**
 * Who has put programs there: the system's packages, whose files are known to everybody; an administrator, for everybody, so
 * that a file that is not for everybody is no program; or the user.
 */
type Kind = 'packaged' | 'shared' | 'own';

/** What is among programs and is none. */
interface Strays {
  /** Directories of runners and of their jobs, and sockets. */
  readonly hidden: string[];
  readonly credentials: string[];
}

/** Files by which a runner's directory is known: those of GitHub's runner and its forks, and the agent of Azure Pipelines. */
const RUNNER_MARKS = words('.runner .credentials_rsaparams bin/Runner.Listener bin/Agent.Listener');
/** What runners keep beside the directories of jobs. */
const WORK_MARKS = words('_actions _temp _PipelineMapping SourceRootMapping');
const MARKS = [...RUNNER_MARKS, ...WORK_MARKS];

/** True for a directory with a runner's own files: its key is among them. */
export function holdsRunner(directory: string): boolean {
  return RUNNER_MARKS.some((name) => existsSync(join(directory, name)));
}

/** True for a directory with a runner, or with what its jobs use. */
export function isOfRunner(directory: string): boolean {
  return [...MARKS, '.credentials'].some((name) => existsSync(join(directory, name)));
}

/** The same by what is in a directory of programs, where a file with credentials alone makes no runner. */
function hasRunner(directory: string, names: ReadonlySet<string>): boolean {
  return MARKS.some((mark) => {
    const [name = '', ...rest] = mark.split('/');
    return names.has(name) && (rest.length === 0 || existsSync(join(directory, mark)));
  });
}

/** Files and directories in which programs keep credentials. Their names are good for nothing else, wherever they are. */
const isKnown = nameMatcher(
  words(`
    .npmrc .yarnrc .yarnrc.yml .bunfig.toml .pypirc pip.conf .condarc condarc .gemrc gemrc .bundle .hgrc
    .gitconfig gitconfig .git-credentials .netrc _netrc netrc .wgetrc wgetrc .curlrc curlrc
    settings.xml settings-security.xml gradle.properties init.d auth.json NuGet.Config NuGet.config nuget.config
    credentials credentials.json credentials.toml credentials.xml credentials.yml credentials.yaml credentials.db
    credentials.properties credentials.tfrc.json .credentials .credentials.json .terraformrc .vault-token
    kubeconfig .dockerconfigjson .dockercfg rclone.conf .s3cfg .boto .my.cnf .pgpass Renviron.site .Renviron
    .env .env.* tomcat-users.xml sonar-scanner.properties .bash_history .ssh .gnupg .aws .azure .docker .kube
    id_rsa id_dsa id_ecdsa id_ed25519 *.p12 *.pfx *.jks *.keystore *.kdbx *.ppk
  `),
);

/** Files that may hold a credential among other settings. */
const SETTINGS = /\.(conf|cfg|ini|properties|toml)$|^config(\.(json|ya?ml))?$/;
/** Settings with examples that look like a credential. Homebrew and others have one, and programs need it. */
const HARMLESS: ReadonlySet<string> = new Set(words('openssl.cnf nsswitch.conf'));
/** Bytes. Settings are smaller. */
const LARGEST_SETTING = 256 * 1024;

/** Directories that have settings alone, and how what is in them is judged. */
const SETTINGS_DIRECTORIES: Readonly<Record<string, Strictness>> = { etc: 'etc', conf: 'names', config: 'names' };
const SETTINGS_DEPTH = 3;

/** In `etc`, everything is judged by its content, as in `/etc`. */
type Strictness = 'tools' | 'names' | 'etc';

/** Directories with code and data alone. Some of them have thousands of entries. */
export const isCode = nameMatcher(
  words(`
    .git bin sbin lib lib32 lib64 libexec share include src man doc docs test tests locale node_modules site-packages
    dist-packages __pycache__ pkgs conda-meta jmods legal Cellar packs shared ports platforms system-images
  `),
);

/** Settings in such directories: npm's own, which programs need if there is no credential in them, and R's. */
const SETTINGS_IN_CODE: Readonly<Record<string, readonly string[]>> = {
  // The address of a private repository often has a token.
  '.git': ['config'],
  lib: ['node_modules/npm/npmrc', 'R/etc/Renviron.site'],
};

/** Directories that are looked through in one place at most: nobody waits for the start of a run because of a large one. */
const MOST_DIRECTORIES = 3_000;
const DIRECTORIES_IN_ONE_GO = 8;

/** Each file is covered by a mount of its own. A directory with more of them is no tool, and is covered as a whole. */
const MOST_COVERS = 100;

interface Level {
  readonly path: string;
  /** True for the directory that was asked for: it has tools in any case. */
  readonly isTop: boolean;
  readonly depth: number;
  readonly kind: Kind;
  readonly strictness: Strictness;
}

/**
 * Looks through directories of programs for what is none: other runners, sockets, and credentials. Known names alone would
 * miss what another program calls its settings, so a setting is also judged as those in `/etc` are.
 *
 * @param apart directories that the command has to itself, or that are hidden anyway
 */
export function* searchTools(places: readonly ToolPlace[], apart: readonly string[]): Slices<Strays> {
  const found: Strays = { hidden: [], credentials: [] };
  const seen = new Set(apart);
  for (const place of places) {
    const levels: Level[] = [
      { ...place, isTop: true, strictness: SETTINGS_DIRECTORIES[basename(place.path)] ?? 'tools' },
    ];
    for (let next = 0; next < Math.min(levels.length, MOST_DIRECTORIES); next++) {
      if (next % DIRECTORIES_IN_ONE_GO === 0) yield;
      const level = levels[next];
      if (level === undefined || seen.has(level.path)) continue;
      seen.add(level.path);
      levels.push(...look(level, found));
    }
  }
  return found;
}

/** Notes what is in one directory. @returns the directories in it that are to be looked through */
function look(level: Level, { hidden, credentials }: Strays): Level[] {
  const entries = entriesIn(level.path);
  if (level.strictness === 'tools' && hasRunner(level.path, new Set(entries.map(({ name }) => name)))) {
    hidden.push(level.path);
    return [];
  }
  const judge = judgeFor(level);
  const before = [hidden.length, credentials.length] as const;
  const levels = entries.flatMap((entry): Level[] => {
    const { name } = entry;
    const path = join(level.path, name);
    if (entry.isSocket()) hidden.push(path);
    else if (judge.byName(name) || (entry.isFile() && judge.byFile(path, name))) credentials.push(path);
    else if (entry.isDirectory()) {
      const settings = SETTINGS_IN_CODE[name] ?? [];
      credentials.push(...settings.map((one) => join(path, one)).filter(holdsCredential));
      return below({ ...level, path, isTop: false, depth: level.depth - 1 }, name);
    }
    return [];
  });
  if (level.isTop || hidden.length + credentials.length - before[0] - before[1] <= MOST_COVERS) return levels;
  const sockets = hidden.splice(before[0]);
  credentials.splice(before[1]);
  (sockets.length > 0 ? hidden : credentials).push(level.path);
  return [];
}

function below(level: Level, name: string): Level[] {
  const strictness = SETTINGS_DIRECTORIES[name];
  if (level.strictness === 'tools' && strictness !== undefined)
    return [{ ...level, depth: SETTINGS_DEPTH, strictness }];
  return level.depth < 0 || (level.strictness === 'tools' && isCode(name)) ? [] : [level];
}

/** How the entries of a directory are judged. */
function judgeFor({ path: directory, kind, strictness }: Level) {
  const isStrict = strictness !== 'tools';
  // A directory that is closed itself says nothing about the files in it.
  const isOpen = (kind === 'shared' || isStrict) && hasMode(directory, 0o005);
  return {
    byName: (name: string): boolean => isKnown(name) || (isStrict && isCredentialFile(name)),
    byFile: (path: string, name: string): boolean =>
      (isOpen && !hasMode(path, 0o004) && !hasMode(path, 0o100)) ||
      (kind !== 'packaged' &&
        (strictness === 'etc' || SETTINGS.test(name)) &&
        !HARMLESS.has(name) &&
        holdsCredential(path)),
  };
}

function hasMode(path: string, bits: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.mode & bits) === bits;
}

function holdsCredential(path: string): boolean {
  try {
    return lstatSync(path).size <= LARGEST_SETTING && looksLikeCredential(readFileSync(path, 'latin1'));
  } catch {
    return false; // the command cannot read it either, or it is gone
  }
}

function entriesIn(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

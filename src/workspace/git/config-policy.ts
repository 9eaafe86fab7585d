import { words } from '../../shared/words.ts';
import { formatGitConfig, nameOf, parseGitConfig, type ConfigEntry } from './config.ts';

/** A configuration with only those settings that are known to be harmless. */
export interface ComposedConfig {
  readonly text: string;
  /** Entries that were left out, because they are unknown or known to run something. */
  readonly dropped: readonly ConfigEntry[];
}

/** No sensible value is longer, and matching a hostile one could take long. */
const MAX_LENGTH = 4096;

/** The values of a key that pass. */
type Rule = true | RegExp;

/** The keys of each `section`, or `section *` for one with a subsection, that git needs and that run no program. */
const TABLE: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  core: keys(`
    repositoryformatversion filemode bare logallrefupdates ignorecase precomposeunicode symlinks autocrlf eol safecrlf
    quotepath sparsecheckout sparsecheckoutcone longpaths untrackedcache preloadindex abbrev sharedrepository
    whitespace compression loosecompression bigfilethreshold commentchar commentstring checkstat trustctime
    multipackindex commitgraph splitindex protecthfs protectntfs fsync fsyncmethod deltabasecachelimit hidedotfiles
    maxtreedepth
  `),
  extensions: keys(`
    objectformat refstorage partialclone preciousobjects worktreeconfig compatobjectformat relativeworktrees noop
  `),
  'remote *': keys(`
    url pushurl fetch push mirror tagopt prune prunetags promisor partialclonefilter skipdefaultupdate skipfetchall
    followremotehead
  `),
  'branch *': keys(`
    remote pushremote merge rebase description base github-pr-owner-number vscode-merge-base gh-merge-base
  `),
  branch: keys('autosetupmerge autosetuprebase sort'),
  'submodule *': {
    ...keys('url active branch path ignore fetchrecursesubmodules shallow'),
    update: /^(checkout|rebase|merge|none)$/,
  },
  submodule: keys('active recurse fetchjobs propagatebranches alternatelocation'),
  user: keys('name email useconfigonly'),
  author: keys('name email'),
  committer: keys('name email'),
  init: keys('defaultbranch'),
  pull: keys('rebase ff'),
  push: keys('default followtags autosetupremote usebitmaps usebundleuris'),
  merge: keys(`
    conflictstyle ff log renames renamelimit directoryrenames stat summary autostash branchdesc defaulttoupstream
  `),
  diff: keys(`
    algorithm renames renamelimit context interhunkcontext colormoved colormovedws mnemonicprefix noprefix
    ignoresubmodules indentheuristic submodule suppressblankempty statgraphwidth dirstat wserrorhighlight relative
  `),
  fetch: keys('prune prunetags parallel recursesubmodules unpacklimit writecommitgraph showforcedupdates output'),
  rebase: keys(`
    autosquash autostash updaterefs stat abbreviatecommands missingcommitscheck rebasemerges forkpoint backend
  `),
  rerere: keys('enabled autoupdate'),
  status: keys(`
    showuntrackedfiles short branch showstash aheadbehind relativepaths renames renamelimit submodulesummary
  `),
  log: keys('date abbrevcommit decorate follow diffmerges showroot initialdecorationset'),
  commit: keys('status verbose cleanup'),
  tag: keys('sort'),
  stash: keys('showpatch showstat showincludeuntracked'),
  checkout: keys('defaultremote guess workers thresholdforparallelism'),
  worktree: keys('guessremote userelativepaths'),
  blame: keys('date showemail showroot blankboundary coloring'),
  grep: keys('linenumber column patterntype extendedregexp threads fullname'),
  gc: keys(`
    auto autodetach autopacklimit aggressivedepth aggressivewindow packrefs pruneexpire worktreepruneexpire
    reflogexpire
  `),
  maintenance: keys('auto strategy autodetach'),
  pack: keys('threads windowmemory packsizelimit usesparse usebitmaps writebitmaphashcache depth window compression'),
  index: keys('version threads sparse skiphash recordendofindexentries recordoffsettable'),
  feature: keys('manyfiles experimental'),
  advice: { '*': true },
  color: keys('ui branch diff status interactive advice grep push showbranch'),
  column: keys('ui branch status tag'),
  http: keys('version postbuffer lowspeedlimit lowspeedtime sslverify sslcainfo sslcapath sslversion maxrequests'),
  'http *': keys('version postbuffer lowspeedlimit lowspeedtime sslverify sslcainfo sslcapath'),
  'url *': keys('insteadof pushinsteadof'),
  lfs: keys('repositoryformatversion'),
  'lfs *': keys('access locksverify'),
  // Exactly what `git lfs install` writes.
  'filter lfs': {
    clean: /^git-lfs clean -- %f$/,
    smudge: /^git-lfs smudge (--skip )?-- %f$/,
    process: /^git-lfs filter-process( --skip)?$/,
    required: true,
  },
};

/** Maps instead of objects, because an attacker chooses the names and objects have members such as `constructor`. */
const KNOWN = new Map(Object.entries(TABLE).map(([name, rules]) => [name, new Map(Object.entries(rules))]));

function keys(names: string): Record<string, Rule> {
  return Object.fromEntries(words(names).map((name) => [name, true]));
}

/**
 * Composes a new configuration from those settings that are known to be needed and to run nothing. It has no
 * credential, no program, no include, and no other directory for hooks.
 *
 * @param text the file, with one character for each byte
 * @param isWorktree true for a value of `core.worktree` that may stay
 * @throws SyntaxError like {@link parseGitConfig}
 */
export function composeConfig(text: string, isWorktree: (path: string) => boolean): ComposedConfig {
  const dropped: ConfigEntry[] = [];
  const kept = parseGitConfig(text).flatMap((entry) => {
    const composed = composeEntry(entry, isWorktree);
    if (composed === undefined) dropped.push(entry);
    return composed ?? [];
  });
  return { text: formatGitConfig(kept), dropped };
}

/** The part of {@link composeConfig} for one setting. @returns undefined for one that is left out */
export function composeEntry(entry: ConfigEntry, isWorktree: (path: string) => boolean): ConfigEntry | undefined {
  return passes(entry, isWorktree) ? withoutCredentials(entry) : undefined;
}

function passes(entry: ConfigEntry, isWorktree: (path: string) => boolean): boolean {
  const { section, subsection, key, value } = entry;
  if (section === 'core' && subsection === undefined && key === 'worktree') {
    return value !== undefined && isWorktree(value);
  }
  const known =
    subsection === undefined
      ? KNOWN.get(section)
      : (KNOWN.get(`${section} ${subsection}`) ?? KNOWN.get(`${section} *`));
  const rule = known?.get(key) ?? known?.get('*');
  if (rule === undefined) return false;
  if (rule !== true && !rule.test(value ?? '')) return false;
  const texts = [subsection ?? '', value ?? ''];
  // A URL such as `ext::sh -c ...` names a helper program.
  return texts.every((text) => text.length <= MAX_LENGTH && !/^[A-Za-z0-9+.-]+::/.test(text));
}

/** The user information of a URL. A user name without a password is no secret in `ssh://git@host`. */
const USER_INFO = /\b([A-Za-z][A-Za-z0-9+.-]{0,20}):\/\/([^/?#\s]*)@/g;
const URL_FORM = /^[A-Za-z][A-Za-z0-9+.-]{0,20}:\/\//;

function withoutCredentials(entry: ConfigEntry): ConfigEntry {
  const clean = (text: string): string => {
    const named = text.replace(USER_INFO, (_, scheme: string, info: string) => {
      const name = /ssh/i.test(scheme) ? info.replace(/:.*$/s, '') : '';
      return `${scheme}://${name === '' ? '' : `${name}@`}`;
    });
    // No git server needs a query, but it may contain a token.
    return URL_FORM.test(named) ? named.replace(/[?#].*$/s, '') : named;
  };
  const subsection = entry.subsection === undefined ? undefined : clean(entry.subsection);
  const value = entry.value === undefined ? undefined : clean(entry.value);
  return subsection === entry.subsection && value === entry.value ? entry : { ...entry, subsection, value };
}

/** The name of an entry for messages, never its value. */
export function describeEntry(entry: ConfigEntry): string {
  return nameOf(withoutCredentials(entry));
}

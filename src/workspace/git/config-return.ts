import { composeEntry, describeEntry } from './config-policy.ts';
import { formatGitConfig, nameOf, parseGitConfig, plainLines, type ConfigEntry } from './config.ts';
import { words } from '../../shared/words.ts';

/** A configuration of the host's after the command, and what did not find its way into it. */
export interface ReturnedConfig {
  /** The whole new content. Undefined if nothing changes. */
  readonly text: string | undefined;
  /** The names of settings that the command changed and that stay as they were. */
  readonly refused: readonly string[];
}

/** Sections that a command may change on the host: their settings run nothing and lead nowhere. What a push sends is not there. */
const RETURNED: ReadonlySet<string> = new Set(
  words(`
    remote branch submodule user author committer init pull merge diff fetch rebase rerere status log commit tag
    stash checkout worktree blame pack index feature advice color column lfs
  `),
);
const RETURNED_CORE: ReadonlySet<string> = new Set(words('sparsecheckout sparsecheckoutcone autocrlf eol'));
/**
 * What stays even so. A later `git switch` would take a branch from the remote that the first one names, and a push would
 * send the user's work there; a fetch would remove the user's own tags; and changes would not show, or only those of the
 * directory in which somebody looks.
 */
const KEPT: ReadonlySet<string> = new Set(
  words(
    'checkout.defaultremote fetch.prune fetch.prunetags status.showuntrackedfiles diff.ignoresubmodules diff.relative ' +
      'log.showroot',
  ),
);

/** What a new remote may have. Git would ask a promisor by itself for objects that it misses. */
const OF_REMOTES: ReadonlySet<string> = new Set(
  words('url pushurl fetch push tagopt prune skipdefaultupdate skipfetchall followremotehead'),
);

/**
 * Repeats in a configuration what the command did to its copy, as far as it runs nothing and sends nothing elsewhere. A remote
 * that the user made stays as it was, and no branch gets a remote of the command's making: a later `git push` would send
 * the user's work there.
 *
 * @param host the host's configuration as it is now
 * @param before the copy as the command got it
 * @param after the copy as the command left it
 * @throws SyntaxError for a text that is no configuration
 */
export function returnConfig(host: string, before: string, after: string): ReturnedConfig {
  const [was, is] = [parseGitConfig(before), parseGitConfig(after)];
  const added = without(is, was);
  const removed = without(was, is);
  const remotes = new Set(was.filter(({ section }) => section === 'remote').map(({ subsection }) => subsection));
  const known = new Set(was.map(nameOf));
  const replaced = new Set(added.map(nameOf).filter((name) => known.has(name)));
  const mayReturn = (entry: ConfigEntry): boolean =>
    composeEntry(entry, () => false) !== undefined && isReturned(entry, { remotes, known, replaced });
  const refused = [...added, ...removed].filter((entry) => !mayReturn(entry)).map(describeEntry);
  const additions = added.filter(mayReturn);
  const removals = removed.filter(mayReturn).map(keyOf);
  const result = { refused: [...new Set(refused)] };
  if (additions.length + removals.length === 0) return { text: undefined, ...result };
  return { text: edited(plainLines(host), additions, removals), ...result };
}

/** Remotes and settings of the copy as the command got it, and those of the settings that got another value. */
interface Before {
  readonly remotes: ReadonlySet<string | undefined>;
  readonly known: ReadonlySet<string>;
  readonly replaced: ReadonlySet<string>;
}

function isReturned(entry: ConfigEntry, { remotes, known, replaced }: Before): boolean {
  const { section, subsection, key, value } = entry;
  if (section === 'core') return RETURNED_CORE.has(key);
  if (!RETURNED.has(section) || KEPT.has(`${section}.${key}`)) return false;
  if (section === 'remote') return !remotes.has(subsection) && isHarmlessRemote(entry, remotes);
  if (section === 'branch' && /^(push)?remote$/.test(key)) return value === '.' || remotes.has(value);
  // A later `git pull` merges that. What a forge has elsewhere, such as `refs/pull`, anybody can put there.
  if (section === 'branch' && key === 'merge') {
    return value?.startsWith('refs/heads/') === true && !replaced.has(nameOf(entry));
  }
  if (section !== 'submodule') return true;
  // A later `git submodule update` fetches from there; and a change of the submodule would not show.
  return key !== 'ignore' && !(key === 'url' && known.has(nameOf(entry)));
}

/**
 * True for a remote that git uses only if somebody names it, and whose branches get no place among those of others.
 *
 * - A remote may be called like a URL or a path, and then stands in for it.
 * - If there are several remotes, `origin` is the one that git takes unasked.
 * - `git fetch --all`, which editors run by themselves, updates whatever `fetch` says.
 */
function isHarmlessRemote(
  { subsection = '', key, value }: ConfigEntry,
  remotes: ReadonlySet<string | undefined>,
): boolean {
  if (!/^[\w-][\w.-]*$/.test(subsection) || !OF_REMOTES.has(key)) return false;
  if (subsection === 'origin' && remotes.size > 0) return false;
  const [, to] = (value ?? '').split(':');
  return key !== 'fetch' || to === undefined || to.startsWith(`refs/remotes/${subsection}/`);
}

/** What `entries` has more of than `others`. */
function without(entries: readonly ConfigEntry[], others: readonly ConfigEntry[]): ConfigEntry[] {
  const left = others.map(keyOf);
  return entries.filter((entry) => {
    const index = left.indexOf(keyOf(entry));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

function keyOf(entry: ConfigEntry): string {
  return JSON.stringify([nameOf(entry), entry.value]);
}

/** Takes the lines of settings out of a configuration, which otherwise stays as it is, and appends others. */
function edited(host: string, additions: readonly ConfigEntry[], removals: readonly string[]): string {
  const left = [...removals];
  let text = '';
  let at = 0;
  for (const entry of parseGitConfig(host)) {
    // The copy has no credential in its URLs.
    const copied = composeEntry(entry, () => true);
    const index = copied === undefined ? -1 : left.indexOf(keyOf(copied));
    if (index < 0) continue;
    left.splice(index, 1);
    text += host.slice(at, entry.start).replace(/[ \t]+$/, '');
    at = entry.end;
  }
  text += host.slice(at);
  return text + (text === '' || text.endsWith('\n') ? '' : '\n') + formatGitConfig(additions);
}

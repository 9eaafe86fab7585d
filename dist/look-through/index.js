import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 421:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:child_process");

/***/ }),

/***/ 598:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");

/***/ }),

/***/ 24:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");

/***/ }),

/***/ 760:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");

/***/ }),

/***/ 916:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path/posix");

/***/ }),

/***/ 739:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* unused harmony exports UserError, OptionError, USAGE_EXIT_CODE, ConfigError, throwProblems, collectProblems, withHint, describeError */

/** An error that a user can act on: what failed, and what to do about it. It never carries a secret. */
class UserError extends Error {
    hint;
    constructor(message, options = {}) {
        super(message, options.cause === undefined ? undefined : { cause: options.cause });
        this.name = 'UserError';
        this.hint = options.hint;
    }
}
/**
 * A mistake in an option that shows only when a run looks at the machine: `awf` ends as for those that it finds when it
 * reads its options.
 */
class OptionError extends (/* unused pure expression or super */ null && (UserError)) {
}
/** How `awf` ends if an option is wrong. */
const USAGE_EXIT_CODE = 2;
/** Several mistakes in what a user gave, told at once. */
class ConfigError extends UserError {
    problems;
    constructor(problems) {
        const items = problems.map((problem) => `- ${describeError(problem).replaceAll('\n', '\n  ')}`);
        super(`The configuration has ${problems.length} mistakes:\n${items.join('\n')}`);
        this.name = 'ConfigError';
        this.problems = problems;
    }
}
/** @throws UserError the only problem as it is, or a {@link ConfigError} with all of them */
function throwProblems(problems) {
    const [first, ...others] = problems;
    if (first !== undefined)
        throw others.length === 0 ? first : new ConfigError(problems);
}
/**
 * Runs what may fail on a mistake of the user's, so that the next mistake can be found too.
 *
 * @returns what `work` returns; undefined after a mistake, which is added to `problems`
 */
function collectProblems(problems, work) {
    try {
        return work();
    }
    catch (error) {
        if (!(error instanceof UserError))
            throw error;
        problems.push(...(error instanceof ConfigError ? error.problems : [error]));
        return undefined;
    }
}
/**
 * Runs a parser that both sides of the container boundary share, and adds what to write instead.
 *
 * @throws UserError with the parser's message and `hint`
 */
function withHint(hint, parse) {
    try {
        return parse();
    }
    catch (cause) {
        if (!(cause instanceof ValueError))
            throw cause;
        throw new UserError(cause.message, { ...(hint !== undefined && { hint }), cause });
    }
}
/** The text a user sees for `error`: its message, the remedy, and the chain of causes. */
function describeError(error) {
    if (!(error instanceof Error))
        return String(error);
    const parts = [error.message];
    if (error instanceof UserError && error.hint !== undefined)
        parts.push(error.hint);
    if (error.cause instanceof Error && !error.message.includes(error.cause.message)) {
        parts.push(`Cause: ${describeError(error.cause)}`);
    }
    return parts.join('\n');
}


/***/ }),

/***/ 50:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   IK: () => (/* binding */ fromText),
/* harmony export */   WA: () => (/* binding */ moveAside),
/* harmony export */   ee: () => (/* binding */ bytes),
/* harmony export */   fE: () => (/* binding */ toText),
/* harmony export */   g$: () => (/* binding */ printable),
/* harmony export */   rj: () => (/* binding */ flattenLink)
/* harmony export */ });
/* unused harmony export printableText */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(24);


/**
 * File names are bytes, and a hostile name need not be UTF-8. Decoded as UTF-8, it would name no file, and the file
 * would be overlooked. Paths below a workspace are therefore kept as text with one character for each byte (Latin-1).
 */
function bytes(path) {
    return Buffer.from(path, 'latin1');
}
/** Converts an ordinary path to one with one character for each byte. */
function fromText(path) {
    return Buffer.from(path, 'utf8').toString('latin1');
}
/** Reverses {@link fromText}. @returns undefined for a path that is not UTF-8, which cannot be passed to `docker` */
function toText(path) {
    const text = bytes(path).toString('utf8');
    return fromText(text) === path ? text : undefined;
}
/** Escapes that people know. A backslash is escaped too: otherwise a name could look like the escape of another one. */
const KNOWN_ESCAPES = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
/**
 * What nobody sees, or what a terminal obeys: control and formatting characters, spaces and line ends but U+0020, and letters,
 * marks and symbols that are blank or draw nothing, such as the fillers of Hangul.
 */
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;
/**
 * A path for messages: a single line of limited length, on which each name looks different. What nobody could see, and bytes
 * that are not UTF-8, are escaped as in `$'...'` of bash.
 */
function printable(path) {
    const text = path.replace(/[\xc2-\xf4][\x80-\xbf]+|[^\x20-\x5b\x5d-\x7e]/g, (sequence) => {
        const character = toText(sequence);
        if (character !== undefined && character !== '\\' && !UNSEEN.test(character))
            return character;
        return KNOWN_ESCAPES[sequence] ?? Array.from(bytes(sequence), escaped).join('');
    });
    return text.length > 200 ? `${text.slice(0, 100)}...${text.slice(-97)}` : text;
}
/** {@link printable} for ordinary text, of which a character need not be one byte. */
const printableText = (text) => printable(fromText(text));
function escaped(byte) {
    return `\\x${byte.toString(16).padStart(2, '0')}`;
}
/** Bytes of the longest name in a directory (NAME_MAX of Linux), and of what {@link moveAside} adds. */
const LONGEST_NAME = 255;
const ASIDE_BYTES = 17;
/**
 * Renames what is at `path`, so that no program finds it under its name. It stays in the same directory. A name that would
 * become too long is cut. A link becomes a file, see {@link flattenLink}.
 *
 * @returns the new path
 */
function moveAside(path) {
    const start = path.lastIndexOf('/') + 1;
    const aside = `${path.slice(0, start + LONGEST_NAME - ASIDE_BYTES)}.awf-${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(6).toString('hex')}`;
    if ((0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)(bytes(aside), { throwIfNoEntry: false }))
        return moveAside(path);
    (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.renameSync)(bytes(path), bytes(aside));
    flattenLink(aside);
    return aside;
}
/**
 * Replaces a symbolic link with a file that says where it led: whoever uploads, copies or packs a whole directory follows
 * the links in it, whatever they are called. Anything else stays as it is.
 */
function flattenLink(path) {
    const stats = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)(bytes(path));
    if (!stats.isSymbolicLink())
        return;
    const target = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readlinkSync)(bytes(path), 'buffer');
    (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.unlinkSync)(bytes(path));
    try {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.writeFileSync)(bytes(path), target, { flag: 'wx', mode: 0o644 });
        if (process.getuid?.() === 0)
            (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lchownSync)(bytes(path), stats.uid, stats.gid);
    }
    catch {
        // There is no room for it. Nobody follows what is gone.
    }
}


/***/ }),

/***/ 962:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  a5: () => (/* binding */ isAtOrBelow),
  Yw: () => (/* binding */ isBelow),
  FK: () => (/* binding */ isInside)
});

// UNUSED EXPORTS: isAtOrBelowAny, realPath, resolved, runIdOf, stepTemporaryDirectory, withReal, workDirectoryOf

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/host/paths.js




/**
 * The directory for the files that a run generates. Its name follows from the run's id, so that the post step finds it
 * even if the run was killed.
 *
 * @param temporary the runner's temporary directory
 */
function workDirectoryOf(runId, temporary) {
    return join(temporary, `awf-${runId}`);
}
/** The id of the run whose work directory has the name `name`; undefined for other names. */
function runIdOf(name) {
    return /^awf-([0-9a-f]{8})$/.exec(name)?.[1];
}
/** The directory for temporary files in a workflow's step. The post step finds the main step's files there. */
function stepTemporaryDirectory(environment = process.env) {
    return nonEmpty(environment, 'RUNNER_TEMP') ?? tmpdir();
}
/** True if `path` lies below `directory`. Both are absolute and normal; they are compared as text, links unresolved. */
function isBelow(path, directory) {
    return path !== directory && path.startsWith(directory === '/' ? '/' : `${directory}/`);
}
/** Like {@link isBelow}, but also true for the directory itself. */
function isAtOrBelow(path, directory) {
    return path === directory || isBelow(path, directory);
}
/** Like {@link isAtOrBelow}, for any number of directories. The path is absolute. */
function isAtOrBelowAny(path, directories) {
    for (let at = path; at !== '/'; at = dirname(at))
        if (directories.has(at))
            return true;
    return directories.has('/');
}
/** True if `path` is `directory` or below it, with links resolved. `path` need not exist yet. */
function isInside(path, directory) {
    const real = resolved(path);
    const parent = resolved(directory);
    return real === parent || isBelow(real, parent);
}
/** The path with those links resolved that are there: it need not exist to its end. */
function resolved(path) {
    const real = realPath(path);
    if (real !== undefined)
        return real;
    const parent = (0,external_node_path_.dirname)(path);
    return parent === path ? path : (0,external_node_path_.join)(resolved(parent), (0,external_node_path_.basename)(path));
}
/** The path without links. Undefined if it is not there, or no longer: what a host lists may be gone at the next look. */
function realPath(path) {
    try {
        return (0,external_node_fs_.realpathSync)(path);
    }
    catch {
        return undefined;
    }
}
/** The paths, and where they are if links lead there: the home may be on another disk. */
function withReal(paths) {
    return [...new Set(paths.flatMap((path) => [path, realPath(path) ?? path]))];
}


/***/ }),

/***/ 995:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   a: () => (/* binding */ words)
/* harmony export */ });
/** The words of a text, for lists that are easier to read without quotes and commas. */
function words(text) {
    return text.split(/\s+/).filter((word) => word !== '');
}


/***/ }),

/***/ 225:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ readBaseline)
/* harmony export */ });
/* unused harmony export writeBaseline */
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(24);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(760);


const BASELINE_FILE = 'baseline.json';
function writeBaseline(workDirectory, baseline) {
    writeFileSync(join(workDirectory, BASELINE_FILE), JSON.stringify(baseline), { mode: 0o600 });
}
/** Reads the baseline of a run. @returns undefined if the run ended before it wrote one */
function readBaseline(workDirectory) {
    const path = (0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(workDirectory, BASELINE_FILE);
    if ((0,node_fs__WEBPACK_IMPORTED_MODULE_0__.lstatSync)(path, { throwIfNoEntry: false }) === undefined)
        return undefined;
    return JSON.parse((0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(path, 'utf8'));
}


/***/ }),

/***/ 928:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $A: () => (/* binding */ disarmRepository),
/* harmony export */   XT: () => (/* binding */ restoreLink),
/* harmony export */   aq: () => (/* binding */ rebuild),
/* harmony export */   o$: () => (/* binding */ moveOut)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(24);
/* harmony import */ var node_path_posix__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(916);
/* harmony import */ var _host_file_names_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(50);
/* harmony import */ var _git_directory_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(184);
/* harmony import */ var _git_files_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(996);
/* harmony import */ var _git_own_repository_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(464);
/* harmony import */ var _git_return_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(913);







/** Moves something aside, to a name that no program looks for. What has too long a path moves with the directory above. */
function moveOut(path, what) {
    try {
        return { path, what, movedTo: (0,_git_files_js__WEBPACK_IMPORTED_MODULE_4__/* .moveUnlocked */ .Rm)(path) };
    }
    catch (error) {
        if (error.code === 'ENAMETOOLONG')
            return moveOut((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.dirname)(path), what);
        return { path, what, movedTo: undefined };
    }
}
/**
 * Moves a git directory aside; {@link rebuild} makes it anew from what is known to be data. A directory with other files
 * that has become a bare repository only loses its `refs`. Git then no longer takes it for a repository, and the other
 * files, which may be somebody's work, stay where they are.
 */
function disarmRepository(directory, offences) {
    const what = [...new Set(offences.map((offence) => `${offence.path.slice(directory.length + 1)}: ${offence.what}`))];
    if ((0,_git_directory_js__WEBPACK_IMPORTED_MODULE_3__/* .isUnmistakable */ .bm)(directory))
        return moveOut(directory, what);
    const refs = (0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(directory, 'refs');
    return moveOut((0,_git_files_js__WEBPACK_IMPORTED_MODULE_4__/* .kindOf */ .I)(refs) === undefined ? (0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(directory, 'commondir') : refs, what);
}
/** Makes a git directory anew that {@link disarmRepository} has moved aside. */
function rebuild({ path, movedTo }, workspace, kept) {
    if (movedTo === undefined || !(0,_git_directory_js__WEBPACK_IMPORTED_MODULE_3__/* .isUnmistakable */ .bm)(path))
        return;
    try {
        (0,_git_return_js__WEBPACK_IMPORTED_MODULE_6__/* .rebuildRepository */ .w)(movedTo, path, (0,_git_files_js__WEBPACK_IMPORTED_MODULE_4__/* .userOf */ .Z5)(movedTo), workspace, kept);
    }
    catch (error) {
        // What could be saved has been saved; the rest is in the directory that was moved aside.
        kept.failed.push(`${path}: ${String(error)}`);
    }
}
/**
 * Restores a symbolic link that is no longer the same. A link cannot be a mount point, so nothing else guards it.
 *
 * @param before what {@link identify} returned for it before the command ran
 */
function restoreLink(workspace, path, before) {
    const found = { path, what: ['a replacement for a symbolic link'] };
    try {
        // Above it there may be another link by now, which leads anywhere.
        if (!(0,_git_files_js__WEBPACK_IMPORTED_MODULE_4__/* .isPlainPath */ .qW)(workspace, path.slice(workspace.length + 1)))
            return [{ ...found, movedTo: undefined }];
        const now = (0,_git_own_repository_js__WEBPACK_IMPORTED_MODULE_5__/* .identify */ .ls)(path);
        if (now === before)
            return [];
        const movedTo = now === undefined ? path : (0,_git_files_js__WEBPACK_IMPORTED_MODULE_4__/* .moveUnlocked */ .Rm)(path);
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.symlinkSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_2__/* .bytes */ .ee)(before.replace(/^link /, '')), (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_2__/* .bytes */ .ee)(path));
        return [{ ...found, movedTo }];
    }
    catch {
        return [{ ...found, movedTo: undefined }];
    }
}


/***/ }),

/***/ 368:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   OY: () => (/* binding */ describeEntry),
/* harmony export */   Pn: () => (/* binding */ composeEntry),
/* harmony export */   Rm: () => (/* binding */ composeConfig)
/* harmony export */ });
/* harmony import */ var _shared_words_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(995);
/* harmony import */ var _config_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(169);


/** No sensible value is longer, and matching a hostile one could take long. */
const MAX_LENGTH = 4096;
/** The keys of each `section`, or `section *` for one with a subsection, that git needs and that run no program. */
const TABLE = {
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
function keys(names) {
    return Object.fromEntries((0,_shared_words_js__WEBPACK_IMPORTED_MODULE_1__/* .words */ .a)(names).map((name) => [name, true]));
}
/**
 * Composes a new configuration from those settings that are known to be needed and to run nothing. It has no
 * credential, no program, no include, and no other directory for hooks.
 *
 * @param text the file, with one character for each byte
 * @param isWorktree true for a value of `core.worktree` that may stay
 * @throws SyntaxError like {@link parseGitConfig}
 */
function composeConfig(text, isWorktree) {
    const dropped = [];
    const kept = (0,_config_js__WEBPACK_IMPORTED_MODULE_0__/* .parseGitConfig */ .mh)(text).flatMap((entry) => {
        const composed = composeEntry(entry, isWorktree);
        if (composed === undefined)
            dropped.push(entry);
        return composed ?? [];
    });
    return { text: (0,_config_js__WEBPACK_IMPORTED_MODULE_0__/* .formatGitConfig */ .WE)(kept), dropped };
}
/** The part of {@link composeConfig} for one setting. @returns undefined for one that is left out */
function composeEntry(entry, isWorktree) {
    return passes(entry, isWorktree) ? withoutCredentials(entry) : undefined;
}
function passes(entry, isWorktree) {
    const { section, subsection, key, value } = entry;
    if (section === 'core' && subsection === undefined && key === 'worktree') {
        return value !== undefined && isWorktree(value);
    }
    const known = subsection === undefined
        ? KNOWN.get(section)
        : (KNOWN.get(`${section} ${subsection}`) ?? KNOWN.get(`${section} *`));
    const rule = known?.get(key) ?? known?.get('*');
    if (rule === undefined)
        return false;
    if (rule !== true && !rule.test(value ?? ''))
        return false;
    const texts = [subsection ?? '', value ?? ''];
    // A URL such as `ext::sh -c ...` names a helper program.
    return texts.every((text) => text.length <= MAX_LENGTH && !/^[A-Za-z0-9+.-]+::/.test(text));
}
/** The user information of a URL. A user name without a password is no secret in `ssh://git@host`. */
const USER_INFO = /\b([A-Za-z][A-Za-z0-9+.-]{0,20}):\/\/([^/?#\s]*)@/g;
const URL_FORM = /^[A-Za-z][A-Za-z0-9+.-]{0,20}:\/\//;
function withoutCredentials(entry) {
    const clean = (text) => {
        const named = text.replace(USER_INFO, (_, scheme, info) => {
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
function describeEntry(entry) {
    return (0,_config_js__WEBPACK_IMPORTED_MODULE_0__/* .nameOf */ .Vb)(withoutCredentials(entry));
}


/***/ }),

/***/ 169:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Vb: () => (/* binding */ nameOf),
/* harmony export */   WE: () => (/* binding */ formatGitConfig),
/* harmony export */   mh: () => (/* binding */ parseGitConfig),
/* harmony export */   xm: () => (/* binding */ valueIn),
/* harmony export */   y1: () => (/* binding */ plainLines)
/* harmony export */ });
/** The name of a setting, `section.subsection.key`, as `git config --list` prints it. */
function nameOf({ section, subsection, key }) {
    return [section, ...(subsection === undefined ? [] : [subsection]), key].join('.');
}
/**
 * Reads a git configuration by the rules of git-config(1), "Syntax", like git's own config.c. It refuses what git
 * refuses, and also what only some versions of git accept: a file must not mean something else to git than to us.
 *
 * @param text the file, with one character for each byte
 * @throws SyntaxError naming the line
 */
function parseGitConfig(text) {
    return new Parser(plainLines(text)).entries();
}
/** The value that git takes of a setting without a subsection. @returns undefined also for a text that is no configuration */
function valueIn(text, section, key) {
    try {
        return parseGitConfig(text).findLast((entry) => entry.section === section && entry.subsection === undefined && entry.key === key)?.value;
    }
    catch {
        return undefined;
    }
}
/** A configuration as git reads it: without a byte order mark, and with LF where it has CR LF. */
function plainLines(text) {
    return (text.startsWith(UTF8_BOM) ? text.slice(UTF8_BOM.length) : text).replaceAll('\r\n', '\n');
}
const UTF8_BOM = '\xef\xbb\xbf';
const ESCAPES = { t: '\t', b: '\b', n: '\n', '\\': '\\', '"': '"' };
/*
 * Parts of a subsection's name, and of a value. White space is what git's own table of characters says.
 */
const IN_NAME = /[^"\\\n]+|\\[^\n]/y;
const QUOTED = /[^"\\\n]+|\\[^]?|["\n]/y;
const PLAIN = /[^ \t\r\n"\\#;]+|\\[^]?|["\n]|[#;][^\n]*\n?/y;
class Parser {
    #text;
    #at = 0;
    constructor(text) {
        this.#text = text;
    }
    entries() {
        if (this.#text.includes('\0'))
            throw this.#error('a NUL character');
        const found = [];
        let base;
        for (;;) {
            this.#take(/(?:[ \t\r\n]+|[#;][^\n]*)+/y);
            const start = this.#at;
            const key = this.#take(/[A-Za-z][A-Za-z0-9-]*/y)?.toLowerCase();
            if (key === undefined && this.#take(/$/y) !== undefined)
                return found;
            if (key === undefined)
                base = this.#header();
            else if (base === undefined)
                throw this.#error('a key before the first section');
            else
                found.push({ ...base, key, value: this.#value(), start, end: this.#at });
        }
    }
    /** Reads `[section]`, `[section "subsection"]` or the older `[section.subsection]`. */
    #header() {
        const name = this.#take(/\[[A-Za-z0-9.-]*/y)
            ?.slice(1)
            .toLowerCase();
        if (name === undefined)
            throw this.#error('neither a section nor a key');
        let subsection;
        if (this.#take(/[ \t\r]+"/y) !== undefined) {
            subsection = '';
            for (let part = this.#take(IN_NAME); part !== undefined; part = this.#take(IN_NAME)) {
                subsection += part.startsWith('\\') ? part.slice(1) : part;
            }
            if (this.#take(/"/y) === undefined)
                throw this.#error('a subsection without a closing quote');
        }
        if (this.#take(/\]/y) === undefined)
            throw this.#error('a section name that git would not understand');
        if (name === '' && subsection === undefined)
            throw this.#error('a section without a name');
        return split(name, subsection);
    }
    #value() {
        this.#take(/[ \t]+/y);
        if (this.#take(/\n|$/y) !== undefined)
            return undefined;
        if (this.#take(/=/y) === undefined)
            throw this.#error('a key that is not followed by =');
        let value = '';
        /** White space is held back until more follows: at the end it is not part of the value. */
        let space = '';
        let quoted = false;
        for (;;) {
            const blank = quoted ? undefined : this.#take(/[ \t\r]+/y);
            if (value !== '')
                space += blank ?? '';
            const token = this.#take(quoted ? QUOTED : PLAIN);
            if (token === undefined || token === '\n') {
                if (quoted)
                    throw this.#error('a quoted value without a closing quote');
                return value;
            }
            if (!quoted && /^[#;]/.test(token))
                return value;
            value += space;
            space = '';
            if (token === '"')
                quoted = !quoted;
            else
                value += token.startsWith('\\') ? this.#escaped(token.slice(1)) : token;
        }
    }
    #escaped(character) {
        if (character === '\n' || character === '')
            return '';
        const escaped = ESCAPES[character];
        if (escaped === undefined)
            throw this.#error('an escape sequence that git does not know');
        return escaped;
    }
    /** @returns what matches at this place. Undefined if nothing does */
    #take(pattern) {
        pattern.lastIndex = this.#at;
        const found = pattern.exec(this.#text)?.[0];
        this.#at += found?.length ?? 0;
        return found;
    }
    #error(what) {
        return new SyntaxError(`line ${this.#text.slice(0, this.#at).split('\n').length}: ${what}`);
    }
}
/** Splits a full name: its first dot ends the section. */
function split(name, quoted) {
    const dot = name.indexOf('.');
    if (dot < 0)
        return { section: name, subsection: quoted };
    const rest = name.slice(dot + 1);
    return { section: name.slice(0, dot), subsection: quoted === undefined ? rest : `${rest}.${quoted}` };
}
/** Writes a configuration: every value in quotes, and one header for successive entries of the same section. */
function formatGitConfig(entries) {
    let last;
    return entries
        .map((entry) => {
        const header = entry.subsection === undefined
            ? `[${entry.section}]\n`
            : `[${entry.section} "${entry.subsection.replace(/[\\"]/g, '\\$&')}"]\n`;
        const line = `\t${entry.key}${entry.value === undefined ? '' : ` = ${quote(entry.value)}`}\n`;
        const text = header === last ? line : header + line;
        last = header;
        return text;
    })
        .join('');
}
function quote(value) {
    const escaped = value.replace(/[\\"\n\t\b]/g, (character) => {
        const letter = Object.keys(ESCAPES).find((name) => ESCAPES[name] === character) ?? character;
        return `\\${letter}`;
    });
    return `"${escaped}"`;
}


/***/ }),

/***/ 184:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   QU: () => (/* binding */ isGitDirectory),
/* harmony export */   S6: () => (/* binding */ gitFileTarget),
/* harmony export */   Xg: () => (/* binding */ readConfig),
/* harmony export */   bm: () => (/* binding */ isUnmistakable),
/* harmony export */   gA: () => (/* binding */ leadsInto)
/* harmony export */ });
/* harmony import */ var node_path_posix__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(916);
/* harmony import */ var _host_paths_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(962);
/* harmony import */ var _host_file_names_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(50);
/* harmony import */ var _config_policy_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(368);
/* harmony import */ var _files_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(996);





/** The longest path that Linux accepts, in bytes. */
const MAX_PATH = 4096;
/**
 * True for the names in a directory that git takes for a repository or for the common part of one, whatever it is called
 * (setup.c, `is_git_directory`). With a linked worktree, the common part needs no `HEAD`.
 */
function isGitDirectory(names) {
    return (names.has('objects') && names.has('refs')) || (names.has('HEAD') && names.has('commondir'));
}
/** True for `.git` and everything below it. A bare repository elsewhere may be an ordinary directory as well. */
function isUnmistakable(path) {
    return /(^|\/)\.git(\/|$)/.test(path);
}
/** The absolute path that a `.git` file names. Undefined if git would not understand the file. */
function gitFileTarget(file) {
    const target = /^gitdir: ([^\n\r\0]+)[\n\r]*$/.exec((0,_files_js__WEBPACK_IMPORTED_MODULE_4__/* .contentOf */ .$E)(file) ?? '')?.[1];
    return target === undefined ? undefined : (0,node_path_posix__WEBPACK_IMPORTED_MODULE_0__.resolve)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_0__.dirname)(file), target);
}
/** True if `path` is in the workspace, with links resolved. */
function leadsInto(path, workspace) {
    const text = path.length > MAX_PATH ? undefined : (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_2__/* .toText */ .fE)(path);
    return text !== undefined && (0,_host_paths_js__WEBPACK_IMPORTED_MODULE_1__/* .isInside */ .FK)(text, workspace);
}
/**
 * Composes a harmless configuration from a file.
 *
 * @param gitDirectory the start of relative paths
 * @param workspace where worktrees may be
 * @returns the reason, if the file cannot be read
 */
function readConfig(file, gitDirectory, workspace) {
    const content = (0,_files_js__WEBPACK_IMPORTED_MODULE_4__/* .contentOf */ .$E)(file);
    if (content === undefined)
        return 'it cannot be opened, or is larger than 1 MB';
    try {
        return (0,_config_policy_js__WEBPACK_IMPORTED_MODULE_3__/* .composeConfig */ .Rm)(content, (worktree) => leadsInto((0,node_path_posix__WEBPACK_IMPORTED_MODULE_0__.resolve)(gitDirectory, worktree), workspace));
    }
    catch (error) {
        if (error instanceof SyntaxError)
            return error.message;
        throw error;
    }
}


/***/ }),

/***/ 996:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $E: () => (/* binding */ contentOf),
/* harmony export */   DR: () => (/* binding */ filesBelow),
/* harmony export */   DW: () => (/* binding */ clearSetId),
/* harmony export */   I: () => (/* binding */ kindOf),
/* harmony export */   OR: () => (/* binding */ lendsRights),
/* harmony export */   Oh: () => (/* binding */ makeDirectory),
/* harmony export */   QA: () => (/* binding */ isHuge),
/* harmony export */   Qq: () => (/* binding */ TooMany),
/* harmony export */   Rm: () => (/* binding */ moveUnlocked),
/* harmony export */   Tl: () => (/* binding */ unlock),
/* harmony export */   Z5: () => (/* binding */ userOf),
/* harmony export */   Zs: () => (/* binding */ stampOf),
/* harmony export */   f8: () => (/* binding */ writeWhole),
/* harmony export */   mV: () => (/* binding */ moveFile),
/* harmony export */   qQ: () => (/* binding */ hashOf),
/* harmony export */   qW: () => (/* binding */ isPlainPath),
/* harmony export */   wX: () => (/* binding */ namesIn)
/* harmony export */ });
/* unused harmony export copyFile */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(24);
/* harmony import */ var node_path_posix__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(916);
/* harmony import */ var _host_file_names_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(50);




/*
 * Reading and writing of files that the command may have made. Paths have one character for each byte. Nothing here
 * follows a link in the last part of a path, and nothing waits for a pipe.
 */
/** Configurations, references and the like have a few kilobytes. A larger one may be meant to keep us from reading it. */
const SMALL_FILE_BYTES = 1 << 20;
/**
 * Reads a regular file, with one character for each byte.
 *
 * @returns undefined for anything but a regular file, and for a file that is too large or cannot be read
 */
function contentOf(file, maxBytes = SMALL_FILE_BYTES) {
    let descriptor;
    try {
        descriptor = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.openSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(file), node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_RDONLY | node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_NOFOLLOW | node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_NONBLOCK);
    }
    catch {
        return undefined;
    }
    try {
        const stats = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.fstatSync)(descriptor);
        if (!stats.isFile() || stats.size > maxBytes)
            return undefined;
        const buffer = Buffer.alloc(stats.size);
        return buffer.toString('latin1', 0, (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readSync)(descriptor, buffer, 0, stats.size, 0));
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.closeSync)(descriptor);
    }
}
/** The SHA-256 of a regular file, in hexadecimal. The file is read in pieces, since it may be of any size. @throws Error if it cannot be read */
function hashOf(file) {
    const sum = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256');
    const descriptor = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.openSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(file), node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_RDONLY | node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_NOFOLLOW | node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.O_NONBLOCK);
    try {
        const buffer = Buffer.alloc(1 << 16);
        for (let length = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readSync)(descriptor, buffer); length > 0; length = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readSync)(descriptor, buffer)) {
            sum.update(buffer.subarray(0, length));
        }
        return sum.digest('hex');
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.closeSync)(descriptor);
    }
}
/** @returns undefined if nothing is there, or a file stands where a directory is due */
function kindOf(path) {
    // Throwing takes longer than looking.
    const stats = ifThere(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path), { throwIfNoEntry: false }));
    if (stats === undefined)
        return undefined;
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'link' : 'other';
}
/** @returns undefined also if a file stands where a directory is due */
function ifThere(look) {
    try {
        return look();
    }
    catch (error) {
        if (error.code === 'ENOTDIR')
            return undefined;
        throw error;
    }
}
/** Differs if the file does. Only the kernel can set the time of the last change. Undefined if there is no file. */
function stampOf(path) {
    const stats = ifThere(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path), { throwIfNoEntry: false, bigint: true }));
    return stats?.isFile() === true ? [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join() : undefined;
}
/** The names in a directory, sorted. @throws Error if it cannot be listed */
function namesIn(directory) {
    return (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readdirSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(directory), { encoding: 'latin1' }).sort();
}
/** A directory of ext4 with a million short names, or one of tmpfs with as many names, has about this size. Bytes. */
const HUGE_DIRECTORY_BYTES = 20 << 20;
/** To have the names in such a directory in memory takes gigabytes. @throws Error if there is none */
function isHuge(path) {
    return (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path)).size > HUGE_DIRECTORY_BYTES;
}
/** More files than any git directory has beside its objects, and more objects than a command sensibly leaves loose. */
const MAX_FILES = 2_000_000;
/** There is more in a directory than anybody needs, which may be meant to exhaust us. */
class TooMany extends Error {
}
/**
 * The regular files at and below a path in a directory, relative to that directory. Links and special files are left out.
 *
 * @param onDirectory called with each directory before it is listed
 * @throws TooMany if there are more than `limit` entries
 */
function filesBelow(top, path, limit = MAX_FILES, onDirectory) {
    const found = [];
    let left = limit;
    const pending = [];
    const visit = (at) => {
        const kind = kindOf((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.join)(top, at));
        if (kind === 'directory')
            pending.push(at);
        else if (kind === 'file')
            found.push(at);
    };
    visit(path);
    for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
        onDirectory?.((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.join)(top, below));
        for (const name of namesIn((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.join)(top, below))) {
            if (left-- === 0)
                throw new TooMany(`more than ${limit} files in ${(0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.join)(top, path)}`);
            visit((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.join)(below, name));
        }
    }
    return found.sort();
}
/**
 * Lets the owner list a directory and look at what is in it: each takes a permission of its own. Git can run a hook from a
 * directory that nobody can list.
 *
 * @returns true if the owner could not
 */
function unlock(path, needed = 0o500) {
    const { mode } = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path));
    if ((mode & needed) === needed)
        return false;
    (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.chmodSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path), (mode & 0o777) | needed);
    return true;
}
/** True for a file that gives its owner's or group's rights to whoever runs it. */
function lendsRights(path) {
    const stats = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path), { throwIfNoEntry: false });
    return stats !== undefined && (stats.mode & 0o6000) !== 0;
}
/** Takes the set-user-ID and set-group-ID bits away. */
function clearSetId(path) {
    (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.chmodSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path), (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path)).mode & 0o1777);
}
/** Like {@link moveAside}, even if the command has made the directory above read-only. */
function moveUnlocked(path) {
    try {
        return (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .moveAside */ .WA)(path);
    }
    catch (error) {
        if (error.code !== 'EACCES')
            throw error;
        unlock((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.dirname)(path), 0o700);
        return (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .moveAside */ .WA)(path);
    }
}
/** True if no directory between `directory` and the file `name` below it is a link. */
function isPlainPath(directory, name) {
    let above = directory;
    for (const part of name.split('/').slice(0, -1)) {
        above = (0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.join)(above, part);
        if (kindOf(above) !== 'directory')
            return false;
    }
    return true;
}
/** Who owns `path`. A run as root gives what it writes to that user. */
function userOf(path) {
    return (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path));
}
function give(path, { uid, gid }) {
    if (process.getuid?.() === 0)
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.chownSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path), uid, gid);
}
/** Makes a directory and those above it. Those that exist stay as they are. */
function makeDirectory(path, owner) {
    if (kindOf(path) === 'directory')
        return;
    makeDirectory((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.dirname)(path), owner);
    (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.mkdirSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path));
    give(path, owner);
}
/** Writes a file anew: a reader finds the old content or the new one, never a part. */
function writeWhole(path, content, owner) {
    put(path, owner, (temporary) => {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.writeFileSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(temporary), (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(content), { flag: 'wx', mode: 0o644 });
    });
}
/** Copies a regular file, with its mode. */
function copyFile(from, to, owner) {
    put(to, owner, (temporary) => {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.copyFileSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(from), (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(temporary), node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.COPYFILE_EXCL | node_fs__WEBPACK_IMPORTED_MODULE_1__.constants.COPYFILE_FICLONE);
        // A file of git's objects is read-only; whoever owns a copy must be able to replace it.
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.chmodSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(temporary), ((0,node_fs__WEBPACK_IMPORTED_MODULE_1__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(from)).mode & 0o777) | 0o400);
    });
}
/** What is being written. {@link NEVER_COPIED} has it, in case a run is killed meanwhile. */
const TEMPORARY = '.awf-new';
function put(path, owner, write) {
    makeDirectory((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.dirname)(path), owner);
    removeEmptyDirectories(path);
    // The name of a branch may be as long as a name of a file can be, and no branch begins with a dot.
    const temporary = (0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.join)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.dirname)(path), TEMPORARY);
    (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.rmSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(temporary), { force: true });
    write(temporary);
    give(temporary, owner);
    (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.renameSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(temporary), (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path));
}
/** Git leaves directories of references and logs without a file in them, and they give way to a file. */
function removeEmptyDirectories(path) {
    if (kindOf(path) !== 'directory')
        return;
    for (const name of namesIn(path))
        removeEmptyDirectories((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.join)(path, name));
    (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.rmdirSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(path));
}
/** Moves a regular file, to another file system too. */
function moveFile(from, to, owner) {
    makeDirectory((0,node_path_posix__WEBPACK_IMPORTED_MODULE_2__.dirname)(to), owner);
    try {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.renameSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(from), (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_3__/* .bytes */ .ee)(to));
        give(to, owner);
    }
    catch (error) {
        if (error.code !== 'EXDEV')
            throw error;
        copyFile(from, to, owner);
    }
}


/***/ }),

/***/ 934:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Lz: () => (/* binding */ hashBytesOf),
/* harmony export */   Qe: () => (/* binding */ formatIndex),
/* harmony export */   gV: () => (/* binding */ stageOf),
/* harmony export */   vY: () => (/* binding */ readIndex)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(598);
/* harmony import */ var node_path_posix__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(916);
/* harmony import */ var _config_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(169);
/* harmony import */ var _files_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(996);




/*
 * Git trusts its index (gitformat-index(5)): it writes files to the paths in it, `.git/hooks` and `../` included, and
 * takes a file for unchanged if the file's times and size are those in the index.
 */
/** A larger one is more than any repository has. */
const MAX_INDEX_BYTES = 512 << 20;
/** More than any repository has. */
const MAX_ENTRIES = 1_000_000;
/** The fields of an entry before the object's name: times, places and sizes, with the mode at 24. */
const STAT_BYTES = 40;
const MODE_AT = 24;
const [NAME_LENGTH, STAGE, IS_EXTENDED, ASSUME_VALID] = [0x0fff, 0x3000, 0x4000, 0x8000];
const [INTENT_TO_ADD, SKIP_WORKTREE] = [0x2000, 0x4000];
const [FILE, PROGRAM, LINK, SUBMODULE, DIRECTORY] = [0o100644, 0o100755, 0o120000, 0o160000, 0o040000];
/** Of a path in conflict, the index has several stages. */
function stageOf({ flags }) {
    return flags & STAGE;
}
/** The octets of an object's name in a repository, by the setting that git obeys. */
function hashBytesOf(repository) {
    const format = (0,_config_js__WEBPACK_IMPORTED_MODULE_2__/* .valueIn */ .xm)((0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .contentOf */ .$E)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(repository, 'config')) ?? '', 'extensions', 'objectformat');
    return format === 'sha256' ? 32 : 20;
}
/**
 * Reads an index whose paths git would accept from a commit: none leads out of the worktree or into a git directory.
 *
 * @throws SyntaxError for anything else, and for an index that two readers could read differently
 */
function readIndex(file, hashBytes) {
    try {
        return new Reader(Buffer.from((0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .contentOf */ .$E)(file, MAX_INDEX_BYTES) ?? '', 'latin1'), hashBytes).index();
    }
    catch (error) {
        throw error instanceof RangeError ? new SyntaxError('the index is cut off') : error;
    }
}
class Reader {
    #data;
    #hashBytes;
    /** Where the checksum is. */
    #end;
    #at = 12;
    constructor(data, hashBytes) {
        this.#data = data;
        this.#hashBytes = hashBytes;
        this.#end = data.length - hashBytes;
    }
    index() {
        const version = this.#data.readUInt32BE(4);
        this.#require(this.#data.toString('latin1', 0, 4) === 'DIRC' && version >= 2 && version <= 4, 'it is no index');
        this.#require(this.#data.readUInt32BE(8) <= MAX_ENTRIES, `more than ${MAX_ENTRIES} entries`);
        const entries = [];
        for (let left = this.#data.readUInt32BE(8); left > 0; left--) {
            entries.push(this.#entry(version, entries.at(-1)?.path ?? ''));
        }
        // Git looks for the extension with the end of the entries from the end of the file, whatever is around it.
        const last = this.#end - (8 + 4 + this.#hashBytes);
        const hasOffsets = last >= this.#at && this.#data.toString('latin1', last, last + 4) === 'EOIE';
        const extensions = this.#extensions();
        const link = extensions.get('link');
        for (const entry of entries) {
            const isReplacement = link !== undefined && entry.path === '';
            this.#require(isReplacement || isHarmless(entry), `the path ${JSON.stringify(entry.path)}`);
        }
        const sum = this.#data.toString('hex', this.#end);
        return { entries, link, isSparse: extensions.has('sdir'), hasOffsets, sum };
    }
    #entry(version, previous) {
        const start = this.#at;
        const mode = this.#data.readUInt32BE(start + MODE_AT);
        const object = this.#data.subarray(start + STAT_BYTES, start + STAT_BYTES + this.#hashBytes);
        let at = start + STAT_BYTES + this.#hashBytes;
        const flags = this.#data.readUInt16BE(at);
        at += 2;
        const isExtended = (flags & IS_EXTENDED) !== 0;
        const moreFlags = isExtended ? this.#data.readUInt16BE(at) : 0;
        this.#require(!isExtended || version > 2, 'flags that its version does not have');
        if (isExtended)
            at += 2;
        this.#at = at;
        const kept = version === 4 ? previous.slice(0, previous.length - this.#stripped(previous.length)) : '';
        const nul = this.#data.indexOf(0, this.#at);
        const path = kept + this.#data.toString('latin1', this.#at, nul);
        this.#require(nul >= 0 && Math.min(path.length, NAME_LENGTH) === (flags & NAME_LENGTH), 'the length of a path');
        // Up to version 3, one to eight octets fill an entry to a multiple of eight.
        this.#at = version === 4 ? nul + 1 : start + ((nul - start + 8) & ~7);
        this.#require(this.#at <= this.#end, 'the index is cut off');
        return { path, mode, object, flags: flags & ~NAME_LENGTH, moreFlags };
    }
    /** The number of octets that a path does not share with the one before: OFS_VARINT of gitformat-pack(5). */
    #stripped(most) {
        let octet = this.#data.readUInt8(this.#at++);
        let value = octet & 0x7f;
        while ((octet & 0x80) !== 0 && value <= most) {
            octet = this.#data.readUInt8(this.#at++);
            value = (value + 1) * 128 + (octet & 0x7f);
        }
        this.#require(value <= most, 'the length of a path');
        return value;
    }
    #extensions() {
        const found = new Map();
        while (this.#at < this.#end) {
            const name = this.#data.toString('latin1', this.#at, this.#at + 4);
            const size = this.#data.readUInt32BE(this.#at + 4);
            const body = this.#data.subarray(this.#at + 8, Math.min(this.#at + 8 + size, this.#end));
            this.#require(body.length === size && !found.has(name), 'an extension');
            found.set(name, body);
            this.#at += 8 + size;
        }
        return found;
    }
    #require(isTrue, what) {
        if (!isTrue)
            throw new SyntaxError(`the index has a fault: ${what}`);
    }
}
/** What git demands of a path that it takes from a commit (read-cache.c, `verify_path`). */
function isHarmless({ path, mode }) {
    const parts = (mode === DIRECTORY ? path.replace(/\/$/, '') : path).split('/');
    return ([FILE, PROGRAM, LINK, SUBMODULE, DIRECTORY].some((known) => known === mode) &&
        parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.split('\\').some(isDotGit)) &&
        !(mode === LINK && /^\.gitmodules$/i.test(parts.at(-1) ?? '')));
}
/** True for names that some file system takes for `.git`. HFS+ ignores a few characters that nobody sees. */
function isDotGit(name) {
    const seen = Buffer.from(name, 'latin1')
        .toString('utf8')
        .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '');
    return /^(\.git|git~1)[ .]*(:.*)?$/is.test(seen);
}
/**
 * Writes an index anew, without caches and without the files' times and sizes, so that git looks at the files themselves.
 * Only entries that had them before keep the marks by which git does not look at a file, and those whose file is not there:
 * such a mark (git-sparse-checkout(1)) hides no change.
 *
 * @param before the index as it was
 * @param isAbsent true for a path in the worktree at which there is nothing
 * @throws SyntaxError if it has a directory in the place of files that are there
 */
function formatIndex(index, before, isAbsent, hashBytes) {
    const marks = new Map(before?.entries.map((entry) => [entry.path, entry]));
    const entries = index.entries.map((entry) => {
        const known = marks.get(entry.path);
        const isSkipped = (entry.moreFlags & SKIP_WORKTREE) !== 0;
        const wasSkipped = ((known?.moreFlags ?? 0) & SKIP_WORKTREE) !== 0;
        const skip = isSkipped && (wasSkipped || isAbsent(entry.path)) ? SKIP_WORKTREE : 0;
        if (entry.mode === DIRECTORY && skip === 0) {
            throw new SyntaxError(`the index has no files of the directory ${JSON.stringify(entry.path)}, which is there`);
        }
        return {
            ...entry,
            flags: (entry.flags & STAGE) | (entry.flags & ASSUME_VALID & (known?.flags ?? 0)),
            moreFlags: (entry.moreFlags & INTENT_TO_ADD) | skip,
        };
    });
    const head = Buffer.from('DIRC\0\0\0\0\0\0\0\0', 'latin1');
    head.writeUInt32BE(entries.some(({ moreFlags }) => moreFlags !== 0) ? 3 : 2, 4);
    head.writeUInt32BE(entries.length, 8);
    const sparse = Buffer.from(index.isSparse ? 'sdir\0\0\0\0' : '', 'latin1');
    const content = Buffer.concat([head, ...entries.map(formatEntry), sparse]);
    const sum = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)(hashBytes === 20 ? 'sha1' : 'sha256')
        .update(content)
        .digest();
    return Buffer.concat([content, sum]);
}
function formatEntry({ path, mode, object, flags, moreFlags }) {
    const nameAt = STAT_BYTES + object.length + (moreFlags === 0 ? 2 : 4);
    const entry = Buffer.alloc((nameAt + path.length + 8) & ~7);
    entry.writeUInt32BE(mode, MODE_AT);
    object.copy(entry, STAT_BYTES);
    const extended = moreFlags === 0 ? 0 : IS_EXTENDED;
    entry.writeUInt16BE(flags | extended | Math.min(path.length, NAME_LENGTH), STAT_BYTES + object.length);
    if (moreFlags !== 0)
        entry.writeUInt16BE(moreFlags, nameAt - 2);
    entry.write(path, nameAt, 'latin1');
    return entry;
}


/***/ }),

/***/ 985:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Nl: () => (/* binding */ isHead),
/* harmony export */   ZZ: () => (/* binding */ STORES),
/* harmony export */   hx: () => (/* binding */ INDEX),
/* harmony export */   mL: () => (/* binding */ isStored),
/* harmony export */   nw: () => (/* binding */ isIndex),
/* harmony export */   sp: () => (/* binding */ returnsAs),
/* harmony export */   ss: () => (/* binding */ RETURNED_FILES),
/* harmony export */   w5: () => (/* binding */ MAX_LOG_BYTES)
/* harmony export */ });
/* unused harmony exports COPIED, NEVER_COPIED, isReflog */
/* harmony import */ var _shared_words_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(995);
/* harmony import */ var _refs_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(885);


/*
 * What belongs in a git directory (gitrepository-layout(5)), and what becomes of it when the command is done. Whatever is
 * not listed here ends with the run: nobody has to know why it would be dangerous.
 */
/** Directories of data that is named after its content, which is checked afterwards: objects, and those of Git LFS. */
const STORES = ['objects', 'lfs/objects'];
/** Files of one line for each object, message texts, and lists of patterns, by the test that their content passes. */
const FILES = new Map([
    ...(0,_shared_words_js__WEBPACK_IMPORTED_MODULE_1__/* .words */ .a)('ORIG_HEAD MERGE_HEAD MERGE_AUTOSTASH CHERRY_PICK_HEAD REVERT_HEAD FETCH_HEAD AUTO_MERGE shallow').map((name) => [name, isListOfObjects]),
    ...(0,_shared_words_js__WEBPACK_IMPORTED_MODULE_1__/* .words */ .a)('MERGE_MSG SQUASH_MSG COMMIT_EDITMSG NOTES_EDITMSG TAG_EDITMSG EDIT_DESCRIPTION MERGE_MODE').map((name) => [name, isText]),
    ...(0,_shared_words_js__WEBPACK_IMPORTED_MODULE_1__/* .words */ .a)('description info/exclude info/sparse-checkout').map((name) => [name, isText]),
    ['HEAD', isHead],
]);
/** What the sandbox gets a copy of: all that is data or state of git, except the stores. The rest it sees as it is, read-only. */
const COPIED = /^(HEAD|index|sharedindex\..*|packed-refs|refs|logs|shallow|description|info|branches|remotes|rr-cache|rebase-merge|rebase-apply|sequencer|commondir|gitdir|locked|lfs|[A-Z][A-Z_]*)$/;
/** Locks and notes of a git that is running, or was killed. They mean nothing to another one. */
const NEVER_COPIED = /(^|\/)(gc\.pid|gc\.log|[^/]*\.lock|\.awf-new)$/;
/** A log of reference updates, or another small file, that returns to the host if its content passes. */
function returnsAs(name) {
    return name.startsWith('logs/') ? isReflog : FILES.get(name);
}
/** The names of all small files that return. */
const RETURNED_FILES = [...FILES.keys()].filter((name) => name !== 'HEAD');
/** A log of reference updates that is longer stays as it is. */
const MAX_LOG_BYTES = 64 << 20;
const INDEX = 'index';
/** The index, and the files that it may be split into. */
function isIndex(name) {
    return /^(index|sharedindex\.([0-9a-f]{40}|[0-9a-f]{64}))$/.test(name);
}
/** True for a file that belongs into a store. `name` is relative to the git directory. */
function isStored(name) {
    return (/^objects\/[0-9a-f]{2}\/([0-9a-f]{38}|[0-9a-f]{62})$/.test(name) ||
        /^objects\/pack\/(pack|loose|multi-pack-index)(-([0-9a-f]{40}|[0-9a-f]{64}))?(\.(pack|idx|rev|bitmap|mtimes|keep|promisor))?$/.test(name) ||
        /^objects\/pack\/multi-pack-index\.d\/[\w.-]+$/.test(name) ||
        // Left by a git that was killed; `git gc` removes them.
        /^objects\/(pack|[0-9a-f]{2})\/\.?tmp[-_][\w.-]+$/.test(name) ||
        /^lfs\/objects\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name));
}
/** True for a log of reference updates: `<old> <new> <who> <when> <what>` in each line. */
function isReflog(content) {
    // Line by line: one pattern for all of them would need more stack than there is.
    const lines = content.split('\n');
    return lines.pop() === '' && lines.every((line) => /^[0-9a-f]{40,64} [0-9a-f]{40,64} [^\0]*$/.test(line));
}
function isHead(content) {
    const value = content.trimEnd();
    return _refs_js__WEBPACK_IMPORTED_MODULE_0__/* .OBJECT_NAME */ ._i.test(value) || (value.startsWith('ref: ') && (0,_refs_js__WEBPACK_IMPORTED_MODULE_0__/* .isRefName */ .pA)(value.slice('ref: '.length)));
}
function isListOfObjects(content) {
    return content.split('\n').every((line) => line === '' || /^([0-9a-f]{40}|[0-9a-f]{64})([\t ][^\0]*)?$/.test(line));
}
function isText(content) {
    return !content.includes('\0');
}


/***/ }),

/***/ 464:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   ls: () => (/* binding */ identify)
/* harmony export */ });
/* unused harmony exports ownRepository, surroundingRepository */
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(24);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(760);
/* harmony import */ var _host_file_names_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(50);
/* harmony import */ var _host_paths_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(962);
/* harmony import */ var _directory_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(184);
/* harmony import */ var _files_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(996);
/* harmony import */ var _config_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(169);







/**
 * Finds the repository of a workspace. A `.git` file that leads out of the workspace is only trusted if the repository
 * leads back to the workspace, because the command of an earlier run may have written the file.
 */
function ownRepository(workspace) {
    const path = join(workspace, '.git');
    const dotGit = identify(fromText(path));
    const without = (warning) => ({ dotGit, outside: undefined, warning });
    if (dotGit?.startsWith('link') === true) {
        return without(`${path} is a symbolic link. AWF does not follow it, so git may not work in the sandbox.`);
    }
    if (dotGit?.startsWith('file') !== true)
        return without();
    const target = gitFileTarget(fromText(path));
    const gitDirectory = target === undefined ? undefined : toText(target);
    if (gitDirectory === undefined)
        return without(`${path} names no repository.`);
    if (isInside(gitDirectory, workspace))
        return without();
    const directory = worktreeOf(gitDirectory, path) ?? submoduleOf(gitDirectory, workspace);
    if (directory === undefined) {
        return without(`${path} leads to ${printableText(gitDirectory)}, which does not lead back to it. ` +
            'AWF does not mount that directory, so git does not work in the sandbox.');
    }
    return { dotGit, outside: { directory, gitDirectory: realpathSync(gitDirectory) }, warning: undefined };
}
/** The top of the repository in which the workspace lies, of which it has no part of its own. */
function surroundingRepository(workspace) {
    for (let top = dirname(workspace), below = workspace; top !== below; below = top, top = dirname(top)) {
        const dotGit = join(top, '.git');
        if (existsSync(join(dotGit, 'HEAD')) || gitFileTarget(fromText(dotGit)) !== undefined)
            return top;
    }
    return undefined;
}
/** Identifies what is at `path`: the text differs if something else takes its place. Undefined if nothing is there. */
function identify(path) {
    const stats = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.lstatSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_2__/* .bytes */ .ee)(path), { throwIfNoEntry: false });
    if (stats === undefined)
        return undefined;
    if (stats.isSymbolicLink())
        return `link ${(0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readlinkSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_2__/* .bytes */ .ee)(path), 'latin1')}`;
    if (stats.isFile())
        return `file ${(0,_files_js__WEBPACK_IMPORTED_MODULE_5__/* .contentOf */ .$E)(path) ?? ''}`;
    return `other ${stats.dev} ${stats.ino}`;
}
/** The repository of a linked worktree: in `<repository>/worktrees/<name>`, `gitdir` leads back and `commondir` up. */
function worktreeOf(gitDirectory, dotGit) {
    const [back, up] = ['gitdir', 'commondir'].map((name) => pathIn(join(gitDirectory, name)));
    if (back === undefined || up === undefined || !isSame(resolve(gitDirectory, back), dotGit))
        return undefined;
    const directory = realPath(resolve(gitDirectory, up));
    const own = realPath(gitDirectory);
    if (directory === undefined || own === undefined || basename(dirname(own)) !== 'worktrees')
        return undefined;
    return dirname(dirname(own)) === directory ? directory : undefined;
}
/** The repository of a submodule: its `core.worktree` leads back. */
function submoduleOf(gitDirectory, workspace) {
    const config = contentOf(fromText(join(gitDirectory, 'config')));
    const back = config === undefined ? undefined : valueIn(config, 'core', 'worktree');
    const text = back === undefined ? undefined : toText(back);
    return text !== undefined && isSame(resolve(gitDirectory, text), workspace) ? realPath(gitDirectory) : undefined;
}
/** The path in the first line of one of git's files. @returns undefined if it is not UTF-8 */
function pathIn(file) {
    const line = contentOf(fromText(file))?.replace(/\n$/, '');
    return line === undefined ? undefined : toText(line);
}
function isSame(one, other) {
    return realPath(one) !== undefined && realPath(one) === realPath(other);
}


/***/ }),

/***/ 504:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Dd: () => (/* binding */ modulesIn),
/* harmony export */   O2: () => (/* binding */ isUntouched),
/* harmony export */   XG: () => (/* binding */ modulesOf)
/* harmony export */ });
/* unused harmony exports composeRepository, mountOf, sharedObjects */
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(24);
/* harmony import */ var node_path_posix__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(916);
/* harmony import */ var _host_file_names_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(50);
/* harmony import */ var _files_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(996);
/* harmony import */ var _layout_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(985);
/* harmony import */ var _refs_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(885);






/** True for a copy that is as it was before the command. */
function isUntouched({ own, files }, name) {
    return (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .stampOf */ .Zs)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(own, name)) === files[name]?.[1];
}
/**
 * Composes the run's own directory for a repository of the host: references, logs, index and the like are copies, the
 * configuration is composed, objects are the host's, and hooks and all that is unknown are the host's, read-only.
 *
 * @param host the git directory
 * @param own the new directory, which must not exist
 * @param owner who may change it
 */
function composeRepository(host, own, owner, config) {
    const mounts = [];
    const show = (name, writable, source = join(host, name)) => {
        mounts.push({ kind: 'bind', source: text(source), target: text(join(host, name)), writable });
    };
    makeDirectory(own, owner);
    const directories = [];
    for (const name of namesIn(host).filter((one) => !NEVER_COPIED.test(one))) {
        const kind = kindOf(join(host, name));
        if (name === 'worktrees' && kind === 'directory') {
            directories.push(...worktreesIn(host, own, owner, config));
        }
        else if (name === 'modules' && kind === 'directory') {
            for (const module of modulesIn(join(host, name))) {
                makeDirectory(join(own, name, module, '..'), owner);
                const composed = composeRepository(join(host, name, module), join(own, name, module), owner, config);
                directories.push(...composed.directories);
                mounts.push(...composed.mounts);
            }
        }
        else if (name === 'hooks' && kind === 'link') {
            symlinkSync(readlinkSync(bytes(join(host, name)), { encoding: 'buffer' }), bytes(join(own, name)));
        }
        else if (STORES.includes(name) || COPIED.test(name) || name.startsWith('config')) {
            continue;
        }
        else if ((kind === 'file' || kind === 'directory') && toText(name) !== undefined) {
            // A mount needs something to be mounted over.
            if (kind === 'file')
                writeWhole(join(own, name), '', owner);
            else
                makeDirectory(join(own, name), owner);
            show(name, false);
        }
    }
    for (const store of STORES.filter((name) => kindOf(join(host, name)) === 'directory')) {
        makeDirectory(join(own, store), owner);
        show(store, true);
        // `alternates` and its like are no data: they lead to objects elsewhere.
        if (store !== 'objects')
            continue;
        makeDirectory(join(host, 'objects/info'), userOf(host));
        const info = `${own}.info`;
        makeDirectory(info, owner);
        for (const file of filesBelow(join(host, 'objects/info'), '')) {
            copyFile(join(host, 'objects/info', file), join(info, file), owner);
        }
        show('objects/info', true, info);
    }
    directories.push(composeFiles(host, own, 'repository', owner, config));
    return { directories, mounts };
}
/** The mount that puts the run's own directory where the host's is. */
function mountOf({ host, own }) {
    return { kind: 'bind', source: text(own), target: text(host), writable: true };
}
function composeFiles(host, own, kind, owner, config) {
    const files = Object.create(null);
    for (const name of copiedFiles(host)) {
        copyFile(join(host, name), join(own, name), owner);
        files[name] = [stampOf(join(host, name)) ?? '', stampOf(join(own, name)) ?? ''];
    }
    for (const name of ['refs', 'logs'].filter((one) => kindOf(join(host, one)) === 'directory')) {
        makeDirectory(join(own, name), owner);
    }
    let composed = '';
    for (const name of ['config', 'config.worktree'].filter((one) => kindOf(join(host, one)) !== undefined)) {
        const content = config(join(host, name), host);
        writeWhole(join(own, name), content, owner);
        if (name === 'config')
            composed = content;
    }
    return {
        host,
        own,
        kind,
        returns: 'everything',
        files,
        refs: kind === 'repository' ? readRefs(host) : {},
        config: composed,
    };
}
function copiedFiles(host) {
    const names = namesIn(host).filter((name) => COPIED.test(name) && name !== 'lfs');
    return names.flatMap((name) => filesBelow(host, name)).filter((name) => !NEVER_COPIED.test(name));
}
/** The files of a repository's data that another repository has as well: `git clone` links those of its source. */
function sharedObjects(host) {
    return [host, ...modulesOf(host)].flatMap((directory) => STORES.flatMap((store) => filesBelow(directory, store))
        .map((name) => join(directory, name))
        .filter((file) => lstatSync(bytes(file)).nlink > 1));
}
/** The git directories of a repository's submodules. */
function modulesOf(host) {
    const modules = (0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(host, 'modules');
    return (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .kindOf */ .I)(modules) === 'directory' ? modulesIn(modules).map((name) => (0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(modules, name)) : [];
}
/** All of a repository's worktrees: a `git gc` has to know what each of them needs. */
function worktreesIn(host, own, owner, config) {
    const [from, to] = [join(host, 'worktrees'), join(own, 'worktrees')];
    makeDirectory(to, owner);
    return namesIn(from)
        .filter((name) => kindOf(join(from, name)) === 'directory')
        .map((name) => {
        makeDirectory(join(to, name), owner);
        return composeFiles(join(from, name), join(to, name), 'worktree', owner, config);
    });
}
/** The submodules' git directories, relative to `modules`. Their names may have slashes. */
function modulesIn(modules, limit = 10_000) {
    const found = [];
    const pending = [''];
    for (let below = pending.pop(); below !== undefined && limit > 0; below = pending.pop(), limit--) {
        for (const name of (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .namesIn */ .wX)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(modules, below))) {
            const path = (0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(below, name);
            if ((0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .kindOf */ .I)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(modules, path)) !== 'directory')
                continue;
            if ((0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .kindOf */ .I)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(modules, path, 'HEAD')) === undefined)
                pending.push(path);
            else
                found.push(path);
        }
    }
    return found.sort();
}
function text(path) {
    const decoded = toText(path);
    // The callers check the paths of repositories, and names that are not UTF-8 are left out.
    if (decoded === undefined)
        throw new Error(`not UTF-8: ${basename(path)}`);
    return decoded;
}


/***/ }),

/***/ 885:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   _i: () => (/* binding */ OBJECT_NAME),
/* harmony export */   fx: () => (/* binding */ applyRefs),
/* harmony export */   n6: () => (/* binding */ readRefs),
/* harmony export */   pA: () => (/* binding */ isRefName),
/* harmony export */   v6: () => (/* binding */ isRefValue)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(24);
/* harmony import */ var node_path_posix__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(916);
/* harmony import */ var _host_file_names_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(50);
/* harmony import */ var _files_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(996);




/** More than any repository has. */
const MAX_REFS = 1_000_000;
/** More than a command sensibly changes. Each is a file, so they may be meant to keep us busy. */
const MAX_CHANGES = 100_000;
const MAX_PACKED_BYTES = 256 << 20;
const OBJECT_NAME = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
/**
 * State of an operation that ends with the run, and replacements, with which a commit that somebody names becomes another
 * one (git-replace(1)).
 */
const EPHEMERAL = /^refs\/(bisect|rewritten|replace)\//;
/** By the rules of git-check-ref-format(1). */
function isRefName(name) {
    return (name.startsWith('refs/') &&
        name.length <= 1_024 &&
        !/[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$/.test(name) &&
        name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock')));
}
/** True for what a reference may hold. */
function isRefValue(value) {
    return OBJECT_NAME.test(value) || (value.startsWith('ref: ') && isRefName(value.slice('ref: '.length)));
}
/**
 * Reads the references of a git directory: a loose one wins over a packed one (gitrepository-layout(5)). What is no
 * reference is left out, and so is the state of an unfinished operation.
 *
 * @throws TooMany for more than a million
 */
function readRefs(gitDirectory) {
    const refs = Object.create(null);
    let left = MAX_REFS;
    const keep = (name, value) => {
        if (left-- === 0)
            throw new _files_js__WEBPACK_IMPORTED_MODULE_3__/* .TooMany */ .Qq(`more than ${MAX_REFS} references in ${gitDirectory}`);
        if (isRefName(name) && isRefValue(value) && !EPHEMERAL.test(name))
            refs[name] = value;
    };
    for (const line of ((0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .contentOf */ .$E)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(gitDirectory, 'packed-refs'), MAX_PACKED_BYTES) ?? '').split('\n')) {
        const [value = '', name = ''] = line.split(' ');
        keep(name, value);
    }
    for (const name of (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .filesBelow */ .DR)(gitDirectory, 'refs', MAX_REFS)) {
        keep(name, ((0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .contentOf */ .$E)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(gitDirectory, name)) ?? '').trimEnd());
    }
    return refs;
}
/**
 * Repeats in `gitDirectory` what happened to the references elsewhere. A reference that changed in both places stays as
 * it is here.
 *
 * @returns the names of those, and of references whose place is taken
 * @throws TooMany for more than a hundred thousand changes
 */
function applyRefs(gitDirectory, before, after) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
    if (names.length === 0)
        return [];
    if (names.length > MAX_CHANGES)
        throw new _files_js__WEBPACK_IMPORTED_MODULE_3__/* .TooMany */ .Qq(`more than ${MAX_CHANGES} references changed`);
    const here = readRefs(gitDirectory);
    const isFree = (name) => here[name] === before[name] || here[name] === after[name];
    const conflicts = names.filter((name) => !isFree(name));
    const free = names.filter(isFree);
    deleteRefs(gitDirectory, free.filter((name) => after[name] === undefined && here[name] !== undefined));
    for (const name of free) {
        const value = after[name];
        if (value === undefined || value === here[name])
            continue;
        try {
            (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .writeWhole */ .f8)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(gitDirectory, name), `${value}\n`, (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .userOf */ .Z5)(gitDirectory));
        }
        catch {
            conflicts.push(name); // a directory where the file is due, or the other way round
        }
    }
    return conflicts;
}
function deleteRefs(gitDirectory, names) {
    if (names.length === 0)
        return;
    const gone = new Set(names);
    const packed = (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .contentOf */ .$E)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(gitDirectory, 'packed-refs'), MAX_PACKED_BYTES);
    if (packed !== undefined) {
        let isGone = false;
        const kept = packed.split('\n').filter((line) => {
            // A line that begins with ^ belongs to the one before it.
            if (!line.startsWith('^'))
                isGone = gone.has(line.slice(line.indexOf(' ') + 1));
            return !isGone;
        });
        (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .writeWhole */ .f8)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(gitDirectory, 'packed-refs'), kept.join('\n'), (0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .userOf */ .Z5)(gitDirectory));
    }
    for (const name of names.flatMap((one) => [one, (0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)('logs', one)])) {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.rmSync)((0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_2__/* .bytes */ .ee)((0,node_path_posix__WEBPACK_IMPORTED_MODULE_1__.join)(gitDirectory, name)), { force: true });
    }
}


/***/ }),

/***/ 913:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  w: () => (/* binding */ rebuildRepository),
  q: () => (/* binding */ returnDirectory)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
// EXTERNAL MODULE: external "node:path/posix"
var posix_ = __nccwpck_require__(916);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/host/file-names.js
var file_names = __nccwpck_require__(50);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/config-policy.js
var config_policy = __nccwpck_require__(368);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/config.js
var config = __nccwpck_require__(169);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/words.js
var words = __nccwpck_require__(995);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/config-return.js



/** Sections that a command may change on the host: their settings run nothing and lead nowhere. What a push sends is not there. */
const RETURNED = new Set((0,words/* words */.a)(`
    remote branch submodule user author committer init pull merge diff fetch rebase rerere status log commit tag
    stash checkout worktree blame pack index feature advice color column lfs
  `));
const RETURNED_CORE = new Set((0,words/* words */.a)('sparsecheckout sparsecheckoutcone autocrlf eol'));
/**
 * What stays even so. A later `git switch` would take a branch from the remote that the first one names, and a push would
 * send the user's work there; a fetch would remove the user's own tags; and changes would not show, or only those of the
 * directory in which somebody looks.
 */
const KEPT = new Set((0,words/* words */.a)('checkout.defaultremote fetch.prune fetch.prunetags status.showuntrackedfiles diff.ignoresubmodules diff.relative ' +
    'log.showroot'));
/** What a new remote may have. Git would ask a promisor by itself for objects that it misses. */
const OF_REMOTES = new Set((0,words/* words */.a)('url pushurl fetch push tagopt prune skipdefaultupdate skipfetchall followremotehead'));
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
function returnConfig(host, before, after) {
    const [was, is] = [(0,config/* parseGitConfig */.mh)(before), (0,config/* parseGitConfig */.mh)(after)];
    const added = without(is, was);
    const removed = without(was, is);
    const remotes = new Set(was.filter(({ section }) => section === 'remote').map(({ subsection }) => subsection));
    const known = new Set(was.map(config/* nameOf */.Vb));
    const replaced = new Set(added.map(config/* nameOf */.Vb).filter((name) => known.has(name)));
    const mayReturn = (entry) => (0,config_policy/* composeEntry */.Pn)(entry, () => false) !== undefined && isReturned(entry, { remotes, known, replaced });
    const refused = [...added, ...removed].filter((entry) => !mayReturn(entry)).map(config_policy/* describeEntry */.OY);
    const additions = added.filter(mayReturn);
    const removals = removed.filter(mayReturn).map(keyOf);
    const result = { refused: [...new Set(refused)] };
    if (additions.length + removals.length === 0)
        return { text: undefined, ...result };
    return { text: edited((0,config/* plainLines */.y1)(host), additions, removals), ...result };
}
function isReturned(entry, { remotes, known, replaced }) {
    const { section, subsection, key, value } = entry;
    if (section === 'core')
        return RETURNED_CORE.has(key);
    if (!RETURNED.has(section) || KEPT.has(`${section}.${key}`))
        return false;
    if (section === 'remote')
        return !remotes.has(subsection) && isHarmlessRemote(entry, remotes);
    if (section === 'branch' && /^(push)?remote$/.test(key))
        return value === '.' || remotes.has(value);
    // A later `git pull` merges that. What a forge has elsewhere, such as `refs/pull`, anybody can put there.
    if (section === 'branch' && key === 'merge') {
        return value?.startsWith('refs/heads/') === true && !replaced.has((0,config/* nameOf */.Vb)(entry));
    }
    if (section !== 'submodule')
        return true;
    // A later `git submodule update` fetches from there; and a change of the submodule would not show.
    return key !== 'ignore' && !(key === 'url' && known.has((0,config/* nameOf */.Vb)(entry)));
}
/**
 * True for a remote that git uses only if somebody names it, and whose branches get no place among those of others.
 *
 * - A remote may be called like a URL or a path, and then stands in for it.
 * - If there are several remotes, `origin` is the one that git takes unasked.
 * - `git fetch --all`, which editors run by themselves, updates whatever `fetch` says.
 */
function isHarmlessRemote({ subsection = '', key, value }, remotes) {
    if (!/^[\w-][\w.-]*$/.test(subsection) || !OF_REMOTES.has(key))
        return false;
    if (subsection === 'origin' && remotes.size > 0)
        return false;
    const [, to] = (value ?? '').split(':');
    return key !== 'fetch' || to === undefined || to.startsWith(`refs/remotes/${subsection}/`);
}
/** What `entries` has more of than `others`. */
function without(entries, others) {
    const left = others.map(keyOf);
    return entries.filter((entry) => {
        const index = left.indexOf(keyOf(entry));
        if (index >= 0)
            left.splice(index, 1);
        return index < 0;
    });
}
function keyOf(entry) {
    return JSON.stringify([(0,config/* nameOf */.Vb)(entry), entry.value]);
}
/** Takes the lines of settings out of a configuration, which otherwise stays as it is, and appends others. */
function edited(host, additions, removals) {
    const left = [...removals];
    let text = '';
    let at = 0;
    for (const entry of (0,config/* parseGitConfig */.mh)(host)) {
        // The copy has no credential in its URLs.
        const copied = (0,config_policy/* composeEntry */.Pn)(entry, () => true);
        const index = copied === undefined ? -1 : left.indexOf(keyOf(copied));
        if (index < 0)
            continue;
        left.splice(index, 1);
        text += host.slice(at, entry.start).replace(/[ \t]+$/, '');
        at = entry.end;
    }
    text += host.slice(at);
    return text + (text === '' || text.endsWith('\n') ? '' : '\n') + (0,config/* formatGitConfig */.WE)(additions);
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/directory.js
var git_directory = __nccwpck_require__(184);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/files.js
var git_files = __nccwpck_require__(996);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/index-file.js
var index_file = __nccwpck_require__(934);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/layout.js
var layout = __nccwpck_require__(985);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/private.js
var git_private = __nccwpck_require__(504);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/refs.js
var git_refs = __nccwpck_require__(885);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/operations.js







const OPERATIONS = [
    { what: 'a rebase', names: /^rebase-merge$/, refs: 'refs/rewritten', autostash: 'rebase-merge/autostash' },
    { what: 'a rebase or git am', names: /^rebase-apply$/, autostash: 'rebase-apply/autostash' },
    { what: 'a series of cherry-picks or reverts', names: /^sequencer$/ },
    { what: 'a bisection', names: /^BISECT_[A-Z_]+$/, refs: 'refs/bisect' },
];
/**
 * An operation that the command finished is finished on the host. One that it began or changed ends with the run: its
 * files name what git runs next.
 *
 * @returns descriptions of those that the command left unfinished
 */
function endOperations(directory, owner) {
    const { host, own } = directory;
    return OPERATIONS.flatMap(({ what, names, refs, autostash }) => {
        const namesOf = (top) => (0,git_files/* namesIn */.wX)(top).filter((name) => names.test(name));
        const [before, after] = [namesOf(host), namesOf(own)];
        const copied = Object.keys(directory.files).filter((file) => names.test(file.split('/')[0] ?? ''));
        const files = new Set([...after.flatMap((name) => (0,git_files/* filesBelow */.DR)(own, name)), ...copied]);
        const isThere = after.length > 0;
        if (isThere && [...files].every((file) => (0,git_private/* isUntouched */.O2)(directory, file)))
            return [];
        for (const name of before) {
            if (isThere)
                (0,file_names/* moveAside */.WA)((0,posix_.join)(host, name));
            else
                (0,external_node_fs_.rmSync)((0,file_names/* bytes */.ee)((0,posix_.join)(host, name)), { recursive: true });
        }
        if (before.length > 0 && refs !== undefined)
            (0,external_node_fs_.rmSync)((0,file_names/* bytes */.ee)((0,posix_.join)(host, refs)), { recursive: true, force: true });
        if (!isThere)
            return [];
        const stash = autostash === undefined ? '' : ((0,git_files/* contentOf */.$E)((0,posix_.join)(own, autostash))?.trimEnd() ?? '');
        if (!git_refs/* OBJECT_NAME */._i.test(stash) || (0,git_files/* kindOf */.I)(host) !== 'directory')
            return [what];
        keepStash(host, stash, owner);
        return [`${what} (the changes that it would have restored are in git stash)`];
    });
}
/** Does what `git rebase --quit` does with changes that it has put aside: they are nowhere else. */
function keepStash(gitDirectory, stash, owner) {
    const last = (0,git_refs/* readRefs */.n6)(gitDirectory)['refs/stash'];
    const log = (0,posix_.join)(gitDirectory, 'logs/refs/stash');
    const lines = (0,git_files/* contentOf */.$E)(log, layout/* MAX_LOG_BYTES */.w5) ?? '';
    const when = `${Math.floor(Date.now() / 1_000)} +0000`;
    const line = `${last ?? '0'.repeat(stash.length)} ${stash} AWF <> ${when}\tautostash\n`;
    (0,git_files/* writeWhole */.f8)(log, lines + line, owner);
    (0,git_files/* writeWhole */.f8)((0,posix_.join)(gitDirectory, 'refs/stash'), `${stash}\n`, owner);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/split-index.js



/*
 * With `core.splitIndex`, git keeps most entries in a second file, and in the index those that differ (gitformat-index(5),
 * "Split index"). A reader that misses one of the two would see files as removed, so the two are joined here.
 */
/**
 * Reads the index of a git directory, joined with the file that shares its entries. The result is never split.
 *
 * @param directory the git directory, or a worktree's part of it
 * @throws SyntaxError if one of the files does not pass, or they do not belong together
 */
function readWholeIndex(directory, hashBytes) {
    const index = (0,index_file/* readIndex */.vY)((0,posix_.join)(directory, layout/* INDEX */.hx), hashBytes);
    if (index.link === undefined)
        return index;
    const name = index.link.toString('hex', 0, hashBytes);
    // Git writes no name for an index that shares nothing.
    if (/^0*$/.test(name))
        return { ...index, entries: joined([], index.entries, none(), none()), link: undefined };
    const shared = (0,index_file/* readIndex */.vY)((0,posix_.join)(directory, `sharedindex.${name}`), hashBytes);
    split_index_require(shared.sum === name && shared.link === undefined, 'the file that shares its entries is another one');
    const bitmaps = new Bitmaps(index.link.subarray(hashBytes), shared.entries.length);
    const [deleted, replaced] = bitmaps.isEmpty ? [none(), none()] : [bitmaps.next(), bitmaps.next()];
    split_index_require(bitmaps.isEmpty, 'there is more behind its link');
    return {
        ...index,
        entries: joined(shared.entries, index.entries, deleted, replaced),
        isSparse: index.isSparse || shared.isSparse,
        link: undefined,
    };
}
const none = () => new Set();
/** What `merge_base_index` of git's split-index.c does, without what it tolerates. */
function joined(shared, own, deleted, replaced) {
    const replacements = own.slice(0, replaced.size);
    const added = own.slice(replaced.size);
    split_index_require(replacements.length === replaced.size, 'replacements are missing');
    split_index_require(replacements.every(({ path }) => path === '') && added.every(({ path }) => path !== ''), 'a path is missing');
    split_index_require(![...replaced].some((at) => deleted.has(at)), 'an entry is deleted and replaced');
    const replacementFor = new Map([...replaced].map((at, order) => [at, replacements[order]]));
    const kept = shared.flatMap((entry, at) => deleted.has(at) ? [] : [{ ...(replacementFor.get(at) ?? entry), path: entry.path }]);
    const all = [...kept, ...added].sort(byPlace);
    const isAscending = all.every((entry, at) => {
        const before = all[at - 1];
        return before === undefined || byPlace(before, entry) < 0;
    });
    split_index_require(isAscending, 'an entry is there twice');
    return all;
}
/** Git's order: by the bytes of the path, then by stage. */
function byPlace(one, other) {
    if (one.path !== other.path)
        return one.path < other.path ? -1 : 1;
    return (0,index_file/* stageOf */.gV)(one) - (0,index_file/* stageOf */.gV)(other);
}
/** Bits of a 64-bit word. */
const WORD = 64;
/** Reads compressed bitmaps, one after the other (EWAH: gitformat-bitmap(5), "Appendix A"). */
class Bitmaps {
    #data;
    #size;
    #at = 0;
    /** @param size how many bits there are at most */
    constructor(data, size) {
        this.#data = data;
        this.#size = size;
    }
    get isEmpty() {
        return this.#at === this.#data.length;
    }
    /** The positions of the bits that are set, ascending. @throws SyntaxError, RangeError if the bitmap is cut off */
    next() {
        const set = new Set();
        const words = this.#data.readUInt32BE(this.#at + 4);
        const start = this.#at + 8;
        const word = (at) => this.#data.readBigUInt64BE(start + at * 8);
        let bit = 0;
        for (let at = 0; at < words; at++) {
            const marker = word(at);
            const run = Number((marker >> 1n) & 0xffffffffn);
            const literals = Number(marker >> 33n);
            if ((marker & 1n) === 1n)
                for (let i = 0; i < run * WORD; i++)
                    this.#add(set, bit + i);
            bit += run * WORD;
            for (let i = 0; i < literals; i++, bit += WORD) {
                const literal = word(++at);
                split_index_require(at < words, 'a bitmap is cut off');
                for (let j = 0; j < WORD; j++)
                    if (((literal >> BigInt(j)) & 1n) === 1n)
                        this.#add(set, bit + j);
            }
        }
        // The last four octets say where the last marker is, for writers.
        this.#at = start + words * 8 + 4;
        split_index_require(this.#at <= this.#data.length, 'a bitmap is cut off');
        return set;
    }
    #add(set, bit) {
        split_index_require(bit < this.#size, 'a bitmap is too long');
        set.add(bit);
    }
}
function split_index_require(isTrue, what) {
    if (!isTrue)
        throw new SyntaxError(`the index is split, and has a fault: ${what}`);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/return.js













/** Of a directory that the host does not have yet. */
const NEW = { returns: 'everything', files: {}, refs: {}, config: '' };
/** More than a command sensibly changes. */
const MAX_CHANGED_LOGS = 100_000;
/**
 * Brings to the host what the command left in a git directory of the run's own: objects first, so that nothing refers to
 * one that is missing, then references, HEAD and index, and at last what git may say about them. Only what passes as data
 * returns, and what changed on the host meanwhile stays as it is there. Of what follows the references, each part that
 * fails costs only itself.
 *
 * @throws Error if objects or references cannot be brought, without which the rest means nothing
 */
function returnDirectory(directory, workspace, kept) {
    const { host, own, kind, returns } = directory;
    if (returns === 'nothing' || (0,git_files/* kindOf */.I)(own) !== 'directory' || (0,git_files/* kindOf */.I)(host) !== 'directory')
        return;
    const owner = (0,git_files/* userOf */.Z5)(host);
    const part = partsOf(host, kept);
    if (kind === 'repository')
        returnStores(own, host, owner);
    const hasRef = kind === 'repository' ? returnRefs(directory, kept) : () => true;
    if (returns === 'everything') {
        part(layout/* INDEX */.hx, () => returnHeadAndIndex(directory, owner, kept));
        for (const name of layout/* RETURNED_FILES */.ss)
            part(name, () => returnFile(directory, name, owner));
        part('unfinished operations', () => kept.ended.push(...endOperations(directory, owner)));
    }
    part('logs', () => returnLogs(directory, owner, hasRef));
    part('config', () => returnSettings(directory, owner, workspace, kept));
    if (kind !== 'repository')
        return;
    part('worktrees', () => returnWorktrees(directory, owner, workspace, kept));
    part('modules', () => returnModules(directory, owner, workspace, kept));
}
/** Carries out a part of what belongs to a directory. If it fails, that is noted under its name. */
function partsOf(directory, { failed }) {
    return (name, bring) => {
        try {
            bring();
        }
        catch (error) {
            failed.push(`${(0,posix_.join)(directory, name)}: ${String(error)}`);
        }
    };
}
/** @returns tells whether a reference is on the host now as the command left it */
function returnRefs({ own, host, refs }, kept) {
    if (!hasRefFiles(own)) {
        kept.failed.push(`${host}: its references are in a format that AWF does not know`);
        return () => false;
    }
    const after = (0,git_refs/* readRefs */.n6)(own);
    const conflicts = (0,git_refs/* applyRefs */.fx)(host, refs, after);
    kept.conflicts.push(...conflicts);
    const refused = new Set(conflicts);
    return (name) => after[name] !== undefined && !refused.has(name);
}
/** False after `git refs migrate`, or with a repository that never had them: all references would seem to be gone. */
function hasRefFiles(gitDirectory) {
    const format = (0,config/* valueIn */.xm)((0,git_files/* contentOf */.$E)((0,posix_.join)(gitDirectory, 'config')) ?? '', 'extensions', 'refstorage');
    return (format === undefined || format === 'files') && (0,git_files/* kindOf */.I)((0,posix_.join)(gitDirectory, 'reftable')) === undefined;
}
/**
 * Returns the logs of the references that returned, and that of HEAD.
 *
 * @throws Error about the first log that could not be brought, when the others have been
 */
function returnLogs(directory, owner, hasRef) {
    const { own, returns } = directory;
    let left = MAX_CHANGED_LOGS;
    const errors = [];
    for (const name of (0,git_files/* filesBelow */.DR)(own, 'logs')) {
        if (name === 'logs/HEAD' ? returns === 'shared' : !hasRef(name.slice('logs/'.length)))
            continue;
        if ((0,git_private/* isUntouched */.O2)(directory, name))
            continue;
        if (left-- === 0)
            throw new git_files/* TooMany */.Qq(`more than ${MAX_CHANGED_LOGS} logs of references changed`);
        try {
            returnFile(directory, name, owner);
        }
        catch (error) {
            errors.push(error);
        }
    }
    if (errors.length > 0)
        throw errors[0];
}
/** Moves data from stores that are the run's own: the host's are mounted, and have theirs already. */
function returnStores(own, host, owner) {
    for (const store of layout/* STORES */.ZZ) {
        if (!(0,git_files/* isPlainPath */.qW)(own, `${store}/x`))
            continue;
        for (const name of (0,git_files/* filesBelow */.DR)(own, store)) {
            if ((0,layout/* isStored */.mL)(name) && (0,git_files/* kindOf */.I)((0,posix_.join)(host, name)) === undefined)
                (0,git_files/* moveFile */.mV)((0,posix_.join)(own, name), (0,posix_.join)(host, name), owner);
        }
    }
}
function isChangedOnHost({ host, files }, name) {
    return (0,git_files/* stampOf */.Zs)((0,posix_.join)(host, name)) !== files[name]?.[0];
}
/** The two belong together: with another HEAD, the index would show changes that nobody made. */
function returnHeadAndIndex(directory, owner, kept) {
    const { host } = directory;
    const names = ['HEAD', layout/* INDEX */.hx].filter((name) => !(0,git_private/* isUntouched */.O2)(directory, name));
    const changed = names.filter((name) => isChangedOnHost(directory, name));
    if (changed.length > 0) {
        kept.conflicts.push(...changed);
        return;
    }
    try {
        if (names.includes(layout/* INDEX */.hx))
            (0,git_files/* writeWhole */.f8)((0,posix_.join)(host, layout/* INDEX */.hx), composedIndex(directory), owner);
        if (names.includes('HEAD'))
            returnFile(directory, 'HEAD', owner);
    }
    catch (error) {
        if (!(error instanceof SyntaxError))
            throw error;
        kept.failed.push(`${(0,posix_.join)(host, layout/* INDEX */.hx)}: ${error.message}`);
    }
}
/** @throws SyntaxError for an index that does not pass */
function composedIndex({ host, own, kind }) {
    const hashBytes = (0,index_file/* hashBytesOf */.Lz)(kind === 'worktree' ? (0,posix_.join)(host, '../..') : host);
    const index = readWholeIndex(own, hashBytes);
    let before;
    try {
        before = readWholeIndex(host, hashBytes);
    }
    catch {
        // There is none, or nobody could use it.
    }
    const worktree = worktreeOf(host, kind);
    const isAbsent = (path) => worktree !== undefined && !isThere((0,posix_.join)(worktree, path));
    return (0,index_file/* formatIndex */.Qe)(index, before, isAbsent, hashBytes).toString('latin1');
}
/** @returns undefined for a bare repository */
function worktreeOf(host, kind) {
    if (kind === 'worktree') {
        const gitFile = (0,git_files/* contentOf */.$E)((0,posix_.join)(host, 'gitdir'))?.trimEnd();
        return gitFile === undefined ? undefined : (0,posix_.dirname)((0,posix_.resolve)(host, gitFile));
    }
    const named = (0,config/* valueIn */.xm)((0,git_files/* contentOf */.$E)((0,posix_.join)(host, 'config')) ?? '', 'core', 'worktree');
    if (named !== undefined)
        return (0,posix_.resolve)(host, named);
    return (0,posix_.basename)(host) === '.git' ? (0,posix_.dirname)(host) : undefined;
}
/** True also for what nobody can look at. */
function isThere(path) {
    try {
        return (0,git_files/* kindOf */.I)(path) !== undefined;
    }
    catch {
        return true;
    }
}
/** Returns a small file whose content passes, and its removal. */
function returnFile(directory, name, owner) {
    const { host, own } = directory;
    if ((0,git_private/* isUntouched */.O2)(directory, name) || isChangedOnHost(directory, name) || !(0,git_files/* isPlainPath */.qW)(own, name))
        return;
    const content = (0,git_files/* contentOf */.$E)((0,posix_.join)(own, name), layout/* MAX_LOG_BYTES */.w5);
    if (content !== undefined && (0,layout/* returnsAs */.sp)(name)?.(content) === true)
        (0,git_files/* writeWhole */.f8)((0,posix_.join)(host, name), content, owner);
    else if ((0,git_files/* kindOf */.I)((0,posix_.join)(own, name)) === undefined && name !== 'HEAD')
        (0,external_node_fs_.rmSync)((0,file_names/* bytes */.ee)((0,posix_.join)(host, name)), { force: true });
}
function returnSettings(directory, owner, workspace, kept) {
    const { host, own, kind, config, returns } = directory;
    const [settings, ofWorktree] = ['config', 'config.worktree'].map((name) => (0,git_files/* contentOf */.$E)((0,posix_.join)(own, name)));
    // The settings of a single worktree would come from a file that nobody reads, as long as the host does not have one.
    const hasOwn = (0,git_files/* kindOf */.I)((0,posix_.join)(host, 'config.worktree')) !== undefined;
    if (kind === 'repository') {
        const all = settings === undefined ? undefined : `${settings}\n${hasOwn ? '' : (ofWorktree ?? '')}`;
        returnConfigFile((0,posix_.join)(host, 'config'), config, all, owner, kept);
    }
    if (!hasOwn || returns === 'shared')
        return;
    const before = (0,git_directory/* readConfig */.Xg)((0,posix_.join)(host, 'config.worktree'), host, workspace);
    const text = typeof before === 'string' ? '' : before.text;
    returnConfigFile((0,posix_.join)(host, 'config.worktree'), text, ofWorktree, owner, kept);
}
/** @param before the copy as the command got it, `after` as it left it */
function returnConfigFile(file, before, after, owner, kept) {
    if ((after ?? '').trimEnd() === before.trimEnd())
        return;
    try {
        const host = (0,git_files/* contentOf */.$E)(file);
        if (host === undefined || after === undefined)
            throw new SyntaxError('no file');
        const { text, refused } = returnConfig(host, before, after);
        kept.settings.push(...refused);
        if (text !== undefined)
            (0,git_files/* writeWhole */.f8)(file, text, owner);
    }
    catch (error) {
        if (!(error instanceof SyntaxError))
            throw error;
        kept.settings.push((0,posix_.basename)(file));
    }
}
/** A worktree that the command made in the workspace returns; one that it removed is forgotten. */
function returnWorktrees({ host, own }, owner, workspace, kept) {
    const [from, to] = [(0,posix_.join)(own, 'worktrees'), (0,posix_.join)(host, 'worktrees')];
    const known = (0,git_files/* kindOf */.I)(to) === 'directory' ? (0,git_files/* namesIn */.wX)(to) : [];
    for (const name of known.filter((one) => (0,git_files/* kindOf */.I)((0,posix_.join)(from, one)) === undefined)) {
        const worktree = (0,git_files/* contentOf */.$E)((0,posix_.join)(to, name, 'gitdir'))?.trimEnd();
        const isGone = worktree !== undefined && (0,git_files/* kindOf */.I)((0,posix_.dirname)((0,posix_.resolve)(to, name, worktree))) === undefined;
        if (isGone)
            (0,external_node_fs_.rmSync)((0,file_names/* bytes */.ee)((0,posix_.join)(to, name)), { recursive: true });
    }
    if ((0,git_files/* kindOf */.I)(from) !== 'directory')
        return;
    const part = partsOf(to, kept);
    for (const name of (0,git_files/* namesIn */.wX)(from).filter((one) => !known.includes(one) && (0,git_files/* kindOf */.I)((0,posix_.join)(from, one)) === 'directory')) {
        part(name, () => returnNewWorktree((0,posix_.join)(from, name), (0,posix_.join)(to, name), owner, workspace, kept));
    }
}
function returnNewWorktree(own, host, owner, workspace, kept) {
    const gitFile = (0,git_files/* contentOf */.$E)((0,posix_.join)(own, 'gitdir'))?.trimEnd();
    const leadsBack = gitFile !== undefined && (0,git_files/* contentOf */.$E)((0,posix_.resolve)(own, gitFile))?.trimEnd() === `gitdir: ${host}`;
    const head = (0,git_files/* contentOf */.$E)((0,posix_.join)(own, 'HEAD'));
    if (!leadsBack || head === undefined || !(0,layout/* isHead */.Nl)(head))
        return;
    (0,git_files/* makeDirectory */.Oh)(host, owner);
    (0,git_files/* writeWhole */.f8)((0,posix_.join)(host, 'commondir'), '../..\n', owner);
    (0,git_files/* writeWhole */.f8)((0,posix_.join)(host, 'gitdir'), `${gitFile}\n`, owner);
    returnDirectory({ host, own, kind: 'worktree', ...NEW }, workspace, kept);
}
/** The git directory of a submodule that the command added: what passes as data, in a directory of its own. */
function returnModules({ host, own }, owner, workspace, kept) {
    const [from, to] = [(0,posix_.join)(own, 'modules'), (0,posix_.join)(host, 'modules')];
    if ((0,git_files/* kindOf */.I)(from) !== 'directory')
        return;
    const part = partsOf(to, kept);
    for (const name of (0,git_private/* modulesIn */.Dd)(from).filter((one) => (0,git_files/* kindOf */.I)((0,posix_.join)(to, one)) === undefined)) {
        if (!(0,layout/* isHead */.Nl)((0,git_files/* contentOf */.$E)((0,posix_.join)(from, name, 'HEAD')) ?? ''))
            continue;
        part(name, () => rebuildRepository((0,posix_.join)(from, name), (0,posix_.join)(to, name), owner, workspace, kept));
    }
}
/**
 * Makes a git directory anew from what passes as data in another one.
 *
 * @param workspace where worktrees may be
 */
function rebuildRepository(from, to, owner, workspace, kept) {
    (0,git_files/* makeDirectory */.Oh)((0,posix_.join)(to, 'objects'), owner);
    (0,git_files/* makeDirectory */.Oh)((0,posix_.join)(to, 'refs'), owner);
    const composed = (0,git_directory/* readConfig */.Xg)((0,posix_.join)(from, 'config'), to, workspace);
    const config = (0,git_files/* contentOf */.$E)((0,posix_.join)(from, 'config')) ?? '';
    (0,git_files/* writeWhole */.f8)((0,posix_.join)(to, 'config'), typeof composed === 'string' ? '' : composed.text, owner);
    returnDirectory({ host: to, own: from, kind: 'repository', ...NEW, config }, workspace, kept);
}


/***/ }),

/***/ 197:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  e: () => (/* binding */ inspectWorkspace)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/host/file-names.js
var file_names = __nccwpck_require__(50);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/host/paths.js + 1 modules
var paths = __nccwpck_require__(962);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
// EXTERNAL MODULE: external "node:path/posix"
var posix_ = __nccwpck_require__(916);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/files.js
var files = __nccwpck_require__(996);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/listing.js


/** @throws Error if the directory cannot be listed */
function listing_entriesOf(path) {
    // Names as bytes: only then does Node.js find out what a file system does not say about an entry.
    return (0,external_node_fs_.readdirSync)((0,file_names/* bytes */.ee)(path), { withFileTypes: true, encoding: 'buffer' }).map(entryOf);
}
/** Like {@link entriesOf}, without having more than a few entries in memory. */
function* streamedEntriesOf(path) {
    // The types of Node.js do not know that names can be bytes here too.
    const directory = (0,external_node_fs_.opendirSync)((0,file_names/* bytes */.ee)(path), { encoding: 'buffer', bufferSize: 1_024 });
    try {
        for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
            yield entryOf(entry);
        }
    }
    finally {
        directory.closeSync();
    }
}
function entryOf(entry) {
    return { name: entry.name.toString('latin1'), kind: kindOfEntry(entry) };
}
function kindOfEntry(entry) {
    if (entry.isFile())
        return 'file';
    if (entry.isDirectory())
        return 'directory';
    if (entry.isSymbolicLink())
        return 'link';
    return entry.isFIFO() ? 'pipe' : 'other';
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/defuse.js





/** Directories that wait for their turn. More of them may be meant to exhaust us. */
const MAX_PENDING = 100_000;
const MAX_REPORTED = 100;
/**
 * Makes harmless what is in a directory that nobody has searched, without having its entries in memory: one that was moved
 * aside as a whole, or a git directory, of which only the data has been judged.
 *
 * @param isHazard tells whether a link, a pipe or a file that lends rights is new, and leads where it must not
 * @param end when to give up, by the clock of `performance.now`
 * @param isDeep false for what is directly in the directory
 */
function defuse(top, isHazard, end, isDeep = true) {
    const pending = [top];
    const setIds = [];
    let isWhole = true;
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
        try {
            (0,files/* unlock */.Tl)(path, 0o700);
            for (const entry of streamedEntriesOf(path)) {
                if (performance.now() > end || pending.length > MAX_PENDING)
                    return { isWhole: false, setIds };
                const file = (0,posix_.join)(path, entry.name);
                if (entry.kind === 'directory' && isDeep)
                    pending.push(file);
                const hazard = hazardOf(file, entry);
                if (hazard === undefined || !isHazard(file, hazard))
                    continue;
                if (hazard === 'link')
                    (0,file_names/* flattenLink */.rj)(file);
                else if (hazard === 'pipe')
                    removePipe(file);
                else
                    (0,files/* clearSetId */.DW)(file);
                if (hazard === 'set-id' && setIds.length < MAX_REPORTED)
                    setIds.push(file);
            }
        }
        catch {
            isWhole = false;
        }
    }
    return { isWhole, setIds };
}
function hazardOf(path, { kind }) {
    if (kind === 'link' || kind === 'pipe')
        return kind;
    return kind === 'file' && (0,files/* lendsRights */.OR)(path) ? 'set-id' : undefined;
}
/** A pipe has no content that could be lost. */
function removePipe(path) {
    (0,files/* unlock */.Tl)((0,posix_.dirname)(path), 0o700);
    (0,external_node_fs_.unlinkSync)((0,file_names/* bytes */.ee)(path));
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/disarm.js
var disarm = __nccwpck_require__(928);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/errors.js
var errors = __nccwpck_require__(739);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/directory.js
var directory = __nccwpck_require__(184);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/config-policy.js
var config_policy = __nccwpck_require__(368);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/config.js
var config = __nccwpck_require__(169);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/user-settings.js






/** Git itself gives up at ten. */
const MAX_DEPTH = 10;
/**
 * Reads the git settings of the user and of the machine, with the files that they include whatever the condition
 * (git-config(1), "Files"). What git would not understand is left out: git fails then.
 *
 * @param home the user's home directory
 */
function userSettings(home, environment) {
    const configHome = nonEmpty(environment, 'XDG_CONFIG_HOME') ?? join(home, '.config');
    const files = [
        environment['GIT_CONFIG_SYSTEM'] ?? '/etc/gitconfig',
        ...(environment['GIT_CONFIG_GLOBAL'] === undefined
            ? [join(configHome, 'git/config'), join(home, '.gitconfig')]
            : [environment['GIT_CONFIG_GLOBAL']]),
    ];
    const own = environmentSettings(environment);
    return [...files.flatMap((file) => settingsIn(file, home, 0)), ...(own.length > 0 ? [daring('', own)] : [])];
}
/** Variables that stand for a setting (git(1), "Environment Variables"). */
const VARIABLES = {
    GIT_TEMPLATE_DIR: 'init.templatedir',
    GIT_SSH_COMMAND: 'core.sshcommand',
    GIT_SSH: 'core.sshcommand',
    GIT_ASKPASS: 'core.askpass',
    GIT_EDITOR: 'core.editor',
    GIT_SEQUENCE_EDITOR: 'sequence.editor',
    GIT_PAGER: 'core.pager',
    GIT_PROXY_COMMAND: 'core.gitproxy',
    GIT_EXTERNAL_DIFF: 'diff.external',
};
/** The settings in the environment of the job: later steps have it too (git-config(1), "Environment"). */
function environmentSettings(environment) {
    const count = Number(environment['GIT_CONFIG_COUNT'] ?? 0);
    const numbers = Array.from({ length: count >= 0 && count <= MAX_SETTINGS ? count : 0 }, (_, number) => number);
    const given = [
        ...numbers.map((number) => [environment[`GIT_CONFIG_KEY_${number}`], environment[`GIT_CONFIG_VALUE_${number}`]]),
        ...Object.entries(VARIABLES).map(([name, key]) => [key, environment[name]]),
    ];
    return given.flatMap(([name = '', value]) => {
        const [, section, subsection, key] = /^([^.]+)\.(?:(.*)\.)?([^.]+)$/s.exec(name) ?? [];
        if (section === undefined || key === undefined || value === undefined)
            return [];
        return [
            {
                ...{ section: section.toLowerCase(), subsection: subsection && fromText(subsection), key: key.toLowerCase() },
                ...{ value: fromText(value), start: 0, end: 0 },
            },
        ];
    });
}
/** More settings than anybody passes by the environment. */
const MAX_SETTINGS = 1_000;
function settingsIn(file, home, depth) {
    const content = depth < MAX_DEPTH ? contentOf(fromText(file)) : undefined;
    if (content === undefined)
        return [];
    let entries;
    try {
        entries = parseGitConfig(content);
    }
    catch {
        return [];
    }
    const included = entries.flatMap(({ section, key, value }) => {
        const path = value === undefined || !/^include(if)?$/.test(section) || key !== 'path' ? undefined : toText(value);
        return path === undefined ? [] : settingsIn(resolve(dirname(file), user_settings_withHome(path, home)), home, depth + 1);
    });
    return [daring(file, entries), ...included];
}
function daring(file, entries) {
    return { file, entries: entries.filter((entry) => composeEntry(entry, () => false) === undefined) };
}
/** A value with the home directory in place of what git or a shell takes for it, at the beginning of a word. */
function user_settings_withHome(value, home) {
    const names = ['~', `~${basename(home)}`, '$HOME', '${HOME}'].map((name) => RegExp.escape(name));
    return value.replaceAll(new RegExp(`(?<=^|[\\s"'=(])(?:${names.join('|')})(?=/)`, 'g'), () => home);
}

;// CONCATENATED MODULE: external "node:timers/promises"
const promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/other-repositories.js

/**
 * The directories of other programs for version control, and what in each of them names a program that they run, or leads to
 * such settings elsewhere. All of them run it when somebody only asks for the state, as prompts and editors do by themselves.
 *
 * - Mercurial (hg help config, "Files"; hg help internals.requirements)
 * - Sapling, which has the same files, and `config` instead of `hgrc`
 * - Jujutsu (jj help -k config)
 */
const SETTINGS = new Map([
    ['.hg', ['hgrc', 'hgrc-not-shared', 'requires', 'sharedpath']],
    ['.sl', ['config', 'hgrc', 'requires', 'sharedpath']],
    ['.jj', ['repo/config.toml', 'workspace-config.toml']],
]);
/** True for a name that such a program looks for, in each directory and those above it. */
const isOtherRepository = (name) => SETTINGS.has(name);
/** The settings in repositories that the user has: they are read-only, and no new ones may appear. */
function settingsOfOthers(repositories) {
    return repositories.flatMap((path) => (SETTINGS.get(basename(path)) ?? []).map((name) => ({
        ...{ path: join(path, name), isDirectory: true, what: 'settings of another program for version control' },
    })));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/way.js





/** The kernel gives up at as many. */
const MAX_LINKS = 40;
/**
 * Follows an absolute path as the kernel does: `..` after a link goes up from where that leads.
 *
 * @param top a directory that is known to be without links, where the path may start
 */
function way_wayTo(path, top = '/') {
    const links = [];
    const start = (0,paths/* isBelow */.Yw)(path, top) ? top : '/';
    const rest = path.slice(start.length).split('/').reverse();
    let end = start;
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
        if (name === '' || name === '.')
            continue;
        const next = (0,posix_.join)(end, name);
        const target = links.length < MAX_LINKS ? targetOf(next) : undefined;
        if (target === undefined) {
            end = next;
            continue;
        }
        links.push(next);
        if (target.startsWith('/'))
            end = '/';
        rest.push(...target.split('/').reverse());
    }
    return { end, links };
}
function targetOf(path) {
    try {
        const isLink = (0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
        return isLink ? (0,external_node_fs_.readlinkSync)((0,file_names/* bytes */.ee)(path), 'latin1') : undefined;
    }
    catch {
        return undefined;
    }
}
/**
 * What a program would follow that looks for a path: the first link on the way, or what is there in the end. Links are not
 * followed, because one could lead anywhere.
 *
 * @param top a directory, without links
 * @returns undefined if there is nothing
 */
function firstOnWay(top, path) {
    if (!(0,paths/* isBelow */.Yw)(path, top))
        return undefined;
    let at = top;
    for (const name of path.slice(top.length + 1).split('/')) {
        at = (0,posix_.join)(at, name);
        const kind = way_kindAt(at);
        if (kind === 'link' || (at === path && kind !== undefined))
            return at;
        if (kind !== 'directory')
            return undefined;
    }
    return undefined;
}
/** Like {@link kindOf}. Nothing is at a path that cannot be looked at, such as one with a name that is too long. */
function way_kindAt(path) {
    try {
        return (0,files/* kindOf */.I)(path);
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/survey.js










/** Tells a finding from every other one. */
function keyOf({ kind, path, target = '' }) {
    return [kind, path, target].join('\0');
}
/** The paths of one kind. */
function pathsOf(findings, kind) {
    return findings.filter((finding) => finding.kind === kind).map(({ path }) => path);
}
/** How long to work before the event loop gets a turn, in milliseconds: the containers are being removed meanwhile. */
const SLICE_MS = 8;
/** More than a command sensibly leaves. It may be meant to exhaust us. */
const MAX_NEW_FINDINGS = 10_000;
/** Subdirectories of a single huge directory that are searched. */
const MAX_SUBDIRECTORIES = 100_000;
/** Names by which `isGitDirectory` knows a git directory. */
const GIT_NAMES = new Set(['objects', 'refs', 'HEAD', 'commondir']);
/**
 * Walks through a workspace. It follows no link, opens no file, and does not enter the `.git` that it finds.
 *
 * @param workspace without links
 * @param limitMs time limit
 * @param after undefined for a survey before the command: it changes nothing, and lists links and shared files
 * @param covered directories that are not searched, nor listed
 */
async function survey(workspace, limitMs = Infinity, after, covered = []) {
    const end = performance.now() + limitMs;
    const walk = new Walk(workspace, after, covered, end);
    let sliceEnd = performance.now() + SLICE_MS;
    while (walk.left > 0 && performance.now() <= end) {
        walk.step();
        if (performance.now() > sliceEnd) {
            await (0,promises_namespaceObject.setImmediate)();
            sliceEnd = performance.now() + SLICE_MS;
        }
    }
    return walk.survey();
}
class Walk {
    #workspace;
    #after;
    #pending;
    #findings = [];
    #covered;
    /** When to give up in the middle of a huge directory. */
    #end;
    /** Directories that were not searched to the end. */
    #unfinished = 0;
    #links = [];
    /** Files with several names: those met, and how many are missing. */
    #shared = new Map();
    constructor(workspace, after, covered, end) {
        this.#end = end;
        this.#covered = new Set(covered);
        this.#workspace = (0,file_names/* fromText */.IK)(workspace);
        this.#after = after;
        this.#pending = [this.#workspace];
    }
    get left() {
        return this.#pending.length;
    }
    survey() {
        return {
            findings: this.#findings,
            links: this.#links,
            sharedFiles: Array.from(this.#shared.values(), ({ paths, missing }) => ({ paths, isOutside: missing > 0 })),
            left: this.left + this.#unfinished,
        };
    }
    /** Reads one directory. */
    step() {
        const path = this.#pending.pop() ?? '/';
        this.#after?.onDirectory?.(path);
        const known = this.#findings.length;
        try {
            this.#checkAccess(path);
            const isLarge = (0,files/* isHuge */.QA)(path);
            if (isLarge && this.#isNew({ kind: 'huge', path }) && path !== this.#workspace) {
                this.#add({ kind: 'flooded', path });
                return;
            }
            if (isLarge)
                this.#add({ kind: 'huge', path });
            const below = this.#look(path, isLarge);
            const isFlooded = this.#after !== undefined && this.#findings.length > MAX_NEW_FINDINGS;
            if (isFlooded && this.#findings.length > known) {
                const dropped = this.#findings.splice(known);
                this.#add({ kind: 'flooded', path });
                if (path !== this.#workspace)
                    return;
                // The workspace cannot be moved aside, so its repository and what is below it have to be looked at.
                this.#findings.push(...dropped.filter(isOfGit));
            }
            // One by one: as arguments of a single call, they would be more than the stack takes.
            for (const directory of below)
                if (!this.#covered.has(directory))
                    this.#pending.push(directory);
        }
        catch {
            this.#add({ kind: 'unread', path });
        }
    }
    /** Lets its owner search a directory and remove what is in it, unless the owner could not before the command. */
    #checkAccess(path) {
        const { mode } = (0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)(path));
        if ((mode & 0o500) !== 0o500) {
            const shut = { kind: 'shut', path };
            if (this.#isNew(shut) && this.#isNew({ kind: 'unread', path }))
                (0,files/* unlock */.Tl)(path, 0o700);
            this.#add(shut);
        }
        else if ((mode & 0o200) === 0 && path !== this.#workspace) {
            const isOutermost = ((0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)((0,posix_.dirname)(path))).mode & 0o200) !== 0;
            if (isOutermost)
                this.#add({ kind: 'read-only', path });
        }
    }
    /** True for what was not there before the command. */
    #isNew(finding) {
        return this.#after !== undefined && !this.#after.known.has(keyOf(finding));
    }
    /**
     * There is a bound on what is kept of a large directory: the workspace, or a directory of the user's, which cannot be moved
     * aside.
     *
     * @returns the directories to search next
     */
    #look(path, isLarge) {
        const entries = isLarge ? streamedEntriesOf(path) : listing_entriesOf(path);
        if ((0,posix_.basename)(path) === '.git') {
            this.#add({ kind: 'git-directory', path });
            return [];
        }
        if (isOtherRepository((0,posix_.basename)(path))) {
            this.#add({ kind: 'other-repository', path });
            if (this.#isNew({ kind: 'other-repository', path }))
                return [];
        }
        const names = new Set();
        const below = [];
        let isWhole = true;
        for (const entry of entries) {
            const known = this.#findings.length;
            this.#entry(path, entry, below);
            if (GIT_NAMES.has(entry.name))
                names.add(entry.name);
            if (!isLarge)
                continue;
            const isTooMuch = below.length > MAX_SUBDIRECTORIES || (this.#after !== undefined && known > MAX_NEW_FINDINGS);
            if (isTooMuch) {
                below.length = Math.min(below.length, MAX_SUBDIRECTORIES);
                this.#findings.push(...this.#findings.splice(known).filter(isOfGit));
            }
            const isLate = performance.now() > this.#end;
            isWhole &&= !isTooMuch && !isLate;
            if (isLate)
                break;
        }
        if (!isWhole)
            this.#unfinished++;
        if ((0,directory/* isGitDirectory */.QU)(names))
            this.#add({ kind: 'git-directory', path });
        return below;
    }
    #entry(path, { name, kind }, below) {
        const file = (0,posix_.join)(path, name);
        if (kind === 'directory')
            below.push(file);
        else if (name === '.git')
            this.#add({ kind: kind === 'file' ? 'git-file' : 'git-link', path: file });
        else if (isOtherRepository(name))
            this.#add({ kind: 'other-repository', path: file });
        else if (kind === 'pipe')
            this.#add({ kind, path: file });
        else if (kind === 'link')
            this.#link(file);
        else if (kind === 'file')
            this.#file(file);
        const isAction = /^action\.ya?ml$/.test(name) && (kind === 'file' || kind === 'link');
        if (isAction)
            this.#add({ kind: 'action', path });
    }
    #link(path) {
        if (this.#after === undefined)
            this.#links.push(path);
        const target = way_wayTo(path, this.#workspace).end;
        if (!(0,paths/* isAtOrBelow */.a5)(target, this.#workspace))
            this.#add({ kind: 'link-out', path, target });
    }
    #file(path) {
        const stats = (0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)(path), { throwIfNoEntry: false });
        if (stats === undefined)
            return;
        if ((stats.mode & 0o6000) !== 0)
            this.#add({ kind: 'set-id', path });
        if (stats.nlink < 2 || this.#after !== undefined)
            return;
        const id = `${stats.dev} ${stats.ino}`;
        const known = this.#shared.get(id);
        if (known === undefined) {
            this.#shared.set(id, { paths: [path], missing: stats.nlink - 1 });
        }
        else {
            known.paths.push(path);
            known.missing -= 1;
        }
    }
    #add(finding) {
        if (this.#after?.known.has(keyOf(finding)) !== true)
            this.#findings.push(finding);
    }
}
function isOfGit({ kind }) {
    return kind.startsWith('git-') || kind === 'other-repository';
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/elsewhere.js









/** The worktrees that findings of a survey lead to. */
function worktreesAt(findings) {
    const gitDirectories = pathsOf(findings, 'git-directory').filter((path) => (0,posix_.basename)(path) === '.git');
    const gitFiles = pathsOf(findings, 'git-file').flatMap((path) => {
        const target = (0,directory/* gitFileTarget */.S6)(path);
        return target === undefined ? [] : [{ top: (0,posix_.dirname)(path), gitDirectory: way_wayTo(target).end }];
    });
    return [...gitDirectories.map((path) => ({ top: (0,posix_.dirname)(path), gitDirectory: path })), ...gitFiles];
}
/** The places at which git looks for what a setting names: one in each worktree in which it obeys the setting. */
function placesOf(named, worktrees) {
    const { path, of } = named;
    if ((0,posix_.isAbsolute)(path))
        return [named];
    return worktrees
        .filter(({ gitDirectory: own }) => of === undefined || own === of || own.startsWith(`${of}/worktrees/`))
        .map(({ top }) => ({ ...named, path: (0,posix_.resolve)(top, path) }));
}
const NAMED = 'a path that a git setting names';
/** The hooks of a git directory. The sandbox cannot make any, but what links among them lead to is in the workspace. */
function hooksAt(path) {
    return { path, isDirectory: true, what: kindAt(path) === 'link' ? NAMED : undefined, of: undefined };
}
/** More is no directory of hooks, but somebody's mistake. */
const MAX_HOOKS = 10_000;
/**
 * The links in directories of hooks that a survey of the workspace does not meet: in git directories, and outside.
 *
 * @throws UserError if there is too much in such a directory
 */
function linksInHooks(places, workspace) {
    const directories = places.filter(({ isDirectory }) => isDirectory).map(({ path }) => wayTo(path).end);
    return [...new Set(directories)]
        .filter((path) => !isAtOrBelow(path, workspace) || path.split('/').includes('.git'))
        .flatMap(linksBelow);
}
function linksBelow(top) {
    const [pending, links] = [[top], []];
    let met = 0;
    for (const directory of pending) {
        for (const { name, kind } of entriesIn(directory)) {
            if (kind === 'link')
                links.push(join(directory, name));
            else if (kind === 'directory')
                pending.push(join(directory, name));
            if (++met <= MAX_HOOKS)
                continue;
            throw new UserError(`${printable(top)}, from which git takes hooks, has more than ${MAX_HOOKS} files in it.`, {
                hint: 'Set core.hooksPath or init.templateDir to a directory with nothing but hooks.',
            });
        }
    }
    return links;
}
function entriesIn(directory) {
    try {
        return entriesOf(directory);
    }
    catch {
        return []; // There is none, or nobody can list it.
    }
}
/**
 * What settings name. Any word of a command may name a file, but only one that looks like a path certainly does.
 *
 * @param beside where git looks for an included file
 * @param home the user's home directory
 * @param of the git directory whose settings these are; undefined for those of the user and the machine
 */
function namedBy(entries, beside, home, of) {
    return entries.flatMap((entry) => {
        const { section } = entry;
        const value = withHome(entry.value ?? '', home);
        if (value === '')
            return [];
        if (isHooksPath(entry))
            return [{ path: value, isDirectory: true, what: NAMED, of }];
        const isInclude = /^include(if)?$/.test(section);
        const words = isInclude ? [resolve(beside, value)] : value.split(/[\s"'!;|&()<>=]+/).filter((word) => word !== '');
        return words.map((word) => ({
            ...{ path: word, isDirectory: false, of },
            what: /^\.{0,2}\//.test(word) ? NAMED : undefined,
        }));
    });
}
/** A new repository gets its first hooks from the directory of templates. */
function isHooksPath({ section, subsection, key }) {
    return subsection === undefined && /^(core\.hookspath|init\.templatedir)$/.test(`${section}.${key}`);
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/index-file.js
var index_file = __nccwpck_require__(934);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/layout.js
var layout = __nccwpck_require__(985);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/refs.js
var refs = __nccwpck_require__(885);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/judge.js








/** One offence is enough to rebuild a directory; more only help people to understand. */
const MAX_OFFENCES = 100;
/** More entries than a repository that a command makes has. */
const MAX_ENTRIES = 500_000;
/**
 * Judges a git directory by a list of what is data. Everything else is an offence, whether or not anybody knows why it
 * would be dangerous.
 *
 * @param workspace where worktrees may be
 * @param end when to give up, by the clock of `performance.now`
 * @throws Error if it cannot be looked at, TooMany if it has more than half a million entries or takes too long
 */
function offencesIn(directory, workspace, end = Infinity) {
    return new Judge(directory, workspace, end).offences();
}
class Judge {
    #top;
    #workspace;
    #end;
    #found = [];
    #left = MAX_ENTRIES;
    constructor(top, workspace, end) {
        this.#top = top;
        this.#workspace = workspace;
        this.#end = end;
    }
    offences() {
        this.#repository('');
        return this.#found;
    }
    /** @param at of a git directory, relative to the outermost one */
    #repository(at) {
        this.#each(at, (name, path) => {
            if (name === 'modules')
                this.#modules(path);
            else if (name === 'worktrees')
                this.#each(path, (_, worktree) => this.#worktree(worktree));
            else
                this.#entry(at, name);
        });
    }
    #modules(at) {
        this.#each(at, (_, path) => {
            const isRepository = (0,files/* kindOf */.I)((0,posix_.join)(this.#top, path, 'HEAD')) !== undefined;
            if (isRepository)
                this.#repository(path);
            else
                this.#modules(path);
        });
    }
    #worktree(at) {
        this.#each(at, (name, path) => {
            const content = () => (0,files/* contentOf */.$E)((0,posix_.join)(this.#top, path)) ?? '';
            if (name === 'commondir')
                this.#require(content().trimEnd() === '../..', path, 'a redirection of settings');
            else if (name === 'gitdir')
                return;
            else
                this.#entry(at, name);
        });
    }
    /** Judges an entry of a git directory, and all that is below it. */
    #entry(at, name) {
        const path = (0,posix_.join)(at, name);
        const kind = (0,files/* kindOf */.I)((0,posix_.join)(this.#top, path));
        if (kind === 'directory') {
            this.#each(path, (below) => this.#entry(at, (0,posix_.join)(name, below)));
            return;
        }
        if (kind !== 'file')
            this.#offend(path, kind === 'link' ? 'a symbolic link' : 'neither a file nor a directory');
        else if (name === 'config' || name === 'config.worktree')
            this.#config(at, path);
        else if ((0,layout/* isIndex */.nw)(name))
            this.#index(at, path);
        else if (name.startsWith('hooks/'))
            this.#require(name.endsWith('.sample'), path, 'a hook');
        else
            this.#require(isData(name, (0,posix_.join)(this.#top, path)), path, 'not known to be data of git');
    }
    #config(at, path) {
        const composed = (0,directory/* readConfig */.Xg)((0,posix_.join)(this.#top, path), (0,posix_.join)(this.#top, at), this.#workspace);
        if (typeof composed === 'string')
            this.#offend(path, `a configuration that AWF cannot read (${composed})`);
        else
            for (const entry of composed.dropped)
                this.#offend(path, `the setting ${(0,config_policy/* describeEntry */.OY)(entry)}`);
    }
    #index(at, path) {
        const repository = (0,posix_.join)(this.#top, at.replace(/(^|\/)worktrees\/[^/]*$/, ''));
        try {
            const { hasOffsets } = (0,index_file/* readIndex */.vY)((0,posix_.join)(this.#top, path), (0,index_file/* hashBytesOf */.Lz)(repository));
            this.#require(!hasOffsets, path, 'an index with offsets for threads');
        }
        catch (error) {
            if (!(error instanceof SyntaxError))
                throw error;
            this.#offend(path, error.message);
        }
    }
    #require(passes, path, what) {
        if (!passes)
            this.#offend(path, what);
    }
    #offend(path, what) {
        if (this.#found.length < MAX_OFFENCES) {
            this.#found.push(offenceAt((0,posix_.join)(this.#top, path), what));
        }
    }
    /** Calls `visit` for each entry of a directory. Anything but a directory is an offence. */
    #each(at, visit) {
        const directory = (0,posix_.join)(this.#top, at);
        if ((0,files/* kindOf */.I)(directory) !== 'directory') {
            this.#offend(at, 'no directory');
            return;
        }
        for (const name of (0,files/* namesIn */.wX)(directory)) {
            if (this.#left-- === 0)
                throw new files/* TooMany */.Qq(`more than ${MAX_ENTRIES} entries in ${this.#top}`);
            if (performance.now() > this.#end)
                throw new files/* TooMany */.Qq(`no time for ${this.#top}`);
            visit(name, (0,posix_.join)(at, name));
        }
    }
}
/** @param name relative to the git directory */
function isData(name, file) {
    if ((0,layout/* isStored */.mL)(name))
        return true;
    if (name === 'packed-refs' || /^objects\/info\/(packs|commit-graph|commit-graphs\/[\w.-]+)$/.test(name))
        return true;
    if (/^(gc\.pid|gc\.log|info\/refs|lfs\/(cache|tmp|logs)\/.*|rr-cache\/.*|.*\.lock)$/.test(name))
        return true;
    if (name.startsWith('refs/'))
        return (0,refs/* isRefName */.pA)(name) && (0,refs/* isRefValue */.v6)(((0,files/* contentOf */.$E)(file) ?? '\0').trimEnd());
    return (0,layout/* returnsAs */.sp)(name)?.((0,files/* contentOf */.$E)(file, layout/* MAX_LOG_BYTES */.w5) ?? '\0') ?? false;
}
/** Its id is a hash, because ids are stored for the post step and must not reveal contents. */
function offenceAt(path, what) {
    const text = [path, what, (0,files/* contentOf */.$E)(path) ?? (0,files/* stampOf */.Zs)(path) ?? ''].join('\0');
    return { id: (0,external_node_crypto_.createHash)('sha256').update(text, 'latin1').digest('base64'), path, what };
}

;// CONCATENATED MODULE: external "node:zlib"
const external_node_zlib_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:zlib");
// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __nccwpck_require__(421);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/packs.js


/** git exits with this one if it does not know an option, before it reads anything. */
const USAGE = 129;
/** With this one it gives up, whatever the reason (usage.c, `die`). Only its message tells more. */
const DIED = 128;
/**
 * Messages of git (index-pack.c, wrapper.c) and of the C library, in the C locale, for what the machine could not give. Git may
 * go on and call an object corrupt that it had no memory for, so the whole of its output counts. No message repeats the
 * content of a pack.
 */
const OUT_OF_RESOURCES = new RegExp([
    ...['out of memory', 'cannot allocate memory', 'mmap failed', 'unable to create thread'],
    ...['resource temporarily unavailable', 'too many open files', 'input/output error', 'permission denied'],
    ...['no such file', 'error while loading shared libraries'],
].join('|'), 'i');
/**
 * Git makes no pack for which it would have to allocate more at once: it compresses larger files one by one
 * (`core.bigFileThreshold`, 512 MB). A pack that wants more is forged, on every machine. Without the limit, its lie about a
 * size would look like want of memory.
 */
const LARGEST_ALLOCATION = '2g';
/** Signals of a program that fails on what it reads. All others come from outside, SIGKILL for want of memory among them. */
const CRASHES = ['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE'];
/**
 * Asks git to read a pack and to compute anew what its index says. Git runs in no repository and with nobody's settings, so
 * that it does nothing but read.
 *
 * @param path without `.pack` and `.idx`
 * @param limitMs time limit
 */
function judgePack(path, hashBytes, limitMs) {
    const [directories, pack] = [process.env['PATH'], (0,file_names/* toText */.fE)(path)];
    if (directories === undefined)
        return unknown('there is no git');
    if (pack === undefined)
        return unknown('its path is not UTF-8');
    if (limitMs < 1)
        return unknown('there was no time');
    // Older versions do not know the option, and have no other format.
    const format = hashBytes === 20 ? [] : ['--object-format=sha256'];
    const ended = (0,external_node_child_process_.spawnSync)('git', ['index-pack', '--verify', ...format, `${pack}.pack`], {
        cwd: '/',
        env: {
            ...{ PATH: directories, LC_ALL: 'C', HOME: '/nonexistent' },
            ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ALLOC_LIMIT: LARGEST_ALLOCATION },
        },
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'latin1',
        timeout: Math.ceil(limitMs),
        killSignal: 'SIGKILL',
    });
    return verdictOf(ended);
}
function verdictOf({ status, signal, error, stderr }) {
    // Of Node.js: why the program could not start, or did not come to its end.
    const code = error?.code;
    if (code === 'ENOENT')
        return unknown('there is no git');
    if (code === 'ETIMEDOUT')
        return unknown('there was no time');
    if (signal !== null)
        return CRASHES.includes(signal) ? { is: 'forged' } : unknown(`git was ended by ${signal}`);
    if (status === 0 && code === undefined)
        return { is: 'true' };
    if (status === USAGE)
        return unknown('git is too old');
    const reason = OUT_OF_RESOURCES.exec(stderr)?.[0];
    if (status === DIED && code === undefined && reason === undefined)
        return { is: 'forged' };
    return unknown(`git failed (${reason ?? code ?? `exit code ${status}`})`);
}
function unknown(why) {
    return { is: 'unknown', why };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/objects.js








/*
 * Git believes that an object is what its name says: it does not compute the name when it reads one. The command writes to
 * the stores of the host, so what it wrote there is compared with its name, as git does with what it fetches.
 */
/** A larger loose object is not read. Bytes, of what it contains and of its file. */
const MAX_OBJECT_BYTES = 512 << 20;
/** What git computes from packs, and makes again if it is not there. It says where an object is, and may lie. */
const DERIVED = /^objects\/pack\/(multi-pack-index.*|.*\.(bitmap|rev|mtimes))$/s;
/** Git reads every pack that has an index beside it, whatever their name. */
const A_PACK = /^(objects\/pack\/[^/]*)\.(pack|idx)$/s;
/** Whoever held it is dead. `git maintenance` would wait for its end for ever, and say nothing. */
const LOCK = /^objects\/[^/]*\.lock$/;
/** The kernel's clock for files stands still for up to 10 ms. */
const CLOCK_TICK_MS = 50;
/**
 * Whether a file may have changed from a moment on. Its own time lags behind the clock by less than a tick, or, on some file
 * systems, by less than a second: those keep whole seconds only.
 *
 * @param ctimeMs when it changed last; the kernel sets this time, and nobody else can
 */
const mayHaveChanged = (ctimeMs, since) => ctimeMs >= since - (ctimeMs % 1_000 === 0 ? 1_000 : CLOCK_TICK_MS);
const TRUE = { is: 'true' };
const FORGED = { is: 'forged' };
const NO_TIME = { is: 'unknown', why: 'there was no time' };
const TOO_LARGE = { is: 'unknown', why: 'it is too large' };
/**
 * Moves aside the objects in a repository's stores whose content is not what their name says.
 *
 * @param since only those that changed from then on, in milliseconds since the epoch
 * @param end when to give up, by the same clock as `performance.now`
 */
function checkObjects(repository, since, hashBytes, end) {
    const all = layout/* STORES */.ZZ.flatMap((store) => (0,files/* filesBelow */.DR)(repository, store, undefined, files/* unlock */.Tl));
    const isChanged = (name) => mayHaveChanged((0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)((0,posix_.join)(repository, name))).ctimeMs, since);
    const changed = all.filter(isChanged);
    const packs = new Set(changed.flatMap((name) => A_PACK.exec(name)?.[1] ?? []));
    // An old one may speak of a pack that has been replaced since.
    const isDoubtful = (name) => name.startsWith('objects/pack/multi-pack-index') ? packs.size > 0 : packs.has(name.replace(/\.\w+$/, ''));
    for (const name of all.filter((one) => DERIVED.test(one) && (isDoubtful(one) || isChanged(one)))) {
        (0,external_node_fs_.rmSync)((0,file_names/* bytes */.ee)((0,posix_.join)(repository, name)), { force: true });
    }
    for (const name of changed.filter((one) => LOCK.test(one)))
        (0,external_node_fs_.rmSync)((0,file_names/* bytes */.ee)((0,posix_.join)(repository, name)), { force: true });
    const found = { forged: [], unchecked: [], cleared: [] };
    const check = (names, judge) => {
        const [name = ''] = names;
        try {
            const verdict = performance.now() > end ? NO_TIME : judge();
            if (verdict.is === 'unknown')
                found.unchecked.push({ name, why: verdict.why });
            if (verdict.is !== 'forged')
                return;
            for (const one of names)
                (0,files/* moveUnlocked */.Rm)((0,posix_.join)(repository, one));
            found.forged.push(name);
        }
        catch (error) {
            // It costs its own check, and not that of the others.
            const { code = String(error) } = error;
            found.unchecked.push({ name, why: `it could not be read or moved (${code})` });
        }
    };
    for (const name of changed) {
        const file = (0,posix_.join)(repository, name);
        if ((0,files/* lendsRights */.OR)(file)) {
            (0,files/* clearSetId */.DW)(file);
            found.cleared.push(name);
        }
        const object = /^objects\/([0-9a-f]{2})\/([0-9a-f]{38}|[0-9a-f]{62})$/.exec(name);
        const large = /^lfs\/objects\/..\/..\/([0-9a-f]{64})$/.exec(name)?.[1];
        if (object)
            check([name], () => judgeLoose(file, hashBytes, `${object[1]}${object[2]}`));
        else if (large !== undefined)
            check([name], () => ((0,files/* hashOf */.qQ)(file) === large ? TRUE : FORGED));
    }
    for (const pack of packs) {
        const names = [`${pack}.pack`, `${pack}.idx`].filter((name) => (0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)((0,posix_.join)(repository, name)), { throwIfNoEntry: false }));
        // No git makes such a name, and none could be asked about it.
        const isOdd = (0,file_names/* toText */.fE)(pack) === undefined;
        const judge = () => judgePack((0,posix_.join)(repository, pack), hashBytes, end - performance.now());
        if (names.length === 2)
            check(names, () => (isOdd ? FORGED : judge()));
    }
    return found;
}
/** More links in one directory may be meant to keep us busy. */
const objects_MAX_LINKS = 100;
/** Git looks for objects in directories with these names only. Below them, only Git LFS has directories. */
const TOP_NAMES = ['pack', ...Array.from({ length: 256 }, (_, number) => number.toString(16).padStart(2, '0'))];
/**
 * What is neither a file nor a directory in a repository's stores: through a link, git reads objects that nobody has checked,
 * and writes new ones. Where there are too many, or too much else, it is the directory as a whole.
 *
 * @param since as for {@link checkObjects}: a link that was there before is the user's
 */
function strangersIn(repository, since) {
    return layout/* STORES */.ZZ.filter((store) => (0,files/* isPlainPath */.qW)(repository, `${store}/x`) && isOpen((0,posix_.join)(repository, store), since))
        .flatMap((store) => TOP_NAMES.map((name) => (0,posix_.join)(repository, store, name)))
        .flatMap((path) => {
        const found = strangersAt(path, since);
        return found.length > objects_MAX_LINKS
            ? [{ path, what: `more than ${objects_MAX_LINKS} links among the objects of git` }]
            : found;
    });
}
/** Unlocks a store that the command has locked. @returns false if it belongs to somebody else */
function isOpen(store, since) {
    try {
        if (mayHaveChanged((0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)(store)).ctimeMs, since))
            (0,files/* unlock */.Tl)(store, 0o700);
        (0,files/* namesIn */.wX)(store);
        return true;
    }
    catch {
        return false;
    }
}
function strangersAt(path, since, depth = 0) {
    const kind = (0,files/* kindOf */.I)(path);
    if (kind === 'link' || kind === 'other') {
        const isNew = mayHaveChanged((0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)(path)).ctimeMs, since);
        return isNew ? [{ path, what: 'a link among the objects of git' }] : [];
    }
    if (kind !== 'directory' || depth > 1)
        return [];
    if ((0,files/* isHuge */.QA)(path))
        return [{ path, what: 'a directory with more in it than AWF looks at' }];
    try {
        (0,files/* unlock */.Tl)(path);
    }
    catch {
        return []; // It belongs to somebody else, so the command could not change it either.
    }
    return (0,files/* namesIn */.wX)(path).flatMap((name) => strangersAt((0,posix_.join)(path, name), since, depth + 1));
}
/** What zlib says of content that is not its own, or not whole. */
const NOT_ZLIB = new Set(['Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_NEED_DICT']);
/** @throws Error if the file cannot be read, or there is no memory for it */
function judgeLoose(file, hashBytes, name) {
    if ((0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)(file)).size > MAX_OBJECT_BYTES)
        return TOO_LARGE;
    try {
        const content = (0,external_node_zlib_namespaceObject.inflateSync)((0,external_node_fs_.readFileSync)((0,file_names/* bytes */.ee)(file)), { maxOutputLength: MAX_OBJECT_BYTES });
        const sum = (0,external_node_crypto_.createHash)(hashBytes === 20 ? 'sha1' : 'sha256').update(content);
        return sum.digest('hex') === name ? TRUE : FORGED;
    }
    catch (error) {
        const { code } = error;
        if (code === 'ERR_BUFFER_TOO_LARGE')
            return TOO_LARGE;
        if (NOT_ZLIB.has(code))
            return FORGED;
        throw error;
    }
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/own-repository.js
var own_repository = __nccwpck_require__(464);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/private.js
var git_private = __nccwpck_require__(504);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/git/return.js + 3 modules
var git_return = __nccwpck_require__(913);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/job-variables.js





/** Lists of directories, and those that are searched last whatever the list says (ld.so(8)). */
const SEARCH_PATHS = {
    PATH: [],
    LD_LIBRARY_PATH: ['x86_64', 'aarch64', 'arm']
        .map((machine) => `${machine}-linux-gnu${machine === 'arm' ? 'eabihf' : ''}`)
        .flatMap((triple) => [`/usr/lib/${triple}`, `/lib/${triple}`])
        .concat(['/usr/lib64', '/lib64', '/usr/lib', '/lib']),
};
/** Variables with files that programs run, load or obey at their start. They may have options beside them. */
const FILES = [
    ...['BASH_ENV', 'LD_PRELOAD', 'LD_AUDIT', 'DOTNET_STARTUP_HOOKS', 'R_PROFILE_USER', 'PYTHONSTARTUP'],
    ...['NODE_OPTIONS', 'RUBYOPT', 'PERL5OPT', 'JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS'],
    ...['NPM_CONFIG_USERCONFIG', 'npm_config_userconfig', 'NPM_CONFIG_GLOBALCONFIG', 'npm_config_globalconfig'],
    ...['PIP_CONFIG_FILE', 'KUBECONFIG', 'AWS_CONFIG_FILE', 'WGETRC'],
    // Modules of OpenSSL, tools of the compilers, plugins: curl, Python, Ruby, PHP and ssh load the first.
    ...['OPENSSL_CONF', 'GOENV', 'RUSTC_WRAPPER', 'TF_CLI_CONFIG_FILE', 'ANSIBLE_CONFIG'],
    ...['PAGER', 'EDITOR', 'VISUAL', 'SSH_ASKPASS', 'SUDO_ASKPASS'],
];
/** The same with directories. */
const DIRECTORIES = (/* unused pure expression or super */ null && (['DOCKER_CONFIG', 'GH_CONFIG_DIR', 'CURL_HOME', 'ZDOTDIR', 'PHPRC']));
/** The same with lists of directories or files. */
const LISTS = (/* unused pure expression or super */ null && (['PHP_INI_SCAN_DIR', 'HGRCPATH', 'GCONV_PATH']));
const job_variables_NAMED = 'a path that a variable of the job names';
/**
 * What variables of the job make later programs obey.
 *
 * @param workspace without links; relative paths start there, because steps do
 */
function namedByVariables(workspace, environment) {
    const placesOf = (names, separator, isDirectory) => names
        .flatMap((name) => (environment[name] ?? '').split(separator))
        .filter((word) => word !== '')
        .map((word) => ({ path: fromText(resolve(workspace, word)), isDirectory, what: whatOf(word) }));
    return [
        ...placesOf(FILES, /[\s"',:;=]+/, false),
        ...placesOf(DIRECTORIES, /\n/, true),
        ...placesOf(LISTS, /:/, true),
    ];
}
/** Any word may name a file, but only one that looks like a path certainly does. */
const whatOf = (word) => (word.includes('/') ? job_variables_NAMED : undefined);
/** The directories of the workspace in which later steps search for programs and libraries. */
function searchedDirectories(workspace, environment) {
    const top = fromText(workspace);
    const isInside = (path) => isAtOrBelow(path, top) || isAtOrBelow(wayTo(path).end, top);
    return Object.entries(SEARCH_PATHS).flatMap(([variable, last]) => {
        const value = environment[variable] ?? '';
        // An empty entry is the current directory, which `NAME=directory:$NAME` adds where there was nothing before.
        const entries = value === '' ? [] : value.split(delimiter).map((entry) => fromText(resolve(workspace, entry)));
        return entries.flatMap((path, index) => {
            if (!isInside(path) || entries.indexOf(path) < index)
                return [];
            const behind = [...entries.slice(index + 1), ...last].filter((other) => !isInside(other));
            return [{ variable, path, known: namesIn(path), behind }];
        });
    });
}
/** What the command has left in a directory that is searched, so that it is found instead of the host's own. */
function hidingOthers({ variable, path, known, behind }, workspace) {
    const directory = way_wayTo(path).end;
    if (!(0,paths/* isAtOrBelow */.a5)(directory, workspace))
        return [];
    const before = new Set(known);
    const hidden = new Map(behind.toReversed().flatMap((other) => namesIn(other).map((name) => [name, other])));
    return namesIn(directory, (name) => hidden.has(name) && !before.has(name)).map((name) => ({
        path: `${directory}/${name}`,
        what: `${variable} has it before ${hidden.get(name) ?? ''}/${name}`,
    }));
}
/** The names of what is no directory. */
function namesIn(directory, isWanted = () => true) {
    const names = [];
    try {
        for (const { name, kind } of streamedEntriesOf(directory)) {
            if (kind !== 'directory' && isWanted(name))
                names.push(name);
        }
    }
    catch {
        // There is no such directory, or nobody can list it.
    }
    return names;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/protected-paths.js




/** The paths that the command must not change. Where they may lead was checked with the option. */
function readOnlyPaths(workspace, entries) {
    return entries
        .filter(({ mode }) => mode === 'read-only')
        .map(({ path, isPolicy }) => ({
        path: fromText(join(workspace, path)),
        isDirectory: true,
        // It would decide what the next run may reach.
        what: isPolicy === true ? 'a policy for the next run' : undefined,
        yields: 'links',
    }));
}
/** The paths that `report:` leaves writable. */
function writablePaths(workspace, entries) {
    return entries.filter(({ mode }) => mode === 'report').map(({ path }) => fromText(join(workspace, path)));
}
/** More than a command sensibly adds to directories that were there before. It may be meant to exhaust us. */
const MAX_NEW_PATHS = 1_000;
/** A directory with so much in it that only what was there before is looked at. */
const FLOODED = { content: 'directory with more in it than AWF looks at', stamp: '' };
/**
 * Takes fingerprints of the protected paths and of everything below them. It follows no link.
 *
 * @param before an earlier snapshot to compare with. What differs anyway is not looked into: a file of another size is not
 *   read, and a new directory is not listed.
 */
function snapshot(workspace, entries, before) {
    const found = Object.create(null);
    const known = Map.groupBy(Object.keys(before ?? {}), (path) => (0,posix_.dirname)(path));
    let room = before === undefined ? Infinity : MAX_NEW_PATHS;
    const pending = entries.map(({ path }) => (0,file_names/* fromText */.IK)(path)).filter((path) => (0,files/* isPlainPath */.qW)((0,file_names/* fromText */.IK)(workspace), path));
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
        const file = (0,posix_.join)((0,file_names/* fromText */.IK)(workspace), path);
        try {
            const print = printOf(file, before === undefined ? 'new' : before[path]);
            if (print === undefined)
                continue;
            found[path] = print;
            const isNew = before !== undefined && before[path]?.content !== 'directory';
            if (print.content !== 'directory' || isNew)
                continue;
            const below = (0,files/* isHuge */.QA)(file) ? undefined : pathsIn(file, path);
            const added = before === undefined ? 0 : (below ?? []).filter((one) => !Object.hasOwn(before, one)).length;
            const isFlooded = below === undefined || added > room;
            if (isFlooded)
                found[path] = FLOODED;
            else
                room -= added;
            for (const one of (isFlooded ? known.get(path) : below) ?? [])
                pending.push(one);
        }
        catch {
            found[path] = { content: 'unreadable', stamp: '' };
        }
    }
    return found;
}
function pathsIn(directory, path) {
    return (0,external_node_fs_.readdirSync)((0,file_names/* bytes */.ee)(directory), { encoding: 'latin1' }).map((name) => (0,posix_.join)(path, name));
}
/** The differences between two snapshots. A directory that is new or gone is one change, whatever is in it. */
function changesBetween(before, after) {
    const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const changes = paths.flatMap((path) => {
        const [was, is] = [before[path]?.content, after[path]?.content];
        if (was === is)
            return [];
        return [{ path, how: was === undefined ? 'added' : is === undefined ? 'deleted' : 'modified' }];
    });
    const whole = new Set(changes.filter(({ how }) => how !== 'modified').map(({ path }) => path));
    return changes
        .filter(({ path }) => !whole.has(path.slice(0, Math.max(path.lastIndexOf('/'), 0))))
        .map(({ path, how }) => ({ path: (0,file_names/* printable */.g$)(path), how }));
}
function printOf(file, before) {
    const stats = (0,external_node_fs_.lstatSync)((0,file_names/* bytes */.ee)(file), { throwIfNoEntry: false, bigint: true });
    if (stats === undefined)
        return undefined;
    if (stats.isDirectory())
        return { content: 'directory', stamp: '' };
    if (stats.isSymbolicLink())
        return { content: `link ${(0,external_node_fs_.readlinkSync)((0,file_names/* bytes */.ee)(file), 'latin1')}`, stamp: '' };
    if (!stats.isFile())
        return { content: 'special', stamp: '' };
    const stamp = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
    if (typeof before === 'object' && before.stamp === stamp)
        return before;
    const executable = (stats.mode & 73n) === 0n ? '' : ' executable';
    const size = `${stats.size}${executable}`;
    // A file of another size has changed, so there is no need to read it. The command may have left a large one.
    const isOther = before === undefined || (before !== 'new' && !before.content.startsWith(`file ${size} `));
    if (isOther)
        return { content: `file ${size}`, stamp };
    return { content: `file ${size} ${(0,files/* hashOf */.qQ)(file)}`, stamp };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/sweep.js






/**
 * Tells what a link leads to: what the sandbox sees anyway, so that nobody can learn anything by the link; what no link may
 * lead to; or anything else. Of the places that it leads into, the innermost decides.
 */
function standingOf({ visible, closed }) {
    const [open, shut] = [visible.map(file_names/* fromText */.IK), closed.map(file_names/* fromText */.IK)];
    const depth = (target, places) => places.reduce((deepest, place) => ((0,paths/* isAtOrBelow */.a5)(target, place) ? Math.max(deepest, place.length) : deepest), 0);
    return (target) => {
        const [openDepth, shutDepth] = [depth(target, open), depth(target, shut)];
        return shutDepth > openDepth ? 'closed' : openDepth + shutDepth === 0 ? 'other' : 'visible';
    };
}
/** The new links out of the workspace. */
function newLinks(findings, baseline) {
    const standing = standingOf(baseline);
    const links = findings.filter(({ kind }) => kind === 'link-out');
    return {
        closed: links.filter(({ target = '' }) => standing(target) === 'closed'),
        reported: links.filter(({ target = '' }) => standing(target) === 'other'),
    };
}
/**
 * Makes harmless what nobody has searched: what was moved aside as a whole, new git directories, and the workspace itself if
 * there is too much in it.
 *
 * @returns the number of directories of which something is left, and what lent its owner's rights
 */
function sweep(disarmed, findings, baseline, end) {
    const known = new Set(baseline.findings);
    const standing = standingOf(baseline);
    const top = (0,file_names/* fromText */.IK)(baseline.workspace);
    const aside = disarmed.flatMap(({ path, movedTo }) => (movedTo === undefined ? [] : [{ path, now: movedTo }]));
    const inGit = pathsOf(findings, 'git-directory').map((path) => ({ path, now: path }));
    const places = [...aside, ...inGit].filter(({ now }) => way_kindAt(now) === 'directory');
    const isFull = pathsOf(findings, 'flooded').includes(top) || (0,files/* isHuge */.QA)(top);
    const results = [...places, ...(isFull ? [{ path: top, now: top }] : [])].map(({ path, now }) => {
        const isHazard = (file, hazard) => {
            const before = `${path}${file.slice(now.length)}`;
            if (hazard !== 'link')
                return !known.has(keyOf({ kind: hazard, path: before }));
            const target = way_wayTo(file).end;
            return standing(target) === 'closed' && !known.has(keyOf({ kind: 'link-out', path: before, target }));
        };
        return defuse(now, isHazard, end, now !== top);
    });
    return {
        left: results.filter(({ isWhole }) => !isWhole).length,
        setIds: results.flatMap((result) => result.setIds),
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/inspect.js



















/**
 * Surveys the workspace once no process of the command is left, and disarms everything that would make a later program do
 * what the command wants. Then it brings the command's commits to the host. In this order, a command that leaves more than
 * this process can take only harms its own commits.
 *
 * @param limitMs time limit of the survey; the check of the objects may take half of it again
 * @param onDirectory called with a directory before it is searched, and with the workspace after the search
 */
async function inspectWorkspace(baseline, limitMs, onDirectory) {
    const { workspace, protectPaths } = baseline;
    const top = (0,file_names/* fromText */.IK)(workspace);
    const kept = { conflicts: [], ended: [], settings: [], failed: [] };
    const restored = Object.entries(baseline.links).flatMap(([path, before]) => (0,disarm/* restoreLink */.XT)(top, path, before));
    const parts = new Parts(kept);
    for (const { own } of baseline.repositories)
        parts.do(own, () => openUp(own), undefined);
    const end = performance.now() + limitMs;
    const after = { known: new Set(baseline.findings), onDirectory };
    const notSearched = [...baseline.covered, ...baseline.repositories.map(({ host }) => host)];
    const found = await survey(workspace, limitMs, after, notSearched);
    // Nothing is searched from here on. If this process dies, the directory that was searched last is not the reason.
    onDirectory?.(top);
    const links = newLinks(found.findings, baseline);
    const repositories = disarmRepositories(found.findings, baseline, end);
    const disarmed = [
        ...restored,
        ...repositories.judged,
        ...repositories.unknown,
        ...disarmPaths(found.findings, baseline),
        ...disarmStores(baseline, parts),
        ...links.closed.map(({ path, target = '' }) => (0,disarm/* moveOut */.o$)(path, [`a link to ${target}`])),
        ...disarmSearched(baseline),
    ];
    const sweepEnd = performance.now() + limitMs / 4;
    const nothing = { left: 0, setIds: [] };
    const swept = parts.do('what was moved aside', () => sweep(disarmed, found.findings, baseline, sweepEnd), nothing);
    const pipes = pathsOf(found.findings, 'pipe').map((path) => ({ path, isRemoved: succeeds(removePipe, path) }));
    const prints = parts.do('protect-paths', () => snapshot(workspace, protectPaths, baseline.snapshot), undefined);
    const stores = checkStores(baseline, performance.now() + limitMs / 2, parts);
    const setIds = [
        ...pathsOf(found.findings, 'set-id').map((path) => ({ path, isCleared: succeeds(files/* clearSetId */.DW, path) })),
        ...[...swept.setIds, ...stores.setIds].map((path) => ({ path, isCleared: true })),
    ];
    returnRepositories(baseline, kept);
    for (const moved of repositories.judged)
        (0,disarm/* rebuild */.aq)(moved, workspace, kept);
    const shown = (path) => (0,file_names/* printable */.g$)((0,paths/* isBelow */.Yw)(path, top) ? path.slice(top.length + 1) : path);
    return {
        disarmed: disarmed
            .map(({ path, what, movedTo }) => {
            return { path: shown(path), what: what.map(file_names/* printable */.g$), movedTo: movedTo && shown(movedTo) };
        })
            .sort((one, other) => byPlace(one.path, other.path)),
        newRepository: !baseline.isRepository && (0,own_repository/* identify */.ls)((0,external_node_path_.join)(top, '.git')) !== undefined,
        kept,
        changes: prints === undefined ? [] : changesBetween(baseline.snapshot, prints),
        links: links.reported.map(({ path, target = '' }) => `${shown(path)} -> ${(0,file_names/* printable */.g$)(target)}`),
        setIdFiles: setIds.map((one) => ({ ...one, path: shown(one.path) })),
        shut: pathsOf(found.findings, 'shut').map(shown),
        readOnly: pathsOf(found.findings, 'read-only').map(shown),
        pipes: pipes.map((one) => ({ ...one, path: shown(one.path) })),
        left: found.left + pathsOf(found.findings, 'flooded').length + swept.left + stores.left + parts.left,
    };
}
/**
 * Does the parts of an inspection one by one. Whatever the command has left to stop one of them, it costs that part alone, and
 * the step fails.
 */
class Parts {
    kept;
    /** Parts that were not done. */
    left = 0;
    constructor(kept) {
        this.kept = kept;
    }
    do(what, work, otherwise) {
        try {
            return work();
        }
        catch (error) {
            this.kept.failed.push(`${what}: ${String(error)}`);
            this.left++;
            return otherwise;
        }
    }
}
/** Unlocks a git directory of the run's own, in which the command may have set any permission. */
function openUp(directory) {
    if ((0,files/* kindOf */.I)(directory) !== 'directory')
        return;
    (0,files/* unlock */.Tl)(directory, 0o700);
    (0,files/* filesBelow */.DR)(directory, '', undefined, (below) => (0,files/* unlock */.Tl)(below, 0o700));
}
/** Moves aside what has no business among git's objects. */
function disarmStores({ repositories, since }, parts) {
    return repositories.flatMap(({ host }) => parts.do(`${host}/objects`, () => strangersIn(host, since), []).map(({ path, what }) => (0,disarm/* moveOut */.o$)(path, [what])));
}
/** Brings what the command did in git to the host. A repository that fails costs itself and no other. */
function returnRepositories({ repositories, workspace }, kept) {
    for (const repository of repositories) {
        try {
            (0,git_return/* returnDirectory */.q)(repository, workspace, kept);
        }
        catch (error) {
            kept.failed.push(`${repository.host}: ${String(error)}`);
        }
    }
}
/**
 * Moves aside the objects of the host's repositories that are not what they are called, also those of new submodules, which
 * are still in the run's own directories.
 *
 * @returns the number of repositories in which something could not be looked at, and what lent its owner's rights
 */
function checkStores({ repositories, since }, end, parts) {
    const { failed } = parts.kept;
    const places = repositories.filter(({ kind }) => kind === 'repository').flatMap(({ host, own }) => [host, own]);
    const all = places.flatMap((one) => [one, ...parts.do(`${one}/modules`, () => (0,git_private/* modulesOf */.XG)(one), [])]);
    const setIds = [];
    let left = 0;
    for (const host of new Set(all)) {
        try {
            const { forged, unchecked, cleared } = checkObjects(host, since, (0,index_file/* hashBytesOf */.Lz)(host), end);
            setIds.push(...cleared.map((name) => `${host}/${name}`));
            for (const name of forged)
                failed.push(`${host}/${name}: its content is not what its name says`);
            const [first] = unchecked;
            if (first === undefined)
                continue;
            const more = unchecked.length === 1 ? '' : ` (and ${unchecked.length - 1} more)`;
            failed.push(`${host}/${first.name}${more}: AWF could not check it, because ${first.why}; run git fsck`);
        }
        catch (error) {
            failed.push(`${host}/objects: ${String(error)}`);
        }
        left++;
    }
    return { left, setIds };
}
/** Moves repositories aside that have anything but data in them, or that cannot be looked at. */
function disarmRepositories(findings, { bare, offences, workspace }, end) {
    const known = new Set(offences);
    const [judged, unknown] = [[], []];
    for (const path of [...bare, ...pathsOf(findings, 'git-directory')]) {
        if (way_kindAt(path) !== 'directory')
            continue;
        try {
            const found = offencesIn(path, workspace, end).filter(({ id }) => !known.has(id));
            if (found.length > 0)
                judged.push((0,disarm/* disarmRepository */.$A)(path, found));
        }
        catch {
            const why = performance.now() > end ? 'had no time to' : 'cannot';
            unknown.push((0,disarm/* moveOut */.o$)(path, [`a repository that AWF ${why} look at`]));
        }
    }
    return { judged, unknown };
}
/** What of the findings is moved aside without another look. The workspace itself cannot be. */
const MOVED = {
    'git-link': 'a symbolic link',
    'other-repository': 'a repository of a program whose settings AWF does not judge',
    unread: 'a directory that AWF cannot look at',
    flooded: 'a directory with more in it than AWF looks at',
};
/** Moves aside what else a later program would follow, or get stuck in. */
function disarmPaths(findings, baseline) {
    const { workspace, absent, named } = baseline;
    const top = (0,file_names/* fromText */.IK)(workspace);
    const stray = pathsOf(findings, 'git-file').filter((path) => !(0,directory/* leadsInto */.gA)((0,directory/* gitFileTarget */.S6)(path) ?? '/', workspace));
    const worktrees = worktreesAt(findings);
    const places = [...absent, ...named.flatMap((one) => placesOf(one, worktrees))];
    return [
        ...stray.map((path) => (0,disarm/* moveOut */.o$)(path, ['a link to a repository outside the workspace'])),
        ...findings.flatMap(({ kind, path }) => {
            const what = MOVED[kind];
            return what === undefined || path === top ? [] : [(0,disarm/* moveOut */.o$)(path, [what])];
        }),
        ...places.flatMap((place) => disarmPlace(place, top)),
    ];
}
/** Moves aside what would be found instead of the host's own programs. */
function disarmSearched({ searched, workspace }) {
    const top = (0,file_names/* fromText */.IK)(workspace);
    return searched.flatMap((one) => hidingOthers(one, top).map(({ path, what }) => (0,disarm/* moveOut */.o$)(path, [what])));
}
/** Moves something aside that has appeared at a place, or a link on the way there. */
function disarmPlace({ path, isDirectory, what = '' }, workspace) {
    const found = firstOnWay(workspace, path);
    return found === undefined || ((0,files/* kindOf */.I)(found) === 'directory' && !isDirectory) ? [] : [(0,disarm/* moveOut */.o$)(found, [what])];
}
/** Sorts the workspace's own repository first. */
function byPlace(one, other) {
    const rank = (path) => (path.startsWith('.git/') ? 0 : 1);
    return rank(one) - rank(other) || (one < other ? -1 : 1);
}
function succeeds(work, path) {
    try {
        work(path);
        return true;
    }
    catch {
        return false;
    }
}


/***/ }),

/***/ 440:
/***/ ((__webpack_module__, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(24);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(760);
/* harmony import */ var _host_file_names_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(50);
/* harmony import */ var _baseline_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(225);
/* harmony import */ var _inspect_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(197);
/* harmony import */ var _look_through_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(737);
/** The process that looks through a workspace: `node look-through WORK_DIRECTORY LIMIT_MS`. Prints the aftermath as JSON. */






try {
    // If what the command has left uses up the machine's memory, this process and its git go first.
    (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.writeFileSync)('/proc/self/oom_score_adj', '1000');
}
catch {
    // Then the kernel decides by size.
}
const [workDirectory = '', limitMs = ''] = process.argv.slice(2);
const baseline = (0,_baseline_js__WEBPACK_IMPORTED_MODULE_3__/* .readBaseline */ .m)(workDirectory);
if (baseline === undefined)
    throw new Error(`no baseline in ${workDirectory}`);
const depth = (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_2__/* .bytes */ .ee)(baseline.workspace).length;
let last = '';
const aftermath = await (0,_inspect_js__WEBPACK_IMPORTED_MODULE_4__/* .inspectWorkspace */ .e)(baseline, Number(limitMs), (path) => {
    // Two levels are enough to find the place again, and few enough to write down.
    const place = /^\/?[^/]*(\/[^/]*)?/.exec(path.slice(depth + 1))?.[0] ?? '';
    if (place === last)
        return;
    last = place;
    (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.writeFileSync)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(workDirectory, _look_through_js__WEBPACK_IMPORTED_MODULE_5__/* .PLACE_FILE */ .f), place === '' ? '' : (0,_host_file_names_js__WEBPACK_IMPORTED_MODULE_2__/* .bytes */ .ee)(`${path.slice(0, depth)}/${place}`));
});
process.stdout.write(JSON.stringify(aftermath));

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 737:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  f: () => (/* binding */ PLACE_FILE)
});

// UNUSED EXPORTS: inProcess

// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __nccwpck_require__(421);
;// CONCATENATED MODULE: external "node:events"
const external_node_events_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:events");
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
;// CONCATENATED MODULE: external "node:stream/consumers"
const consumers_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream/consumers");
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/errors.js
var errors = __nccwpck_require__(739);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/host/file-names.js
var file_names = __nccwpck_require__(50);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/host/paths.js + 1 modules
var paths = __nccwpck_require__(962);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/host/programs.js




/**
 * Finds a program as a shell would, but never in the workspace: after the command, what `PATH` finds there may be the
 * command's own work. Relative directories count as the workspace's.
 *
 * `which` of `@actions/io` logs directories that it cannot read to standard output, which belongs to the command.
 *
 * @returns its path, or undefined if there is none
 */
function programs_findProgram(name, environment = process.env) {
    const workspace = nonEmpty(environment, 'GITHUB_WORKSPACE') ?? process.cwd();
    return (environment['PATH'] ?? '')
        .split(delimiter)
        .filter((directory) => isAbsolute(directory))
        .map((directory) => join(directory, name))
        .find((path) => isProgram(path) && !isInside(path, workspace) && !isBelow(path, workspace));
}
function isProgram(path) {
    try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
    }
    catch {
        return false;
    }
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/workspace/disarm.js
var disarm = __nccwpck_require__(928);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/look-through.js









/** In the work directory: the directory that is being looked at. */
const PLACE_FILE = 'place';
/** Megabytes of heap. What a command leaves may be meant to use up all of the machine's memory. */
const HEAP_LIMIT_MB = 1_024;
/** The process stops by itself first: after the search, it gets as much time again for the repositories. Milliseconds. */
const GRACE_MS = 10_000;
/**
 * Looks through the workspace in a process of its own: whatever the command has left to exhaust it, this process and the
 * report live on.
 *
 * @param root the action's own directory
 * @returns rejects with a UserError if the process dies or takes too long; the directory at which it died has been moved
 *   aside then
 */
function inProcess(root) {
    return async (workDirectory, limitMs) => {
        const program = join(root, 'dist/look-through/index.js');
        const args = [`--max-old-space-size=${HEAP_LIMIT_MB}`, program, workDirectory, String(limitMs)];
        const git = findProgram('git');
        // Nothing else of the job's environment is needed, and no dump of the memory may be written.
        const env = git === undefined ? {} : { PATH: dirname(git) };
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
        const timer = setTimeout(() => child.kill('SIGKILL'), 2 * limitMs + GRACE_MS);
        try {
            const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
            if (child.exitCode === 0)
                return JSON.parse(stdout);
            throw failure(workDirectory, child.signalCode, stderr);
        }
        finally {
            clearTimeout(timer);
        }
    };
}
function failure(workDirectory, signal, stderr) {
    const place = placeOf(workDirectory);
    const moved = place === undefined ? undefined : moveOut(place, []).movedTo;
    const where = place === undefined ? '' : ` at ${printable(place)}`;
    return new UserError(`The search of the workspace died${where}: ${reasonOf(signal, stderr)}.`, {
        hint: moved === undefined ? 'Do not run git there.' : `It was moved aside, to ${printable(moved)}.`,
    });
}
function reasonOf(signal, stderr) {
    if (/heap out of memory|heap limit/i.test(stderr))
        return 'it used up its memory';
    if (signal === 'SIGKILL')
        return 'it was killed, after its time or for want of memory';
    // Node.js says more after the error: where it happened, and its own version.
    const error = /^\w*Error\b.*$/m.exec(stderr)?.[0] ?? stderr.trim().split('\n').at(-1) ?? '';
    return error === '' ? 'no reason given' : printableText(error);
}
function placeOf(workDirectory) {
    try {
        const place = readFileSync(join(workDirectory, PLACE_FILE), 'latin1');
        return place === '' ? undefined : place;
    }
    catch {
        return undefined;
    }
}


/***/ })

/******/ });
/************************************************************************/
/******/ // The module cache
/******/ var __webpack_module_cache__ = {};
/******/ 
/******/ // The require function
/******/ function __nccwpck_require__(moduleId) {
/******/ 	// Check if module is in cache
/******/ 	var cachedModule = __webpack_module_cache__[moduleId];
/******/ 	if (cachedModule !== undefined) {
/******/ 		return cachedModule.exports;
/******/ 	}
/******/ 	// Create a new module (and put it into the cache)
/******/ 	var module = __webpack_module_cache__[moduleId] = {
/******/ 		// no module.id needed
/******/ 		// no module.loaded needed
/******/ 		exports: {}
/******/ 	};
/******/ 
/******/ 	// Execute the module function
/******/ 	var threw = true;
/******/ 	try {
/******/ 		__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
/******/ 		threw = false;
/******/ 	} finally {
/******/ 		if(threw) delete __webpack_module_cache__[moduleId];
/******/ 	}
/******/ 
/******/ 	// Return the exports of the module
/******/ 	return module.exports;
/******/ }
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/asset-relocator-loader */
/******/ if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = decodeURIComponent(new URL('.', import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";
/******/ 
/******/ /* webpack/runtime/async module */
/******/ (() => {
/******/ 	var webpackQueues = typeof Symbol === "function" ? Symbol("webpack queues") : "__webpack_queues__";
/******/ 	var webpackExports = typeof Symbol === "function" ? Symbol("webpack exports") : "__webpack_exports__";
/******/ 	var webpackError = typeof Symbol === "function" ? Symbol("webpack error") : "__webpack_error__";
/******/ 	var resolveQueue = (queue) => {
/******/ 		if(queue && queue.d < 1) {
/******/ 			queue.d = 1;
/******/ 			queue.forEach((fn) => (fn.r--));
/******/ 			queue.forEach((fn) => (fn.r-- ? fn.r++ : fn()));
/******/ 		}
/******/ 	}
/******/ 	var wrapDeps = (deps) => (deps.map((dep) => {
/******/ 		if(dep !== null && typeof dep === "object") {
/******/ 			if(dep[webpackQueues]) return dep;
/******/ 			if(dep.then) {
/******/ 				var queue = [];
/******/ 				queue.d = 0;
/******/ 				dep.then((r) => {
/******/ 					obj[webpackExports] = r;
/******/ 					resolveQueue(queue);
/******/ 				}, (e) => {
/******/ 					obj[webpackError] = e;
/******/ 					resolveQueue(queue);
/******/ 				});
/******/ 				var obj = {};
/******/ 				obj[webpackQueues] = (fn) => (fn(queue));
/******/ 				return obj;
/******/ 			}
/******/ 		}
/******/ 		var ret = {};
/******/ 		ret[webpackQueues] = x => {};
/******/ 		ret[webpackExports] = dep;
/******/ 		return ret;
/******/ 	}));
/******/ 	__nccwpck_require__.a = (module, body, hasAwait) => {
/******/ 		var queue;
/******/ 		hasAwait && ((queue = []).d = -1);
/******/ 		var depQueues = new Set();
/******/ 		var exports = module.exports;
/******/ 		var currentDeps;
/******/ 		var outerResolve;
/******/ 		var reject;
/******/ 		var promise = new Promise((resolve, rej) => {
/******/ 			reject = rej;
/******/ 			outerResolve = resolve;
/******/ 		});
/******/ 		promise[webpackExports] = exports;
/******/ 		promise[webpackQueues] = (fn) => (queue && fn(queue), depQueues.forEach(fn), promise["catch"](x => {}));
/******/ 		module.exports = promise;
/******/ 		body((deps) => {
/******/ 			currentDeps = wrapDeps(deps);
/******/ 			var fn;
/******/ 			var getResult = () => (currentDeps.map((d) => {
/******/ 				if(d[webpackError]) throw d[webpackError];
/******/ 				return d[webpackExports];
/******/ 			}))
/******/ 			var promise = new Promise((resolve) => {
/******/ 				fn = () => (resolve(getResult));
/******/ 				fn.r = 0;
/******/ 				var fnQueue = (q) => (q !== queue && !depQueues.has(q) && (depQueues.add(q), q && !q.d && (fn.r++, q.push(fn))));
/******/ 				currentDeps.map((dep) => (dep[webpackQueues](fnQueue)));
/******/ 			});
/******/ 			return fn.r ? promise : getResult();
/******/ 		}, (err) => ((err ? reject(promise[webpackError] = err) : outerResolve(exports)), resolveQueue(queue)));
/******/ 		queue && queue.d < 0 && (queue.d = 0);
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/define property getters */
/******/ (() => {
/******/ 	// define getter functions for harmony exports
/******/ 	__nccwpck_require__.d = (exports, definition) => {
/******/ 		for(var key in definition) {
/******/ 			if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 			}
/******/ 		}
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ })();
/******/ 
/************************************************************************/
/******/ 
/******/ // startup
/******/ // Load entry module and return exports
/******/ // This entry module used 'module' so it can't be inlined
/******/ var __webpack_exports__ = __nccwpck_require__(440);
/******/ __webpack_exports__ = await __webpack_exports__;
/******/ 

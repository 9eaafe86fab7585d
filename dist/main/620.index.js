export const id = 620;
export const ids = [620];
export const modules = {

/***/ 1620:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  conclude: () => (/* binding */ conclude),
  concludeFailure: () => (/* binding */ concludeFailure)
});

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/host/installation.js
var installation = __webpack_require__(4109);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/host/log-directories.js
var log_directories = __webpack_require__(9953);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/errors.js
var errors = __webpack_require__(739);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/report/markdown.js
var markdown = __webpack_require__(9268);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/plain-text.js
/**
 * Text that others chose, as Markdown that says the same and nothing else.
 *
 * Outside of code, a backslash before every ASCII punctuation character makes it plain text (CommonMark 2.4). GitHub also
 * links some words on its own (addresses, mentions, issues) and renders mathematics; such a word becomes code, which
 * GitHub leaves alone.
 */
/** Removes what is invisible or changes how the rest looks: control, bidirectional and other format characters. */
function visible(text) {
    const lines = text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replaceAll('\t', '  ');
    // The zero-width joiner stays: emoji and some scripts need it.
    return lines.replace(/(?![\n\u200d])[\p{Cc}\p{Cf}]/gu, '');
}
/**
 * Matches words that GitHub renders on its own even if they are escaped: web and mail addresses, mentions, issues,
 * formulas, alerts.
 */
const FOUND_BY_GITHUB = /[@#$]|\[!|:\/\/|www\.|mailto:|xmpp:/i;
/** Escapes text so that it stays plain text. */
function escaped(text) {
    return text.replace(/\S+/g, (word) => FOUND_BY_GITHUB.test(word) ? spacedCode(word) : word.replace(/[!-/:-@[-`{-~]/g, '\\$&'));
}
/** A code span. Backticks inside become apostrophes, so that only the last one can end it. */
function spacedCode(text) {
    return `\` ${text.replaceAll('`', "'")} \``;
}
/** What means something in the middle of a line; and at the start of a word, behind a digit, what would begin a list. */
const MEANT = /[!#$&*<>@[-`{-~]|(?<=\d)[.)]|^[-+=:]/g;
/**
 * A line of plain text, at most `limit` characters: like {@link escaped}, but readable in its source too, because only what
 * means something gets a backslash.
 */
function plainText(text, limit = 1_000) {
    const line = cut(visible(text).replace(/\s+/g, ' ').trim(), limit);
    return line.replace(/\S+/g, (word) => (FOUND_BY_GITHUB.test(word) ? spacedCode(word) : word.replace(MEANT, '\\$&')));
}
function cut(text, limit) {
    return text.length <= limit ? text : `${text.slice(0, limit - 3).replace(/[\ud800-\udbff]$/, '')}...`;
}
/** The fence is longer than any in the code. It names no language, because GitHub renders some (mermaid, geojson, math). */
function codeBlock(lines) {
    const runs = lines.flatMap((line) => line.match(/`{3,}/g) ?? []).map(({ length }) => length);
    const fence = '`'.repeat(runs.reduce((longest, length) => Math.max(longest, length + 1), 3));
    return [fence, ...lines, fence];
}
/** Lines, and characters of a line, that a quote has. A program may say any amount. */
const MAX_QUOTE = { lines: 40, characters: 500 };
/** What a program said, as a block quote of plain text: unlike code, it wraps on a phone. */
function quote(text) {
    const lines = visible(text)
        .split('\n')
        .filter((line) => line.trim() !== '');
    const shown = lines.slice(0, MAX_QUOTE.lines).map((line) => plainText(line, MAX_QUOTE.characters));
    return [...shown, ...(lines.length > shown.length ? ['…'] : [])].map((line) => `> ${line}`).join('\\\n');
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/usage.js
var shared_usage = __webpack_require__(4101);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/report/budget.js
var report_budget = __webpack_require__(9128);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/report/money.js
var money = __webpack_require__(9885);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/report/numbers.js
var numbers = __webpack_require__(7819);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/timeline-summary.js


/** Refused names that the timeline has. */
const MAX_REFUSED = 12;
/** How long a step took so far. @returns milliseconds */
function totalMs({ phases, startupMs }) {
    return Math.max(startupMs ?? 0, ...phases.map(({ endMs }) => endMs).filter(Number.isFinite));
}
/** What happened when. None if the command never ran. */
function timelineBlocks(timings, egress, ending) {
    const { startupMs } = timings;
    if (startupMs === undefined)
        return [];
    const refused = firstRefusals(egress, timings.originMs);
    const commandEnd = phaseOf(timings, 'agent')?.endMs ?? totalMs(timings);
    const clean = phaseOf(timings, 'remove');
    const events = [
        ...startEvents(timings, startupMs),
        [startupMs, `**the command starts**`],
        ...refused.slice(0, MAX_REFUSED).map(({ at, domain, icon }) => [at, `${icon} ${(0,markdown/* nameCell */.UQ)(domain)}`]),
        [commandEnd, `**${ending}** after ${(0,numbers/* durationText */.S5)(commandEnd - startupMs)}`],
        ...(clean === undefined ? [] : [[clean.startMs, took('clean-up', clean.endMs - clean.startMs)]]),
    ];
    const rows = events.toSorted(([a], [b]) => a - b).map(([at, what]) => [(0,numbers/* clockText */.Yi)(at), what]);
    const more = refused.length - MAX_REFUSED;
    return (0,markdown/* details */.zH)(`<b>Timeline</b>: started in ${(0,numbers/* durationText */.S5)(startupMs)}`, [
        ...(0,markdown/* table */.tp)(['At', 'What'], rows, false),
        ...(more > 0 ? [`${(0,numbers/* counted */.hS)(more, 'more name')} refused; \`access.jsonl\` in the logs has them all.`] : []),
    ]);
}
const took = (what, ms) => `${what} (${(0,numbers/* durationText */.S5)(ms)})`;
function startEvents(timings, startupMs) {
    const prepared = ['images', 'networks'].flatMap((name) => {
        const found = phaseOf(timings, name);
        return found === undefined ? [] : [[found.startMs, took(name, found.endMs - found.startMs)]];
    });
    // The containers start side by side, and run as long as the command.
    const starts = ['squid', 'api-proxy', 'agent'].flatMap((name) => phaseOf(timings, name)?.startMs ?? []);
    if (starts.length === 0)
        return prepared;
    const first = Math.min(...starts);
    return [...prepared, [first, took('containers and pre-flight check', startupMs - first)]];
}
function phaseOf({ phases }, name) {
    return phases.find(({ phase, endMs }) => phase === name && Number.isFinite(endMs));
}
/** The names that a reader has to look into, by the time of their first request. */
function firstRefusals(egress, originMs) {
    if (egress === undefined)
        return [];
    const found = ({ allowable, closed, keyless }, icon) => [...allowable, ...closed, ...keyless].map(({ firstAt, domain }) => ({ at: firstAt - originMs, domain, icon }));
    return [...found(egress.refusals, '⛔'), ...found(egress.audited, '🔎')].toSorted((a, b) => a.at - b.at);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/verdict-summary.js






/** The heading of a summary: how it ended, of what, and what is the matter. */
function heading(icon, { label }, matter) {
    const name = label === undefined ? 'AWF' : `AWF · ${plainText(label)}`;
    return `## ${icon} ${name}${matter === '' ? '' : `: ${matter}`}`;
}
/** The heading and the first lines: how the run ended, and what it took. */
function verdictBlocks(facts) {
    const { icon, matters } = resultOf(facts);
    const { domains, usage } = facts.traffic;
    return [heading(icon, facts, matters.join(', ')), sentence(facts), ...statistics(domains, usage)];
}
/** The icon and what is the matter, the most important first. */
function resultOf(facts) {
    const { outcome, exitCode, timings, traffic, egress } = facts;
    const refused = egress === undefined ? [] : refusedText(egress.refusals, traffic, 'refused');
    const audited = egress === undefined ? [] : refusedText(egress.audited, undefined, 'would be refused');
    const budget = (traffic.usage?.overBudget ?? 0) > 0 ? ['budget used up'] : [];
    const unknown = traffic.domains === undefined ? ['what was refused is unknown'] : [];
    const others = [...budget, ...refused, ...audited, ...unknown];
    switch (outcome) {
        case 'error':
            return { icon: '❌', matters: ['the run failed'] };
        case 'timeout':
            return { icon: '⏱️', matters: [`stopped after ${(0,numbers/* durationText */.S5)(commandMs(timings))}`, ...others] };
        case 'blocked':
        case 'failure':
        case 'success':
            if (budget.length + refused.length > 0)
                return { icon: '⛔', matters: others };
            if (outcome === 'failure')
                return { icon: '❌', matters: [`exit code ${exitCode}`, ...others] };
            if (others.length > 0)
                return { icon: unknown.length > 0 ? '⚠️' : '🔎', matters: others };
            return { icon: outcome === 'success' ? '✅' : '⛔', matters: [] };
    }
}
/** `4 domains refused`. A name counts once, however often it was asked for. */
function refusedText(refusals, traffic, what) {
    const { allowable, closed, keyless, atHosts } = refusals;
    const names = new Set([...allowable, ...closed, ...keyless].map(({ domain }) => domain)).size;
    const isMore = (traffic?.domains?.others.blocked ?? 0) > 0;
    const requests = sumOf(atHosts) + (traffic?.usage?.otherRefused ?? 0);
    return [
        ...(names > 0 ? [`${isMore ? `more than ${(0,numbers/* countText */.lT)(names)} domains` : (0,numbers/* counted */.hS)(names, 'domain')} ${what}`] : []),
        ...(names === 0 && requests > 0 ? [`${(0,numbers/* counted */.hS)(requests, 'request')} ${what}`] : []),
    ];
}
const sumOf = (list) => list.reduce((total, { requests }) => total + requests, 0);
/** How long the command ran. @returns milliseconds */
function commandMs(timings) {
    const end = timings.phases.find(({ phase }) => phase === 'agent')?.endMs ?? totalMs(timings);
    return Math.max(0, end - (timings.startupMs ?? 0));
}
function sentence(facts) {
    const { outcome, exitCode, error, timings, timeoutMinutes, traffic, egress, budget } = facts;
    const took = (0,numbers/* durationText */.S5)(totalMs(timings));
    const ending = {
        success: `**Finished in ${took}** with exit code 0.`,
        failure: `**Failed after ${took}** with exit code ${exitCode}.`,
        blocked: `**Failed after ${took}**, because \`fail-on-blocked\` is set. The command itself ended with exit code 0.`,
        timeout: `**Stopped after ${(0,numbers/* durationText */.S5)(commandMs(timings))}**, because of \`timeout-minutes: ${timeoutMinutes ?? ''}\`. If the command needs more time, raise it.`,
        error: `**The run failed after ${took}**${error === undefined ? '' : ', for the reason below'}.`,
    };
    const overBudget = traffic.usage?.overBudget ?? 0;
    const limits = (0,report_budget/* limitsOf */.Af)(budget).map((name) => `\`${name}\``);
    return [
        ending[outcome],
        ...(overBudget === 0
            ? []
            : [
                `The budget is used up: ${(0,numbers/* counted */.hS)(overBudget, 'request')} to models ${overBudget === 1 ? 'was' : 'were'} refused or cut off. ` +
                    `If the command needs more, raise ${limits.join(' or ')}.`,
            ]),
        refusalSentence(egress, traffic),
    ]
        .filter((part) => part !== '')
        .join(' ');
}
function refusalSentence(egress, { domains, usage }) {
    if (domains === undefined || egress === undefined)
        return 'Which requests were refused is unknown.';
    const { allowable, closed, keyless, atHosts, harmless } = egress.refusals;
    const names = [...allowable, ...closed, ...keyless];
    const requests = sumOf(names) + domains.others.blocked + sumOf(atHosts) + (usage?.otherRefused ?? 0);
    if (requests > 0) {
        const were = `${(0,numbers/* counted */.hS)(requests, 'request')} ${requests === 1 ? 'was' : 'were'} refused`;
        return allowable.length > 0
            ? `${were}: the command asked for domains that are not in \`allow-domains\`.`
            : `${were}.`;
    }
    if (egress.mode === 'audit')
        return 'This was an audit: nothing was refused.';
    return harmless.length > 0 ? 'Nothing was refused that the command needs.' : 'Nothing was refused.';
}
/** `3 domains · 31 model requests · 412 k tokens · about $0.61` */
function statistics(domains, usage) {
    const allowed = domains?.allowed.length ?? 0;
    const parts = [
        ...(allowed > 0 ? [`${(0,numbers/* counted */.hS)(allowed, 'domain')} reached`] : []),
        ...(usage !== undefined && usage.requests > 0 ? [(0,numbers/* counted */.hS)(usage.requests, 'model request')] : []),
        ...(usage !== undefined && (0,shared_usage/* tokensOf */.k8)(usage) > 0 ? [`${(0,numbers/* countText */.lT)((0,shared_usage/* tokensOf */.k8)(usage))} tokens`, (0,money/* roundedCost */.XO)(usage)] : []),
    ];
    return parts.length === 0 ? [] : [`**${parts.join(' · ')}**`];
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/error-summary.js




/** An error for a reader: what failed, what to do, and what a program said about it. */
function errorBlocks(error, consequence) {
    const message = error instanceof Error ? error.message : String(error);
    const [first = '', ...others] = message.split('\n').filter((line) => line.trim() !== '');
    const hint = error instanceof errors/* UserError */.yo ? error.hint : undefined;
    const cause = error instanceof Error && error.cause instanceof Error ? (0,errors/* describeError */.Uc)(error.cause) : undefined;
    return [
        [`**${plainText(first)}**`, ...(consequence === '' ? [] : [consequence])].join(' '),
        ...(others.length === 0 ? [] : [quote(others.join('\n'))]),
        ...(hint === undefined ? [] : [`**Do this:** ${plainText(hint)}`]),
        ...(cause === undefined || message.includes(cause) ? [] : (0,markdown/* details */.zH)(sayer(cause), [quote(cause)])),
    ];
}
/** Who is quoted: most causes are the words of the engine or its client. */
const sayer = (cause) => (/docker|daemon/i.test(cause) ? 'What Docker said' : 'The cause');
/** The summary of a step whose run never began. */
function notBegunMarkdown(error, what, about) {
    const problems = error instanceof errors/* ConfigError */.xL ? error.problems : [error];
    const blocks = what === 'inputs' && error instanceof errors/* UserError */.yo
        ? [
            heading('❌', about, 'the inputs are not valid'),
            `**Nothing ran.** Correct ${problems.length === 1 ? 'this' : `these ${String(problems.length)} problems`} in the workflow:`,
            ...(0,markdown/* list */.p_)(problems.map(problemText)),
        ]
        : [heading('❌', about, 'the step could not begin'), ...errorBlocks(error, 'Nothing ran.')];
    return `${[...blocks, footer([error_summary_link('The inputs', 'docs/reference.md', about)], about)].join('\n\n')}\n`;
}
/** What is wrong with an input, and what to write instead. */
function problemText(problem) {
    const message = problem instanceof Error ? problem.message : String(problem);
    const hint = problem instanceof errors/* UserError */.yo ? problem.hint : undefined;
    return `${plainText(message)}${hint === undefined ? '' : ` **${plainText(hint)}**`}`;
}
/** The last line of every summary. */
function footer(parts, { version }) {
    return `<sub>${[...parts.filter((part) => part !== ''), `AWF ${version}`].join(' · ')}</sub>`;
}
/** Nothing if the page is not on the web: a path of the runner leads nowhere. */
function error_summary_link(text, page, { pageAt }) {
    const address = pageAt(page);
    return address === undefined || /[\s<>]/.test(address) ? '' : `[${text}](<${address}>)`;
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/reporter.js
var src_reporter = __webpack_require__(1205);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/config/secrets.js
var config_secrets = __webpack_require__(4060);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/report/aftermath.js
var report_aftermath = __webpack_require__(7369);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/agent/command-files.js
var command_files = __webpack_require__(6635);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/agent-summary.js



/**
 * Turns what the command wrote to GITHUB_STEP_SUMMARY into Markdown that is safe in the job summary. Returns undefined if
 * the command wrote nothing.
 *
 * The agent chose this text. It may try to load an image, which would give away who reads the summary, to disguise a link,
 * or to end its section and forge another one. So nothing is passed on as it is; the text is composed anew:
 *
 * - Every line goes into one block quote, under a note from AWF.
 * - Outside of code, it is plain text; see plain-text.ts.
 * - Paragraphs, lists, bold text and code keep their format. Headings become bold text and tables become code. Links and
 *   images become code that shows where they lead.
 *
 * A full Markdown parser would keep more of the format. But it would only be as safe as its agreement with GitHub's parser,
 * and hostile text makes such parsers slow. This one runs in linear time and looks only for what is worth keeping: its
 * mistakes make a text look worse, but never give it more power.
 */
function agentSummary(file, secrets) {
    const text = (0,config_secrets/* maskCredentials */.Bs)(visible(file.text), secrets);
    if (text.trim() === '')
        return undefined;
    const notes = [
        'Written by the command, not by AWF. Do not trust it more than the command. Links, images and HTML are shown as text.',
        ...(file.isCut ? [`It is longer than ${command_files/* SUMMARY_FILE_LIMIT */.Yo / 1024} KiB; this is its beginning.`] : []),
    ];
    const lines = [notes.map((note) => `*${note}*`).join(' '), '', ...blocks(text.split('\n'))];
    return lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
}
const FENCE = /^ {0,3}(?<marks>`{3,}|~{3,})/;
const HEADING = /^ {0,3}#{1,6}(?: (?<title>.*))?$/;
/** The text is required: an empty item would turn the line before it into a heading. */
const ITEM = /^(?<indent> {0,12})(?<mark>[-*+]|\d{1,9}[.)]) +(?<text>\S.*)$/;
const TABLE_ROW = /^ {0,3}\|/;
function blocks(lines) {
    const out = [];
    for (let index = 0; index < lines.length; index++) {
        const line = lines[index] ?? '';
        const marks = FENCE.exec(line)?.groups?.['marks'];
        if (marks !== undefined) {
            const end = endOfFence(lines, index + 1, marks);
            out.push(...codeBlock(lines.slice(index + 1, end)));
            index = end;
        }
        else if (TABLE_ROW.test(line)) {
            const start = index;
            while (TABLE_ROW.test(lines[index + 1] ?? ''))
                index++;
            out.push(...codeBlock(lines.slice(start, index + 1)));
        }
        else {
            out.push(...textLine(line));
        }
    }
    return out;
}
/** @returns the index of the closing fence, or the number of lines if there is none */
function endOfFence(lines, from, marks) {
    for (let index = from; index < lines.length; index++) {
        const line = (lines[index] ?? '').trim();
        if (line.startsWith(marks) && line === (marks[0] ?? '').repeat(line.length))
            return index;
    }
    return lines.length;
}
function textLine(line) {
    const heading = HEADING.exec(line);
    if (heading) {
        const title = heading.groups?.['title']?.trim() ?? '';
        return title === '' ? [''] : ['', `**${escaped(title)}**`, ''];
    }
    const { indent = '', mark = '', text = '' } = ITEM.exec(line)?.groups ?? {};
    // Numbers and dashes suffice: the other marks mean the same.
    if (mark !== '')
        return [`${indent}${/\d/.test(mark) ? mark : '-'} ${inline(text.trim())}`];
    return [inline(line.trim())];
}
/** The formats kept within a line: code and bold text. Links and images are shown as code. */
const TOKEN = /`(?<code>[^`]+)`|\*\*(?<bold>[^\s*`][^*`]*)\*\*|(?<link>!?\[[^[\]]*\]\([^()]*\))/g;
function inline(text) {
    const pieces = [];
    let at = 0;
    for (const { index, 0: whole, groups = {} } of text.matchAll(TOKEN)) {
        pieces.push(escaped(text.slice(at, index)));
        if (groups['bold'] !== undefined)
            pieces.push(`**${escaped(groups['bold'].trimEnd())}**`);
        else
            pieces.push(spacedCode(groups['code'] ?? groups['link'] ?? ''));
        at = index + whole.length;
    }
    pieces.push(escaped(text.slice(at)));
    // Two code spans that touch would join their backticks into a different mark.
    return pieces.reduce((out, piece) => out + (out.endsWith('`') && piece.startsWith('`') ? ' ' : '') + piece, '');
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/config/egress-entry.js
var egress_entry = __webpack_require__(3035);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/unreached.js
/** The answer of a proxy that wants another credential (RFC 9110, section 15.5.8). */
const WRONG_CREDENTIAL = 407;
/**
 * Why an allowed request reached nothing.
 *
 * @param reason as in `access.jsonl`
 */
function unreachedText(reason) {
    const status = /^upstream-proxy-(\d{3})$/.exec(reason ?? '')?.[1];
    if (status === undefined)
        return reason === 'no-answer' ? 'no answer came' : 'nobody accepted a connection';
    // Squid says so itself if the proxy's certificate is not trusted.
    if (status.startsWith('5'))
        return `no way through the network's proxy (${status})`;
    return `the network's proxy answered ${status}${isWrongCredential(reason) ? ': it does not accept the credential' : ''}`;
}
/** For a run in which no request got an answer from outside. */
const CUT_OFF = 'Nothing outside answered. If this machine itself reaches what was asked for, its containers have no way out: check its ' +
    "firewall (iptables -S FORWARD), and iptables in the engine's daemon.json.";
const isWrongCredential = (reason) => reason === `upstream-proxy-${String(WRONG_CREDENTIAL)}`;
/** True if the proxy decided so, and nothing failed. */
const isRefusedByProxy = (reason) => /^upstream-proxy-4/.test(reason ?? '');

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/egress-summary.js




/** What a reader has to see of the domains: the list to paste, what was refused, and what nobody could reach. */
function refusedBlocks(domains, { mode, refusals, audited, proposal }) {
    const refusedTitle = mode === 'audit' ? 'Refused, even in an audit' : 'Refused';
    return [
        ...proposalBlocks(mode, proposal, refusals),
        ...(0,markdown/* table */.tp)(['Would be refused', 'Requests'], allowableRows(audited, proposal)),
        ...(0,markdown/* table */.tp)([refusedTitle, 'Requests'], allowableRows(refusals, proposal)),
        ...unknownNote(refusals, audited, proposal),
        ...(0,markdown/* table */.tp)(['No list entry can allow', 'Requests'], [...refusals.closed, ...audited.closed].map(closedRow)),
        ...keylessNotes([...refusals.keyless, ...audited.keyless]),
        ...(0,markdown/* table */.tp)(['Allowed, but without an address', 'Requests'], unresolvableRows(domains, true)),
        ...(0,markdown/* table */.tp)(['On no list, and without an address', 'Requests'], unresolvableRows(domains, false)),
        ...(0,markdown/* table */.tp)(['Allowed, but not reached', 'Requests'], domains.unreachable.map(unreachableRow)),
        ...(domains.isCutOff ? [CUT_OFF] : []),
        ...furtherNote(domains),
        ...unreadNote(domains.unreadableLines, 'Squid'),
    ];
}
/** An audit asks for the address of a name that is on no list, too. */
const unresolvableRows = ({ unresolvable }, isListed) => unresolvable
    .filter(({ reason }) => (reason === null) === isListed)
    .map(({ domain, requests }) => [(0,markdown/* nameCell */.UQ)(domain), (0,numbers/* countText */.lT)(requests)]);
/** What a reader may want to see: what needs no action, and what was allowed. */
function networkBlocks(domains, egress) {
    const { allowed, unused } = domains;
    const requests = allowed.reduce((sum, one) => sum + one.requests, 0);
    const rows = allowed.map(({ domain, rule, requests: count }) => [
        `${(0,markdown/* nameCell */.UQ)(domain)}${rule === null ? '' : (0,markdown/* note */.N4)(`by ${ruleText(rule)}`)}`,
        (0,numbers/* countText */.lT)(count),
    ]);
    const title = allowed.length === 0
        ? '<b>Network</b>: no request was allowed'
        : `<b>Network</b>: ${(0,numbers/* counted */.hS)(allowed.length, 'domain')}, ${(0,numbers/* counted */.hS)(requests, 'request')} allowed`;
    return [
        ...harmlessBlocks([...egress.refusals.harmless, ...egress.audited.harmless]),
        ...expectedBlocks([...egress.refusals.expected, ...egress.audited.expected]),
        ...(0,markdown/* details */.zH)(title, [
            ...(0,markdown/* table */.tp)(['Domain', 'Requests'], rows),
            ...presetBlocks(egress.presets),
            ...unusedBlocks(unused),
        ]),
    ];
}
function presetBlocks(presets) {
    const items = presets.map(({ name, entries }) => `${(0,markdown/* code */.aY)(name)}: ${entries.map(markdown/* nameCell */.UQ).join(', ')}`);
    return items.length === 0 ? [] : ['What the presets are on this machine:', ...(0,markdown/* list */.p_)(items)];
}
function unreadNote(count, program) {
    return count === 0 ? [] : [`⚠️ ${linesText(count)} of ${program}'s log could not be read.`];
}
function linesText(count) {
    return `${count} line${count === 1 ? '' : 's'}`;
}
/** No name can end the block: it has only letters, digits, hyphens and dots. */
function proposalBlocks(mode, proposal, { allowable }) {
    if (proposal === undefined)
        return [];
    const lead = mode === 'audit' && allowable.length === 0
        ? 'An audit refuses nothing of this. **To allow it with `egress-policy: block`**, use this list:'
        : '**If the command needs what was refused**, this is the new list:';
    const plain = proposal.lines.filter((line) => /^[ -~]+$/.test(line));
    return [
        lead,
        ['```yaml', 'allow-domains: |', ...plain.map((line) => `  ${line}`), '```'].join('\n'),
        ...(proposal.leftOut === 0
            ? []
            : [`${(0,numbers/* countText */.lT)(proposal.leftOut)} more names are in \`policy.json\`, in the logs.`]),
    ];
}
function allowableRows({ allowable }, proposal) {
    return allowable.map(({ domain, port, requests }) => {
        const preset = proposal?.covered.get(domain);
        const name = atPort(domain, port);
        return [`${(0,markdown/* nameCell */.UQ)(name)}${preset === undefined ? ' ❓' : ` (${preset})`}`, (0,numbers/* countText */.lT)(requests)];
    });
}
function unknownNote({ allowable }, audited, proposal) {
    const isKnown = ({ domain }) => proposal?.covered.has(domain) ?? false;
    if ([...allowable, ...audited.allowable].every(isKnown))
        return [];
    return [
        '❓ No preset of AWF has this domain, so its line is commented out. Find out what asked for it before you allow it: a hijacked agent can ask for any name.',
    ];
}
/** In a reader's words: why, and what there is to do. */
const REASONS = {
    'not-listed': 'an entry needs a name with a dot',
    'named-host': 'only the api-proxy answers for it',
    'private-address': 'its address is private: name it in `add-hosts`',
    port: 'its port',
    'http-port': 'HTTP passes at port 80 only',
    address: 'an address: use a name, with `add-hosts` if need be',
    'odd-name': 'no host has such a name',
    'server-name': 'another name inside the tunnel',
    'closed-server-name': 'a closed name inside the tunnel',
    'no-server-name': 'no name inside the tunnel',
    'not-tls': 'no TLS inside the tunnel',
};
const atPort = (domain, port) => (0,egress_entry/* isUsualPort */.Gf)(port) || domain.includes(':') ? domain : `${domain}:${String(port)}`;
function closedRow({ domain, reason, rule, requests, port }) {
    const isAddress = /^[0-9.]+$|:/.test(domain);
    const text = reason === 'denied' ? deniedText(rule) : REASONS[isAddress ? 'address' : (reason ?? '')];
    return [`${(0,markdown/* nameCell */.UQ)(atPort(domain, port))}${text === undefined ? '' : (0,markdown/* note */.N4)(text)}`, (0,numbers/* countText */.lT)(requests)];
}
const unreachableRow = ({ domain, reason, requests }) => [
    `${(0,markdown/* nameCell */.UQ)(domain)}${(0,markdown/* note */.N4)(unreachedText(reason))}`,
    (0,numbers/* countText */.lT)(requests),
];
const deniedText = (rule) => `denied${rule === null ? '' : ` by ${ruleText(rule)}`}`;
function keylessNotes(keyless) {
    return Map.groupBy(keyless, ({ provider }) => provider)
        .entries()
        .map(([{ name, credentials }, hosts]) => {
        const host = hosts[0]?.domain ?? '';
        const input = credentials[0]?.input ?? '';
        return `🔑 ${(0,markdown/* code */.aY)(host)} is ${name}'s own host, and this step has no key for it. Set \`${input}\`: AWF then asks the model for the command. A secret is empty in a pull request from a fork.`;
    })
        .toArray();
}
function harmlessBlocks(harmless) {
    if (harmless.length === 0)
        return [];
    const programs = [...new Set(harmless.flatMap((one) => one.programs))].sort();
    const who = programs.join(' and ');
    const what = programs.length === 1 ? 'asks for this on its own and works' : 'ask for this on their own and work';
    const count = harmless.length === 1 ? '1 more is' : `${(0,numbers/* countText */.lT)(harmless.length)} more are`;
    return (0,markdown/* details */.zH)(`${count} harmless: telemetry of ${who}`, [
        ...(0,markdown/* list */.p_)(harmless.map((one) => (0,markdown/* code */.aY)(one.what))),
        `${who} ${what} without it. There is nothing to do, unless your own command needs it.`,
    ]);
}
function expectedBlocks(expected) {
    const count = expected.length === 1 ? '1 more was' : `${(0,numbers/* countText */.lT)(expected.length)} more were`;
    return (0,markdown/* details */.zH)(`${count} expected, by <code>known-blocked</code>`, (0,markdown/* list */.p_)(expected.map(markdown/* code */.aY)));
}
function furtherNote({ others }) {
    const { allowed, blocked, audited, unresolvable, unreachable } = others;
    if (allowed + blocked + audited + unresolvable + unreachable === 0)
        return [];
    return [
        `Requests for further names: ${blocked} refused, ${allowed} allowed, ${unresolvable} without an address` +
            (unreachable === 0 ? '' : `, ${unreachable} not reached`) +
            `${audited === 0 ? '' : `, ${audited} that would be refused`}.`,
    ];
}
/** Entries that are named one by one. */
const MAX_UNUSED = 20;
function unusedBlocks(unused) {
    if (unused.length === 0)
        return [];
    const named = unused.slice(0, MAX_UNUSED).map(ruleText).join(', ');
    const rest = unused.length - MAX_UNUSED;
    return [`Nothing used these entries: ${named}${rest > 0 ? `, and ${String(rest)} more` : ''}.`];
}
const ruleText = ({ entry, from, preset }) => `${(0,markdown/* code */.aY)(entry)} (${preset === null ? '' : `preset ${(0,markdown/* code */.aY)(preset)}, `}${(0,markdown/* code */.aY)(from)})`;

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/host-summary.js


/** Lines in a block to paste. */
const MAX_PASTED = 20;
/** Refused requests at named hosts, with the lines that would allow them. */
function refusedHostBlocks(refused, others) {
    const rows = refused.map(({ host, line, requests }) => [
        `${(0,markdown/* nameCell */.UQ)(line.slice(line.indexOf(' ') + 1))}${(0,markdown/* note */.N4)(`at ${(0,markdown/* code */.aY)(host)}`)}`,
        (0,numbers/* countText */.lT)(requests),
    ]);
    return [
        ...pasteBlocks(refused),
        ...(0,markdown/* table */.tp)(['Refused at a named host', 'Requests'], rows),
        ...(others === 0 ? [] : [`${(0,numbers/* counted */.hS)(others, 'further request')} refused at named hosts.`]),
    ];
}
/** A path has no character that could end the block. */
function pasteBlocks(refused) {
    return ['host-rules', 'allow-endpoints'].flatMap((option) => {
        const lines = refused.filter((one) => one.option === option).map(({ line }) => line);
        const plain = lines.filter((line) => line.length <= 200 && /^[!-_a-~ ]+$/.test(line)).slice(0, MAX_PASTED);
        if (plain.length === 0)
            return [];
        const lead = `**If the command needs a refused request**, add its line to \`${option}\`:`;
        return [lead, ['```yaml', `${option}: |`, ...plain.map((line) => `  ${line}`), '```'].join('\n')];
    });
}
/** What named hosts answered. */
function hostBlocks({ hosts }) {
    const rows = hosts.map(({ host, rule, requests, failed }) => [
        `${(0,markdown/* code */.aY)(host)}${(0,markdown/* note */.N4)(`allowed by ${(0,markdown/* code */.aY)(rule)}${failed === 0 ? '' : `; ${(0,numbers/* countText */.lT)(failed)} failed`}`)}`,
        (0,numbers/* countText */.lT)(requests),
    ]);
    const requests = hosts.reduce((sum, one) => sum + one.requests, 0);
    return (0,markdown/* details */.zH)(`<b>Named hosts</b>: ${(0,numbers/* counted */.hS)(requests, 'request')} allowed`, (0,markdown/* table */.tp)(['Host', 'Requests'], rows));
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/providers.js + 5 modules
var providers = __webpack_require__(9153);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/model-summary.js







/** Models with a table of their own. */
const MAX_MODELS = 10;
/** What a reader has to see of the models: budgets, and what is not complete. */
function modelNotices(usage, budget) {
    const { unreadableLines, droppedLines, unpriced } = usage;
    return [
        ...(0,report_budget/* nearLimits */.d9)(budget, usage).map((use) => `⚠️ ${(0,report_budget/* budgetUseText */.GE)(`\`${use.limit}\``, use)}`),
        ...(unpriced.length === 0
            ? []
            : [
                `⚠️ No price is known for ${(0,numbers/* counted */.hS)(unpriced.length, 'model')}, so the cost is incomplete. Add the price to \`prices\`.`,
            ]),
        ...unreadNote(unreadableLines, 'the api-proxy'),
        ...(droppedLines === 0
            ? []
            : [
                `⚠️ The api-proxy's log had no room for ${linesText(droppedLines)}. The outputs count them, the tables of models do not.`,
            ]),
    ];
}
/** The tables of models, for readers who want to know. */
function modelBlocks(usage, version) {
    const named = usage.models.filter(isNamed).toSorted((a, b) => (0,shared_usage/* tokensOf */.k8)(b) - (0,shared_usage/* tokensOf */.k8)(a));
    const requests = usage.models.reduce((sum, row) => sum + row.requests, 0);
    const rest = named.length - MAX_MODELS;
    const title = [
        ...(named.length > 1 ? [(0,numbers/* counted */.hS)(named.length, 'model')] : []),
        (0,numbers/* counted */.hS)(requests, 'request'),
        ...((0,shared_usage/* tokensOf */.k8)(usage) === 0 ? [] : [`${(0,numbers/* countText */.lT)((0,shared_usage/* tokensOf */.k8)(usage))} tokens`, (0,money/* roundedCost */.XO)(usage)]),
    ].join(', ');
    return (0,markdown/* details */.zH)(`<b>${named.length > 1 ? 'Models' : 'Model'}</b>: ${title}`, [
        ...named.slice(0, MAX_MODELS).flatMap(modelTable),
        ...(rest > 0 ? [`${(0,numbers/* counted */.hS)(rest, 'more model')}: \`usage.json\` in the logs has them all.`] : []),
        ...usage.models.filter((row) => !isNamed(row)).map(namelessText),
        ...((0,shared_usage/* tokensOf */.k8)(usage) === 0 ? [] : [sourcesText(usage, version)]),
    ]);
}
/** An answer that named no model, but used tokens, is one of a model all the same. */
const isNamed = (row) => row.model !== null || (0,shared_usage/* tokensOf */.k8)(row) > 0;
function modelTable({ provider, model, requests, failed, costUsd, ...tokens }) {
    const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = tokens;
    const parts = [
        ...(cachedInputTokens === 0 ? [] : [`${(0,numbers/* countText */.lT)(cachedInputTokens)} of them from a cache`]),
        ...(cacheWriteTokens === 0 ? [] : [`${(0,numbers/* countText */.lT)(cacheWriteTokens)} written to a cache`]),
    ];
    const usesTokens = inputTokens + outputTokens > 0;
    const rows = [
        [`requests, ${failed === 0 ? 'none' : (0,numbers/* countText */.lT)(failed)} failed`, (0,numbers/* countText */.lT)(requests)],
        ...(usesTokens
            ? [
                [['tokens in', ...parts].join(', '), (0,numbers/* countText */.lT)(inputTokens)],
                ['tokens out', (0,numbers/* countText */.lT)(outputTokens)],
                ['estimated cost', costUsd === null ? '⚠️ unknown price' : (0,money/* roundedDollars */.vv)(costUsd)],
            ]
            : []),
    ];
    return (0,markdown/* table */.tp)([model === null ? 'model not named' : (0,markdown/* code */.aY)(model), providerName(provider)], rows);
}
/** A refusal names no model, and neither does a request for the list of models. */
function namelessText({ provider, requests, failed }) {
    const text = failed === 0 ? '' : `; ${(0,numbers/* countText */.lT)(failed)} of them failed or were refused`;
    return `${providerName(provider)}: ${(0,numbers/* counted */.hS)(requests, 'request')} without a model${text}.`;
}
function sourcesText({ estimated }, version) {
    const tokens = estimated
        ? 'Some token counts are estimates, because the provider did not report them.'
        : "Tokens are the provider's own counts.";
    return `${tokens} The cost is an estimate, by the list prices that came with AWF ${version} or your own \`prices\`.`;
}
function providerName(id) {
    return providers/* PROVIDERS */.xq.find((provider) => provider.id === id)?.name ?? id;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/summary.js










/** What GitHub accepts as a step's summary; a longer one is dropped as a whole. Bytes. */
const SUMMARY_LIMIT = 1024 * 1024;
/**
 * The job summary of a run, as GitHub-flavoured Markdown: first what a reader has to see, then what one may open. Nothing
 * is said about what did not happen.
 *
 * @param limit bytes; what the command wrote is left out first, what one may open next
 */
function summaryMarkdown(facts, limit = SUMMARY_LIMIT) {
    const { commandSummary } = facts;
    const head = headOf(facts);
    const seen = seenBlocks(facts);
    const more = moreBlocks(facts);
    const command = commandSummary === undefined ? [] : ['### What the command says', commandSummary];
    const end = [footerOf(facts)];
    const dropped = (what) => `⚠️ ${what}: the summary would have been longer than GitHub accepts.`;
    const candidates = [
        [...head, ...seen, ...more, ...command, ...end],
        [...head, ...seen, ...more, dropped('What the command wrote is left out'), ...end],
        [...head, ...seen, dropped('The details are left out'), ...end],
        [...head, dropped('Only the verdict is shown'), ...end],
    ].map((blocks) => `${blocks.join('\n\n')}\n`);
    return candidates.find((markdown) => Buffer.byteLength(markdown) <= limit) ?? candidates.at(-1) ?? '';
}
/** Whether the command ever ran. */
const hasRun = ({ timings }) => timings.startupMs !== undefined;
function headOf(facts) {
    const { error } = facts;
    if (!hasRun(facts)) {
        return [
            heading('❌', facts, 'the sandbox did not start'),
            ...errorBlocks(error ?? 'The run ended before its command started.', 'The command did not run.'),
        ];
    }
    return [...verdictBlocks(facts), ...(error === undefined ? [] : errorBlocks(error, ''))];
}
function seenBlocks(facts) {
    const { traffic, egress, budget, aftermath } = facts;
    const { domains, usage } = traffic;
    return [
        ...(domains === undefined ? ["⚠️ Squid's log could not be read."] : []),
        ...(domains === undefined || egress === undefined ? [] : refusedBlocks(domains, egress)),
        ...(egress === undefined ? [] : refusedHostBlocks(egress.refusals.atHosts, usage?.otherRefused ?? 0)),
        ...(usage === undefined ? ["⚠️ The api-proxy's log could not be read."] : modelNotices(usage, budget)),
        ...neverAsked(facts),
        ...(aftermath === undefined ? [] : (0,report_aftermath/* aftermathMarkdown */.y)(aftermath)),
    ];
}
/** A key that nobody used is a sign of a program that does not know where to ask. */
function neverAsked(facts) {
    const { providers, traffic } = facts;
    const isUnused = hasRun(facts) && providers.length > 0 && traffic.usage?.models.length === 0;
    return isUnused ? ['The command never used the model.'] : [];
}
function moreBlocks(facts) {
    const { traffic, egress, timings, warnings, version } = facts;
    const { domains, usage } = traffic;
    if (!hasRun(facts))
        return warningBlocks(warnings);
    return [
        ...(domains === undefined || egress === undefined ? [] : networkBlocks(domains, egress)),
        ...(usage === undefined ? [] : hostBlocks(usage)),
        ...(usage === undefined || usage.models.length === 0 ? [] : modelBlocks(usage, version)),
        ...timelineBlocks(timings, egress, endingOf(facts)),
        ...warningBlocks(warnings),
    ];
}
function endingOf({ outcome, exitCode }) {
    if (outcome === 'timeout')
        return 'stopped: the time was over';
    if (outcome === 'error')
        return 'the command ends';
    return `exit code ${outcome === 'blocked' ? 0 : exitCode}`;
}
function warningBlocks(warnings) {
    return (0,markdown/* details */.zH)(`<b>Warnings</b>: ${(0,numbers/* countText */.lT)(warnings.length)}`, (0,markdown/* list */.p_)(warnings.map((warning) => plainText(warning))));
}
function footerOf(facts) {
    const { logs, egress } = facts;
    const isRefused = (egress?.unexpected.length ?? 0) > 0;
    const help = !hasRun(facts)
        ? error_summary_link('More on this message', 'docs/troubleshooting.md#the-sandbox-does-not-start', facts)
        : isRefused
            ? error_summary_link('Why was a domain refused?', 'docs/troubleshooting.md#a-download-or-another-request-fails', facts)
            : error_summary_link('What do these numbers mean?', 'docs/troubleshooting.md#the-job-summary', facts);
    return footer([logs === undefined ? '' : logsText(logs), help], facts);
}
function logsText(logs) {
    if ('paths' in logs)
        return `Logs: ${logs.paths.map(markdown/* code */.aY).join(', ')}`;
    const days = logs.days === undefined ? '' : `, ${(0,numbers/* counted */.hS)(logs.days, 'day')}`;
    return `Logs: artifact ${(0,markdown/* code */.aY)(logs.artifact)}${days}`;
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/run/messages.js
var messages = __webpack_require__(9430);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/run-summary.js






/** The summary of a run, as GitHub-flavoured Markdown. @throws Error if the installation is not complete */
function runSummary(result, config, secrets, context) {
    const { outcome, exitCode, error, traffic, egress, budget, aftermath, timings, written } = result;
    const { timeoutMinutes, providers } = config;
    return summaryMarkdown({
        ...aboutStep(config.label === undefined ? undefined : (0,config_secrets/* maskCredentials */.Bs)(config.label, secrets), context),
        ...{ outcome, exitCode, error, traffic, egress, aftermath, budget, timeoutMinutes },
        providers: providers.map(({ provider }) => provider),
        timings: { phases: timings.phases, startupMs: timings.startupMs, originMs: performance.timeOrigin },
        logs: context.logs,
        warnings: unshown(result, config, context.warnings).map((text) => (0,config_secrets/* maskCredentials */.Bs)(text, secrets)),
        commandSummary: agentSummary(written.summary, secrets),
    });
}
/** @param label of the step; undefined if it has no name */
function aboutStep(label, { root, environment }) {
    return {
        label,
        version: (0,installation/* versionOf */.E4)(root),
        pageAt: (page) => {
            const link = (0,installation/* documentLink */.io)(page, root, environment);
            return link.startsWith('https://') ? link : undefined;
        },
    };
}
/** The warnings that the summary does not tell in another place. */
function unshown({ aftermath, traffic: { usage } }, config, warnings) {
    const shown = new Set([
        ...(aftermath === undefined ? [] : (0,report_aftermath/* aftermathWarnings */.K)(aftermath)),
        ...(usage === undefined ? [] : [(0,messages/* budgetWarning */.ac)(config, usage)]),
    ]);
    return [...new Set(warnings)].filter((text) => !shown.has(text));
}

// EXTERNAL MODULE: ./node_modules/@actions/core/lib/core.js + 9 modules
var core = __webpack_require__(7152);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/config/options.js + 11 modules
var options = __webpack_require__(5114);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/host/file-names.js
var file_names = __webpack_require__(2050);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/log/amounts.js
var amounts = __webpack_require__(1222);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/log/policy.js
var policy = __webpack_require__(7893);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/log/outcome.js






/** Exit codes that shells give a meaning to. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
const KILLED = 137;
/** One line: how it ended, after what time, and what it used. */
function statusLine(config, ended, paint) {
    const mark = ended.outcome === 'success' ? paint.good('✔') : paint.bad('✘');
    return [`${mark} ${verdict(config, ended)}`, ...usageText(config, ended)].join(' · ');
}
function verdict(config, { outcome, exitCode, commandMs }) {
    const after = commandMs === undefined ? '' : ` after ${(0,amounts/* duration */.p0)(commandMs)}`;
    switch (outcome) {
        case 'timeout':
            return stoppedText(config);
        case 'error':
            return commandMs === undefined ? 'the command was not started' : `the run failed${after} of the command`;
        case 'blocked':
            return `exit code 0${after}, but requests were refused`;
        default:
            return `exit code ${exitCode}${after}`;
    }
}
function stoppedText({ frontEnd, timeoutMinutes = 0 }) {
    return `stopped after ${(0,amounts/* minutesText */.BI)(timeoutMinutes)} (${(0,options/* settingText */.Su)(frontEnd, 'timeout-minutes', timeoutMinutes)})`;
}
function usageText({ providers }, { usage, commandMs }) {
    if (usage === undefined)
        return ['what it used is unknown'];
    if (usage.requests === 0)
        return providers.length > 0 && commandMs !== undefined ? ['no model request'] : [];
    const tokens = `${(0,numbers/* countText */.lT)(usage.inputTokens)} + ${(0,numbers/* countText */.lT)(usage.outputTokens)} tokens`;
    return [[(0,numbers/* counted */.hS)(usage.requests, 'model request'), tokens, costOf(usage)].join(', ')];
}
/** Of a run whose models have no known price. */
const UNKNOWN_COST = 'cost unknown';
/** List prices are an estimate, and a sum in which a price is missing must not pass for the whole. */
function costOf({ costUsd, pricedUsd }) {
    const usd = costUsd ?? pricedUsd;
    const dollars = `$${usd.toFixed(usd !== 0 && usd < 0.1 ? 4 : 2)}`;
    if (costUsd !== null)
        return `about ${dollars}`;
    return pricedUsd === 0 ? UNKNOWN_COST : `at least ${dollars}`;
}
/**
 * The one message about a run that failed. A run that `fail-on-blocked` fails has another one.
 *
 * @returns undefined for a success
 */
function failureOf(config, ended) {
    const { outcome, exitCode, error, commandMs } = ended;
    switch (outcome) {
        case 'error': {
            // The command may have ended on its own before that.
            const title = commandMs === undefined ? 'AWF did not start the command' : 'AWF: the run failed';
            return { title, text: (0,errors/* describeError */.Uc)(error) };
        }
        case 'timeout': {
            const text = stoppedText(config);
            const advice = `If the command needs more time, raise ${(0,options/* optionName */.fS)(config.frontEnd, 'timeout-minutes')}.`;
            return { title: 'AWF stopped the command', text: `${text.replace('s', 'S')}. ${advice}` };
        }
        case 'failure':
            return { title: `AWF: exit code ${exitCode}`, text: exitText(config, ended) };
        default:
            return undefined;
    }
}
function exitText(config, ended) {
    const { exitCode, outOfMemory } = ended;
    if (exitCode === NOT_FOUND)
        return `Command not found (exit code ${NOT_FOUND}). ${notFoundHint(config, ended.sought)}`;
    if (exitCode === NOT_EXECUTABLE) {
        return (`A file could not be executed (exit code ${NOT_EXECUTABLE}). Make it executable (chmod +x, or git update-index ` +
            "--chmod=+x), and check that it is a script with an interpreter or a program for this machine's architecture.");
    }
    if (exitCode === KILLED && outOfMemory !== undefined)
        return outOfMemoryText(config, outOfMemory);
    if (exitCode === KILLED) {
        return (`The command was killed (exit code ${KILLED}, SIGKILL). Memory did not run out, by what the engine says: a program sent ` +
            'the signal, in the sandbox or from outside (docker kill).');
    }
    return `The command ended with exit code ${exitCode}.`;
}
function outOfMemoryText({ frontEnd }, limit) {
    return (`Memory ran out, and the command was killed (exit code ${KILLED}): it needed more than its limit of ` +
        `${(0,policy/* memoryText */.FC)(limit)}, or more than the machine had left. Raise ${(0,options/* optionName */.fS)(frontEnd, 'memory')}, or use a machine ` +
        'with more memory.');
}
function notFoundHint({ frontEnd, agentImage }, sought) {
    const mounts = (0,options/* optionName */.fS)(frontEnd, 'mounts');
    if (agentImage !== undefined) {
        return `The command runs in ${(0,file_names/* printableText */.XU)(agentImage)}, which has to have its programs. Use an image that has them.`;
    }
    const hidden = sought.flatMap(({ name, path }) => (path === undefined ? [] : [{ name, path }]));
    const absent = sought.filter(({ path }) => path === undefined).map(({ name }) => (0,file_names/* printableText */.XU)(name));
    const where = hidden.map(({ name, path }) => `${(0,file_names/* printableText */.XU)(name)} is at ${(0,file_names/* printableText */.XU)(path)}, which the sandbox does not see: add ${(0,file_names/* printableText */.XU)(directoryOf(path))} to ${mounts}.`);
    if (absent.length === 0 && where.length > 0)
        return where.join(' ');
    const who = absent.length === 0 ? 'A program' : (0,amounts/* listed */.KE)(absent, 3);
    const remedy = frontEnd === 'action' ? 'Install it in an earlier step' : 'Install it';
    return [
        ...where,
        `${who} is not installed, or is where the sandbox does not see it. ${remedy} (npm install -g …), or add its directory to ${mounts}.`,
    ].join(' ');
}
const directoryOf = (path) => path.slice(0, path.lastIndexOf('/')) || '/';

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/report/refusals.js + 1 modules
var report_refusals = __webpack_require__(9775);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/log/rows.js
var log_rows = __webpack_require__(4046);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/log/refusals.js









/** Names and lines that the log has of a kind. The command can ask for any number of names. */
const MOST = 20;
/**
 * The end of a log: what was refused or could not be reached, and what to do about it.
 *
 * @returns blocks of lines, each of which is a message; none if there is nothing to tell
 */
function refusalBlocks(config, domains, { mode, refusals, audited, proposal }, paint) {
    const both = joined(refusals, audited);
    const names = namesOf(both);
    const notes = [
        ...both.closed.slice(0, MOST).map((one) => `${nameOf(one)}: ${whyText(one)}`),
        ...(both.closed.length > MOST ? [`${String(both.closed.length - MOST)} more names are in Squid's log.`] : []),
        ...refusals_keylessNotes(config, both.keyless),
        ...furtherNotes(domains),
        ...harmlessNotes(both.harmless),
        ...(both.expected.length === 0
            ? []
            : [`${(0,options/* optionName */.fS)(config.frontEnd, 'known-blocked')} expects ${namesText(both.expected)}.`]),
    ];
    const lead = leadText(config, [names.length, nounFor(names)], mode === 'audit', proposal, paint);
    return [
        ...(names.length + notes.length === 0
            ? []
            : [[lead, ...addedLines(both.allowable, proposal), ...notes.map((note) => `  ${note}`)]]),
        ...refusals_hostBlocks(config, both.atHosts, paint),
        ...unresolvableBlocks(config, domains.unresolvable, paint),
        ...unreachableBlocks(config, domains.unreachable, paint),
        ...(domains.isCutOff ? [[`${paint.note('⚠')} ${CUT_OFF}`]] : []),
    ];
}
function joined(refusals, audited) {
    return {
        allowable: [...refusals.allowable, ...audited.allowable],
        closed: [...refusals.closed, ...audited.closed],
        keyless: [...refusals.keyless, ...audited.keyless],
        atHosts: [...refusals.atHosts, ...audited.atHosts],
        harmless: [...refusals.harmless, ...audited.harmless],
        expected: [...refusals.expected, ...audited.expected],
    };
}
/** An address is no domain. */
const isAddress = (name) => /^[0-9.]+$|:/.test(name);
const nounFor = (names) => (names.some(isAddress) ? 'destination' : 'domain');
/** The names that a reader has to think about. */
const namesOf = (refusals) => [...new Set((0,report_refusals/* unexpectedOf */.D)({ ...refusals, atHosts: [] }))];
function leadText({ frontEnd }, [count, noun], isAudit, proposal, paint) {
    if (count === 0)
        return 'Nothing was refused that the command needs:';
    const verb = isAudit ? 'on no list' : 'refused';
    const add = `add to ${(0,options/* optionName */.fS)(frontEnd, 'allow-domains')}:`;
    const ask = isAudit
        ? `With ${(0,options/* settingText */.Su)(frontEnd, 'egress-policy', 'block')}, ${add}`
        : `If the command needs ${count === 1 ? 'it' : 'them'}, ${add}`;
    const lead = `${paint.bad('⛔')} ${(0,numbers/* counted */.hS)(count, noun)} ${count === 1 ? 'was' : 'were'} ${verb}.`;
    return proposal === undefined ? lead : `${lead} ${ask}`;
}
/** Lines to paste. Behind the entry, a comment says what it is for. */
function addedLines(allowable, proposal) {
    if (proposal === undefined)
        return [];
    const { added, covered, leftOut } = proposal;
    const shown = added.slice(0, MOST);
    const width = Math.max(...shown.map((line) => line.length)) + 2;
    const rest = added.length - shown.length + leftOut;
    return [
        ...shown.map((line) => `    ${line.padEnd(width)}# ${purposeOf(line, allowable, covered)}`),
        ...(rest > 0 ? [`    # ${String(rest)} more are in policy.json, in the logs`] : []),
    ];
}
function purposeOf(line, allowable, covered) {
    const entry = line.replace(/^# (?:https:\/\/)?=?|:\d+$/g, '');
    const entryPort = /:(\d+)$/.exec(line)?.[1];
    const isUnknown = line.startsWith('#');
    const isAtPort = (port) => ((0,egress_entry/* isUsualPort */.Gf)(port) ? undefined : String(port)) === entryPort;
    const meant = allowable.filter(({ domain, port }) => isUnknown
        ? isAtPort(port) &&
            (domain === entry || ((!covered.has(domain) || !(0,egress_entry/* isUsualPort */.Gf)(port)) && domain.endsWith(`.${entry}`)))
        : covered.get(domain) === line);
    const requests = (0,numbers/* counted */.hS)(refusals_sumOf(meant), 'request');
    if (isUnknown)
        return `${requests}, unknown to AWF: look first`;
    return `${namesText(meant.map(({ domain }) => domain))}, ${requests}`;
}
const refusals_sumOf = (list) => list.reduce((sum, { requests }) => sum + requests, 0);
function whyText({ domain, reason, rule, requests }) {
    const known = REASONS[isAddress(domain) ? 'address' : (reason ?? '')]?.replaceAll('`', '');
    const by = rule === null ? '' : ` by "${(0,file_names/* printableText */.XU)(rule.entry)}"`;
    const why = reason === 'denied' ? `denied${by}` : (known ?? 'no entry allows it');
    return `${(0,numbers/* counted */.hS)(requests, 'request')}; ${why}`;
}
/** Nobody has to allow a model's own host. */
function refusals_keylessNotes({ frontEnd }, keyless) {
    return keyless.slice(0, MOST).map(({ domain, provider: { name, credentials } }) => {
        const key = frontEnd === 'action' ? credentials[0]?.input : credentials[0]?.variable;
        return `${(0,file_names/* printableText */.XU)(domain)} is ${name}'s own host. Do not allow it: set ${key ?? ''}, and AWF asks the model for the command.`;
    });
}
function furtherNotes({ others }) {
    const further = others.blocked + others.audited + others.unresolvable + others.unreachable;
    return further === 0 ? [] : [`${(0,numbers/* counted */.hS)(further, 'more request')} went to other names; they are in Squid's log.`];
}
/** Without this, a reader would suspect an attack. */
function harmlessNotes(harmless) {
    return Map.groupBy(harmless, ({ programs }) => programs.join(' and '))
        .entries()
        .map(([programs, list]) => {
        const names = namesText(list.map(({ what }) => what));
        return `Side traffic of ${programs}, which works without: ${names}.`;
    })
        .toArray();
}
function refusals_hostBlocks({ frontEnd }, refused, paint) {
    return ['host-rules', 'allow-endpoints'].flatMap((option) => {
        const own = refused.filter((one) => one.option === option);
        if (own.length === 0)
            return [];
        const add = `If the command needs that, add to ${(0,options/* optionName */.fS)(frontEnd, option)}:`;
        return [
            [
                `${paint.bad('⛔')} ${(0,numbers/* counted */.hS)(refusals_sumOf(own), 'request')} had no rule and got 403. ${add}`,
                ...own.slice(0, MOST).map(({ line }) => `    ${(0,file_names/* printableText */.XU)(line)}`),
                ...(own.length > MOST ? [`    # ${String(own.length - MOST)} more are in the api-proxy's log`] : []),
            ],
        ];
    });
}
/** An audit asks for the address of a name that is on no list, too. */
function unresolvableBlocks({ frontEnd }, unresolvable, paint) {
    const option = (0,options/* optionName */.fS)(frontEnd, 'dns-servers');
    const [listed, others] = [true, false].map((isListed) => unresolvable.filter((one) => (one.reason === null) === isListed));
    const block = (lead, list = []) => {
        const names = namesText(list.map(({ domain }) => domain));
        return list.length === 0
            ? []
            : [
                [
                    `${paint.note('⚠')} ${lead}: ${names}. Check the spelling, and the DNS of this machine. ${option} names another server.`,
                ],
            ];
    };
    return [...block('Allowed, but without an address', listed), ...block('On no list, and without an address', others)];
}
/** What nobody answered for, or the network's own proxy kept from the run. A command often only sees that TLS was cut. */
function unreachableBlocks({ frontEnd, network }, unreachable, paint) {
    return [...Map.groupBy(unreachable, ({ reason }) => reason)].map(([reason, list]) => {
        const names = namesText(list.map(({ domain }) => domain));
        const why = `${unreachedText(reason)}. ${unreachableRemedy(frontEnd, network, reason)}`;
        return [`${paint.note('⚠')} Allowed, but not reached: ${names}. Why: ${why}`];
    });
}
function unreachableRemedy(frontEnd, { upstreamProxy }, reason) {
    if (upstreamProxy === undefined)
        return 'Check the host.';
    const { origin, isSecure } = upstreamProxy;
    if (isWrongCredential(reason))
        return `Check the user name and the password in ${origin}.`;
    if (isRefusedByProxy(reason))
        return `Ask whoever runs the proxy of ${origin}.`;
    const certificate = `Its certificate must be for its name, and from an authority that this machine or ${(0,options/* optionName */.fS)(frontEnd, 'upstream-ca')} trusts.`;
    return [`Check the host, and the proxy of ${origin}.`, ...(isSecure ? [certificate] : [])].join(' ');
}
const nameOf = ({ domain }) => (0,file_names/* printableText */.XU)(domain);
const namesText = (names) => (0,amounts/* listed */.KE)([...new Set(names.map(file_names/* printableText */.XU))], MOST);
/** The message about refused names that is shown apart from the log; undefined if there are none that count. */
function refusedAnnotation({ refusals }) {
    const names = namesOf(refusals).map(file_names/* printableText */.XU);
    if (names.length === 0)
        return undefined;
    const more = 'The end of the log and the job summary say what to add.';
    return { title: `AWF refused ${(0,numbers/* counted */.hS)(names.length, nounFor(names))}`, text: `${(0,amounts/* listed */.KE)(names, 10)}. ${more}` };
}
/** What the command reached, and which entries nothing used; undefined if there is neither. */
function reachedGroup({ allowed, others, unused }) {
    const left = unusedLines(allowed, unused);
    if (allowed.length + left.length === 0)
        return undefined;
    const rows = allowed.slice(0, 50).map(({ domain, requests, rule }) => {
        const by = rule === null ? '' : `, by ${(0,file_names/* printableText */.XU)(rule.preset ?? rule.entry)} (${(0,file_names/* printableText */.XU)(rule.from)})`;
        return [(0,file_names/* printableText */.XU)(domain), `${(0,numbers/* counted */.hS)(requests, 'request')}${by}`];
    });
    const rest = allowed.length - rows.length;
    const requests = (0,numbers/* counted */.hS)(refusals_sumOf(allowed) + others.allowed, 'request');
    return {
        title: allowed.length === 0 ? 'reached no domain' : `reached ${(0,numbers/* counted */.hS)(allowed.length, 'domain')} with ${requests}`,
        lines: [...(0,log_rows/* rowLines */.u)(rows), ...(rest > 0 ? [`${String(rest)} more domains are in Squid's log.`] : []), ...left],
    };
}
/** Entries that could go. A preset could if nothing used any of its entries; the summary has each of them. */
function unusedLines(allowed, unused) {
    const used = new Set(allowed.map(({ rule }) => rule?.preset));
    const idle = unused.filter(({ preset }) => preset === null || !used.has(preset));
    const names = [
        ...new Set(idle.map(({ entry, preset, from }) => `${(0,file_names/* printableText */.XU)(preset ?? entry)} (${(0,file_names/* printableText */.XU)(from)})`)),
    ];
    if (names.length === 0)
        return [];
    const rest = names.length - MOST;
    return [`Nothing used ${names.slice(0, MOST).join(', ')}${rest > 0 ? `, and ${String(rest)} more` : ''}.`];
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/log/ending.js


/** @param egress undefined if Squid's log could not be read */
function ending_endingOf(config, ended, { domains, usage }, egress, paint) {
    const all = { ...ended, usage };
    const isKnown = domains !== undefined && egress !== undefined;
    return {
        status: statusLine(config, all, paint),
        failure: failureOf(config, all),
        reached: domains && reachedGroup(domains),
        blocks: isKnown ? refusalBlocks(config, domains, egress, paint).map((lines) => lines.join('\n')) : [],
        refused: egress && refusedAnnotation(egress),
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/log/paint.js
const inColour = (code) => (text) => `\u001b[${code}m${text}\u001b[39m`;
const plain = (text) => text;
/** @param isColoured whether the reader understands ANSI's colours, and wants them */
const paintFor = (isColoured) => isColoured ? { good: inColour(32), bad: inColour(31), note: inColour(33) } : { good: plain, bad: plain, note: plain };

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/log-level.js
var log_level = __webpack_require__(2055);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/action/announce.js







/**
 * Ends the log of a step: how the run ended, what was refused, and where the logs are. There is one annotation for a failure
 * and one for refused names, whatever else is said.
 */
function announce(config, result, further, reporter) {
    const paint = paintFor((0,src_reporter/* usesColour */.hy)(process.env, true));
    const ended = { ...result, commandMs: result.timings.commandMs };
    const { status, failure, reached, blocks, refused } = ending_endingOf(config, ended, result.traffic, result.egress, paint);
    reporter.info(status);
    const isBlocked = result.outcome === 'blocked';
    const why = isBlocked ? { title: 'AWF: fail-on-blocked', text: (0,messages/* blockedText */.qQ)('action', result.egress) } : failure;
    // A step that fails says why at every log level.
    if (why !== undefined)
        annotate('error', why);
    if (reached !== undefined)
        reporter.group(reached.title, reached.lines);
    for (const block of blocks)
        reporter.info(block);
    if (refused !== undefined && !isBlocked && (0,log_level/* shouldLog */.k)('warn', config.logLevel))
        annotate(result.outcome === 'success' ? 'notice' : 'warning', refused);
    reporter.info(furtherText(further));
}
/** For a step whose run never began. */
function announceFailure(error) {
    annotate('error', { title: 'AWF did not start the command', text: (0,errors/* describeError */.Uc)(error) });
}
function annotate(kind, { title, text }) {
    core[kind](text, { title });
}
function furtherText({ logs, page }) {
    const help = `what each line means: ${page}`;
    if (logs === undefined)
        return help;
    if ('paths' in logs)
        return logs.paths.length === 0 ? help : `logs: ${logs.paths.join(', ')} · ${help}`;
    const days = logs.days === undefined ? '' : ` (${logs.days} day${logs.days === 1 ? '' : 's'})`;
    return `logs: artifact ${logs.artifact}${days} · ${help}`;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/action/artifact-settings.js
/** What is known of a run's artifact before it is uploaded. */
/** Whether the logs of a run are uploaded. @param succeeded whether the command did */
function isUploaded({ when }, succeeded) {
    return when === 'always' || (when === 'on-failure' && !succeeded);
}
/** Whether the runner has an artifact service. `act` has one only if it is asked for. */
const hasArtifactService = () => (process.env['ACTIONS_RESULTS_URL'] ?? '') !== '';
/** The name of a run's artifact, which is known before it is uploaded. */
const artifactName = ({ artifactName: name }, runId) => name ?? `awf-logs-${runId}`;

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/action/inputs.js + 17 modules
var inputs = __webpack_require__(5205);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/agent-outputs.js


/** The largest number of outputs. */
const MAX_OUTPUTS = 256;
/** GitHub accepts 1 MiB of UTF-16 per output: this many code units of the JSON document. */
const MAX_JSON_LENGTH = 512 * 1024;
/** GitHub's rule for the id of an output, which an expression names without quotes. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;
/** The number of bad lines that a warning names. A hostile command can write any number of them. */
const NAMED_LINES = 5;
/**
 * Reads what the command wrote to GITHUB_OUTPUT by the runner's rules (actions/runner, FileCommandManager.cs): an output is
 * `name=value`, or `name<<DELIMITER`, lines, and the delimiter on its own line. Whichever of `=` and `<<` comes first
 * decides. Of two outputs whose names differ only in case, the later one counts. A malformed line fails the step on a
 * runner; here it is skipped with a warning.
 */
function agentOutputs(file, secrets) {
    if (file.isCut)
        return nothing(`is longer than ${command_files/* OUTPUT_FILE_LIMIT */.Tg / 1024} KiB`);
    const { entries, badLines, unended } = parse(file.text);
    const byName = new Map(entries.map(({ name, value }) => [name.toLowerCase(), { name, value }]));
    if (byName.size > MAX_OUTPUTS)
        return nothing(`has more than ${MAX_OUTPUTS} outputs`);
    const values = Object.fromEntries([...byName.values()].map(({ name, value }) => [name, (0,config_secrets/* maskCredentials */.Bs)(value, secrets)]));
    if (JSON.stringify(values).length > MAX_JSON_LENGTH) {
        return nothing(`has more than ${MAX_JSON_LENGTH} characters of outputs`);
    }
    return {
        values,
        warnings: [
            ...(badLines.length > 0 ? [`GITHUB_OUTPUT of the command: ${agent_outputs_linesText(badLines)}; left out.`] : []),
            ...(unended === undefined
                ? []
                : [
                    `GITHUB_OUTPUT of the command: the delimiter that line ${unended} announces never comes; what follows is left out.`,
                ]),
        ],
    };
}
function nothing(why) {
    return { values: {}, warnings: [`GITHUB_OUTPUT of the command ${why}; agent-outputs is empty.`] };
}
function parse(text) {
    const lines = text.split('\n');
    const entries = [];
    const badLines = [];
    for (let index = 0; index < lines.length; index++) {
        const line = lines[index] ?? '';
        if (line === '')
            continue;
        const start = index;
        const { name, delimiter, value } = split(line);
        let content = value;
        if (delimiter !== undefined && delimiter !== '') {
            const end = lines.indexOf(delimiter, start + 1);
            if (end < 0)
                return { entries, badLines, unended: start + 1 };
            content = lines.slice(start + 1, end).join('\n');
            index = end;
        }
        if (content === undefined || !NAME.test(name))
            badLines.push(start + 1);
        else
            entries.push({ name, value: content });
    }
    return { entries, badLines, unended: undefined };
}
function split(line) {
    const [equals, block] = [line.indexOf('='), line.indexOf('<<')];
    if (block >= 0 && (equals < 0 || block < equals)) {
        return { name: line.slice(0, block), delimiter: line.slice(block + 2) };
    }
    return equals < 0 ? { name: '' } : { name: line.slice(0, equals), value: line.slice(equals + 1) };
}
function agent_outputs_linesText(numbers) {
    const named = numbers.slice(0, NAMED_LINES).map(String);
    const rest = numbers.length - named.length;
    const more = rest > 0 ? ` and ${rest} more` : '';
    return `${numbers.length === 1 ? 'line' : 'lines'} ${named.join(', ')}${more} ${numbers.length === 1 ? 'is' : 'are'} no output with a name of letters, digits, _ and -`;
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/run/limits.js
var limits = __webpack_require__(3870);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/action/runner-file.js
var runner_file = __webpack_require__(722);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/action/publish.js









/**
 * Tells the job how the run ended: outputs and job summary. Each part has a guard of its own, and none of them
 * changes the exit code or the outcome.
 *
 * @param summary makes the summary, when everything else is told
 */
async function publish(result, secrets, reporter, summary) {
    const { logs } = result;
    const outputs = { ...runOutputs(result), ...(await commandOutputs(result, secrets, reporter)) };
    setOutputs(outputs, reporter);
    for (const warning of cutWarnings(result))
        reporter.warning(warning);
    const markdown = await (0,src_reporter/* attempt */.CD)(reporter, 'make the job summary', summary);
    if (markdown === undefined)
        return;
    await (0,src_reporter/* attempt */.CD)(reporter, 'write the job summary to GITHUB_STEP_SUMMARY', () => {
        writeSummary(markdown);
    });
    // That a directory is gone was said before.
    if (logs !== undefined && (0,external_node_fs_.existsSync)(logs.squid))
        await (0,src_reporter/* attempt */.CD)(reporter, 'write summary.md', () => (0,log_directories/* writeSummaryFile */.o0)(logs, markdown));
}
/**
 * For a step whose run never began.
 *
 * @param summary says so to a reader of the job's page
 */
async function publishFailure(reporter, summary) {
    setOutputs({ 'exit-code': '1', outcome: 'error' }, reporter);
    await (0,src_reporter/* attempt */.CD)(reporter, 'write the job summary to GITHUB_STEP_SUMMARY', () => {
        writeSummary(summary());
    });
}
/** What could not be read is left out, never shown as empty. */
function runOutputs({ traffic: { domains, usage }, outcome, exitCode, timings, logs, result, }) {
    return {
        'exit-code': String(exitCode),
        outcome,
        'startup-ms': timings.startupMs === undefined ? '' : String(Math.round(timings.startupMs)),
        'logs-path': logs?.squid ?? '',
        result,
        ...(usage && {
            requests: String(usage.requests),
            'input-tokens': String(usage.inputTokens),
            'output-tokens': String(usage.outputTokens),
            // A part of the cost must not pass for the whole.
            'cost-usd': usage.costUsd === null ? '' : (0,money/* decimalUsd */.wr)(usage.costUsd),
        }),
        ...(domains && {
            'allowed-domains': domainNames(reached(domains)),
            'blocked-domains': domainNames(byName(domains.blocked)),
        }),
    };
}
/** The names that the command reached, whether an entry allows them or an audit let them through. */
const reached = ({ allowed, audited }) => byName([...allowed, ...audited]);
/** Each name once, most requested first. */
function byName(list) {
    const counts = new Map();
    for (const { domain, requests } of list)
        counts.set(domain, (counts.get(domain) ?? 0) + requests);
    return [...counts].map(([domain, requests]) => ({ domain, requests })).sort((a, b) => b.requests - a.requests);
}
/** A JSON array of the names that fit, most requested first. */
function domainNames(list) {
    return JSON.stringify(fitting(list));
}
/** The command can ask for any number of names, but a variable of a later step has limits. */
function fitting(list) {
    let length = 2;
    return list
        .map(({ domain }) => domain)
        .filter((name) => (length += JSON.stringify(name).length + 1) <= limits/* DOMAINS_OUTPUT_LIMIT */.oU);
}
/** A shortened list must not pass for a whole one. */
function cutWarnings({ traffic: { domains } }) {
    if (domains === undefined)
        return [];
    const { others } = domains;
    return [
        { output: 'allowed-domains', list: reached(domains), uncounted: others.allowed + others.audited },
        { output: 'blocked-domains', list: byName(domains.blocked), uncounted: others.blocked },
    ].flatMap(({ output, list, uncounted }) => {
        const left = list.length - fitting(list).length;
        if (left === 0 && uncounted === 0)
            return [];
        const more = uncounted === 0 ? '' : `, and ${uncounted} requests for names beyond those`;
        return [
            `The output ${output} has the ${list.length - left} most requested names. ${left} names are left out${more}; they are in Squid's log.`,
        ];
    });
}
async function commandOutputs({ written }, secrets, reporter) {
    const outputs = await (0,src_reporter/* attempt */.CD)(reporter, "read the command's outputs", () => agentOutputs(written.output, secrets));
    for (const warning of outputs?.warnings ?? [])
        reporter.warning(warning);
    return { 'agent-outputs': JSON.stringify(outputs?.values ?? {}) };
}
function setOutputs(outputs, reporter) {
    const failed = [];
    let reason;
    for (const [name, value] of Object.entries(outputs)) {
        try {
            (0,runner_file/* appending */.R)('GITHUB_OUTPUT', () => core.setOutput(name, value));
        }
        catch (error) {
            failed.push(name);
            reason ??= error;
        }
    }
    if (failed.length > 0)
        reporter.warning(`Could not write the outputs ${failed.join(', ')} to GITHUB_OUTPUT: ${(0,errors/* describeError */.Uc)(reason)}`);
}
function writeSummary(markdown) {
    const file = process.env['GITHUB_STEP_SUMMARY'] ?? '';
    if (file !== '')
        (0,runner_file/* appending */.R)('GITHUB_STEP_SUMMARY', () => (0,external_node_fs_.appendFileSync)(file, markdown));
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/action/reporter.js
var reporter = __webpack_require__(1568);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/action/conclude.js










/** About the log, below the installation's directory. */
const LOG_PAGE = 'docs/troubleshooting.md#the-steps-log-line-by-line';
/**
 * Tells the log and the job how the run ended, each with a guard of its own.
 *
 * @param surroundings `root` is the action's own directory; `warnings` is everything that the run warned about
 */
async function conclude(result, start, { root, reporter, warnings }) {
    const { config, secrets } = start;
    const logs = placeOfLogs(result, start);
    await (0,src_reporter/* attempt */.CD)(reporter, 'end the log', () => {
        announce(config, result, { logs, page: (0,installation/* documentLink */.io)(LOG_PAGE, root) }, reporter);
    });
    const summary = () => runSummary(result, config, secrets, { root, environment: process.env, logs, warnings });
    await publish(result, secrets, reporter, summary);
}
/** The same for a step whose run never began. */
async function concludeFailure(error, failed, root) {
    const about = () => aboutStep((0,inputs/* stepName */.u)(), { root, environment: process.env });
    announceFailure(error);
    await publishFailure(reporter/* actionReporter */.I, () => notBegunMarkdown(error, failed, about()));
}
/** The artifact, which the post step makes; without one, the paths of what there is. */
function placeOfLogs({ logs, hasAgentLogs, outcome, timings }, { upload, runId }) {
    if (logs === undefined)
        return undefined;
    if (hasArtifactService() && isUploaded(upload, outcome === 'success'))
        return { artifact: artifactName(upload, runId), days: upload.retentionDays };
    return timings.startupMs === undefined ? undefined : { paths: (0,log_directories/* logPaths */.P8)(logs, hasAgentLogs) };
}


/***/ }),

/***/ 8675:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E: () => (/* binding */ allowProposal),
/* harmony export */   W: () => (/* binding */ isAllowable)
/* harmony export */ });
/* harmony import */ var tldts__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(935);
/* harmony import */ var _config_egress_entry_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3035);
/* harmony import */ var _config_public_suffix_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(5890);



/** New lines that are proposed. */
const MAX_LINES = 50;
/** What a line to paste is made of. A name with an underscore is not proposed: no registered domain has one. */
const PLAIN = /^[a-z0-9.:/=-]+$/;
/** So many hosts of one domain are proposed as the domain. */
const FOLDED_FROM = 3;
/** Reasons that an entry removes. */
const CURABLE = ['not-listed', 'port', 'server-name'];
/**
 * Proposes entries for what was refused, or would have been. Names that no preset covers are commented out: a hijacked command
 * can ask for any name, and a list that is pasted unread must not allow it.
 *
 * @param wanted names that are {@link isAllowable}
 * @param presetsOf the presets that allow a host at a port
 * @returns undefined if there is nothing to add
 */
function allowProposal(entries, wanted, presetsOf) {
    const covered = new Map();
    const unknown = wanted.filter(({ domain, port }) => {
        const [preset] = presetsOf(domain, port);
        if (preset !== undefined)
            covered.set(domain, preset);
        return preset === undefined;
    });
    const folded = folds(unknown);
    const plain = folded.filter((line) => PLAIN.test(line)).map((line) => `# ${line}`);
    const added = [...[...new Set(covered.values())].sort(), ...plain];
    if (added.length === 0)
        return undefined;
    const shown = added.slice(0, MAX_LINES);
    return {
        lines: [...new Set(entries.map((entry) => entry.preset ?? (0,_config_egress_entry_js__WEBPACK_IMPORTED_MODULE_1__/* .asciiText */ .Jl)(entry))), ...shown],
        added: shown,
        unknown: shown.filter((line) => line.startsWith('#')).length,
        leftOut: added.length - shown.length + folded.length - plain.length,
        covered,
    };
}
/** True for a name that an entry would allow. An address has none, and neither has a name of other characters. */
function isAllowable({ domain, reason }) {
    return CURABLE.includes(reason ?? '') && /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(domain) && !/^[0-9.]+$/.test(domain);
}
/** The entries for the names, several of one domain as the domain, unless that opens names of others too. */
function folds(names) {
    const ofDomain = Map.groupBy(names, ({ domain, port }) => (0,_config_egress_entry_js__WEBPACK_IMPORTED_MODULE_1__/* .isUsualPort */ .Gf)(port) ? ((0,tldts__WEBPACK_IMPORTED_MODULE_0__/* .parse */ .qg)(domain, { allowPrivateDomains: true }).domain ?? domain) : `${domain}:${String(port)}`);
    const isFolded = (domain, members) => new Set(members.map((member) => member.domain)).size >= FOLDED_FROM && (0,_config_public_suffix_js__WEBPACK_IMPORTED_MODULE_2__/* .suffixProblem */ .n)(domain, '') === undefined;
    return [...ofDomain].flatMap(([domain, members]) => (isFolded(domain, members) ? [domain] : members.map(entryFor)));
}
/** A host that is or has a public suffix stands for itself alone. */
function entryFor({ domain, port }) {
    const name = (0,_config_public_suffix_js__WEBPACK_IMPORTED_MODULE_2__/* .suffixProblem */ .n)(domain, '') === undefined ? domain : `=${domain}`;
    return (0,_config_egress_entry_js__WEBPACK_IMPORTED_MODULE_1__/* .isUsualPort */ .Gf)(port) ? name : `https://${name}:${String(port)}`;
}


/***/ }),

/***/ 9775:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  h: () => (/* binding */ refusalsOf),
  D: () => (/* binding */ unexpectedOf)
});

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/host-pattern.js
var host_pattern = __webpack_require__(6293);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/providers.js + 5 modules
var providers = __webpack_require__(9153);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/report/allow-proposal.js
var allow_proposal = __webpack_require__(8675);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/side-traffic.js
/**
 * The programs that contact a domain on their own: telemetry and updates, without which they work. The note keeps readers
 * from suspecting an attack.
 *
 * @param providers those whose key was given. Without its key, a program does not run here; then somebody else asks, or the
 *   missing key is what is wrong.
 */
function sideTrafficOf(domain, providers) {
    return providers.filter(({ sideTraffic }) => sideTraffic.includes(domain)).map(({ program }) => program);
}
/**
 * The programs that make a request at a named host on their own. A provider's own host is asked for more than inference by
 * its program, as are other hosts for a few paths.
 */
function programsAsking({ host, option, line }, providers) {
    const place = host + line.slice(line.indexOf('/'));
    const isOf = ({ sideTraffic }) => sideTraffic.some((known) => known.includes('/') ? place.startsWith(known) : option === 'allow-endpoints' && known === host);
    return providers.filter(isOf).map(({ program }) => program);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/refusals.js




/**
 * Sorts what was refused.
 *
 * @param refused names that Squid refused, or would have in an audit
 * @param atHosts requests that the api-proxy refused
 */
function refusalsOf({ providers, knownBlocked }, refused, atHosts) {
    const given = providers.map(({ provider }) => provider);
    const isExpected = (host) => knownBlocked.some((pattern) => (0,host_pattern/* covers */.h)(pattern, host));
    const names = Map.groupBy(refused, ({ domain, ...one }) => {
        if (isExpected(domain))
            return 'expected';
        if (sideTrafficOf(domain, given).length > 0)
            return 'harmless';
        if (keylessProvider(domain, given) !== undefined)
            return 'keyless';
        return (0,allow_proposal/* isAllowable */.W)({ domain, ...one }) ? 'allowable' : 'closed';
    });
    const requests = Map.groupBy(atHosts, (one) => {
        if (isExpected(one.host))
            return 'expected';
        return programsAsking(one, given).length > 0 ? 'harmless' : 'atHosts';
    });
    return {
        allowable: names.get('allowable') ?? [],
        closed: names.get('closed') ?? [],
        keyless: (names.get('keyless') ?? []).flatMap((one) => {
            const provider = keylessProvider(one.domain, given);
            return provider === undefined ? [] : [{ ...one, provider }];
        }),
        atHosts: requests.get('atHosts') ?? [],
        harmless: [
            ...(names.get('harmless') ?? []).map(({ domain }) => ({ what: domain, programs: sideTrafficOf(domain, given) })),
            ...(requests.get('harmless') ?? []).map((one) => ({ what: one.line, programs: programsAsking(one, given) })),
        ],
        expected: [
            ...new Set((names.get('expected') ?? []).map(({ domain }) => domain)),
            ...(requests.get('expected') ?? []).map(({ line }) => line),
        ],
    };
}
/** Nobody has to allow a model's own host: the api-proxy reaches it, if it has a key. */
function keylessProvider(domain, given) {
    const isOf = (provider) => (0,providers/* isOwnHost */.HF)(provider, domain) || provider.otherHosts.includes(domain);
    return providers/* PROVIDERS */.xq.find((provider) => isOf(provider) && !given.includes(provider));
}
/** What somebody has to look into, one line each. */
function unexpectedOf({ allowable, closed, keyless, atHosts }) {
    const names = [...allowable, ...closed, ...keyless].map(({ domain }) => domain);
    return [...new Set(names), ...atHosts.map(({ line }) => line)];
}


/***/ })

};

#!/usr/bin/env node
import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 935:
/***/ ((__unused_webpack_module, exports) => {

var __webpack_unused_export__;


/**
 * Check if `vhost` is a valid suffix of `hostname` (top-domain)
 *
 * It means that `vhost` needs to be a suffix of `hostname` and we then need to
 * make sure that: either they are equal, or the character preceding `vhost` in
 * `hostname` is a '.' (it should not be a partial label).
 *
 * * hostname = 'not.evil.com' and vhost = 'vil.com'      => not ok
 * * hostname = 'not.evil.com' and vhost = 'evil.com'     => ok
 * * hostname = 'not.evil.com' and vhost = 'not.evil.com' => ok
 */
function shareSameDomainSuffix(hostname, vhost) {
    if (hostname.endsWith(vhost)) {
        return (hostname.length === vhost.length ||
            hostname[hostname.length - vhost.length - 1] === '.');
    }
    return false;
}
/**
 * Given a hostname and its public suffix, extract the general domain.
 */
function extractDomainWithSuffix(hostname, publicSuffix) {
    // Locate the index of the last '.' in the part of the `hostname` preceding
    // the public suffix.
    //
    // examples:
    //   1. not.evil.co.uk  => evil.co.uk
    //         ^    ^
    //         |    | start of public suffix
    //         | index of the last dot
    //
    //   2. example.co.uk   => example.co.uk
    //     ^       ^
    //     |       | start of public suffix
    //     |
    //     | (-1) no dot found before the public suffix
    const publicSuffixIndex = hostname.length - publicSuffix.length - 2;
    const lastDotBeforeSuffixIndex = hostname.lastIndexOf('.', publicSuffixIndex);
    // No '.' found, then `hostname` is the general domain (no sub-domain)
    if (lastDotBeforeSuffixIndex === -1) {
        return hostname;
    }
    // Extract the part between the last '.'
    return hostname.slice(lastDotBeforeSuffixIndex + 1);
}
/**
 * Detects the domain based on rules and upon and a host string
 */
function getDomain$1(suffix, hostname, options) {
    // Check if `hostname` ends with a member of `validHosts`.
    if (options.validHosts !== null) {
        const validHosts = options.validHosts;
        for (const vhost of validHosts) {
            if ( /*@__INLINE__*/shareSameDomainSuffix(hostname, vhost)) {
                return vhost;
            }
        }
    }
    let numberOfLeadingDots = 0;
    if (hostname.startsWith('.')) {
        while (numberOfLeadingDots < hostname.length &&
            hostname[numberOfLeadingDots] === '.') {
            numberOfLeadingDots += 1;
        }
    }
    // If `hostname` is a valid public suffix, then there is no domain to return.
    // Since we already know that `getPublicSuffix` returns a suffix of `hostname`
    // there is no need to perform a string comparison and we only compare the
    // size.
    if (suffix.length === hostname.length - numberOfLeadingDots) {
        return null;
    }
    // To extract the general domain, we start by identifying the public suffix
    // (if any), then consider the domain to be the public suffix with one added
    // level of depth. (e.g.: if hostname is `not.evil.co.uk` and public suffix:
    // `co.uk`, then we take one more level: `evil`, giving the final result:
    // `evil.co.uk`).
    return /*@__INLINE__*/ extractDomainWithSuffix(hostname, suffix);
}

/**
 * Return the part of domain without suffix.
 *
 * Example: for domain 'foo.com', the result would be 'foo'.
 */
function getDomainWithoutSuffix$1(domain, suffix) {
    // Note: here `domain` and `suffix` cannot have the same length because in
    // this case we set `domain` to `null` instead. It is thus safe to assume
    // that `suffix` is shorter than `domain`.
    return domain.slice(0, -suffix.length - 1);
}

/**
 * Matches an ASCII tab (U+0009) or newline (U+000A / U+000D). The WHATWG URL
 * parser strips these before parsing; we only allocate a cleaned copy (and
 * re-parse) on the rare input that actually contains one.
 */
const CONTROL_CHARS = /[\t\n\r]/g;
// Set by `extractHostname` (a module-scope flag, read synchronously by
// `parseImpl` right after the call — same pattern as the reused RESULT object).
// `true` ONLY when extraction validated the returned host inline (a confirmed-
// valid, "simple" authority) so `parseImpl` can skip the separate
// `isValidHostname` pass. `false` in every other case (validation disabled, a
// complex authority — userinfo/port/brackets/trailing-dot/control — an invalid
// host, or a non-main return path); `parseImpl` then validates as usual. The
// fast path can only ever SKIP a redundant scan for hosts already known valid,
// never accept an invalid one.
let extractedHostnameValidated = false;
/**
 * True if char `code` is a valid hostname character. This is the per-char half
 * of `is-valid.ts`'s `isValidAscii` (a-z, 0-9, > U+007F) PLUS three additions:
 * A-Z (the host is lowercased before validation, so uppercase ≡ a valid
 * lowercase letter) and '-' / '_' (valid inside a label). KEEP IN SYNC with
 * `is-valid.ts`: these rules are deliberately duplicated to validate during
 * extraction, so any change to the accepted character set there must be
 * mirrored here (and vice-versa).
 */
function isValidHostnameChar(code) {
    return ((code >= 97 && code <= 122) || // a-z
        (code >= 48 && code <= 57) || // 0-9
        code > 127 || // non-ASCII (accepted, not punycode-checked)
        (code >= 65 && code <= 90) || // A-Z (becomes valid once lowercased)
        code === 45 || // '-'
        code === 95 // '_'
    );
}
/**
 * Classify scheme `url.slice(schemeStart, colonIndex)` as a WHATWG special
 * scheme without allocating a substring (case-insensitive via `| 32`).
 * Special schemes: ftp, file, http, https, ws, wss
 * (https://url.spec.whatwg.org/#special-scheme).
 *
 * @returns 0 = not special, 1 = special, 2 = file (its host sits only between
 *          "//" and the next slash).
 */
function getSpecialScheme(url, schemeStart, colonIndex) {
    const length = colonIndex - schemeStart;
    const c0 = url.charCodeAt(schemeStart) | 32;
    if (length === 2) {
        return c0 === 119 && (url.charCodeAt(schemeStart + 1) | 32) === 115 ? 1 : 0; // ws
    }
    else if (length === 3) {
        const c1 = url.charCodeAt(schemeStart + 1) | 32;
        const c2 = url.charCodeAt(schemeStart + 2) | 32;
        if (c0 === 119 && c1 === 115 && c2 === 115)
            return 1; // wss
        if (c0 === 102 && c1 === 116 && c2 === 112)
            return 1; // ftp
        return 0;
    }
    else if (length === 4) {
        const c1 = url.charCodeAt(schemeStart + 1) | 32;
        const c2 = url.charCodeAt(schemeStart + 2) | 32;
        const c3 = url.charCodeAt(schemeStart + 3) | 32;
        if (c0 === 104 && c1 === 116 && c2 === 116 && c3 === 112)
            return 1; // http
        if (c0 === 102 && c1 === 105 && c2 === 108 && c3 === 101)
            return 2; // file
        return 0;
    }
    else if (length === 5) {
        return c0 === 104 &&
            (url.charCodeAt(schemeStart + 1) | 32) === 116 &&
            (url.charCodeAt(schemeStart + 2) | 32) === 116 &&
            (url.charCodeAt(schemeStart + 3) | 32) === 112 &&
            (url.charCodeAt(schemeStart + 4) | 32) === 115
            ? 1
            : 0; // https
    }
    return 0;
}
/**
 * Extract a hostname from `url`, matching a WHATWG URL parser's host-boundary
 * behaviour (https://url.spec.whatwg.org/#concept-basic-url-parser) for tldts'
 * scope. It deliberately does NOT normalise the host (no IDNA/punycode or IPv4
 * canonicalisation; IPv6 brackets are stripped, not compressed), strips trailing
 * dots, and stays lenient where a strict parser rejects (bare host:port,
 * out-of-range port, user@host) — all documented deviations.
 *
 * @param urlIsValidHostname - when true, `url` is already a valid hostname and is
 *   returned by the same reference (factory.ts skips re-validation on that
 *   identity), keeping the common path allocation-free.
 * @param validate - when true, validate the host inline during the authority
 *   scan and publish the verdict via `extractedHostnameValidated` so `parseImpl`
 *   can skip the redundant `isValidHostname` pass for simple authorities.
 */
function extractHostname(url, urlIsValidHostname, validate = false) {
    let start = 0;
    let end = url.length;
    let hasUpper = false;
    let isSpecial = true; // '\' ends the host, unless non-special "scheme://"
    extractedHostnameValidated = false;
    if (!urlIsValidHostname) {
        // WHATWG step 1: trim leading/trailing C0 control or space (<= U+0020).
        // Tab/newline elsewhere are handled lazily below.
        while (start < url.length && url.charCodeAt(start) <= 32) {
            start += 1;
        }
        // "data:"/"javascript:" never reach a host (inline payload; data URLs may be
        // huge). `| 32` lowercases letters only; tab/newline is re-parsed below.
        if ((url.charCodeAt(start + 4) === 58 /* ':' */ &&
            (url.charCodeAt(start) | 32) === 100 /* d */ &&
            (url.charCodeAt(start + 1) | 32) === 97 /* a */ &&
            (url.charCodeAt(start + 2) | 32) === 116 /* t */ &&
            (url.charCodeAt(start + 3) | 32) === 97) /* a */ ||
            (url.charCodeAt(start + 10) === 58 /* ':' */ &&
                (url.charCodeAt(start) | 32) === 106 /* j */ &&
                (url.charCodeAt(start + 1) | 32) === 97 /* a */ &&
                (url.charCodeAt(start + 2) | 32) === 118 /* v */ &&
                (url.charCodeAt(start + 3) | 32) === 97 /* a */ &&
                (url.charCodeAt(start + 4) | 32) === 115 /* s */ &&
                (url.charCodeAt(start + 5) | 32) === 99 /* c */ &&
                (url.charCodeAt(start + 6) | 32) === 114 /* r */ &&
                (url.charCodeAt(start + 7) | 32) === 105 /* i */ &&
                (url.charCodeAt(start + 8) | 32) === 112 /* p */ &&
                (url.charCodeAt(start + 9) | 32) === 116) /* t */) {
            return null;
        }
        while (end > start + 1 && url.charCodeAt(end - 1) <= 32) {
            end -= 1;
        }
        if ((url.charCodeAt(start) === 47 /* '/' */ ||
            url.charCodeAt(start) === 92) /* '\' */ &&
            (url.charCodeAt(start + 1) === 47 /* '/' */ ||
                url.charCodeAt(start + 1) === 92) /* '\' */) {
            // Scheme-relative reference ("//host/path").
            start += 2;
        }
        else {
            let indexOfProtocol = url.indexOf(':/', start);
            if (indexOfProtocol !== -1) {
                // "scheme://…". Classify the scheme, then position `start` at the host.
                const special = getSpecialScheme(url, start, indexOfProtocol);
                if (special === 1) {
                    // Special scheme: skip the run of '/' and '\' after it
                    // (special-authority-(ignore-)slashes states; '\' acts as '/').
                    start = indexOfProtocol + 2;
                    while (url.charCodeAt(start) === 47 /* '/' */ ||
                        url.charCodeAt(start) === 92 /* '\' */) {
                        start += 1;
                    }
                }
                else if (special === 2) {
                    // file: the host is only what sits between "//" and the next slash, so
                    // "file://h/x" => "h" but "file:///x" / "file:/x" => no host.
                    start = indexOfProtocol + 1;
                    let slashes = 0;
                    while ((url.charCodeAt(start) === 47 || url.charCodeAt(start) === 92) &&
                        slashes < 2) {
                        start += 1;
                        slashes += 1;
                    }
                    if (slashes < 2) {
                        return null;
                    }
                }
                else {
                    // Unknown scheme: validate the WHATWG scheme grammar [A-Za-z0-9+.-];
                    // a control char means it was split by a tab/newline (strip + re-parse).
                    for (let i = start; i < indexOfProtocol; i += 1) {
                        const code = url.charCodeAt(i);
                        if (!(((code | 32) >= 97 && (code | 32) <= 122) || // [a-zA-Z] (fold letters only)
                            (code >= 48 && code <= 57) || // [0, 9]
                            code === 46 || // '.'
                            code === 45 || // '-'
                            code === 43 // '+'
                        )) {
                            if (code === 9 /* tab */ ||
                                code === 10 /* LF */ ||
                                code === 13 /* CR */) {
                                return extractHostname(url.replace(CONTROL_CHARS, ''), urlIsValidHostname, validate);
                            }
                            // A '/', '\', '?' or '#' first puts this ':/' in a path, query or
                            // fragment ("a.com/r?u=https://x"): re-read the input without it.
                            for (let j = i; j < indexOfProtocol; j += 1) {
                                const c = url.charCodeAt(j);
                                if (c === 47 || c === 92 || c === 63 || c === 35) {
                                    indexOfProtocol = -1;
                                    break;
                                }
                            }
                            if (indexOfProtocol !== -1) {
                                return null;
                            }
                            break;
                        }
                    }
                    if (indexOfProtocol !== -1) {
                        // A non-special scheme has an authority only after "//" (else it is
                        // an opaque path with no host). `indexOf(':/')` already gave the
                        // first '/'.
                        if (url.charCodeAt(indexOfProtocol + 2) === 47 /* '/' */) {
                            isSpecial = false;
                            start = indexOfProtocol + 3;
                        }
                        else {
                            return null;
                        }
                    }
                }
            }
            if (indexOfProtocol === -1 && url.charCodeAt(start) !== 91 /* '[' */) {
                // Cold path: no "scheme://" prefix, and not a bare IPv6 literal (whose
                // first ':' would otherwise look like a scheme separator; "[…]" falls
                // through to the ipv6 handling below). May be a bare host, a host:port,
                // a user@host, a slash-less special scheme ("https:host"), or an opaque
                // URI ("mailto:", "tel:", "urn:…").
                let indexOfColon = -1;
                for (let i = start; i < end; i += 1) {
                    const code = url.charCodeAt(i);
                    if (code === 9 || code === 10 || code === 13) {
                        return extractHostname(url.replace(CONTROL_CHARS, ''), urlIsValidHostname, validate);
                    }
                    if (code === 58 /* ':' */) {
                        indexOfColon = i;
                        break;
                    }
                    if (code === 47 || code === 92 || code === 63 || code === 35) {
                        break;
                    }
                }
                if (indexOfColon !== -1) {
                    // An '@' before the next delimiter => the ':' is userinfo, not a
                    // scheme ("user:pass@host", "mailto:a@b"): keep the whole authority.
                    let hasIdentifier = false;
                    for (let i = indexOfColon + 1; i < end; i += 1) {
                        const code = url.charCodeAt(i);
                        if (code === 47 || code === 92 || code === 63 || code === 35) {
                            break;
                        }
                        if (code === 64 /* '@' */) {
                            hasIdentifier = true;
                            break;
                        }
                    }
                    if (!hasIdentifier) {
                        // All-digits after ':' => a bare "host:port" (tldts accepts
                        // hostnames too); keep `start` and let the port handling trim it.
                        let allDigits = true;
                        let i = indexOfColon + 1;
                        for (; i < end; i += 1) {
                            const code = url.charCodeAt(i);
                            if (code === 47 || code === 92 || code === 63 || code === 35) {
                                break;
                            }
                            if (code < 48 /* '0' */ || code > 57 /* '9' */) {
                                allDigits = false;
                                break;
                            }
                        }
                        if (i === indexOfColon + 1) {
                            allDigits = false; // nothing after ':' => not a port
                        }
                        if (!allDigits) {
                            const special = getSpecialScheme(url, start, indexOfColon);
                            if (special === 0) {
                                // No "scheme://" on the cold path and not a special scheme.
                                // A second ':' before the host's end marks a bare, unbracketed
                                // IPv6 literal ("2a01:e35::1"): fall through and let the host
                                // loop + isIp classify it. Without one this is an opaque path
                                // with no host ("mailto:x", "foo:bar").
                                let isBareIpv6 = false;
                                for (let j = indexOfColon + 1; j < end; j += 1) {
                                    const code = url.charCodeAt(j);
                                    if (code === 47 ||
                                        code === 92 ||
                                        code === 63 ||
                                        code === 35) {
                                        break;
                                    }
                                    if (code === 58 /* ':' */) {
                                        isBareIpv6 = true;
                                        break;
                                    }
                                }
                                if (!isBareIpv6) {
                                    return null;
                                }
                            }
                            else {
                                start = indexOfColon + 1;
                                if (special === 2) {
                                    // file (e.g. "file:\\host"): host only between "//" and next slash.
                                    let slashes = 0;
                                    while ((url.charCodeAt(start) === 47 ||
                                        url.charCodeAt(start) === 92) &&
                                        slashes < 2) {
                                        start += 1;
                                        slashes += 1;
                                    }
                                    if (slashes < 2) {
                                        return null;
                                    }
                                }
                                else {
                                    while (url.charCodeAt(start) === 47 ||
                                        url.charCodeAt(start) === 92) {
                                        start += 1;
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        // Find the host's end: first '/', '?' or '#' (and '\' for special URLs,
        // which WHATWG treats like '/'). Track the last '@', ']' and ':' for
        // userinfo, ipv6 and port, plus the first ':' of the host (reset at each
        // '@') to tell a bare IPv6 (>= 2 colons) from a host:port (exactly one);
        // flag uppercase and a stray tab/newline. The loop is split on `code < 64`
        // so common host characters take fewer comparisons.
        //
        // When `validate`, also accumulate `is-valid.ts`'s checks over the scanned
        // run so a simple authority's host can be validated in this single pass.
        // `vValid` only stays meaningful for a "simple" authority (no userinfo, port,
        // brackets, control or trailing dot); those cases clear it / are rejected by
        // the guard below, falling back to `isValidHostname`.
        let indexOfIdentifier = -1;
        let indexOfClosingBracket = -1;
        let indexOfPort = -1;
        let indexOfFirstColon = -1;
        let hasControl = false;
        let vValid = validate; // seeded true when validating; cleared on the first invalid char
        let vLastDot = start - 1; // mirrors is-valid.ts `lastDotIndex = -1` at host start
        let vLastCode = -1;
        if (validate && start < end) {
            // First-char rule: must be a valid host char, '.', or '_' (NOT '-').
            const c0 = url.charCodeAt(start);
            if (
            // Keep these parens: they scope /*@__INLINE__*/ for terser.
            // prettier-ignore
            !(
            /*@__INLINE__*/ (isValidHostnameChar(c0) ||
                c0 === 46 /* '.' */ ||
                c0 === 95 /* '_' */)) ||
                c0 === 45 /* '-' (isValidHostnameChar allows it mid-label, not first) */) {
                vValid = false;
            }
        }
        for (let i = start; i < end; i += 1) {
            const code = url.charCodeAt(i);
            if (code < 64) {
                if (code === 47 || code === 35 || code === 63) {
                    end = i;
                    break;
                }
                else if (code === 58 /* ':' */) {
                    if (indexOfFirstColon === -1) {
                        indexOfFirstColon = i;
                    }
                    indexOfPort = i;
                }
                else if (code === 9 || code === 10 || code === 13) {
                    hasControl = true;
                }
                else if (validate) {
                    if (code === 46 /* '.' */) {
                        if (i - vLastDot > 64 || vLastCode === 46 || vLastCode === 45) {
                            vValid = false;
                        }
                        vLastDot = i;
                    }
                    else if (code < 48 || code > 57) {
                        // < 64 and not a delimiter/dot/digit => only '-' (45) is a valid
                        // host char here; everything else (space, %, !, etc.) is invalid.
                        // A '-' must also not START a label (the byte right after a '.') —
                        // mirrors is-valid.ts; the first label is covered by the first-char
                        // rule above. (RFC 1034 §3.5 / RFC 1035 §2.3.1 LDH.)
                        if (code !== 45 || vLastCode === 46 /* label-leading '-' */) {
                            vValid = false;
                        }
                    }
                }
            }
            else if (isSpecial && code === 92 /* '\' */) {
                end = i;
                break;
            }
            else if (code === 64 /* '@' */) {
                indexOfIdentifier = i;
                indexOfFirstColon = -1; // colons before '@' are userinfo, not the host
            }
            else if (code === 93 /* ']' */) {
                indexOfClosingBracket = i;
            }
            else if (code >= 65 && code <= 90) {
                hasUpper = true;
            }
            else if (validate && !( /*@__INLINE__*/isValidHostnameChar(code))) {
                // >= 64, not '@'/']'/upper: valid only if a-z, '_', or non-ASCII.
                vValid = false;
            }
            if (validate) {
                vLastCode = code;
            }
        }
        // A tab/newline inside the authority: strip everything and re-parse (rare).
        if (hasControl) {
            return extractHostname(url.replace(CONTROL_CHARS, ''), urlIsValidHostname, validate);
        }
        // Skip userinfo. '>= start' so an empty userinfo ("http://@host") works too.
        if (indexOfIdentifier !== -1 &&
            indexOfIdentifier >= start &&
            indexOfIdentifier < end) {
            start = indexOfIdentifier + 1;
        }
        if (url.charCodeAt(start) === 91 /* '[' */) {
            // ipv6 address: return what is between the brackets, or null if unclosed.
            if (indexOfClosingBracket !== -1) {
                return url.slice(start + 1, indexOfClosingBracket).toLowerCase();
            }
            return null;
        }
        else if (indexOfPort !== -1 &&
            indexOfPort > start &&
            indexOfPort < end &&
            // A host:port has exactly one ':' in the host (so its first ':' is its
            // last); a bare, unbracketed IPv6 literal ("2a01:e35::1") has >= 2, so
            // its first ':' precedes the last. Only the former has a ':port' to trim.
            indexOfFirstColon === indexOfPort) {
            end = indexOfPort; // trim ':port'
        }
        // Empty authority ("http://", "file:///path", "//"); only reachable here via
        // extraction — a bare valid hostname never lands here.
        if (start >= end) {
            return null;
        }
        // Publish the inline-validation verdict — but only for a "simple" authority,
        // where the scanned run equals the final host: no userinfo skip, no port
        // trim, no brackets, no trailing dot (trimmed below), and length within RFC
        // limits. Anything else leaves it `false` so `parseImpl` re-validates.
        //
        // Every clause below is load-bearing for CORRECTNESS, not just speed: the
        // loop accumulates `vValid` over the whole scanned run (it does not stop at
        // ':' or '@', so any port/userinfo bytes are included), so the verdict is
        // only sound when that run equals the final host. Do not drop a clause as
        // "redundant" — e.g. without `indexOfPort === -1`, `host:8080` would be
        // wrongly accepted.
        if (validate &&
            vValid &&
            indexOfIdentifier === -1 &&
            indexOfPort === -1 &&
            indexOfClosingBracket === -1 &&
            url.charCodeAt(end - 1) !== 46 /* no trailing dot */ &&
            end - start <= 255 && // total length
            end - vLastDot - 1 <= 63 && // last label length
            vLastCode !== 45 /* last char not '-' */) {
            extractedHostnameValidated = true;
        }
    }
    // Trim trailing dots
    while (end > start + 1 && url.charCodeAt(end - 1) === 46 /* '.' */) {
        end -= 1;
    }
    const hostname = start !== 0 || end !== url.length ? url.slice(start, end) : url;
    if (hasUpper) {
        return hostname.toLowerCase();
    }
    return hostname;
}

/**
 * Check if a hostname is an IP. You should be aware that this only works
 * because `hostname` is already garanteed to be a valid hostname!
 */
function isProbablyIpv4(hostname) {
    // Cannot be shorted than 1.1.1.1
    if (hostname.length < 7) {
        return false;
    }
    // Cannot be longer than: 255.255.255.255
    if (hostname.length > 15) {
        return false;
    }
    let numberOfDots = 0;
    for (let i = 0; i < hostname.length; i += 1) {
        const code = hostname.charCodeAt(i);
        if (code === 46 /* '.' */) {
            numberOfDots += 1;
        }
        else if (code < 48 /* '0' */ || code > 57 /* '9' */) {
            return false;
        }
    }
    return (numberOfDots === 3 &&
        hostname.charCodeAt(0) !== 46 /* '.' */ &&
        hostname.charCodeAt(hostname.length - 1) !== 46 /* '.' */);
}
/**
 * Similar to isProbablyIpv4.
 */
function isProbablyIpv6(hostname) {
    if (hostname.length < 3) {
        return hostname === '::';
    }
    let start = hostname.startsWith('[') ? 1 : 0;
    let end = hostname.length;
    if (hostname[end - 1] === ']') {
        end -= 1;
    }
    // We only consider the maximum size of a normal IPV6. Note that this will
    // fail on so-called "IPv4 mapped IPv6 addresses" but this is a corner-case
    // and a proper validation library should be used for these.
    if (end - start > 39) {
        return false;
    }
    let hasColon = false;
    for (; start < end; start += 1) {
        const code = hostname.charCodeAt(start);
        if (code === 58 /* ':' */) {
            hasColon = true;
        }
        else if (!((code >= 48 && code <= 57) || // 0-9
            (code >= 97 && code <= 102) || // a-f
            (code >= 65 && code <= 70) // A-F (RFC 4291 §2.2: an IPv6 hextet is hex digits only)
        )) {
            return false;
        }
    }
    return hasColon;
}
/**
 * Check if `hostname` is *probably* a valid ip addr (either ipv6 or ipv4).
 * This *will not* work on any string. We need `hostname` to be a valid
 * hostname.
 */
function isIp(hostname) {
    return isProbablyIpv6(hostname) || isProbablyIpv4(hostname);
}

/**
 * Special-use domain names from the IANA "Special-Use Domain Names" registry:
 * the authoritative list, created by RFC 6761 and maintained as new RFCs add to
 * it: https://www.iana.org/assignments/special-use-domain-names/
 * Snapshot: 2026-05-24. (RFC 6761 is not obsoleted; draft-hoffman-rfc6761bis
 * proposes to retire its prose but keep this registry, so the registry is the
 * source of truth; re-sync this list against it.)
 *
 * These names never correspond to a public registration, yet neither
 * `isIcann` nor `isPrivate` marks one as special-use: most are absent from the
 * Public Suffix List (so `a.test` looks like a registrable domain), and the
 * few that are listed (`onion`, `home.arpa`) appear there as ordinary ICANN
 * suffixes. `isSpecialUse` is the single signal that covers them all.
 *
 * Per the registry and RFC 6761 ("and any names falling within these domains"),
 * the designation covers each listed name AND all of its sub-domains. DNS labels
 * are case-insensitive (RFC 4343); `hostname` is expected to be already
 * lower-cased and trailing-dot-stripped, as produced by `extractHostname`, the
 * same normalization the Public-Suffix-List lookup relies on.
 *
 * Two groups of registry entries are intentionally excluded: the numeric
 * reverse-DNS delegation zones (`10.in-addr.arpa`, the `*.ip6.arpa` ranges, …),
 * which are reverse-DNS PTR zones rather than hostnames and whose parents
 * (`in-addr.arpa`/`ip6.arpa`) are already in the Public Suffix List; and the
 * deprecated `eap-noob.arpa` entry.
 */
const SPECIAL_USE_DOMAINS = [
    'test', // RFC 6761
    'localhost', // RFC 6761
    'invalid', // RFC 6761
    'example', // RFC 6761
    'example.com', // RFC 6761
    'example.net', // RFC 6761
    'example.org', // RFC 6761
    'local', // RFC 6762 (mDNS)
    'onion', // RFC 7686 (Tor)
    'alt', // RFC 9476
    'home.arpa', // RFC 8375
    'ipv4only.arpa', // RFC 8880
    'resolver.arpa', // RFC 9462
    'service.arpa', // RFC 9665
    '6tisch.arpa', // RFC 9031
    'eap.arpa', // RFC 9965
];
/**
 * Return `true` if `hostname` is, or is a sub-domain of, a special-use domain
 * (see the registry note above). Expects an already-normalized `hostname`.
 */
function isSpecialUse(hostname) {
    for (const name of SPECIAL_USE_DOMAINS) {
        // Match on a label boundary: `hostname` is either exactly `name` or ends
        // with `.name` (so `latest` is not matched by `test`, nor `myexample.com`
        // by `example.com`).
        if (hostname.endsWith(name) &&
            (hostname.length === name.length ||
                hostname.charCodeAt(hostname.length - name.length - 1) === 46) /* '.' */) {
            return true;
        }
    }
    return false;
}

/**
 * Implements fast shallow verification of hostnames. This does not perform a
 * struct check on the content of labels (classes of Unicode characters, etc.)
 * but instead check that the structure is valid (number of labels, length of
 * labels, etc.).
 *
 * If you need stricter validation, consider using an external library.
 */
// KEEP IN SYNC with `extract-hostname.ts` `isValidHostnameChar` + its inline
// scan/verdict, which duplicate these structural rules to validate during
// extraction (a perf fusion). That copy additionally accepts A-Z (the host is
// not yet lowercased there) and folds in '-' / '_'. Any change to the accepted
// character set or the label/length rules here must be mirrored there.
function isValidAscii(code) {
    return ((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127);
}
/**
 * Check if a hostname string is valid. It's usually a preliminary check before
 * trying to use getDomain or anything else.
 *
 * Beware: it does not check if the TLD exists.
 */
function isValidHostname (hostname) {
    if (hostname.length > 255) {
        return false;
    }
    if (hostname.length === 0) {
        return false;
    }
    if (
    /*@__INLINE__*/ !isValidAscii(hostname.charCodeAt(0)) &&
        hostname.charCodeAt(0) !== 46 && // '.' (dot)
        hostname.charCodeAt(0) !== 95 // '_' (underscore)
    ) {
        return false;
    }
    // Validate hostname according to RFC
    let lastDotIndex = -1;
    let lastCharCode = -1;
    const len = hostname.length;
    for (let i = 0; i < len; i += 1) {
        const code = hostname.charCodeAt(i);
        if (code === 46 /* '.' */) {
            if (
            // Check that previous label is < 63 bytes long (64 = 63 + '.')
            i - lastDotIndex > 64 ||
                // Check that previous character was not already a '.'
                lastCharCode === 46 ||
                // Check that the previous label does not end with '-' (RFC 1035 §2.3.1 LDH).
                // '_' is intentionally NOT restricted: DNS allows any octet (RFC 2181 §11) and
                // WHATWG URL does not treat '_' as a forbidden host code point.
                lastCharCode === 45) {
                return false;
            }
            lastDotIndex = i;
        }
        else if (
        // A forbidden character in the label...
        // Keep these parens: they scope /*@__INLINE__*/ for terser.
        // prettier-ignore
        !( /*@__INLINE__*/(isValidAscii(code) || code === 45 || code === 95)) ||
            // ...or a '-' starting a label (the byte right after a '.'). A label must
            // not begin with a hyphen (RFC 1034 §3.5 / RFC 1035 §2.3.1 LDH, as amended
            // by RFC 1123 §2.1; cf. UTS #46 CheckHyphens). The first label is covered by
            // the leading-character guard above; mirrors the trailing-'-' rule below.
            (code === 45 && lastCharCode === 46)) {
            return false;
        }
        lastCharCode = code;
    }
    return (
    // Check that last label is shorter than 63 chars
    len - lastDotIndex - 1 <= 63 &&
        // Check that the last character is an allowed trailing label character.
        // Since we already checked that the char is a valid hostname character,
        // we only need to check that it's different from '-'.
        lastCharCode !== 45);
}

/**
 * Apply `options.extraSuffixes` to the built-in lookup result in `out`, as if
 * they were part of the list (`isException`: the built-in winner is an
 * exception rule). As in browsers, the longest match prevails and an exception
 * beats a rule of the same length. Remaining ties go to the built-in match
 * (unless it matched no rule: both flags falsy), then to `icann`.
 */
function extraSuffixLookup(hostname, options, isException, out) {
    const suffix = out.publicSuffix;
    if (suffix === null) {
        return;
    }
    // Best extra exception and rule, as start indices in `hostname` (smaller is
    // longer; `none` if unmatched), and whether each is ICANN.
    const none = hostname.length + 1;
    let exception = none;
    let exceptionIsIcann = false;
    let rule = none;
    let ruleIsIcann = false;
    const extra = options.extraSuffixes;
    for (let section = 0; section < 2; section += 1) {
        const isIcann = section === 0;
        const rules = isIcann
            ? options.allowIcannDomains && extra.icann
            : options.allowPrivateDomains && extra.private;
        if (!Array.isArray(rules)) {
            continue;
        }
        for (const r of rules) {
            // Sparse or untyped lists may hold non-strings.
            if (typeof r !== 'string') {
                continue;
            }
            const exceptionRule = r.startsWith('!');
            const wildcard = r.startsWith('*.');
            const body = exceptionRule ? r.slice(1) : wildcard ? r.slice(2) : r;
            // Skip empty rules, and exceptions without a parent ('!p').
            if (body === '' ||
                (exceptionRule && !body.includes('.')) ||
                !shareSameDomainSuffix(hostname, body)) {
                continue;
            }
            let start = hostname.length - body.length;
            // Strict `<`: on a tie, the first match (`icann` first) wins.
            if (exceptionRule) {
                if (start < exception) {
                    exception = start;
                    exceptionIsIcann = isIcann;
                }
                continue;
            }
            // `*.p` also matches `p`, else one more non-empty label.
            if (wildcard && start > 1 && hostname.charCodeAt(start - 2) !== 46) {
                start = hostname.lastIndexOf('.', start - 2) + 1;
            }
            if (start < rule) {
                rule = start;
                ruleIsIcann = isIcann;
            }
        }
    }
    // Start of the built-in match: an exception starts one label left of its
    // suffix.
    const suffixStart = hostname.length - suffix.length;
    const builtin = isException
        ? hostname.lastIndexOf('.', suffixStart - 2) + 1
        : suffixStart;
    // An exception wins ties with rules; a built-in exception wins ties with
    // an extra one.
    if (exception <= rule &&
        (isException ? exception < builtin : exception <= builtin)) {
        out.publicSuffix = hostname.slice(hostname.indexOf('.', exception) + 1);
        out.isIcann = exceptionIsIcann;
        out.isPrivate = !exceptionIsIcann;
    }
    else if (rule < builtin ||
        (rule === builtin && !out.isIcann && !out.isPrivate)) {
        out.publicSuffix = hostname.slice(rule);
        out.isIcann = ruleIsIcann;
        out.isPrivate = !ruleIsIcann;
    }
}

function setDefaultsImpl({ allowIcannDomains = true, allowPrivateDomains = false, detectIp = true, detectSpecialUse = false, extraSuffixes = null, extractHostname = true, mixedInputs = true, validHosts = null, validateHostname = true, }) {
    return {
        allowIcannDomains,
        allowPrivateDomains,
        detectIp,
        detectSpecialUse,
        extraSuffixes,
        extractHostname,
        mixedInputs,
        validHosts,
        validateHostname,
    };
}
const DEFAULT_OPTIONS = /*@__INLINE__*/ setDefaultsImpl({});
function setDefaults(options) {
    if (options === undefined) {
        return DEFAULT_OPTIONS;
    }
    return /*@__INLINE__*/ setDefaultsImpl(options);
}

/**
 * Returns the subdomain of a hostname string
 */
function getSubdomain$1(hostname, domain) {
    // If `hostname` and `domain` are the same, then there is no sub-domain
    if (domain.length === hostname.length) {
        return '';
    }
    return hostname.slice(0, -domain.length - 1);
}

/**
 * Implement a factory allowing to plug different implementations of suffix
 * lookup (e.g.: using a trie or the packed hashes datastructures). This is used
 * and exposed in `tldts.ts` and `tldts-experimental.ts` bundle entrypoints.
 */
function getEmptyResult() {
    return {
        domain: null,
        domainWithoutSuffix: null,
        hostname: null,
        isIcann: null,
        isIp: null,
        isPrivate: null,
        isSpecialUse: null,
        publicSuffix: null,
        subdomain: null,
    };
}
function resetResult(result) {
    result.domain = null;
    result.domainWithoutSuffix = null;
    result.hostname = null;
    result.isIcann = null;
    result.isIp = null;
    result.isPrivate = null;
    result.isSpecialUse = null;
    result.publicSuffix = null;
    result.subdomain = null;
}
function parseImpl(url, step, suffixLookup, partialOptions, result) {
    const options = /*@__INLINE__*/ setDefaults(partialOptions);
    // Very fast approximate check to make sure `url` is a string. This is needed
    // because the library will not necessarily be used in a typed setup and
    // values of arbitrary types might be given as argument.
    if (typeof url !== 'string') {
        return result;
    }
    // Extract hostname from `url` only if needed. This can be made optional
    // using `options.extractHostname`. This option will typically be used
    // whenever we are sure the inputs to `parse` are already hostnames and not
    // arbitrary URLs.
    //
    // `mixedInput` allows to specify if we expect a mix of URLs and hostnames
    // as input. If only hostnames are expected then `extractHostname` can be
    // set to `false` to speed-up parsing. If only URLs are expected then
    // `mixedInputs` can be set to `false`. The `mixedInputs` is only a hint
    // and will not change the behavior of the library.
    // Whether `url` itself was already a valid hostname (only computed on the
    // mixedInputs path). Lets us skip the post-extraction validation below when
    // extractHostname returned `url` unchanged (same reference).
    let urlIsValid = false;
    if (!options.extractHostname) {
        // Trim trailing dots as extractHostname does (`new URL()` keeps them).
        let end = url.length;
        while (end > 1 && url.charCodeAt(end - 1) === 46 /* '.' */) {
            end -= 1;
        }
        result.hostname = end === url.length ? url : url.slice(0, end);
    }
    else if (options.mixedInputs) {
        urlIsValid = isValidHostname(url);
        result.hostname = extractHostname(url, urlIsValid, options.validateHostname);
    }
    else {
        result.hostname = extractHostname(url, false, options.validateHostname);
    }
    // Check if `hostname` is a valid ip address
    if (options.detectIp && result.hostname !== null) {
        result.isIp = isIp(result.hostname);
        if (result.isIp) {
            return result;
        }
    }
    // Perform hostname validation if enabled. If hostname is not valid, no need to
    // go further as there will be no valid domain or sub-domain. This validation
    // is applied before any early returns to ensure consistent behavior across
    // all API methods including getHostname().
    if (options.validateHostname &&
        options.extractHostname &&
        result.hostname !== null &&
        // Skip the re-scan when `url` was already validated and extractHostname
        // returned it unchanged (same reference => identical string, still valid).
        !(urlIsValid && result.hostname === url) &&
        // Skip the re-scan when extractHostname already validated the host inline
        // (a confirmed-valid simple authority — see extract-hostname.ts).
        !extractedHostnameValidated &&
        !isValidHostname(result.hostname)) {
        result.hostname = null;
        return result;
    }
    if (step === 0 /* FLAG.HOSTNAME */ || result.hostname === null) {
        return result;
    }
    // Flag special-use domains, only when opted in (`detectSpecialUse`) and only
    // for the full `parse()` result (FLAG.ALL). Computed here, before the
    // public-suffix/domain early-returns below, so single-label names like
    // `localhost` (which have no registrable domain) are still flagged.
    if (step === 5 /* FLAG.ALL */ && options.detectSpecialUse) {
        result.isSpecialUse = isSpecialUse(result.hostname);
    }
    // Extract public suffix (`isException`: the winner is an exception rule)
    const isException = suffixLookup(result.hostname, options, result);
    if (options.extraSuffixes !== null) {
        extraSuffixLookup(result.hostname, options, isException === true, result);
    }
    if (step === 2 /* FLAG.PUBLIC_SUFFIX */ || result.publicSuffix === null) {
        return result;
    }
    // Extract domain
    result.domain = getDomain$1(result.publicSuffix, result.hostname, options);
    if (step === 3 /* FLAG.DOMAIN */ || result.domain === null) {
        return result;
    }
    // Extract subdomain
    result.subdomain = getSubdomain$1(result.hostname, result.domain);
    if (step === 4 /* FLAG.SUB_DOMAIN */) {
        return result;
    }
    // Extract domain without suffix
    result.domainWithoutSuffix = getDomainWithoutSuffix$1(result.domain, result.publicSuffix);
    return result;
}

function fastPathLookup (hostname, options, out) {
    // Fast path for very popular suffixes; this allows to by-pass lookup
    // completely as well as any extra allocation or string manipulation.
    if (!options.allowPrivateDomains &&
        options.allowIcannDomains &&
        hostname.length > 3) {
        const last = hostname.length - 1;
        const c3 = hostname.charCodeAt(last);
        const c2 = hostname.charCodeAt(last - 1);
        const c1 = hostname.charCodeAt(last - 2);
        const c0 = hostname.charCodeAt(last - 3);
        if (c3 === 109 /* 'm' */ &&
            c2 === 111 /* 'o' */ &&
            c1 === 99 /* 'c' */ &&
            c0 === 46 /* '.' */) {
            out.isIcann = true;
            out.isPrivate = false;
            out.publicSuffix = 'com';
            return true;
        }
        else if (c3 === 103 /* 'g' */ &&
            c2 === 114 /* 'r' */ &&
            c1 === 111 /* 'o' */ &&
            c0 === 46 /* '.' */) {
            out.isIcann = true;
            out.isPrivate = false;
            out.publicSuffix = 'org';
            return true;
        }
        else if (c3 === 117 /* 'u' */ &&
            c2 === 100 /* 'd' */ &&
            c1 === 101 /* 'e' */ &&
            c0 === 46 /* '.' */) {
            out.isIcann = true;
            out.isPrivate = false;
            out.publicSuffix = 'edu';
            return true;
        }
        else if (c3 === 118 /* 'v' */ &&
            c2 === 111 /* 'o' */ &&
            c1 === 103 /* 'g' */ &&
            c0 === 46 /* '.' */) {
            out.isIcann = true;
            out.isPrivate = false;
            out.publicSuffix = 'gov';
            return true;
        }
        else if (c3 === 116 /* 't' */ &&
            c2 === 101 /* 'e' */ &&
            c1 === 110 /* 'n' */ &&
            c0 === 46 /* '.' */) {
            out.isIcann = true;
            out.isPrivate = false;
            out.publicSuffix = 'net';
            return true;
        }
        else if (c3 === 101 /* 'e' */ &&
            c2 === 100 /* 'd' */ &&
            c1 === 46 /* '.' */) {
            out.isIcann = true;
            out.isPrivate = false;
            out.publicSuffix = 'de';
            return true;
        }
    }
    return false;
}

// Auto-generated flat public-suffix trie. Do not edit.
const nodeFlags = /*#__PURE__*/ new Uint8Array([1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 0, 2, 2, 2, 2, 0, 2, 2, 2, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0, 2, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 2, 0, 0, 0, 1, 1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 2, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 0, 0, 2, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 2, 2, 0, 0, 0, 2, 0, 1, 1, 0, 2, 0, 2, 2, 2, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 0, 2, 2, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 2, 2, 0, 2, 2, 2, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 2, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 2, 2, 0, 0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2, 2, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
const edgeStart = /*#__PURE__*/ new Uint16Array([0, 0, 0, 10, 11, 18, 106, 111, 117, 124, 130, 136, 145, 146, 147, 148, 149, 150, 151, 153, 154, 156, 157, 158, 160, 162, 236, 249, 251, 252, 253, 268, 270, 277, 278, 281, 282, 283, 286, 288, 307, 308, 310, 319, 324, 341, 342, 345, 346, 348, 350, 386, 387, 389, 392, 393, 397, 399, 403, 406, 438, 441, 454, 455, 463, 464, 466, 476, 490, 491, 492, 493, 502, 503, 540, 545, 561, 581, 587, 629, 631, 632, 633, 634, 661, 688, 689, 837, 843, 846, 847, 848, 853, 858, 867, 889, 890, 891, 892, 893, 894, 895, 913, 915, 916, 919, 921, 922, 924, 926, 941, 956, 961, 962, 964, 965, 966, 967, 968, 970, 973, 978, 979, 980, 982, 983, 986, 989, 990, 991, 1004, 1006, 1018, 1029, 1037, 1039, 1079, 1082, 1086, 1087, 1089, 1092, 1103, 1105, 1115, 1117, 1123, 1125, 1126, 1128, 1131, 1132, 1133, 1186, 1188, 1190, 1210, 1211, 1212, 1213, 1215, 1226, 1257, 1268, 1269, 1282, 1292, 1301, 1309, 1310, 1315, 1329, 1340, 1352, 1364, 1378, 1379, 1390, 1424, 1425, 1426, 1442, 1458, 1470, 1543, 1544, 1546, 1547, 1583, 1602, 1603, 1604, 1605, 1606, 1609, 1613, 1616, 1618, 1652, 1653, 1661, 1662, 1663, 1664, 1665, 1666, 1668, 1670, 1672, 1673, 1677, 1678, 1679, 1681, 1683, 1684, 1686, 1687, 1688, 1699, 1701, 1702, 1706, 1707, 1710, 1717, 1718, 1723, 1727, 1728, 1730, 1731, 1732, 1733, 1734, 1735, 1736, 1737, 1738, 1739, 1740, 1741, 1742, 1743, 1745, 1746, 1747, 2209, 2212, 2213, 2215, 2222, 2229, 2239, 2243, 2254, 2255, 2256, 2268, 2269, 2271, 2273, 2274, 2281, 2282, 2284, 2285, 2287, 2288, 2289, 2290, 2291, 2366, 2368, 2389, 2390, 2391, 2393, 2394, 2396, 2397, 2452, 2453, 2454, 2461, 2467, 2477, 2487, 2540, 2541, 2542, 2552, 2566, 2567, 2570, 2577, 2578, 2586, 2588, 2589, 2590, 2591, 2602, 2603, 2604, 2606, 2607, 2609, 2610, 2619, 2631, 2637, 2639, 2671, 2675, 2677, 2678, 2680, 2681, 2693, 2694, 2696, 2704, 2711, 2717, 2722, 2723, 2729, 2732, 2738, 2745, 2752, 2760, 2761, 2762, 2800, 2806, 2810, 2827, 2828, 2833, 2851, 2882, 2900, 2902, 2905, 2913, 2915, 2922, 2974, 2998, 2999, 3000, 3001, 3002, 3003, 3004, 3011, 3012, 3013, 3014, 3015, 3016, 3018, 3019, 3023, 3105, 3118, 3119, 3556, 3560, 3574, 3626, 3654, 3676, 3734, 3756, 3771, 3834, 3885, 3923, 3959, 3984, 4126, 4172, 4223, 4242, 4276, 4291, 4311, 4341, 4372, 4395, 4426, 4456, 4488, 4515, 4590, 4612, 4650, 4660, 4694, 4713, 4739, 4781, 4831, 4857, 4926, 4927, 4929, 4952, 4975, 5011, 5042, 5059, 5116, 5129, 5153, 5182, 5184, 5218, 5234, 5262, 5567, 5576, 5585, 5592, 5609, 5613, 5619, 5658, 5660, 5667, 5674, 5683, 5690, 5691, 5692, 5704, 5707, 5722, 5723, 5732, 5733, 5742, 5751, 5757, 5759, 5760, 5761, 5799, 5800, 5802, 5810, 5817, 5830, 5834, 5836, 5837, 5843, 5850, 5864, 5874, 5879, 5887, 5895, 5901, 5902, 5906, 5908, 5909, 5921, 5993, 5994, 5995, 5996, 5998, 5999, 6002, 6004, 6007, 6011, 6012, 6013, 6019, 6020, 6021, 6023, 6025, 6027, 6028, 6029, 6032, 6034, 6037, 6038, 6040, 6238, 6245, 6246, 6247, 6257, 6262, 6279, 6293, 6302, 6303, 6304, 6308, 6309, 6311, 6313, 6319, 6320, 6323, 6324, 6326, 6327, 6328, 7228, 7231, 7235, 7253, 7262, 7265, 7272, 7273, 7275, 7276, 7277, 7279, 7331, 7332, 7335, 7336, 7454, 7455, 7466, 7482, 7489, 7492, 7501, 7502, 7503, 7518, 7573, 7765, 7767, 7769, 7770, 7772, 7777, 7790, 7805, 7812, 7821, 7824, 7827, 7834, 7842, 7846, 7847, 7848, 7862, 7867, 7876, 7877, 7878, 7882, 7917, 7918, 7939, 7946, 7954, 7955, 7960, 7968, 8012, 8013, 8019, 8022, 8035, 8040, 8041, 8043, 8045, 8082, 8083, 8089, 8096, 8097, 8107, 8116, 8131, 8135, 8137, 8189, 8190, 8195, 8196, 8199, 8201, 8202, 8203, 8212, 8226, 8234, 8248, 8259, 8260, 8262, 8264, 8286, 8297, 8303, 8304, 8316, 8328, 8415, 8427, 8435, 8438, 8444, 8469, 8472, 8473, 8474, 8475, 8477, 8480, 8483, 8494, 8496, 8498, 8526, 8601, 8608, 8612, 8613, 8622, 8644, 8645, 8650, 8651, 8733, 8735, 8736, 8745, 8749, 8755, 8761, 8767, 8777, 8782, 8783, 8801, 8812, 8817, 8822, 8832, 8838, 8842, 8848, 8854, 10461, 10462, 10463, 10470, 10472]);
const edgeLength = /*#__PURE__*/ new Uint8Array([3, 3, 3, 3, 3, 3, 3, 3, 5, 8, 8, 2, 2, 3, 3, 3, 3, 3, 8, 5, 5, 5, 5, 5, 3, 3, 5, 5, 9, 12, 19, 8, 19, 8, 11, 9, 9, 8, 7, 7, 6, 8, 9, 16, 10, 7, 7, 11, 8, 6, 6, 9, 7, 11, 7, 14, 4, 4, 4, 4, 4, 4, 10, 7, 6, 6, 6, 6, 10, 10, 6, 10, 10, 22, 11, 9, 10, 10, 10, 9, 10, 8, 7, 7, 7, 8, 21, 13, 11, 11, 9, 10, 9, 13, 10, 8, 8, 9, 12, 9, 7, 10, 7, 7, 13, 7, 3, 3, 3, 3, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 8, 6, 3, 3, 3, 3, 3, 3, 2, 5, 3, 3, 3, 7, 2, 2, 2, 2, 2, 2, 3, 3, 3, 1, 1, 7, 8, 5, 2, 2, 7, 4, 5, 7, 2, 2, 1, 4, 1, 11, 9, 9, 5, 5, 8, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 3, 3, 5, 5, 11, 9, 9, 8, 9, 9, 13, 7, 14, 7, 6, 6, 6, 7, 6, 6, 6, 6, 6, 6, 10, 7, 11, 9, 4, 4, 4, 4, 4, 6, 6, 6, 6, 13, 6, 8, 7, 10, 10, 9, 9, 7, 9, 8, 9, 8, 7, 10, 6, 9, 8, 10, 10, 7, 8, 1, 9, 10, 12, 12, 12, 10, 9, 9, 10, 10, 9, 9, 1, 1, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 6, 6, 6, 4, 2, 3, 3, 3, 3, 7, 4, 4, 4, 3, 3, 6, 7, 3, 4, 1, 2, 2, 2, 6, 1, 2, 2, 2, 2, 2, 12, 5, 3, 8, 9, 13, 4, 4, 13, 9, 9, 11, 7, 3, 12, 9, 2, 2, 2, 3, 3, 3, 3, 3, 8, 2, 2, 3, 3, 3, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 3, 7, 10, 15, 15, 7, 15, 20, 15, 9, 10, 10, 12, 14, 14, 14, 12, 12, 12, 12, 12, 14, 14, 10, 10, 10, 10, 14, 9, 9, 9, 9, 10, 14, 14, 14, 13, 13, 14, 9, 9, 9, 9, 9, 9, 7, 8, 6, 8, 8, 6, 8, 13, 8, 8, 6, 13, 8, 11, 13, 8, 6, 13, 8, 6, 9, 10, 10, 12, 14, 14, 14, 12, 12, 12, 12, 14, 14, 10, 10, 10, 10, 9, 9, 9, 10, 14, 14, 11, 13, 13, 9, 9, 9, 9, 9, 9, 2, 6, 9, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 2, 3, 3, 3, 3, 3, 3, 7, 7, 2, 3, 2, 2, 5, 3, 3, 3, 3, 3, 3, 4, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 5, 7, 4, 2, 2, 12, 8, 10, 8, 10, 7, 18, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5, 2, 2, 3, 3, 3, 5, 5, 3, 8, 8, 6, 8, 6, 6, 4, 6, 7, 7, 7, 10, 11, 2, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 6, 11, 10, 7, 7, 7, 4, 4, 4, 2, 3, 3, 3, 3, 3, 2, 2, 7, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 7, 7, 7, 11, 7, 6, 9, 6, 6, 8, 10, 8, 6, 8, 13, 4, 4, 4, 4, 4, 10, 8, 11, 8, 8, 8, 10, 10, 7, 5, 4, 4, 4, 10, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 2, 2, 2, 2, 2, 2, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 7, 10, 13, 7, 8, 7, 11, 8, 8, 6, 9, 8, 8, 6, 6, 6, 8, 8, 6, 6, 6, 6, 6, 9, 7, 6, 4, 4, 4, 4, 4, 4, 4, 6, 6, 6, 9, 7, 8, 10, 8, 8, 2, 3, 3, 3, 3, 3, 2, 8, 9, 9, 2, 2, 2, 3, 3, 3, 2, 3, 3, 3, 9, 2, 2, 3, 3, 3, 3, 3, 3, 5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 12, 5, 5, 3, 5, 4, 2, 3, 2, 4, 3, 9, 2, 2, 2, 2, 2, 5, 5, 3, 8, 8, 13, 6, 10, 9, 4, 7, 9, 11, 2, 3, 7, 3, 3, 4, 1, 3, 4, 2, 9, 3, 3, 12, 5, 3, 7, 10, 10, 7, 4, 4, 6, 14, 7, 9, 7, 13, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 8, 15, 4, 4, 2, 3, 3, 3, 7, 4, 9, 9, 2, 3, 3, 3, 5, 3, 2, 2, 7, 2, 7, 6, 6, 7, 2, 4, 2, 2, 2, 2, 2, 2, 8, 8, 8, 9, 5, 2, 3, 3, 3, 3, 3, 3, 10, 7, 4, 4, 4, 4, 3, 4, 2, 3, 3, 3, 3, 3, 10, 7, 4, 4, 4, 4, 2, 3, 3, 3, 3, 10, 7, 4, 4, 4, 4, 3, 9, 6, 6, 6, 9, 13, 9, 2, 2, 2, 8, 7, 9, 5, 3, 3, 3, 5, 5, 13, 12, 9, 10, 7, 8, 7, 6, 8, 6, 11, 12, 7, 10, 4, 4, 7, 8, 11, 6, 7, 9, 8, 7, 10, 8, 9, 15, 7, 8, 5, 4, 7, 2, 3, 3, 3, 2, 14, 10, 2, 14, 10, 2, 14, 3, 9, 13, 13, 10, 14, 16, 17, 11, 2, 14, 2, 14, 3, 9, 13, 10, 14, 16, 17, 11, 14, 10, 14, 2, 7, 3, 10, 7, 14, 10, 2, 14, 10, 9, 9, 17, 6, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 10, 10, 10, 12, 9, 4, 10, 10, 11, 8, 8, 8, 7, 9, 5, 3, 3, 3, 3, 3, 3, 3, 3, 5, 8, 4, 4, 4, 4, 4, 4, 6, 16, 3, 3, 14, 3, 14, 2, 14, 9, 13, 10, 10, 14, 16, 17, 11, 6, 9, 10, 10, 12, 14, 14, 14, 12, 12, 12, 12, 14, 14, 10, 10, 10, 10, 14, 9, 9, 9, 10, 14, 14, 14, 9, 9, 9, 9, 9, 9, 2, 14, 9, 13, 10, 10, 14, 16, 17, 11, 6, 14, 2, 14, 9, 17, 13, 10, 10, 14, 17, 16, 17, 11, 6, 2, 14, 9, 13, 10, 14, 17, 16, 17, 11, 2, 14, 9, 13, 10, 14, 16, 17, 11, 2, 14, 9, 13, 10, 17, 16, 11, 17, 2, 14, 10, 19, 7, 2, 14, 9, 13, 10, 19, 10, 7, 14, 17, 16, 17, 11, 6, 2, 14, 9, 13, 10, 19, 7, 14, 16, 17, 11, 2, 14, 9, 13, 10, 10, 14, 17, 16, 17, 11, 6, 2, 14, 9, 13, 10, 10, 14, 17, 16, 17, 11, 6, 2, 14, 9, 13, 17, 13, 10, 10, 14, 17, 16, 17, 11, 6, 3, 2, 14, 9, 13, 10, 10, 14, 16, 17, 11, 6, 9, 10, 12, 14, 14, 14, 12, 12, 12, 12, 12, 14, 14, 14, 10, 10, 10, 14, 9, 9, 9, 9, 14, 14, 14, 13, 13, 14, 9, 9, 9, 9, 9, 9, 4, 11, 2, 14, 9, 13, 17, 13, 10, 19, 10, 7, 14, 17, 16, 17, 11, 6, 2, 14, 9, 13, 17, 13, 10, 19, 10, 7, 14, 17, 16, 17, 11, 6, 2, 14, 9, 13, 10, 19, 7, 14, 17, 16, 17, 11, 2, 9, 10, 10, 7, 17, 3, 3, 12, 12, 16, 15, 15, 12, 14, 14, 14, 20, 20, 13, 12, 12, 12, 12, 12, 12, 20, 25, 14, 14, 12, 12, 10, 10, 10, 10, 14, 9, 9, 9, 25, 4, 9, 17, 10, 7, 14, 16, 21, 13, 13, 14, 20, 14, 13, 17, 24, 9, 12, 13, 25, 13, 21, 20, 17, 9, 9, 9, 9, 9, 9, 12, 17, 4, 4, 9, 9, 9, 10, 10, 12, 14, 14, 14, 12, 12, 12, 12, 12, 14, 14, 10, 10, 10, 10, 14, 9, 9, 9, 9, 10, 14, 14, 14, 13, 13, 14, 9, 9, 9, 9, 9, 9, 9, 10, 14, 12, 12, 14, 14, 10, 9, 9, 9, 10, 14, 14, 14, 9, 9, 9, 9, 2, 1, 5, 8, 7, 11, 11, 1, 3, 3, 3, 5, 3, 3, 4, 8, 9, 10, 10, 12, 14, 14, 14, 12, 12, 12, 12, 14, 14, 10, 10, 10, 10, 14, 9, 9, 9, 10, 14, 14, 14, 13, 13, 14, 9, 9, 9, 9, 9, 9, 7, 4, 4, 4, 4, 4, 4, 4, 4, 4, 10, 2, 2, 6, 7, 6, 2, 3, 2, 3, 6, 2, 7, 6, 10, 7, 4, 9, 12, 6, 14, 4, 12, 7, 2, 2, 1, 2, 7, 6, 4, 4, 4, 6, 8, 8, 7, 2, 2, 13, 2, 2, 2, 2, 6, 2, 8, 12, 2, 7, 7, 6, 8, 10, 12, 2, 2, 2, 3, 3, 13, 2, 2, 3, 3, 6, 7, 6, 4, 5, 6, 3, 3, 3, 3, 4, 16, 8, 5, 4, 3, 3, 3, 5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 11, 12, 7, 7, 13, 9, 10, 17, 12, 8, 9, 7, 17, 17, 8, 5, 12, 10, 13, 14, 5, 5, 5, 13, 5, 5, 5, 3, 3, 3, 5, 16, 5, 5, 5, 5, 7, 12, 14, 8, 12, 8, 10, 12, 9, 11, 7, 9, 7, 10, 7, 13, 13, 9, 7, 12, 8, 17, 7, 7, 16, 10, 13, 13, 8, 10, 10, 14, 17, 7, 16, 16, 15, 8, 10, 10, 12, 17, 17, 7, 17, 14, 7, 10, 17, 8, 7, 7, 7, 8, 15, 15, 7, 14, 10, 10, 10, 11, 11, 7, 7, 13, 8, 10, 7, 16, 7, 8, 7, 14, 17, 12, 10, 11, 21, 8, 9, 7, 13, 9, 8, 6, 13, 6, 12, 7, 6, 13, 10, 10, 10, 8, 18, 9, 17, 13, 10, 12, 6, 13, 6, 11, 8, 13, 10, 13, 18, 13, 11, 13, 8, 16, 7, 10, 8, 16, 12, 10, 8, 8, 14, 11, 8, 15, 8, 8, 7, 7, 12, 7, 8, 9, 14, 15, 8, 9, 10, 9, 15, 7, 8, 8, 12, 13, 9, 10, 15, 13, 7, 10, 10, 20, 7, 6, 9, 6, 6, 14, 11, 14, 11, 12, 9, 10, 16, 16, 12, 7, 11, 28, 8, 11, 10, 7, 21, 8, 7, 9, 4, 4, 4, 17, 7, 8, 6, 9, 6, 6, 13, 6, 6, 6, 6, 18, 20, 14, 8, 11, 12, 9, 10, 13, 15, 15, 19, 8, 9, 12, 7, 10, 16, 12, 9, 9, 9, 14, 12, 11, 10, 9, 12, 11, 18, 9, 9, 9, 10, 7, 7, 16, 8, 9, 7, 13, 12, 10, 14, 18, 7, 8, 11, 10, 7, 7, 8, 8, 13, 7, 7, 7, 11, 15, 13, 11, 7, 8, 15, 11, 7, 8, 18, 14, 13, 18, 15, 10, 12, 12, 9, 7, 11, 11, 8, 7, 10, 8, 14, 12, 10, 18, 7, 10, 9, 7, 8, 13, 10, 14, 10, 8, 8, 23, 7, 7, 11, 12, 12, 17, 7, 7, 11, 11, 17, 16, 16, 7, 8, 11, 14, 14, 8, 10, 7, 15, 7, 16, 16, 13, 9, 11, 9, 15, 15, 11, 11, 7, 7, 14, 7, 9, 7, 7, 16, 10, 13, 10, 11, 14, 7, 11, 10, 11, 7, 11, 10, 11, 15, 11, 15, 10, 12, 10, 14, 13, 11, 11, 12, 13, 10, 7, 13, 16, 12, 21, 15, 9, 10, 10, 7, 11, 14, 17, 7, 7, 8, 11, 13, 12, 8, 15, 14, 14, 8, 17, 12, 10, 10, 7, 9, 11, 7, 10, 7, 11, 18, 7, 11, 7, 12, 11, 8, 8, 14, 12, 7, 8, 15, 3, 7, 7, 5, 2, 9, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 2, 5, 3, 3, 3, 3, 3, 3, 4, 4, 3, 3, 3, 3, 3, 3, 5, 11, 6, 4, 7, 10, 7, 7, 11, 1, 10, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 5, 7, 3, 5, 6, 3, 3, 5, 2, 2, 5, 3, 4, 13, 11, 3, 3, 6, 3, 5, 14, 2, 2, 3, 8, 2, 2, 12, 5, 18, 5, 3, 3, 3, 3, 16, 5, 5, 5, 10, 7, 13, 12, 13, 9, 12, 14, 19, 9, 9, 21, 9, 9, 10, 6, 9, 6, 15, 10, 6, 12, 8, 6, 10, 15, 4, 4, 6, 6, 9, 9, 12, 16, 14, 23, 7, 7, 7, 14, 9, 7, 7, 11, 14, 10, 7, 10, 10, 10, 12, 6, 11, 10, 13, 11, 15, 11, 7, 12, 10, 3, 7, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 3, 7, 5, 1, 5, 2, 2, 2, 5, 5, 5, 5, 5, 3, 3, 3, 3, 3, 5, 5, 10, 9, 11, 8, 7, 12, 8, 9, 7, 6, 13, 11, 6, 13, 7, 9, 9, 4, 4, 4, 4, 4, 6, 10, 7, 8, 13, 11, 8, 8, 9, 14, 7, 14, 8, 10, 7, 9, 7, 7, 9, 6, 9, 2, 12, 5, 3, 3, 13, 4, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 8, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 9, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 2, 2, 2, 5, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 1, 7, 6, 4, 12, 3, 3, 3, 3, 3, 8, 7, 3, 3, 3, 3, 3, 3, 4, 4, 11, 15, 14, 2, 8, 3, 5, 5, 8, 10, 8, 6, 4, 7, 17, 7, 4, 5, 2, 6, 3, 5, 4, 2, 2, 12, 5, 5, 3, 15, 13, 8, 11, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 5, 3, 3, 3, 3, 4, 2, 3, 18, 2, 12, 5, 3, 3, 3, 3, 3, 5, 16, 8, 8, 9, 6, 6, 4, 4, 4, 4, 31, 6, 6, 10, 11, 21, 10, 9, 7, 10, 7, 7, 2, 4, 4, 4, 4, 6, 5, 3, 3, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 6, 6, 4, 6, 2, 2, 2, 5, 3, 3, 3, 7, 7, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 3, 3, 3, 3, 8, 2, 3, 3, 3, 3, 3, 5, 9, 11, 3, 3, 3, 3, 4, 4, 3, 3, 3, 3, 3, 5, 10, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 2, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 11, 10, 10, 10, 10, 10, 11, 10, 11, 10, 11, 10, 9, 9, 11, 3, 3, 3, 3, 3, 3, 2, 2, 3, 3, 5, 5, 3, 7, 8, 8, 7, 6, 6, 11, 4, 4, 4, 4, 7, 8, 9, 9, 2, 3, 7, 4, 4, 2, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 2, 2, 5, 5, 5, 5, 5, 3, 3, 5, 5, 5, 7, 7, 6, 6, 6, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6, 6, 8, 8, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 6, 9, 12, 3, 7, 10, 7, 2, 2, 3, 3, 3, 3, 3, 4, 3, 3, 2, 2, 2, 2, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 8, 8, 6, 6, 8, 6, 7, 4, 4, 4, 4, 4, 4, 6, 7, 5, 5, 20, 19, 8, 10, 9, 7, 10, 6, 8, 11, 6, 6, 6, 6, 13, 12, 8, 6, 7, 14, 11, 9, 2, 5, 3, 6, 2, 3, 2, 2, 2, 2, 2, 2, 2, 5, 4, 3, 7, 6, 4, 7, 4, 3, 6, 4, 7, 2, 2, 7, 7, 7, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 9, 10, 10, 11, 7, 8, 20, 7, 9, 8, 9, 8, 12, 6, 6, 6, 8, 9, 8, 12, 6, 6, 8, 13, 10, 12, 6, 6, 7, 7, 9, 6, 4, 4, 4, 4, 4, 4, 10, 6, 6, 6, 7, 14, 11, 10, 7, 8, 10, 8, 11, 14, 11, 11, 9, 7, 9, 8, 11, 9, 17, 10, 9, 2, 2, 2, 9, 3, 3, 3, 3, 15, 14, 9, 5, 5, 2, 8, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 15, 12, 22, 19, 17, 18, 18, 19, 21, 7, 16, 16, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 7, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 9, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 7, 16, 11, 11, 7, 7, 7, 7, 17, 7, 8, 12, 15, 9, 19, 7, 19, 8, 21, 11, 12, 19, 14, 22, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 16, 16, 19, 24, 12, 7, 14, 7, 12, 7, 8, 10, 10, 13, 7, 12, 12, 7, 7, 10, 18, 15, 12, 16, 7, 14, 12, 17, 10, 16, 17, 12, 17, 25, 7, 7, 7, 13, 6, 9, 6, 9, 18, 6, 6, 11, 20, 10, 6, 6, 6, 6, 6, 6, 17, 6, 6, 6, 15, 6, 6, 6, 6, 6, 8, 14, 11, 12, 11, 15, 13, 19, 17, 21, 7, 18, 8, 13, 13, 8, 12, 8, 6, 6, 13, 6, 15, 15, 16, 6, 6, 16, 6, 6, 6, 14, 6, 18, 6, 6, 6, 17, 18, 9, 13, 15, 8, 19, 8, 15, 15, 18, 14, 16, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6, 11, 10, 11, 6, 21, 23, 12, 17, 12, 11, 14, 13, 22, 15, 15, 11, 12, 14, 12, 7, 12, 8, 12, 14, 12, 18, 10, 8, 16, 19, 17, 12, 14, 15, 8, 19, 17, 12, 13, 13, 15, 18, 13, 23, 24, 23, 21, 17, 24, 8, 21, 8, 14, 14, 16, 20, 14, 8, 8, 15, 20, 8, 19, 21, 9, 8, 13, 12, 13, 15, 11, 8, 11, 9, 9, 8, 11, 8, 21, 14, 21, 15, 15, 13, 7, 19, 7, 7, 7, 7, 7, 7, 16, 12, 17, 18, 7, 7, 11, 11, 7, 9, 9, 2, 2, 3, 3, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 10, 10, 7, 9, 7, 7, 7, 6, 8, 6, 6, 6, 6, 6, 6, 6, 7, 6, 8, 6, 6, 9, 7, 7, 7, 4, 4, 4, 4, 4, 4, 4, 4, 8, 9, 8, 7, 8, 7, 8, 10, 7, 5, 5, 5, 5, 5, 5, 3, 9, 7, 7, 8, 6, 6, 6, 6, 6, 6, 6, 6, 9, 6, 6, 9, 11, 13, 7, 8, 9, 9, 5, 5, 5, 7, 8, 6, 6, 6, 6, 6, 6, 6, 7, 8, 9, 7, 10, 9, 10, 7, 8, 5, 5, 5, 5, 5, 5, 7, 7, 9, 8, 7, 7, 6, 6, 6, 6, 6, 6, 10, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 9, 10, 4, 4, 4, 4, 8, 7, 7, 10, 10, 9, 8, 8, 15, 9, 8, 8, 8, 8, 8, 9, 10, 9, 10, 7, 8, 13, 5, 5, 5, 5, 5, 3, 3, 7, 7, 8, 6, 6, 6, 4, 4, 11, 9, 7, 8, 9, 10, 7, 5, 5, 5, 5, 5, 3, 3, 7, 6, 6, 13, 7, 9, 8, 7, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 3, 7, 8, 7, 8, 13, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 8, 8, 6, 6, 6, 6, 7, 6, 7, 6, 6, 9, 7, 4, 4, 4, 4, 4, 4, 4, 7, 8, 7, 8, 9, 8, 8, 8, 7, 10, 7, 8, 5, 5, 5, 5, 5, 5, 5, 5, 3, 7, 7, 7, 7, 9, 7, 10, 9, 6, 6, 6, 6, 6, 8, 8, 6, 6, 6, 7, 6, 6, 6, 9, 9, 4, 4, 13, 7, 10, 9, 9, 12, 7, 8, 8, 10, 8, 8, 8, 8, 8, 8, 5, 5, 5, 5, 3, 7, 7, 11, 7, 9, 8, 8, 6, 6, 10, 6, 8, 8, 8, 6, 7, 6, 6, 12, 4, 4, 4, 4, 4, 4, 4, 4, 4, 9, 8, 8, 16, 8, 9, 8, 7, 5, 5, 5, 5, 5, 3, 3, 7, 7, 7, 10, 15, 8, 9, 8, 9, 9, 6, 6, 6, 6, 6, 6, 7, 4, 8, 7, 8, 8, 7, 8, 11, 8, 5, 5, 5, 5, 5, 3, 7, 7, 6, 11, 16, 7, 6, 4, 4, 4, 4, 9, 9, 8, 8, 8, 13, 12, 8, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 11, 7, 8, 8, 9, 13, 7, 7, 7, 9, 8, 8, 9, 12, 7, 12, 7, 12, 8, 7, 10, 12, 9, 9, 6, 6, 8, 8, 6, 6, 6, 6, 6, 6, 6, 9, 8, 9, 11, 8, 6, 6, 6, 6, 6, 12, 7, 6, 6, 6, 9, 7, 7, 6, 6, 6, 6, 6, 11, 9, 6, 6, 6, 6, 6, 7, 9, 4, 4, 4, 4, 4, 4, 4, 4, 9, 9, 9, 9, 7, 7, 7, 7, 7, 11, 7, 7, 8, 8, 8, 8, 8, 8, 9, 8, 9, 9, 7, 7, 11, 11, 7, 12, 8, 8, 8, 8, 8, 7, 8, 8, 8, 8, 8, 13, 12, 8, 8, 8, 8, 7, 7, 7, 9, 5, 5, 5, 5, 5, 5, 5, 3, 3, 7, 7, 11, 7, 8, 8, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 10, 11, 6, 7, 9, 4, 4, 4, 4, 4, 4, 9, 9, 8, 9, 8, 8, 8, 7, 7, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 11, 7, 7, 7, 9, 6, 6, 11, 8, 10, 6, 6, 6, 12, 8, 8, 7, 6, 6, 8, 7, 4, 4, 4, 4, 4, 4, 4, 4, 9, 10, 9, 9, 8, 10, 9, 11, 8, 5, 5, 5, 7, 6, 6, 8, 7, 4, 4, 4, 4, 8, 7, 7, 8, 7, 8, 8, 5, 5, 5, 5, 7, 7, 8, 8, 8, 6, 6, 6, 6, 6, 10, 8, 9, 13, 6, 7, 6, 6, 8, 7, 8, 4, 4, 4, 4, 11, 8, 8, 8, 10, 5, 5, 8, 7, 8, 13, 8, 7, 6, 8, 6, 9, 7, 8, 7, 5, 5, 5, 5, 5, 5, 3, 3, 7, 8, 9, 6, 4, 8, 10, 10, 8, 12, 9, 13, 2, 7, 5, 5, 5, 5, 5, 7, 7, 10, 6, 6, 6, 6, 6, 6, 6, 8, 4, 4, 9, 8, 8, 8, 14, 8, 8, 8, 9, 8, 5, 5, 5, 5, 5, 3, 3, 9, 6, 6, 6, 6, 10, 12, 6, 6, 6, 6, 6, 6, 6, 4, 4, 4, 4, 11, 8, 7, 8, 8, 8, 5, 5, 3, 3, 3, 3, 7, 7, 6, 8, 6, 8, 11, 7, 6, 6, 6, 7, 4, 8, 11, 9, 10, 5, 5, 5, 3, 3, 3, 7, 7, 8, 9, 8, 15, 9, 6, 6, 6, 6, 6, 6, 11, 11, 4, 4, 4, 4, 4, 7, 9, 9, 10, 8, 7, 5, 5, 5, 5, 5, 5, 3, 3, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 9, 7, 4, 4, 4, 4, 4, 9, 9, 8, 8, 10, 13, 5, 5, 5, 3, 17, 7, 7, 7, 7, 7, 8, 6, 8, 13, 6, 6, 6, 6, 6, 6, 6, 6, 4, 4, 4, 9, 10, 8, 8, 8, 5, 5, 5, 5, 3, 7, 7, 7, 8, 8, 6, 6, 6, 8, 8, 8, 9, 10, 8, 4, 8, 10, 9, 8, 8, 8, 9, 13, 10, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 7, 8, 9, 9, 7, 7, 7, 10, 9, 9, 8, 9, 8, 8, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 8, 12, 6, 6, 6, 6, 6, 6, 6, 6, 6, 12, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 11, 8, 8, 9, 9, 10, 8, 9, 7, 7, 5, 5, 5, 5, 5, 5, 3, 7, 8, 7, 6, 6, 8, 6, 6, 10, 4, 7, 8, 9, 12, 8, 7, 7, 5, 5, 5, 5, 5, 5, 3, 3, 7, 14, 7, 9, 8, 8, 6, 6, 8, 12, 12, 6, 6, 7, 7, 10, 4, 4, 4, 4, 4, 9, 9, 14, 9, 13, 8, 7, 5, 5, 5, 6, 6, 6, 7, 4, 8, 7, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 7, 7, 7, 8, 6, 6, 6, 6, 6, 6, 12, 6, 6, 6, 6, 4, 4, 9, 9, 8, 8, 11, 7, 7, 7, 5, 5, 5, 3, 9, 8, 6, 6, 7, 4, 4, 4, 4, 4, 4, 8, 8, 11, 5, 5, 5, 7, 7, 7, 9, 6, 6, 6, 6, 6, 6, 9, 8, 4, 4, 4, 4, 7, 12, 9, 8, 8, 8, 7, 10, 10, 5, 5, 5, 5, 5, 5, 5, 3, 11, 14, 8, 7, 8, 8, 6, 6, 6, 6, 6, 8, 7, 6, 6, 6, 7, 6, 8, 9, 4, 4, 4, 7, 8, 9, 7, 9, 7, 7, 9, 8, 5, 5, 5, 5, 5, 5, 5, 5, 5, 11, 3, 9, 7, 7, 12, 14, 8, 6, 6, 12, 11, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 15, 7, 4, 4, 4, 16, 9, 9, 9, 8, 9, 9, 9, 9, 9, 8, 8, 8, 13, 11, 8, 5, 5, 5, 5, 3, 7, 6, 6, 8, 8, 8, 6, 6, 7, 10, 7, 4, 4, 4, 4, 9, 7, 8, 7, 7, 7, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 7, 7, 7, 9, 6, 6, 6, 6, 6, 8, 8, 7, 7, 9, 6, 6, 6, 7, 6, 6, 6, 6, 6, 15, 4, 4, 4, 4, 4, 8, 8, 7, 8, 12, 9, 8, 8, 8, 8, 8, 9, 8, 8, 10, 8, 8, 8, 8, 16, 9, 10, 2, 5, 5, 5, 5, 5, 5, 5, 9, 7, 6, 8, 9, 4, 4, 4, 4, 4, 7, 8, 8, 8, 9, 8, 11, 10, 5, 5, 5, 5, 3, 7, 8, 6, 6, 6, 6, 6, 8, 6, 6, 6, 6, 4, 12, 10, 12, 7, 7, 7, 7, 7, 7, 7, 5, 5, 5, 5, 3, 3, 7, 7, 10, 8, 9, 7, 6, 10, 7, 6, 6, 4, 4, 8, 9, 7, 9, 9, 9, 9, 8, 8, 8, 8, 10, 5, 5, 5, 5, 5, 5, 8, 7, 6, 6, 6, 10, 6, 7, 10, 7, 4, 4, 4, 4, 4, 4, 4, 12, 9, 10, 7, 7, 10, 8, 10, 5, 12, 9, 6, 6, 6, 6, 6, 7, 6, 4, 4, 4, 10, 9, 9, 8, 7, 7, 5, 5, 5, 5, 5, 5, 3, 3, 13, 7, 7, 9, 7, 7, 7, 8, 9, 9, 7, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 13, 9, 15, 15, 4, 4, 4, 4, 4, 10, 10, 9, 8, 9, 8, 8, 9, 7, 8, 7, 8, 5, 5, 7, 6, 6, 6, 4, 4, 4, 7, 8, 11, 8, 5, 5, 5, 5, 5, 5, 5, 7, 6, 6, 6, 6, 6, 6, 9, 11, 10, 7, 4, 4, 4, 9, 8, 8, 5, 5, 5, 5, 5, 9, 9, 6, 6, 6, 6, 6, 6, 6, 9, 9, 4, 4, 4, 4, 8, 8, 8, 9, 9, 8, 8, 8, 13, 2, 4, 2, 7, 5, 5, 5, 5, 5, 5, 9, 9, 6, 6, 6, 6, 10, 8, 8, 8, 6, 6, 6, 4, 4, 9, 8, 10, 8, 9, 8, 8, 8, 9, 8, 8, 5, 3, 3, 3, 11, 6, 6, 6, 7, 6, 6, 6, 4, 4, 9, 8, 5, 5, 5, 5, 5, 3, 11, 8, 6, 6, 6, 6, 6, 9, 7, 4, 4, 14, 10, 9, 8, 12, 8, 8, 8, 11, 15, 8, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 11, 11, 11, 10, 10, 7, 7, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 7, 11, 7, 7, 11, 11, 7, 8, 9, 10, 7, 7, 9, 9, 9, 9, 7, 7, 10, 8, 13, 8, 8, 8, 8, 11, 10, 6, 6, 8, 10, 11, 14, 14, 6, 6, 6, 6, 6, 6, 9, 11, 7, 7, 6, 8, 12, 11, 11, 6, 6, 10, 6, 6, 6, 6, 6, 10, 7, 7, 6, 6, 11, 6, 6, 6, 11, 8, 9, 7, 6, 10, 11, 9, 10, 11, 7, 11, 8, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 8, 6, 6, 8, 9, 10, 9, 6, 6, 6, 10, 6, 6, 6, 6, 11, 10, 11, 10, 9, 8, 7, 7, 7, 7, 11, 14, 8, 10, 9, 9, 8, 8, 7, 11, 8, 8, 8, 11, 11, 10, 10, 9, 10, 8, 11, 10, 8, 11, 9, 12, 8, 10, 8, 11, 8, 9, 9, 11, 11, 10, 11, 13, 8, 7, 8, 8, 9, 7, 8, 8, 8, 8, 7, 8, 2, 2, 2, 2, 2, 2, 2, 4, 4, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 2, 3, 3, 3, 3, 3, 3, 3, 3, 8, 6, 4, 4, 4, 11, 7, 11, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 5, 5, 5, 5, 3, 3, 3, 3, 8, 7, 7, 8, 8, 4, 8, 7, 7, 7, 9, 7, 8, 9, 8, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 6, 3, 3, 3, 3, 3, 3, 3, 3, 4, 2, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 3, 3, 8, 8, 6, 9, 4, 4, 10, 7, 3, 3, 3, 2, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 3, 2, 2, 2, 3, 3, 3, 3, 3, 4, 10, 2, 3, 3, 3, 3, 3, 3, 3, 4, 2, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 3, 3, 3, 5, 2, 4, 2, 6, 2, 2, 9, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 9, 8, 7, 9, 6, 6, 11, 4, 4, 4, 4, 4, 4, 4, 4, 6, 6, 7, 7, 11, 8, 8, 6, 5, 11, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 2, 2, 3, 3, 3, 3, 3, 3, 6, 4, 4, 4, 4, 3, 3, 3, 3, 5, 7, 2, 3, 3, 3, 3, 3, 8, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 6, 4, 4, 4, 4, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 2, 2, 3, 3, 3, 3, 3, 3, 2, 3, 3, 3, 3, 3, 6, 3, 3, 8, 10, 3, 4, 4, 1, 1, 1, 1, 1, 1, 1, 8, 9, 10, 7, 7, 1, 14, 18, 13, 18, 13, 10, 10, 16, 13, 18, 16, 13, 16, 18, 13, 22, 16, 16, 16, 14, 21, 16, 9, 14, 16, 9, 9, 14, 10, 10, 14, 12, 14, 19, 12, 11, 18, 13, 17, 15, 15, 15, 15, 16, 14, 13, 19, 18, 15, 19, 18, 12, 18, 12, 11, 20, 14, 15, 10, 17, 17, 16, 19, 20, 21, 15, 13, 16, 15, 15, 15, 1, 1, 3, 8, 7, 7, 8, 8, 8, 1, 6, 1, 1, 6, 3, 3, 4, 7, 3, 3, 5, 5, 4, 4, 4, 4, 4, 2, 7, 7, 8, 12, 3, 4, 5, 1, 3, 4, 4, 10, 4, 3, 3, 3, 8, 7, 7, 2, 2, 2, 2, 2, 2, 2, 2, 2, 12, 9, 20, 7, 5, 5, 5, 9, 13, 5, 5, 5, 5, 5, 3, 3, 3, 16, 5, 5, 5, 13, 7, 8, 8, 11, 8, 7, 9, 7, 11, 12, 9, 9, 8, 8, 11, 10, 14, 7, 12, 10, 11, 13, 7, 9, 11, 17, 17, 14, 13, 7, 8, 7, 10, 10, 7, 16, 13, 7, 8, 17, 12, 9, 8, 6, 7, 10, 6, 6, 12, 6, 8, 10, 8, 8, 8, 6, 8, 6, 14, 6, 6, 6, 13, 6, 10, 6, 6, 7, 14, 8, 6, 6, 10, 11, 10, 9, 9, 7, 7, 6, 6, 6, 9, 9, 7, 9, 10, 9, 13, 12, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6, 6, 6, 8, 8, 6, 8, 9, 10, 9, 7, 10, 10, 8, 7, 8, 7, 10, 12, 9, 8, 15, 8, 7, 8, 8, 7, 7, 15, 13, 7, 10, 9, 14, 18, 16, 7, 24, 7, 8, 10, 11, 16, 8, 14, 7, 9, 9, 9, 13, 19, 14, 15, 14, 11, 7, 13, 9, 10, 7, 13, 9, 10, 11, 12, 8, 9, 2, 3, 5, 8, 7, 4, 4, 15, 10, 5, 3, 3, 3, 3, 3, 5, 4, 4, 4, 2, 2, 2, 2, 2, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 2, 12, 5, 3, 8, 10, 15, 6, 7, 2, 3, 2, 5, 5, 12, 2, 5, 5, 5, 5, 2, 2, 5, 5, 12, 9, 5, 2, 2, 9, 5, 5, 12, 12, 5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 9, 12, 5, 8, 8, 9, 5, 5, 5, 8, 19, 7, 16, 15, 14, 9, 9, 9, 9, 7, 11, 11, 11, 7, 14, 10, 10, 5, 5, 5, 5, 5, 5, 5, 5, 5, 15, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 9, 9, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 14, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 15, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 12, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 9, 9, 12, 9, 9, 12, 12, 12, 15, 7, 11, 7, 14, 11, 18, 13, 8, 18, 15, 18, 12, 14, 12, 8, 8, 8, 8, 9, 9, 9, 12, 7, 10, 10, 8, 8, 12, 12, 12, 7, 12, 12, 9, 7, 7, 7, 7, 7, 8, 15, 12, 9, 10, 10, 7, 10, 10, 13, 11, 10, 9, 22, 11, 9, 8, 8, 8, 8, 8, 13, 18, 13, 9, 15, 19, 9, 7, 7, 10, 7, 7, 7, 11, 8, 13, 17, 7, 7, 10, 10, 10, 7, 20, 16, 7, 7, 7, 7, 7, 7, 11, 21, 12, 12, 13, 11, 14, 16, 8, 8, 13, 11, 7, 7, 13, 7, 7, 14, 15, 15, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 13, 10, 18, 6, 6, 6, 6, 6, 6, 6, 6, 6, 11, 8, 8, 12, 12, 11, 11, 8, 12, 9, 9, 9, 13, 13, 9, 9, 9, 9, 9, 9, 6, 10, 12, 6, 6, 6, 6, 17, 11, 7, 7, 7, 7, 14, 14, 12, 6, 7, 7, 6, 6, 15, 10, 13, 10, 6, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 13, 9, 9, 15, 13, 6, 12, 12, 6, 19, 11, 10, 7, 7, 16, 8, 19, 17, 9, 9, 9, 9, 9, 6, 6, 6, 10, 8, 16, 8, 6, 6, 9, 6, 6, 6, 6, 6, 6, 6, 6, 8, 8, 8, 6, 7, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 14, 6, 6, 6, 6, 20, 6, 9, 6, 14, 9, 9, 9, 6, 9, 8, 8, 12, 9, 8, 8, 8, 8, 7, 8, 12, 7, 8, 8, 8, 6, 8, 6, 6, 6, 6, 6, 6, 6, 9, 8, 8, 6, 6, 13, 9, 12, 13, 12, 14, 13, 12, 11, 11, 6, 8, 8, 8, 6, 13, 12, 11, 11, 12, 6, 11, 12, 11, 13, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 15, 6, 6, 6, 6, 6, 6, 6, 13, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 8, 8, 8, 8, 6, 18, 6, 12, 13, 13, 13, 9, 10, 15, 9, 12, 6, 6, 6, 6, 6, 6, 6, 6, 9, 15, 10, 9, 10, 13, 9, 19, 8, 18, 17, 10, 10, 8, 8, 6, 6, 6, 6, 6, 6, 10, 14, 8, 16, 16, 9, 8, 15, 8, 8, 10, 12, 14, 7, 7, 8, 8, 7, 7, 7, 7, 8, 13, 13, 11, 9, 9, 9, 12, 10, 17, 8, 11, 9, 7, 7, 14, 8, 14, 14, 7, 7, 7, 7, 7, 7, 14, 7, 7, 7, 7, 7, 10, 10, 8, 14, 7, 7, 7, 7, 8, 8, 8, 8, 8, 17, 9, 7, 15, 7, 8, 12, 7, 9, 14, 7, 7, 7, 9, 13, 8, 14, 7, 16, 18, 13, 15, 14, 12, 13, 10, 15, 9, 7, 7, 7, 10, 13, 15, 15, 9, 9, 9, 9, 19, 11, 7, 11, 11, 13, 8, 8, 8, 8, 7, 12, 19, 17, 9, 9, 13, 7, 7, 7, 9, 7, 7, 7, 12, 13, 15, 10, 8, 8, 14, 15, 12, 13, 13, 8, 12, 14, 7, 11, 7, 14, 15, 13, 12, 8, 8, 8, 8, 11, 13, 15, 15, 8, 13, 12, 8, 8, 8, 13, 10, 16, 14, 11, 8, 8, 12, 12, 9, 15, 15, 12, 12, 13, 8, 8, 9, 12, 13, 9, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 11, 12, 11, 7, 14, 7, 13, 13, 13, 12, 18, 16, 7, 12, 11, 10, 10, 15, 9, 9, 9, 21, 7, 7, 7, 11, 16, 8, 8, 11, 11, 7, 7, 7, 7, 7, 19, 7, 7, 7, 7, 7, 7, 7, 7, 7, 12, 8, 9, 12, 14, 11, 9, 9, 9, 22, 12, 3, 3, 4, 8, 8, 15, 4, 2, 2, 5, 5, 3, 3, 3, 3, 3, 3, 6, 6, 4, 4, 4, 12, 7, 10, 2, 3, 3, 3, 3, 3, 3, 3, 6, 7, 3, 7, 5, 14, 4, 4, 7, 8, 10, 4, 1, 3, 3, 6, 2, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 2, 2, 5, 3, 4, 2, 2, 2, 2, 2, 2, 2, 11, 5, 5, 5, 11, 5, 5, 3, 5, 5, 5, 5, 11, 14, 13, 9, 11, 9, 12, 8, 11, 11, 8, 11, 16, 9, 9, 7, 10, 9, 12, 8, 15, 6, 7, 6, 6, 13, 10, 8, 11, 8, 6, 6, 6, 12, 16, 6, 11, 7, 8, 9, 18, 6, 6, 9, 4, 4, 6, 13, 6, 6, 6, 6, 8, 8, 9, 16, 7, 7, 14, 7, 8, 8, 8, 7, 7, 7, 7, 7, 7, 15, 13, 7, 10, 7, 7, 10, 12, 16, 15, 7, 9, 9, 14, 11, 11, 10, 9, 10, 8, 12, 7, 8, 7, 7, 10, 12, 7, 12, 8, 7, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 3, 3, 5, 5, 5, 10, 7, 4, 4, 4, 8, 7, 10, 9, 7, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 3, 3, 3, 3, 3, 3, 3, 7, 4, 5, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 6, 6, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 9, 8, 2, 2, 2, 8, 12, 7, 7, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 8, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 7, 11, 9, 8, 8, 8, 7, 8, 9, 7, 7, 9, 7, 7, 7, 10, 7, 7, 10, 9, 10, 6, 6, 6, 6, 6, 6, 15, 7, 8, 9, 9, 8, 6, 6, 10, 9, 6, 8, 13, 9, 7, 6, 6, 6, 6, 6, 6, 12, 6, 6, 7, 6, 7, 6, 6, 6, 10, 10, 7, 6, 6, 6, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6, 14, 6, 6, 7, 7, 9, 6, 6, 6, 6, 9, 9, 8, 9, 10, 9, 8, 9, 12, 7, 7, 7, 8, 7, 10, 12, 11, 9, 10, 7, 7, 7, 9, 10, 10, 8, 12, 9, 7, 7, 9, 8, 8, 8, 10, 7, 7, 8, 9, 9, 7, 7, 7, 8, 2, 4, 2, 4, 6, 3, 4, 2, 3, 3, 3, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 5, 8, 6, 4, 7, 3, 3, 3, 3, 3, 3, 3, 12, 3, 3, 3, 3, 3, 3, 4, 4, 2, 3, 5, 3, 4, 7, 3, 3, 3, 3, 3, 3, 4, 3, 3, 3, 3, 3, 3, 3, 4, 3, 3, 6, 4, 3, 4, 2, 2, 2, 5, 3, 3, 3, 3, 3, 5, 4, 4, 4, 4, 2, 7, 6, 8, 9, 2, 2, 2, 2, 3, 3, 3, 5, 7, 2, 3, 3, 8, 7, 7, 2, 2, 8, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 8, 8, 7, 7, 6, 10, 6, 9, 7, 11, 4, 6, 8, 8, 7, 8, 4, 2, 5, 5, 5, 5, 3, 3, 3, 11, 8, 9, 6, 6, 8, 7, 4, 4, 7, 6, 8, 7, 2, 2, 3, 3, 3, 3, 4, 3, 3, 3, 3, 3, 3, 3, 3, 7, 2, 2, 5, 3, 3, 2, 3, 3, 3, 3, 3, 3, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 12, 5, 5, 3, 3, 3, 5, 10, 12, 6, 15, 4, 6, 6, 7, 14, 9, 3, 3, 3, 3, 3, 8, 2, 2, 3, 5, 5, 3, 3, 3, 3, 3, 3, 8, 8, 6, 8, 7, 5, 8, 4, 6, 11, 2, 2, 7, 3, 3, 2, 9, 8, 5, 5, 3, 3, 3, 5, 5, 7, 7, 6, 6, 10, 6, 8, 6, 8, 9, 7, 4, 4, 4, 4, 7, 6, 6, 8, 7, 7, 10, 9, 9, 8, 11, 8, 3, 3, 3, 3, 3, 4, 4, 2, 3, 3, 3, 3, 3, 7, 6, 2, 5, 5, 6, 7, 6, 4, 8, 9, 11, 2, 2, 3, 3, 3, 3, 3, 3, 3, 2, 2, 5, 3, 3, 3, 3, 3, 9, 9, 6, 4, 8, 7, 7, 5, 9, 8, 6, 2, 6, 8, 7, 8, 5, 5, 5, 5, 5, 3, 3, 3, 16, 8, 7, 7, 7, 8, 7, 7, 7, 7, 9, 6, 9, 6, 10, 7, 7, 7, 6, 10, 8, 9, 11, 11, 8, 4, 4, 10, 8, 8, 6, 9, 6, 11, 8, 8, 8, 15, 7, 8, 9, 5, 3, 3, 3, 3, 3, 5, 2, 2, 3, 8, 9, 10, 3, 2, 2, 2, 2, 2, 2, 3, 6, 4, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 2, 3, 3, 3, 3, 3, 3, 3, 11, 5, 3, 3, 3, 3, 3, 3, 3, 3, 6, 7, 4, 4, 2, 3, 3, 3, 3, 3, 3, 3, 12, 7, 4, 12, 4, 6, 5, 4, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 11, 10, 6, 4, 6, 10, 8, 3, 3, 3, 3, 3, 3, 3, 3, 5, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2, 5, 3, 4, 4, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 10, 5, 5, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 7, 8, 8, 7, 13, 12, 10, 10, 8, 8, 7, 7, 9, 12, 11, 6, 6, 8, 8, 9, 7, 7, 7, 10, 15, 10, 4, 4, 4, 4, 4, 11, 8, 8, 9, 7, 9, 14, 14, 12, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 12, 5, 5, 5, 11, 10, 7, 9, 3, 8, 7, 3, 15, 13, 11, 4, 4, 2, 2, 2, 19, 7, 5, 5, 3, 3, 3, 3, 3, 3, 3, 5, 22, 18, 6, 14, 17, 4, 4, 19, 16, 18, 2, 3, 3, 7, 2, 3, 2, 3, 3, 6, 4, 2, 3, 3, 2, 5, 3, 3, 3, 3, 3, 3, 3, 9, 9, 2, 3, 2, 2, 2, 3, 3, 3, 5, 7, 14, 7, 7, 12, 9, 13, 6, 11, 6, 10, 9, 7, 7, 8, 12, 12, 8, 8, 8, 10, 7, 7, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 5, 8, 10, 7, 8, 11, 8, 12, 9, 4, 14, 7, 7, 9, 13, 2, 3, 3, 3, 3, 3, 3, 2, 3, 3, 3, 1, 2, 2, 3, 3, 3, 3, 3, 3, 5, 2, 2, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 8, 4, 4, 4, 3, 2, 3, 3, 3, 3, 5, 2, 2, 2, 2, 2, 2, 2, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 7, 7, 7, 7, 7, 8, 8, 8, 8, 8, 12, 9, 8, 8, 9, 8, 6, 17, 6, 6, 6, 8, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 4, 4, 8, 8, 9, 9, 9, 7, 7, 7, 7, 7, 7, 7, 9, 9, 9, 7, 8, 8, 8, 10, 7, 13, 10, 8, 9, 3, 3, 5, 3, 3, 3, 3, 3, 7, 7, 6, 6, 10, 13, 11, 11, 8, 8, 9, 8, 9, 9, 10, 10, 10, 11, 10, 10, 13, 13, 16, 15, 11, 12, 9, 9, 10, 9, 11, 10, 9, 9, 14, 7, 8, 3, 10, 7, 7, 3, 2, 2, 2, 5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 6, 7, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 11, 6, 7, 4, 6, 2, 2, 3, 3, 3, 1, 3, 3, 3, 3, 3, 3, 6, 4, 4, 2, 2, 2, 3, 3, 3, 3, 4, 4, 6, 6, 6, 6, 5, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 9, 11, 6, 10, 9, 12, 7, 7, 11, 14, 9, 7, 12, 3, 3, 7, 12, 11, 12, 7, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 9, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 11, 5, 5, 5, 5, 5, 5, 5, 5, 11, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 10, 3, 3, 3, 11, 3, 5, 9, 11, 8, 12, 14, 9, 7, 8, 7, 7, 11, 11, 7, 7, 10, 9, 8, 10, 9, 7, 7, 7, 7, 7, 7, 8, 8, 7, 11, 8, 8, 8, 7, 7, 10, 8, 7, 13, 12, 7, 17, 10, 8, 8, 11, 7, 11, 11, 14, 7, 11, 7, 8, 6, 9, 20, 8, 7, 9, 16, 7, 10, 6, 11, 10, 8, 9, 7, 16, 11, 11, 9, 8, 9, 8, 8, 8, 11, 8, 15, 8, 8, 9, 7, 8, 8, 11, 10, 7, 5, 7, 10, 10, 15, 7, 7, 7, 8, 7, 8, 8, 10, 11, 10, 10, 10, 11, 11, 7, 8, 6, 8, 8, 10, 6, 8, 6, 6, 7, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 16, 6, 15, 6, 7, 11, 11, 7, 9, 10, 11, 13, 10, 6, 16, 8, 10, 12, 11, 6, 6, 6, 6, 6, 6, 6, 10, 6, 10, 7, 7, 7, 11, 7, 11, 6, 6, 6, 6, 6, 6, 17, 7, 7, 6, 6, 12, 22, 6, 6, 6, 6, 6, 8, 6, 6, 6, 6, 7, 6, 6, 5, 6, 6, 8, 11, 6, 9, 14, 11, 9, 11, 7, 7, 8, 6, 6, 6, 8, 10, 9, 6, 6, 6, 6, 9, 7, 6, 6, 6, 6, 6, 15, 6, 4, 4, 4, 6, 4, 17, 8, 11, 6, 6, 9, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 6, 6, 6, 6, 10, 6, 10, 6, 6, 6, 6, 12, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 9, 6, 6, 6, 6, 18, 6, 6, 6, 8, 9, 10, 7, 8, 9, 10, 11, 7, 13, 6, 8, 8, 6, 6, 14, 7, 7, 7, 7, 10, 7, 14, 9, 6, 6, 9, 15, 9, 7, 14, 6, 11, 14, 13, 7, 12, 8, 7, 7, 7, 7, 7, 12, 7, 10, 9, 16, 6, 8, 6, 5, 17, 6, 8, 10, 4, 6, 4, 10, 15, 17, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 8, 4, 4, 11, 7, 4, 4, 7, 7, 7, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 19, 17, 6, 10, 11, 6, 6, 6, 6, 18, 6, 6, 11, 4, 4, 4, 5, 6, 6, 6, 9, 5, 6, 4, 6, 6, 4, 6, 6, 6, 6, 10, 6, 6, 4, 6, 6, 10, 6, 10, 6, 6, 6, 6, 11, 6, 6, 10, 6, 6, 8, 6, 6, 6, 8, 6, 11, 4, 11, 9, 10, 9, 11, 4, 8, 4, 11, 12, 7, 9, 8, 6, 7, 7, 8, 12, 12, 11, 13, 10, 11, 7, 7, 7, 9, 7, 11, 10, 7, 7, 7, 16, 11, 10, 11, 17, 9, 9, 8, 8, 7, 7, 7, 9, 7, 7, 7, 14, 7, 13, 9, 11, 10, 14, 10, 10, 12, 11, 10, 7, 10, 5, 14, 8, 8, 8, 9, 7, 8, 7, 7, 9, 8, 7, 8, 7, 7, 7, 7, 7, 7, 7, 11, 8, 10, 8, 7, 8, 14, 11, 8, 9, 9, 9, 8, 24, 10, 10, 12, 7, 7, 15, 11, 8, 8, 12, 11, 8, 9, 9, 7, 8, 9, 10, 11, 10, 11, 7, 12, 7, 7, 11, 9, 8, 14, 13, 12, 8, 11, 10, 8, 8, 7, 7, 14, 9, 10, 8, 9, 11, 7, 14, 8, 8, 13, 8, 8, 12, 7, 10, 14, 14, 11, 9, 10, 9, 9, 7, 7, 11, 11, 13, 9, 13, 5, 5, 5, 7, 9, 5, 11, 12, 14, 8, 7, 7, 11, 10, 9, 7, 8, 8, 7, 10, 11, 11, 5, 5, 7, 5, 5, 5, 7, 7, 15, 7, 7, 8, 7, 15, 12, 12, 10, 7, 8, 7, 11, 7, 7, 7, 23, 11, 8, 8, 11, 10, 7, 8, 11, 7, 19, 7, 7, 6, 9, 9, 9, 11, 3, 4, 7, 8, 6, 6, 4, 10, 8, 2, 2]);
const edgeChild = /*#__PURE__*/ new Uint16Array([0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 12, 1, 1, 1, 1, 1, 17, 1, 1, 1, 1, 1, 1, 12, 1, 12, 1, 12, 13, 1, 1, 1, 1, 12, 1, 12, 1, 1, 1, 1, 1, 14, 23, 1, 1, 1, 1, 1, 1, 20, 1, 1, 1, 1, 21, 12, 1, 1, 1, 1, 1, 1, 1, 1, 22, 1, 1, 1, 16, 18, 1, 1, 15, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 24, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 19, 1, 1, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 1, 26, 27, 28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 12, 12, 12, 12, 1, 35, 0, 0, 0, 1, 1, 1, 1, 38, 37, 1, 1, 1, 1, 1, 36, 1, 1, 1, 1, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 0, 42, 43, 0, 0, 0, 0, 12, 1, 1, 1, 12, 1, 1, 1, 46, 48, 48, 48, 46, 48, 46, 46, 47, 48, 46, 48, 46, 46, 46, 46, 46, 46, 48, 46, 46, 47, 46, 46, 46, 46, 48, 49, 49, 47, 48, 46, 46, 46, 46, 46, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 52, 54, 52, 52, 52, 54, 52, 53, 52, 55, 52, 53, 53, 52, 52, 52, 53, 55, 53, 55, 52, 53, 53, 12, 57, 57, 56, 58, 53, 55, 52, 52, 50, 51, 59, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 62, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 69, 70, 12, 1, 1, 68, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 12, 79, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 82, 85, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 12, 1, 1, 1, 1, 95, 1, 97, 1, 1, 1, 1, 1, 1, 1, 1, 100, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 103, 103, 1, 1, 12, 1, 106, 1, 1, 1, 1, 1, 1, 1, 104, 1, 105, 1, 107, 1, 1, 1, 1, 1, 108, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 116, 117, 1, 1, 1, 1, 1, 1, 119, 119, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 127, 128, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 128, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 128, 1, 1, 1, 1, 1, 1, 1, 1, 1, 132, 129, 131, 126, 1, 130, 1, 1, 120, 1, 1, 1, 1, 123, 1, 133, 1, 1, 1, 1, 1, 1, 125, 1, 114, 1, 115, 1, 12, 134, 112, 118, 1, 1, 1, 1, 1, 113, 121, 1, 12, 12, 12, 124, 122, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 12, 12, 1, 1, 1, 1, 1, 12, 140, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 142, 1, 1, 1, 1, 1, 1, 1, 1, 143, 144, 12, 12, 141, 139, 48, 48, 146, 52, 52, 145, 148, 147, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 151, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 149, 0, 0, 0, 0, 1, 0, 150, 138, 1, 0, 1, 1, 12, 12, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 154, 153, 22, 1, 1, 12, 12, 1, 22, 12, 12, 1, 1, 1, 1, 1, 140, 1, 1, 158, 1, 1, 1, 1, 159, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 1, 1, 142, 1, 1, 158, 1, 1, 1, 1, 159, 1, 1, 1, 140, 1, 1, 1, 158, 1, 163, 1, 1, 1, 159, 1, 1, 140, 1, 1, 1, 163, 1, 1, 1, 1, 1, 140, 1, 1, 1, 1, 1, 1, 1, 1, 140, 1, 1, 163, 1, 1, 163, 1, 1, 1, 1, 1, 1, 1, 169, 1, 1, 1, 158, 1, 1, 163, 1, 1, 1, 159, 1, 1, 169, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 142, 1, 1, 158, 1, 163, 1, 1, 1, 159, 1, 1, 140, 1, 1, 158, 1, 163, 1, 1, 1, 159, 1, 1, 140, 1, 1, 1, 1, 158, 1, 163, 1, 1, 1, 159, 1, 1, 1, 140, 1, 1, 158, 1, 1, 1, 1, 175, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 1, 178, 1, 1, 169, 1, 1, 1, 1, 1, 158, 1, 1, 163, 1, 1, 1, 159, 1, 1, 169, 1, 1, 1, 1, 1, 158, 1, 1, 163, 1, 1, 1, 159, 1, 1, 169, 1, 1, 1, 1, 1, 163, 1, 1, 1, 1, 173, 165, 165, 12, 1, 12, 177, 1, 1, 1, 1, 1, 166, 166, 166, 160, 1, 1, 1, 164, 166, 170, 176, 1, 1, 1, 1, 164, 164, 1, 1, 162, 160, 173, 164, 168, 181, 172, 181, 1, 1, 179, 1, 172, 161, 164, 1, 1, 1, 1, 164, 1, 167, 1, 1, 1, 12, 1, 182, 1, 171, 1, 1, 1, 171, 170, 174, 180, 162, 173, 1, 1, 1, 1, 1, 1, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 184, 185, 184, 184, 185, 184, 184, 184, 184, 186, 186, 184, 184, 185, 184, 185, 184, 184, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 188, 12, 1, 12, 12, 12, 12, 1, 12, 12, 12, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 201, 1, 203, 204, 202, 201, 201, 1, 1, 207, 1, 208, 206, 1, 12, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 219, 201, 201, 201, 201, 219, 1, 1, 1, 1, 222, 223, 221, 1, 1, 1, 1, 1, 1, 225, 225, 1, 1, 1, 225, 225, 227, 228, 226, 1, 230, 1, 1, 1, 1, 12, 236, 237, 238, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 205, 209, 1, 1, 1, 1, 157, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 233, 1, 1, 1, 200, 1, 1, 1, 1, 244, 1, 1, 241, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 191, 216, 1, 1, 1, 212, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 198, 1, 1, 1, 1, 1, 1, 1, 217, 1, 1, 1, 1, 232, 1, 1, 1, 1, 183, 1, 220, 1, 215, 1, 1, 1, 218, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 196, 1, 12, 1, 1, 12, 1, 1, 1, 1, 199, 1, 1, 1, 214, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 245, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 231, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 190, 12, 1, 1, 1, 193, 12, 1, 1, 1, 1, 1, 1, 1, 235, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 192, 1, 1, 1, 1, 1, 1, 1, 240, 1, 1, 1, 197, 1, 1, 1, 213, 1, 12, 1, 229, 210, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 217, 1, 1, 1, 1, 195, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 187, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 211, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 242, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 243, 1, 1, 12, 1, 1, 1, 1, 194, 1, 1, 1, 211, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 234, 1, 1, 1, 189, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 224, 1, 1, 1, 12, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 239, 1, 1, 12, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 255, 0, 0, 0, 0, 0, 256, 0, 0, 0, 0, 0, 0, 1, 12, 1, 1, 1, 260, 1, 1, 1, 0, 261, 258, 259, 1, 1, 1, 1, 1, 1, 266, 1, 268, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 264, 1, 1, 1, 1, 1, 270, 1, 1, 12, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 269, 1, 1, 1, 12, 1, 1, 1, 1, 265, 1, 1, 1, 263, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 267, 1, 1, 1, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 1, 12, 1, 1, 1, 1, 12, 1, 1, 276, 1, 13, 1, 1, 1, 12, 12, 273, 274, 1, 1, 1, 1, 275, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 278, 1, 1, 12, 16, 1, 1, 1, 1, 1, 1, 279, 1, 1, 1, 277, 12, 12, 1, 1, 1, 1, 1, 1, 1, 1, 279, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 288, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 292, 292, 1, 0, 0, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 184, 1, 297, 298, 1, 12, 1, 1, 1, 1, 12, 300, 1, 1, 299, 1, 1, 302, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 307, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 12, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 12, 0, 319, 0, 0, 320, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 336, 1, 1, 1, 1, 1, 1, 0, 0, 62, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 344, 0, 0, 0, 0, 0, 0, 0, 0, 0, 346, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 362, 362, 363, 362, 0, 1, 211, 1, 1, 13, 358, 1, 356, 0, 0, 0, 0, 0, 0, 0, 359, 1, 1, 364, 1, 241, 1, 1, 1, 1, 357, 1, 1, 354, 1, 360, 1, 352, 1, 361, 1, 353, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 12, 355, 355, 1, 1, 1, 200, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 12, 1, 1, 1, 1, 351, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 367, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 302, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 407, 407, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 399, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 1, 375, 386, 1, 1, 374, 409, 1, 380, 1, 1, 372, 404, 1, 1, 390, 371, 376, 1, 1, 1, 383, 414, 392, 1, 1, 1, 1, 1, 1, 393, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 402, 406, 0, 0, 85, 1, 1, 0, 400, 377, 413, 378, 381, 388, 1, 403, 0, 1, 0, 85, 397, 395, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 416, 1, 1, 387, 1, 85, 1, 0, 1, 1, 1, 419, 1, 0, 0, 85, 394, 0, 1, 373, 1, 1, 1, 0, 1, 1, 396, 1, 0, 1, 1, 1, 0, 1, 421, 384, 1, 1, 0, 1, 0, 0, 412, 0, 1, 1, 1, 85, 405, 1, 1, 401, 398, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 379, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 411, 0, 85, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 415, 1, 1, 1, 0, 0, 418, 0, 0, 0, 1, 391, 1, 0, 85, 417, 1, 0, 0, 0, 0, 420, 1, 1, 0, 0, 1, 0, 1, 0, 389, 0, 385, 0, 1, 1, 1, 0, 1, 1, 0, 408, 382, 410, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 12, 1, 1, 1, 12, 436, 436, 1, 1, 12, 12, 1, 436, 1, 1, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 448, 1, 1, 0, 1, 1, 1, 1, 241, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 466, 466, 1, 1, 0, 0, 352, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 479, 1, 478, 1, 1, 1, 1, 1, 1, 1, 1, 1, 483, 1, 12, 12, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 491, 1, 1, 1, 493, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 490, 1, 485, 1, 1, 1, 1, 472, 1, 1, 1, 1, 1, 1, 1, 1, 486, 12, 1, 1, 1, 1, 492, 1, 1, 1, 487, 481, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 352, 1, 469, 1, 1, 12, 489, 1, 1, 352, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 474, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 492, 1, 1, 1, 1, 352, 1, 488, 1, 1, 1, 482, 476, 1, 1, 1, 1, 1, 477, 1, 494, 480, 1, 1, 1, 1, 1, 475, 1, 1, 1, 1, 1, 1, 1, 1, 1, 470, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 484, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 473, 1, 1, 1, 1, 1, 471, 1, 255, 495, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 501, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 12, 1, 70, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 505, 0, 505, 505, 505, 505, 505, 505, 505, 0, 505, 505, 505, 505, 505, 1, 505, 505, 505, 0, 505, 505, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 510, 509, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 514, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 507, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 508, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 516, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 505, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 513, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 506, 0, 0, 517, 512, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 511, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 505, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 506, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 505, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 515, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 527, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 235, 235, 1, 531, 1, 1, 1, 530, 1, 1, 1, 1, 1, 526, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 528, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 532, 1, 1, 529, 1, 1, 1, 1, 1, 1, 1, 1, 407, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 533, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 544, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 12, 1, 547, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 12, 12, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 62, 1, 1, 12, 12, 12, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 566, 1, 1, 1, 1, 1, 1, 1, 567, 1, 1, 1, 1, 1, 1, 1, 565, 1, 1, 1, 12, 1, 1, 569, 274, 1, 1, 1, 12, 12, 1, 1, 12, 1, 12, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 573, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 579, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 138, 1, 12, 584, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 113, 1, 1, 1, 12, 1, 1, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 589, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 150, 1, 1, 1, 263, 1, 1, 12, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 614, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 255, 1, 363, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 619, 1, 1, 1, 1, 0, 621, 0, 85, 0, 620, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 12, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 628, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 623, 623, 0, 627, 625, 623, 623, 623, 623, 623, 629, 623, 623, 633, 623, 623, 623, 623, 623, 623, 623, 623, 623, 623, 630, 627, 623, 623, 627, 623, 623, 623, 623, 623, 623, 623, 623, 623, 623, 623, 623, 623, 625, 623, 623, 623, 623, 623, 631, 623, 623, 623, 623, 623, 623, 0, 0, 0, 1, 632, 1, 1, 1, 1, 626, 1, 1, 1, 1, 1, 624, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 12, 637, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 12, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 12, 1, 1, 12, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 102, 67, 316, 342, 447, 575, 0, 4, 71, 271, 290, 318, 343, 369, 423, 449, 0, 538, 559, 576, 639, 9, 0, 63, 94, 433, 445, 465, 617, 0, 536, 558, 572, 654, 0, 33, 6, 0, 500, 539, 644, 602, 73, 0, 7, 321, 291, 424, 502, 452, 578, 85, 640, 0, 618, 345, 454, 504, 9, 111, 324, 545, 6, 33, 0, 347, 85, 426, 85, 522, 10, 6, 137, 284, 310, 0, 655, 549, 0, 605, 0, 66, 6, 6, 287, 101, 2, 468, 434, 446, 638, 0, 6, 0, 6, 322, 109, 6, 603, 540, 580, 0, 503, 425, 308, 323, 8, 74, 110, 641, 583, 427, 348, 335, 455, 152, 77, 326, 587, 550, 643, 606, 370, 365, 518, 6, 78, 155, 11, 311, 285, 562, 588, 607, 554, 592, 612, 653, 39, 6, 296, 330, 368, 340, 253, 33, 568, 595, 253, 44, 251, 301, 331, 341, 442, 459, 520, 309, 0, 76, 604, 0, 439, 453, 334, 85, 283, 85, 0, 622, 586, 543, 328, 457, 85, 428, 422, 0, 0, 0, 9, 597, 613, 252, 0, 460, 443, 571, 556, 615, 657, 91, 253, 45, 332, 431, 461, 611, 0, 551, 329, 312, 85, 250, 86, 30, 425, 33, 6, 429, 366, 339, 646, 634, 564, 591, 553, 0, 294, 87, 33, 441, 458, 0, 33, 462, 0, 254, 635, 557, 9, 444, 463, 253, 284, 92, 257, 636, 616, 599, 521, 464, 432, 286, 262, 93, 61, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 662, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 450, 0, 0, 0, 0, 0, 0, 0, 0, 88, 0, 135, 0, 0, 546, 590, 0, 0, 0, 0, 0, 0, 0, 29, 0, 593, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 450, 0, 0, 0, 0, 542, 0, 293, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 282, 0, 0, 0, 0, 0, 0, 0, 659, 0, 0, 0, 0, 0, 658, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 430, 0, 0, 0, 523, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 534, 0, 0, 0, 0, 0, 0, 440, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 246, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 555, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 535, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 305, 317, 0, 0, 0, 0, 0, 570, 313, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 552, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 496, 0, 0, 0, 350, 0, 0, 0, 0, 80, 0, 289, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 0, 610, 0, 0, 0, 0, 642, 561, 0, 0, 0, 0, 280, 0, 0, 0, 0, 0, 0, 498, 0, 0, 519, 0, 0, 0, 0, 0, 64, 0, 0, 0, 303, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 81, 0, 0, 0, 0, 0, 0, 0, 282, 0, 0, 0, 0, 0, 315, 652, 0, 75, 0, 0, 0, 0, 0, 0, 0, 0, 0, 661, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 156, 0, 314, 0, 0, 0, 0, 0, 0, 609, 0, 0, 0, 0, 0, 0, 563, 0, 0, 0, 0, 0, 0, 0, 0, 0, 608, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 248, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 90, 0, 541, 0, 0, 0, 0, 0, 596, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 90, 89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 525, 0, 524, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 295, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 497, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 325, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 577, 0, 0, 0, 0, 0, 0, 0, 0, 333, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 72, 272, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 90, 0, 648, 0, 0, 594, 0, 0, 0, 0, 0, 0, 0, 0, 0, 281, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 651, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 560, 0, 0, 0, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 537, 0, 656, 0, 0, 467, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 438, 0, 0, 0, 585, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 34, 0, 0, 0, 0, 0, 0, 32, 98, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 327, 0, 0, 0, 249, 0, 0, 0, 0, 0, 0, 600, 0, 0, 0, 0, 136, 0, 0, 0, 0, 0, 601, 0, 0, 0, 0, 0, 0, 0, 450, 456, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 435, 0, 349, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 306, 0, 0, 337, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 574, 0, 0, 0, 451, 0, 0, 437, 0, 0, 0, 0, 0, 0, 645, 0, 0, 0, 581, 0, 0, 96, 0, 582, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 548, 499, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31, 0, 0, 31, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 304, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 450, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 650, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 649, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 660, 0, 0, 0, 0, 0, 598, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 338, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 647, 0, 0, 247, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 665, 665, 665, 665, 665, 665, 665, 664, 666]);
const labelText = "orgmilcomschnetedugovdrrformsfeedbackofficialaccoorgmilschnetgovmagazinemediaunioncargopilotgroupcaarespressworksaerodromeworkinggroupair-traffic-controlaircraftaccident-preventioneducatormarketplaceambulanceinsurancecateringairportrepbodyenginesoftwaremodellingair-surveillanceconsultingchartertrainermaintenanceservicesdesignflightskydivingfreightassociationstudentgroundhandlingdgcafuelclubtaxicrewshowballooningexpresstraderbrokerauthoragentsairtrafficjournalistsafetyconsultantmicrolightaccident-investigationparachutingequipmentproductionfederationrecreationscientistnavigationengineertradingglidingleasingresearchpassenger-associationentertainmentparaglidinghangglidingaerobaticrotorcraftemergencycertificationgovernmentaeroclubexchangelogisticschampionshiphomebuiltcouncilconferencecontrolairlinecivilaviationjournalorgcomnetedugovcoorgcomnomnetobjofforgcomnetuwukiloappsframerorgmilcomnetedugovcoradioorgcomnetcommuneedogpbcoitgvorgedugov*spreviewfrontendrelayononstagingauthcloudsandboxupid*mtls*privatelinktypedreamdeveloperbravemochawindsurfaivenmirenupsunwnextbegetngrokclerkwale2bwebcsbrunputercrbtsflutterflowcloudzyrospawnbasesliplanemodelenceshiptodaymagicpatternsnetlifyondigitaloceanrailwayhostedclaudehasurabotdashretoolvercelgithubluyanigadgetreplitcloudflaretelebitedgecomputeevervaultexponyatnoopencrpplxzeaburwasmerframerzeropsrocketpreviewconvexmedusajsspritesagilevibesonherculeseasypanelstreamlitglideossnowflakemesserliloginlinehackclubcodepennorthflankbase44corespeedleapcellngrok-freeclerkstagelovableon-fleek*us-west-3ap-south-2us-central-2us-central-1eu-central-1ap-south-1us-west-2us-east-2eu-north-1ap-north-1us-west-1us-east-1*rcloudintsegorgmilcomgobbetnetintedugovturmusicasenasamutualcoopv6dnsip6uriurnin-addre164homeirisgovdixdaemoncloudnssthwien*inexexkunden4accogvormymyspreadshop4lima2ixortsinfofuturecmsfuturehosting12hpprivfuturemailinglima-cityfunkfeuer123webseitednshomemelmyspreadshopcloudletswasantqldvicactnswtascatholicwasaqldvictasidwasantozqldorgcomvicasnactnetedugovnswtasconfcomairflowlambda-urltransfer-webapptransfer-webappairflowtransfer-webapptransfer-webapp-fipstransfer-webappeu-west-3ap-south-2eu-south-2eu-central-2ap-southeast-3ap-southeast-4ap-northeast-3eu-central-1mx-central-1me-central-1ca-central-1il-central-1ap-northeast-1ap-southeast-1me-south-1af-south-1eu-south-1ap-south-1ap-southeast-7us-west-2eu-west-2ap-east-2us-east-2eu-north-1ap-southeast-2ap-northeast-2ap-southeast-5us-gov-west-1us-gov-east-1ap-southeast-6ca-west-1us-west-1eu-west-1us-east-1ap-east-1sa-east-1privatenotebookstudiolabelingnotebookstudionotebooknotebook-fipslabelingnotebookstudionotebook-fipsnotebookstudio-fipsnotebook-fipsnotebookstudionotebook-fipsnotebookstudioeu-west-3ap-south-2eu-south-2eu-central-2ap-southeast-3ap-southeast-4ap-northeast-3eu-central-1me-central-1ca-central-1il-central-1ap-northeast-1ap-southeast-1me-south-1af-south-1eu-south-1ap-south-1us-west-2eu-west-2us-east-2eu-north-1ap-southeast-2ap-northeast-2experimentsus-gov-west-1us-gov-east-1ca-west-1us-west-1eu-west-1us-east-1ap-east-1sa-east-1onrepostsagemakercopporgmilcompronetintedugovbiznameinfoshoprsorgmilcomnetedugovbrendlyresolvenzauscotvstoreorgcomnetedugovbizinfoidacaicoittvorgmilcomschnetedugovinfocloudezproxysiteacmymyspreadshopkuleuvenwebhostingtransurl123websitecloudnsinterhostsolutionsddns5476103298edgfacbmlonihkjutwvqpsryxzbarsycoororgcomedumyftpno-iporxcloud-ipfor-somemmafanfor-morewebhopselfipjozidyndnscloudnsdscloudfor-thefor-betteractivetrailcoeconorestooteorgcomeconeteduassurmoneyafricaarchitectesrestaurantloisirstourismavocatsinfoagrounivcoorgcomnetedugoviatvdeportesaludtksatorgmilcomwebgobnetinteducienciaboliviarevistacooperativaempresanombreindustriamusicapatriamedicinademocraciapoliticapuebloindigenaplurinacionalarteblogwikiinfoagrotransportenoticiasprofesionalacademiaeconomiaecologiamovimientotecnologianaturalpagesappsgroksailsimplesitecepesebamapadfmgalampbacscpirngorotomtrjspaprrprrsesmscepesebamapadfmgalampbacscpirngorotomtrjspaprrprrsesms*biaamfmtcmptvfeirasampajampanatalbelemananiradiog12medindfndbmdtrdthepoaggfjdfdefinfenflegsegongengcngorgzlgslglogppgmillelqslcimcomnomadmjabimbbibbsbabcrectecsjcetcpscpvhudieticriapipsiecnbiorioecogeoteoodoproatoartfstmatvetdetbetnetcntnotfotgrueduajuespappreptmpemparqsrvadvdevgovntrturagrjorfarjusmusdesvixxyzcozfozslzbhzmaringasantamariacampinagrandegoianiasorocabafloripasaobernardocuritibaboavistarecifeaparecidasaogoncasalvadorcuiabamorenamacapalondrinacontagemsocialfortalmaceioleilaoosascoriobranconiteroi9guacutcheblogflogvlogwikitaxicoopmanauspalmascaxiasjoinvillebaruericampinassantoandreribeiraoriopretoweorgcomnetedugovv0windsurfshiptodaycloudsitecoaccoorgnetgovofmilcomgovmediatechzacoorgcomnetedugsjgovmydnspenfnlabnbmbgcbcqconcontnuyksknsmyspreadshopno-ipawdevboxbarsyonidatemfuinabusavinstanceseceuguukussryzespawncsxcloud-ipmyphotosfantasyleaguetwmailcleverappsscrappingccwucloudnsftpaccessgame-serverccgovobjectsrmalpgcust*svcalp1aeappenginermalpgmyspreadshop4lima2ixsquare7cloudscale123websitefirenet12hpflowgotdnslinkyard-cloudcloudnslima-citydnskingobjectstorageedaccogoorusorgcomnetinteduaéroportxn--aroport-byaassogouvcomilgobgovcloudnses-1eu-west-1us-east-1euvipit1eurarubait1s3lbwebsites3websiteru-spbru-mskelasticcsrunstnukukcaukusnl-ams-1fr-par-1fr-par-2functionsnodess3ddlwhmrdbfnck8sifrs3-websitecockpitscblmgdbdtwhkafkpubprivs3ddlwhmrdbk8sifrs3-websitecockpitscblmgdbdtwhkafks3ddlrdbk8sifrs3-websitecockpitscblmgdbdtwhkafkk8sscalebookpl-wawfr-parnl-amsbaremetalsmartlabelinginstancesdechk2kuleuvenlaravelvoorloperurownoxazapscwhstgrvaporonline-serverobservablehqelementorantagonistreclaimjoteluluencowaydiademjelasticmatlabmagentositetrendhostingaxarnetjenv-arubajelejoteravendbemergenttrafficplexconvexkeliwebserveboltbegetcdnstaticson-rancherprimetelonstackitunison-servicesdnshomelinkyardbarsyjelecloudnscocomnetgovmycn-northwest-1cn-north-1s3s3-accesspoints3-websites3s3-accesspointrdsdualstacks3-deprecatedemrappui-prods3-websiteemrstudio-prods3-object-lambdaemrnotebooks-prodexecute-apis3s3-accesspoints3s3-accesspointrdsdualstackemrappui-prods3-websiteemrstudio-prods3-object-lambdaemrnotebooks-prodexecute-apicn-northwest-1cn-north-1cn-northwest-1ebcomputeelbcn-north-1airflowcn-northwest-1cn-north-1oncn-northwest-1cn-north-1amazonawssagemakeramazonwebservicesdirectasgdsdhehahljlnmhbacscahqhshhihnlnynsnmofjbjzjxjtjhkcqtwgsjssxnxjxgxxzgz網絡网络公司orgmilcomnetedugovxn--55qx5dcanva-appsxn--io0a7iquickconnectcanvasitekhsjxn--od0algcanva-codemyqnapcloudsrvrlessclustersrealtimestorageleadpagescarrdcrdorgmilcomnomnetedugovhidnssupabaserdpareplmypiumsoxmitotaplpagesfirewalledreplitowodevwebview-assetsvfswebview-assetss3s3-accesspointdualstackemrappui-prods3-websiteaws-cloud9emrstudio-prods3-object-lambdaemrnotebooks-prodexecute-apicloud9eu-west-3ap-south-2eu-south-2eu-central-2ap-southeast-3ap-southeast-4ap-northeast-3eu-central-1me-central-1ca-central-1il-central-1ap-northeast-1ap-southeast-1me-south-1af-south-1eu-south-1ap-south-1ap-southeast-7us-west-2eu-west-2us-east-2eu-north-1ap-southeast-2ap-northeast-2ap-southeast-5ca-west-1us-west-1eu-west-1us-east-1ap-east-1sa-east-1s3s3-accesspointdualstackemrappui-prods3-websiteaws-cloud9emrstudio-prods3-object-lambdaemrnotebooks-prodexecute-apicloud9consent-portals3s3-accesspointdualstackanalytics-gatewayemrappui-prods3-websiteaws-cloud9emrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apicloud9s3s3-accesspointdualstackemrappui-prods3-websiteemrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apis3s3-accesspointdualstackemrappui-prods3-websiteemrstudio-prods3-object-lambdaemrnotebooks-prodexecute-apis3s3-accesspointdualstacks3-deprecateds3-websitebedrock-agentcores3-object-lambdaexecute-apibedrock-agentcores3s3-accesspoints3-websites3-accesspoint-fipss3-fipss3s3-accesspointdualstackemrappui-prods3-websites3-accesspoint-fipsaws-cloud9s3-fipsemrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apicloud9s3s3-accesspointdualstackemrappui-prods3-websites3-accesspoint-fipss3-fipsemrstudio-prods3-object-lambdaemrnotebooks-prodexecute-apis3s3-accesspointdualstackemrappui-prods3-websiteaws-cloud9emrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apicloud9s3s3-accesspointdualstackemrappui-prods3-websiteaws-cloud9emrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apicloud9s3s3-accesspointdualstacks3-deprecatedanalytics-gatewayemrappui-prods3-websiteaws-cloud9emrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apicloud9vfss3s3-accesspointdualstackemrappui-prods3-websiteaws-cloud9emrstudio-prods3-object-lambdaemrnotebooks-prodexecute-apicloud9eu-west-3ap-south-2eu-central-2ap-southeast-3ap-southeast-4ap-northeast-3eu-central-1mx-central-1me-central-1ca-central-1il-central-1ap-northeast-1us-northeast-1ap-southeast-1me-south-1af-south-1ap-south-1ap-southeast-7us-west-2eu-west-2ap-east-2us-east-2ap-southeast-2ap-northeast-2ap-southeast-5us-gov-west-1us-gov-east-1ap-southeast-6ca-west-1us-west-1eu-west-1us-east-1ap-east-1sa-east-1mrapaccesspoints3s3-accesspointdualstacks3-deprecatedanalytics-gatewayemrappui-prods3-websites3-accesspoint-fipsaws-cloud9s3-fipsemrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apicloud9s3s3-accesspointdualstacks3-deprecatedanalytics-gatewayemrappui-prods3-websites3-accesspoint-fipsaws-cloud9s3-fipsemrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apicloud9s3s3-accesspointdualstackemrappui-prods3-websites3-accesspoint-fipss3-fipsemrstudio-prodbedrock-agentcores3-object-lambdaemrnotebooks-prodexecute-apis3eu-west-3ap-south-2eu-south-2computes3-ap-northeast-2elbrdss3-ap-east-1s3-sa-east-1s3-us-gov-west-1s3-eu-central-1s3-ca-central-1eu-central-2ap-southeast-3ap-southeast-4ap-northeast-3s3-website-us-west-2s3-website-eu-west-1s3-external-1eu-central-1me-central-1ca-central-1il-central-1s3-us-west-1s3-eu-west-1s3-website-sa-east-1s3-website-ap-southeast-2ap-northeast-1ap-southeast-1s3-us-west-2s3-eu-west-2me-south-1af-south-1eu-south-1ap-south-1ap-southeast-7us-west-2eu-west-2us-east-2s3-website-ap-southeast-1s3-1s3-globals3-ap-northeast-3eu-north-1airflowap-southeast-2s3-us-gov-east-1s3-fips-us-gov-east-1s3-me-south-1s3-ap-south-1ap-northeast-2s3-website-us-west-1ap-southeast-5s3-eu-north-1s3-ap-southeast-1s3-website-us-gov-west-1compute-1s3-eu-west-3us-gov-west-1s3-website-ap-northeast-1us-gov-east-1s3-fips-us-gov-west-1s3-website-us-east-1s3-ap-southeast-2ca-west-1us-west-1eu-west-1us-east-1ap-east-1sa-east-1s3-us-east-2s3-ap-northeast-1authauthauth-fipsauth-fipseu-west-3ap-south-2eu-south-2eu-central-2ap-southeast-3ap-southeast-4ap-northeast-3eu-central-1mx-central-1me-central-1ca-central-1il-central-1ap-northeast-1ap-southeast-1me-south-1af-south-1eu-south-1ap-south-1ap-southeast-7us-west-2eu-west-2ap-east-2us-east-2eu-north-1ap-southeast-2ap-northeast-2ap-southeast-5us-gov-west-1us-gov-east-1ap-southeast-6ca-west-1us-west-1eu-west-1us-east-1ap-east-1sa-east-1eu-west-3eu-south-2ap-southeast-3eu-central-1ca-central-1ap-northeast-1ap-southeast-1ap-south-1us-west-2eu-west-2us-east-2eu-north-1ap-southeast-2ap-northeast-2ap-southeast-5eu-west-1us-east-1ap-east-1sa-east-1csrframeservicesbuilderstg-builderdev-builder*ociocpocsazuregcpawsdemoinstanceeu-west-3ap-south-2eu-south-2eu-central-2ap-southeast-3ap-southeast-4ap-northeast-3eu-central-1me-central-1ca-central-1il-central-1ap-northeast-1ap-southeast-1me-south-1af-south-1eu-south-1ap-south-1ap-southeast-7us-west-2eu-west-2us-east-2eu-north-1ap-southeast-2ap-northeast-2ap-southeast-5us-gov-west-1us-gov-east-1ap-southeast-6ca-west-1us-west-1eu-west-1us-east-1ap-east-1sa-east-1previeweu-4us-4us-1eu-1us-2eu-2us-3eu-3appss3-websitekrkrobjectprivateobjectkrkrskrkrsobjectkrprivateobjectkr-privatecomputepaasrag-cloudrag-cloud-chjcloudjcloud-ver-jpcdemonodebalancermembersipeuxvsoncillaocelotonzayalilynxsphinxfentigercustomercaracalsgkrobjectstoragedesgkrusobjectkrkr-naverkr-naver-devkrprivatewebsiteobjectkr-naverkr-privatekr-naver-devjpjpkrjp4jp5s3-website-jpjpkrjp4jp5objectprivateobjecto365cloudstaticxendevapp001testcode-builder-stgplatformmediasiteprojedrydpagesjsx0desazacncoitrueu4uhkukgrbrushatenadiarymyspreadshopfrom-flfrom-wvwebspace-hosttheworkpchatenablogcursorusercontentservesarcasmapplinzisakuratanwixsitefin-ncloudstoragegov-ncloudstorageappchizigiizeis-into-carsdnsiskinkyadobeaemcloudis-a-therapistpgfogmyvncdojinis-an-actress1kappfldrvkozowqa2jpnmexprgmrfirewall-gatewaydynnscafjsfbsbxooguyfrom-gawoltlab-demois-a-anarchistwiardwebteaches-yogadattowebtb-hostinglive-websiteservegamegotpantheonfrom-nhsubsc-payfrom-ohvipsinaappfrom-cadyndns-officeztna-dingtalkhomelinuxfrom-mahercules-appservebbsstreakusercontentfrom-okfrom-wyfastly-terrariumis-a-llamaqualyhqportalserveexchangeon-vaporvivenushopciscofreakgrayjayleaguesmetaaiusercontentfrom-iais-a-libertariansaves-the-whalestaveusercontentyolasiteoperaunitepoint2thisis-a-catererclaudeusercontentlinodeusercontentfrom-vagithubusercontentsells-for-lesshosteurcanva-appsplaystation-cloudddnsfreefrom-pafrom-prfrom-waddnskingoutsystemscloudhotelwithflightmydattois-a-nascarfanmydbserverminiserverdamnserverservehumouris-a-playerfrom-nvfrom-nmemergentagentgentappsamplifyappfrom-kyis-an-accountantnfshostserveircfrom-akpythonanywherestackhero-networkpostman-echolikescandydyndns-mailobservableusercontentserveftpfreeboxosfrom-utcdn77-storageamazonawsneat-urlnclouddyndns-serverlinodeis-a-teacherfrom-vtgleezemythic-beastsus1-pleniteu1-plenitla1-plenitpaywhirlservecounterstrikejdevcloudhealth-carereformis-into-animegoogleapisis-a-painterafricaisa-hockeynutatmetais-an-actora2hostedis-a-democratdatadetectest-le-patrondigitaloceanspacesis-a-designeris-a-hunterlinodeobjectstemp-dnsissmarterthanyoufrom-arsimplesiteevennodetownnews-stagingis-a-liberalgooglecodejelasticservemp3qualyhqpartnerdyndns-free1cooldnsest-a-la-masiondrayddnsdynuddnsfrom-orfrom-miis-a-bloggerfrom-himydobisscanvacodeis-an-engineerest-a-la-maisonupsunappdevinappswafflecellmyasustorwpenginepoweredfrom-ctservep2psame-appmyshopblocksthingdustdatalikes-piediscordsezis-with-thebandlpusercontentis-leetshopitsite3utilitiesis-a-personaltrainersinaappladeskis-a-cheflogoipselfipbase44-sandboxnospamproxyalibabacloudcsmesswithdnsauthgearappsiamallamawithgooglelutrausercontentmochausercontentframercanvasmytabitdyndns-homew-credentialless-staticblitzcpserverdiscordsaysis-a-nurseappspotatlassian-isolated-3premotewdfrom-mtwixstudiocode0emm180rmyactivedirectoryawsappsmytuleapdnsabrpolyspaceqbuserrenderbuiltwithdarkboutirgotdnsabrdnsdopaascanva-hosted-embedawsglobalacceleratorhomesecuritypcmyiphostditchyouripclever-clouddyndns-ipon-aptibleis-a-musicianhosted-by-filessecuritytacticsappspaceusercontenthomeunixstrapiappsame-previewcf-ipfsmycloudnaselasticbeanstalkis-certifieddontexistkasserverik-serverdrive-platformatlassian-3pfirebaseappncpstorageherokuappawsapprunnerbarsycenteris-a-cubicle-slaveservehttpmyshopifyis-a-guruquicksytessiiitesorsitesmagicpatternsappis-a-cpameteorappfrom-wiis-a-rockstarbumbleshrimpdattolocaldatabricksappsreadthedocs-hostedfrom-rifamilydsdyndns-picsmyoxypagesplesknsbplaceddnsaliasdynaliasdyndns-remotedoomdnsip-ddnsblogdnsis-a-doctorroutingthecloudamazoncognitobarsyonlinedsmynasddnsgurucloudflare-ipfsdeus-canvasfrom-idsmushcdnpagespeedmobilizerdyndns-at-homeunusualpersonhosted-by-previderis-a-republicandyn-o-saurstreamlitappworkisboringonthewificprapidqualifioappis-uberleetis-slickgetmyipwpdevcloudtypeformdyndns-at-workgentlentapismynascloudw-corp-staticblitzfrom-ingeekgalaxyservebeerfrom-mdonrenderspace-to-rentaivencloudappspacehostedwafaicloudcodespotblogspotatlassian-3p-us-gov-modfrom-ndfrom-msis-a-techieis-a-studentcustomer-ociis-a-photographerdurumisfrom-ksmassivegriddyndns-wikiis-an-entertaineris-a-hard-workermysecuritycamerafrom-mnrackmazedyndns-blogis-a-bulls-fanwritesthisblogfreemyipsimple-urlfrom-sdninjaneer-sitesreservdauthgear-stagingest-mon-blogueuris-into-gamesrice-labsxtooldevicesakurawebis-an-anarchistoraclecloudappsdyndns-worksells-for-urhcloudfrom-dcfastvps-serverwpmucdnis-a-geekscrysecfrom-txis-into-cartoonsmodelscapetrycloudflarelocaltonetstreak-linkbalena-devicesfrom-njforgeblocksfreebox-oswebadorsitefrom-ncdoesntexisthobby-sitestreaklinkshomesecuritymacownprovidertuleap-partnersdattorelaywphostedmailservequakeis-a-socialistservehalflifepivohostingdynuhostingquipelementsw-staticblitzdyndns-webfrom-deproject-studyis-not-certifiedhercules-devis-a-financialadvisoramazonlightsailservepicsis-a-greenloseyouripfrom-ilwithyoutubemwcloudnonprodwiredbladehostingdnsdojofrom-tnpixolinomyqnapcloudncloudstorageis-an-artisthostedpiis-a-landscaperauiusercontentoaiusercontenton-forgeis-a-conservativedreamhostersnet-freaksapps-1and1is-goneencoreapifastly-edgefrom-nesalesforcefrom-scdeployagentoraclegovcloudappsfrom-alis-a-lawyercechirevultrobjectsstufftoreadisa-geekddnsgeeklovableprojecttry-snowplowfrom-moblogsyteis-a-bookkeepernogmyforumravendbmyboxdeelementoredsaacficogoorinforgcomgobnatneteduidstoreorgcomnetintedudevnomepublorgcomneteduathgovtestscalculatorspaynowinfoquizzesresearchedcloudnsfunnelsassessmentsjscaleforcetmacltdorgmilcompronetgovbizpresseklogesrsccloudcustomfltusrcloude4corealmgovmunicontentproxy9metacentrumdyndyndyndnsdynpagespages-researchitionoccustomercomymyspreadshopipv64diskussionsbereich4limacomrubgov2ixfirewall-gatewayddnssspdnsbarsykeymachinesquare7myhome-serverspeedpartnercommunity-proschuldockxenonconnectgünstigliefernbwcloud-os-instancedyndnssecmy-routerxn--gnstigliefern-wobin-butterl-o-g-i-nisteingeekin-dslin-berlinin-brbfuettertdasnetzleitungsenin-vpnlcube-serverdyn-ip24logoipdyn-berlinruhr-uni-bochum12hpgoipsrvdnsfruskygit-repossvn-reposinternet-dnsgünstigbestellenhome-webserverxn--gnstigbestellen-zvbbplacedheimdnscosidnswebspaceconfiglima-citydyndns1istmeinvirtualuserschulplattformmy-gatewayddnsseclebtimnetztest-iservmein-iservvirtual-userhome64iservschuletaifun-dnstraeumtgeradeschulserverdynamisches-dns123webseitednshomehs-heilbronndnsupdaterbssgraphicdwadpdwdaepeweaawapaafpfwfabwbpbacwcpcciwebuserapiobjectssites*teamst3r2lpabymebravepanelngrokiservstglclcrmerpflypagesbarsyvivenushoplocalcertlocalplayerbearbloggatewaydeno-stagingis-not-ais-a-goodbotdashvercelmocha-sandboxplatter-appreplitgithubpreviewworkersinbrowserevervaultis-ahrsndenoxmitmodxmyaddrstorageapipayloadgrebedocruncontainersreliantlabsstgstagelclstageloginlineis-a-fullstackcodepenreliantpreviewleapcellngrok-freeis-coolpagelemonstoragewebharemediatechlibp2pdiscoursecomyspreadshopstoreregbiz123hjemmesidefirmcoorgcomnetedugovsldorgmilcomwebgobartnetedugovtmorgpolcomsocartnetedugovassoagrondiscoodontk12medcuegyecpaabgengorgmilgalsaltulcomadmesmgobpubdocmonfindgnriouioproartlatvetnetfotedulojgovntrturibrbarxxxofficialbasechefprofmktgpsictechinfoarqtcontdentrrpppsiqgit-pagesritmedfieorgcomlibprieduaipgovriikmeactvsportorgmilcomscieunnetedugovnameinfopintouchtawktotawkmyspreadshoporgcomnomgobedu123miwebcomputeorgcomnetedugovbiznameinfocognito-idptransfer-webappeusc-de-east-1onjelasticnxaspdnsbarsydirectwpdeuxfleurstransurldogadoprvwcloudnsamazonwebservicesdnshomeuserpartycokoobinmkmspaceviewfidymyspreadshopalandkapsiikixn--hkkinen-5wacloudplatformhäkkinen123kotisivuidacorgmilcompronetedugovbiznameinforadioorgcomneteduusercocomexperts-comptablestmmyspreadshopgretaprdcomnomynhccifbxoshuissier-justicenotairesaeroportfreeboxoson-webavocatassoportgouvkdnschirurgiens-dentistes-en-franceavouesfbx-os123sitewebveterinairechirurgiens-dentistespharmacienchambagrimedecinfreebox-osdediboxgoupilemszicpyicpvicppleysheezypagesedugovcnpyorgcomcybllcpvtnetedugovtnxonlineschoolddnsdaemond6atcopanelorgnetplybotdashstackitkaasorgmilcomnetedugovbizmodltdorgcomedugovcoorgcomneteduappwriteacorgcomnetedugovcloudtranslateusercontentorgcomnetedumobiassoorgcomnetedugovbarsysimplesiteindorgmilcomgobneteduorgcomwebnetedugovguaminfonxhra教育敎育網絡网絡组織組織网络網络组织組织公司政府個人个人箇人ltdorgcomincneteduidvgovxn--uc0ay4axn--55qx5dxn--mk0axixn--io0a7ixn--uc0atvxn--zf0avxxn--lcvr32dxn--od0algxn--wcvs22dxn--gmqw5axn--od0aq3bxn--mxtq1mxn--ciqpnxn--tn0agxn--gmq050iorgmilcomgobnetedufngocdnappvoatiiservwp2tempurlmircloudfreesitewpmudevmyfastgadgetcloudaccessjeleambahalfboltfastvpsemergenteasypanelopencraftizcombrendlynamefromrtpersoadultmedorgpolrelcomproartnetedufirminfoassoshopcoopgouvtmcomediahotelforumvideosportorgsexagrargameslakaseroticaerotikatozsdereklamcasino2000filmsuliinfoboltshopprivnewsszexcityutazasjogaszkonyveloingatlaneacaicogoormyᬩᬮᬶmilwebschnetkopbizzonedesaponpesxn--9tfkymyspreadshopgovmytabittabitorderravpageaccok12idforgnetgovmuniltdplcaccotttvorgcomnetmeca6g5gpgamubacaicniocoukuptverdruscsdelhiindorgmilcomwebnicfingenpronetintedugovresbizbiharbarsyinternetbusinessschooltravelsupabasealumnigujaratfirminfoaeropostbankcoopindevscloudnsno-ipbarsybarrell-of-knowledgebarrel-of-knowledgensupdategroks-thisdnsupdatefor-ourknowsitalldvrcammittwalddynamic-dnsv-infowebhopselfipdyndnshere-for-moreilovecollegemayfirstforumzcloudnsmittwaldservertypo3servergroks-theeusekd1cdndyndnsidrawsainaueuapjpusstagemocksysdevicesclientcustreservdcustdevdisrecprodtestingcowzbeebyteutwenteboxfusebravepstmndedynngrokorgmilcomnomnetedugovqcxqzzbarsythingdustmo-siemensrb-hostingfh-muenstergitbookbluebitecloudbeesusercontentnodeartterramindkiloappsforgerockdarklangresinstagingapigeebubbleb-datascryptedhypernodedappnodepantheonsitegitlabgithubkeeneticvirtualservercleverappshostyhostingon-rioedugitticketstelebitwixstudioon-k3sicp0icp12038jeleqotolairbubbleappsmyaddrstolosmyrdbxwebflowdrive-platformbeagleboardhasura-applolipopdefinimavaporcloudmusicianwebflowtestazurecontainerresindevicereadthedocsloginlineeditorxmoonscalesandcatsbasicserverwebthingsbrowsersafetymarkbeebyteappbitbucketidaccovistablogorgschnetgovxn--mgba3a4f16axn--mgba3a4fraarvanedgeايرانایرانjclaspeziapdudcefegelemeperetevebacanatavaparasabgagfgogrgpgalclblimfmrmcbmbvbfclcmcvcrcpcchlimifibicivipirisimncnbnanenrnpntnnolomobocoaogorosopotoptvtatctbtmtltotpusulunutpspapaqsvpvvvtvavvrtrsrprgrfrcrbrarorkrvstsssbscsmsispzczbzbozen-suedtirolmyspreadshopxn--bulsan-sdtirol-nsbxn--valledaoste-ebbtrentinoaltoadigetrentin-sued-tirolxn--forlcesena-c8axn--forl-cesena-fcbxn--bozen-sdtirol-2obtriestetrentinsuedtiroltrentino-s-tirollecceudineaostesienaparmaluccapaviagenoapaduaaostamonzaabruzzoternirietiturinmilanbozenlaziofermoleccocuneonuoropratola-speziavdataaligfvgpugmolcalcamlomumbsicpmnvenvaoedugovabrsarmaremrbastoslazibxosfirenzetrentinosüdtirolval-d-aostavalle-aostamessinacremonaravennatoscanatrentin-suedtirolbolognacalabriaurbinopesarofriuli-v-giuliaogliastraxn--valle-aoste-ebblaquilaandriatranibarlettasyncloudxn--valle-d-aoste-ehbaostavalleyvalled-aostatrentino-alto-adigevallee-d-aostexn--balsan-sdtirol-nsbpistoiasicilialucaniacataniaiserniaperugiabresciaveneziagorizialiguriaimperiabulsan-suedtirolbalsan-suedtirolbarlettatraniandriaxn--trentino-sdtirol-szbforlì-cesenatuscanyvallée-d-aostemantovavallée-aostecasertapiemontevalleaostaval-daostafriulivgiuliatrevisoforli-cesenavalléedaosteferrarapescaravald-aostatrentino-altoadigefriuli-vegiuliavallee-aostecarboniaiglesiastarantomediocampidanovalleedaostetrentinosud-tirolcampobassotrentinsüd-tiroltrentinosüd-tirolmonzabrianzatrentino-südtirolxn--trentino-sd-tirol-c3bpotenzacosenzavicenzaemiliaromagnavenicefrosinonemarchepordenonetrentinosued-tirolvaresemolisevalléeaostefriuli-veneziagiuliabasilicatalatinaanconasavonaveronamodenabiellabolzano-altoadigepugliafoggiaumbriatrentino-stirolgenovapadovamateranovararagusapiacenzatrentinostirolvalleeaostetempio-olbiasudsardegnatrentinsudtirolmassa-carrarafriuliveneziagiuliatrentinosuedtirolandria-barletta-tranitrapanixn--cesenaforl-i8amaceratacaltanissettaascoli-picenobrindisicarraramassacagliaririmininapolivibo-valentiachietibulsan-sudtirolbalsan-sudtiroltrentino-a-adigebulsanbalsaniglesiascarboniamilanotorinoteramodell-ogliastraarezzotrentinoalto-adigerovigotrentovenetoiglesias-carboniatrentino-sud-tirolaltoadigereggio-emiliareggio-calabriasardegnatranibarlettaandriapiedmontxn--sdtirol-n2amedio-campidanotrentino-süd-tirolfriuli-vgiuliafriuli-ve-giuliaromeennaromapisa32-b16-b64-blodiastibarineencomonaplesforlicesenailiadboxosalessandriasicilytrani-barletta-andriaxn--trentin-sdtirol-7vbpesarourbinotrentinsued-tirolcesena-forliforlìcesenaemilia-romagnamonzaebrianzaxn--trentinsdtirol-nsbtrentinos-tiroltrentinsüdtirolvalledaostaolbia-tempiocampidanomediovibovalentiasassarivalle-daostalombardysud-sardegnafriulivegiuliareggioemiliamonzaedellabrianzaalto-adigevercellitrentin-sudtiroltraniandriabarlettatrentino-sudtirolascolipicenobozen-südtirolfriulive-giuliaflorencexn--cesena-forl-mcbcarbonia-iglesiasaosta-valleycarrara-massadellogliastratrentinoa-adigexn--valleaoste-e7apesaro-urbinoxn--trentinosdtirol-7vbxn--trentin-sd-tirol-rzbxn--trentinsd-tirol-6vbtrani-andria-barlettatrentin-süd-tirolxn--trentinosd-tirol-rzbgrossetomonza-e-della-brianzasüdtirolreggiocalabriatrentinoaadigetrentin-südtirolverbano-cusio-ossolafriuliv-giuliaverbaniacampaniatrentino-aadigefriulivenezia-giuliasardiniaandriabarlettatranibarletta-trani-andriacatanzarooristanourbino-pesarocesena-forlìvalle-d-aostacampidano-medio123homepagesiracusatempioolbiasuedtirollombardiaavellinocesenaforlìtrentinofriuli-venezia-giuliabozen-sudtirolandria-trani-barlettabulsan-südtirolbalsan-südtirolmonza-brianzabolzanotrentino-sued-tirolbellunosalernolivornocrotonesondriodnshometrentinsud-tirolmassacarraratrentin-sud-tiroltrentino-suedtirolviterbobergamocesenaforliolbiatempiopalermobeneventoagrigentoofcoorgnetfmaitvphdengorgmilcomschnetedugovperagrikanieasukehandachitatokaiaisaikonanoharuamaobuhigashiuraowariasahiinuyamatobishimaiwakurashitarainazawatoyonegamagorimihamatoyotataharakariyayatomioguchikomakimiyoshinishiotokonamekiyosuchiryutoyohashiokazakiisshikikasugaikotakiratoeianjotogofusosetohazutsushimashinshirotakahamanisshinshikatsuhekinantoyokawaichinomiyatoyoakeodateogataakitaikawakyowahonjoogayurihonjonoshirokamiokakatagamimitanegojomeyokotekosakadaisenkazunonikahohonjyomoriyoshimisatohappoukamikoanihachirogatahigashinarusesembokufujisatokitaakitaitayanagiowanitakkomutsutsurutahirosakigonoheoirasetowadamisawanohejiaomorishingohiranairokunohehashikamitsugarushichinohehachinohenakadomarisannohekuroishisakaeisumiasahiotakiinzaiabikomatsudoyachiyomutsuzawakujukuriomigawakashiwatoganemihamanaritasakuranagaramobarahanamigawachoshishiroichoseikozakishisuikatorimidorichonankyonanfuttsuonjukufunabashinagareyamanodasosatakochuotohnoshourayasukimitsuyokaichibayotsukaidosodegauratateyamakamagayayokoshibahikariyachimatakatsuuratomisatokisarazukamogawaichikawanarashinoichinomiyashimofusaminamibososhirakoichiharaoamishirasatoikatahonaiainansaijoseiyoiyoozuuwajimaniihamanamikatamasakiuchikokihokutobetoonshikokuchuomatsuyamaimabarikamijimakumakogenyawatahamamatsunosabaeikedaobamasakaifukuiohionotsurugamihamawakasaminamiechizeneiheijikatsuyamatakahamaechizensoedaukihaomutaokawanishiogoribuzenonojosueumiokiotochikugosasagurisaigawamizumakishinyoshitomikurumekurateyamadakasuganakamamiyamanogatatakatahakataiizukakawaratagawakasuyaashiyainatsukimunakataminamitsuikishonaikurogifukuchikeisenhigashimiyakoshinguyukuhashiokagakiyamekogaongausuikahotohochuotoyotsumiyawakadazaifuhisayamatachiaraiyanagawanakagawahirokawachikujochikushinochikuhochikuzennamieotamaokumashowateneiiwakikoorinangoononishigoshimogoomotegomishimafukushimaasakawakagamiishishirakawaiitatefutabahiratayugawahanawakitakatakawamatakunimiyabukibandaihigashihironoyamatomiharuyamatsuriaizubangedatesomaaizuwakamatsuyanaizuaizumisatonishiaizuizumizakikitashiobarataishinkaneyamakoriyamainawashirotanagurafurudonosamegawasukagawaishikawatamakawaikedaogakitaruiginanenahashimahichisonakatsugawaibigawashirakawamizunamiminokamomitakekawauesekigaharatomikasakahogikitagatayamagatatajimianpachimotosuyaotsukakamigaharahidakanisekitokigujominogodoyorogifukasamatsutakayamawanouchihigashishirakawakasaharashimonitatsumagoichiyodakannakanrashowameiwakiryuotaoratomiokafujiokaitakuranaganoharahigashiagatsumatakasakishibukawaminakamikatashinatsukiyonokawabanumataannakaoizumimidorishintoisesakiuenoyoshiokakusatsutakayamanakanojonanmokutamamuratatebayashimaebashiotakekaitadaiwahongofuchukuietajimashobaramiharahatsukaichihigashihiroshimamiyoshikumanokurenakasakaseraseranishiasaminamifukuyamashinichionomichiosakikamijimajinsekikogentakeharaotobenanaeikedatohmaozoraobiraabirakyowaeniwataikibibaisharirebunerimohiroooketootarupippunishiokoppechitosefurubirahakodateshiranukakitahiroshimakushiroobihironanporoiwamizawaniikappukunneppufukushimanakasatsunaitoyourakuromatsunaiakabirakamisunagawashibechaurakawakamifuranonakatombetsuasahikawashimokawakayabeokoppebiratoriabashirisaromaatsumanumatahidakabifukamukawamikasahorokanaitoyotomisarufutsuhigashikawaishikarikitamiyoichiesashiiwanaitomariminamifuranoakkeshifuranotoyakoyakumootoineppushikaoishiraoinemuronayorohaboroashorobihororishirifujiutashinaihokutotakasuebetsuurausuassabukikonaishimamakinaiedatetoyabieinikiesanuryuoumuteshikagarikubetsuashibetsukimobetsuaibetsutobetsusobetsuembetsushimizuchippubetsurishirihokuryuhoronobeshintokutsubetsushibetsuhonbetsumombetsutsukigatakuriyamakoshimizushiriuchikutchanmurorannoboribetsukamishihorowassamushinshinotsukembuchiwakkanaikamoenaikiyosatotakinoueshikabesunagawafukagawanakagawatakikawakamikawahigashikagurahamatonbetsumatsumaemoseushirankoshishakotanimakanemashikeotofuketomakomaisandatambaitamiawajikasaiasagoshisoonoakoyashirotoyookaminamiawajiinagawafukusakitakasagokamigorikasugaharimayokawaashiyahimejiakashitaishiaogakisannantakinosumototakarazukanishinomiyashingugoshikinishiwakiyokatakaaioimikisayoyabukawanishiamagasakisasayamashinonsenkakogawaichikawakamikawatatsunotsukubaiwamaogawaasahisakaitokaioaraiitakobandodaigosuifuinaamikasumigaurakashimaomitamayachiyoshimodatetomobetoridehitachinakainashikisakuragawakasamayawaramoriyahitachiomiyanamegatayamagatahitachikamisuushikutakahagiibarakitonekoganakasowayukimihojosomitoryugasakishimotsumafujishirotsuchiurachikuseihitachiotashirosatotamatsukuriuchiharashikahakuinanaotsubatawajimakahokukawakitatsurugikaganominotosuzuuchinadakomatsuanamizunakanotohakusannonoichikanazawaiwateshiwafudaikawaimoriokaofunatohanamakikuzumakikitakamininohekunoheyamadayahabasumitaichinosekitanohatahiraizumirikuzentakatajobojiotsuchihironomiyakoiwaizumikarumaiichinohenodakujitonooshushizukuishifujisawamizusawakamaishikanegasakimannoutazukotohiraayagawazentsujihigashikagawauchinomikanonjisanukimarugamemitoyotakamatsutadotsunaoshimatonoshoakuneamamiizumihiokiyusuikinkoisasookouyamanakatanekagoshimakanoyaisenkawanabeminamitanemakurazakitarumizunishinoomotematsumotosatsumasendaioimatsudaayaseebinamiurazushinakaiodawaraiseharasagamiharahakoneaikawakaiseiatsugitsukuihadanoyamatoyamakitazamaoisochigasakininomiyayokosukakamakuraminamiashigarafujisawasamukawakiyokawahiratsukayugawaraokawaumajikochitsunootoyoakiinonishitosayasudahidakamiharasakawaniyodogawahigashitsunokagamigeiseisusakiotsukinaharisukumomurototosakamiochitoyotosashimizumotoyamanankokunakamurakitagawayusuharaogunichoyoukiasoutoozugyokutoamakusamifunetakamoriyamagaminamataminamiogunikikuchisumotoyamatonagasumashikiaraokumamotokamiamakusanishiharayatsushiroayabeseikasakyoideineujinakagyokameokakyotangokyotanabekyotambaminamiyamashiroyamashinatanabeyawatawazukaminaminantanmiyazuhigashiyamafukuchiyamakitamukokamojoyokizumaizuruujitawaraoyamazakinagaokakyokumiyamakawagoeinabeshimameiwaasahitaikiudonoisetsukisosakikuwanamihamamiyamasuzukatamakimisuginabarikumanokomonominamiisewataraitobakiwatakikihotadomatsusakayokkaichikameyamaureshinoishinomakishichikashukuohirataiwaosakizaohigashimatsushimashikamaiwanumashibataogawaraonagawakawasakiseminemarumoriminamisanrikukakudamuratawakuyatomiyanatoriwataritagajomisatotomekamirifushiroishimatsushimayamamotoshiogamafurukawahyugaebinotsunosaitoayakushimanobeokakitauramiyazakitakazakigokaseshiibamimatashintomikunitomikitakatakobayashikawaminamitakaharukijotakanabemiyakonojonishimeranichinankitagawakadogawamorotsukakisofukushimaminamimakisakaeobuseikedaogawamiasaokayaasahiotakiotarichinoinaomichikumakomaganechikuhokukaruizawayasuokaooshikaikusakaminamiaikitogakushimatsukawakawakamitateshinatakamorikitaaikishiojirimiyadahakubaiizunaiijimaiiyamamiyotasuzakayasakatoguraookuwanagawaminowahirayayamagataminamiminowafujimiomachisakakitakaginaganonakanosakuhokomoronagisoshinanomachiwadauedaiidaharasuwatomiachiaokianankisosakunozawaonsenagematsutakayamashimosuwamatsumotoyamanouchinakagawamochizukiazuminotatsunoobamaomuraseihiunzenosetofutsuikichijiwanagasakiisahayahasamisaikaikawatanasasebohiradokuchinotsugototogitsutsushimashimabarashinkamigotomatsuurayamazoekashibaikomakawaitenrioyodosangokoryoudaojiikarugayamatokoriyamatenkawakatsuragikurotakikawakamimiyakemitsuetakatorikamikitayamayamatotakadahegurishinjokanmakisakuraitawaramotogoseoudanarasoniandokawanishishimoichihigashiyoshinokashiharashimokitayamanosegawayoshinomintsivorytopazsakuragehirnsumomoaseinetopalmail-boxmokurenyoitamuikaojiyagosensanjoaganomyokoseiroagaomishibataniigatanagaokamurakamiuonumayuzawakariwatagamitainaitsunanminamiuonumatochioyahikojoetsuseiroukamosadoizumozakitokamachiitoigawasekikawakashiwazakitsubamemitsukekokonoesaikiusukibeppuusahimeshimakunisakihasamataketatsukumihitaoitahijikusuyufukujukamitsuebungoonobungotakadaibaraniimibizentsuyamaokayamakasaokahayashimayakagemaniwaakaiwamisakishinjotamanotakahashikibichuowakesojanagishookumenannishiawakurakurashikiasakuchisetouchikagaminosatoshotomigusukunakagusukuyaeseizenaurumaiheyaaguniogiminanjokinminamidaitokitanakagusukuyonaguniokinawaishigakikunigamiurasoekadenataramahiraraginozataketomishimojizamamitonakiitomanhigashimotobuyonabarugushikamionnanahanagohaebarukumejimakitadaitonakijinnishiharayomitanginowantokashikiishikawaikedasuitaminohizuminishisakaikananabenodaitoosakasayamayaokishiwadatadaokakaizukatondabayashichihayaakasakakumatorikadomasayamahigashiosakashijonawatehirakatataishimisakitajirihannansennankatanotoyonominatosettsuhigashiyodogawaibarakinosekitachuohigashisumiyoshifujiiderakashiwaraizumiotsutoyonakamatsubaramoriguchiizumisanoshimamototakatsukineyagawahabikinotakaishikawachinaganoyoshinogarikamiminearitaouchiimarihizenogikashimaariakekiyamafukudomikitagatakitahataomachigenkaikanzakinishiaritakyuragisagataratosutakushiroishikaratsuhamatamakouhokukawagoeyoshidasatteogoseirumaasakaurawaogawaniizaomiyayoriiotakishikihonjooganohannohanyuinasaitamaokegawaarakawayoshikawayokozehasudasayamahidakafukayachichibuiwatsukiryokamiyoshimikamiizumifujimiwarabiranzanmiyoshiminanoyashiosakadosugitomisatohigashichichibutodasokakukiyonokazoshiraokakasukabekounosukawajimatsurugashimamiyashirokitamotohatoyamamoroyamahatogayakumagayakawaguchinagatorokamisatomatsubushinamegawatokigawakamikawafujiminohigashimatsuyamakoshigayatokorozawas3isk01isk02ryuohkoseikonanaishorittotakashimamaibarahikonetorahimenishiazaikokagamokotoyasuotsukusatsunagahamamoriyamatoyosatotakatsukinotogawaomihachimanhigashiomiakagiunnanizumogotsuamayatsukakakinokimatsuehamadamasudahikawahikimiokuizumoyasugiyakumomisatotamayuohdahigashiizumookinoshimanishinoshimatsuwanoshimaneshimadafujiedayoshidashimodagotembaiwataatamikosaiyaizuitoizumishimahaibaramakinoharaomaezakikawanehonkannamisusonohigashiizufukuroinumazukawazufujiaraishizuokahamamatsushimizuizunokunimatsuzakimorimachiminamiizunishiizukikugawakakegawafujikawafujinomiyaujiietsugaoyamayaitaohiranikkoashikagakuroisokanumasakurashioyakarasuyamamotegiichikaikaminokawatochigihagamokanogisanobatonasumibunasushiobaranishikatautsunomiyaiwafunemashikoshimotsukeohtawaratakanezawaitanokomatsushimatokushimaichibaminamiaizumiwajikikainanmiyoshinarutomimamugiananmatsushigesanagochishishikuinakagawamachidachiyodakomaefussainagitaitochofufuchuomeotahigashiyamatotoshimaokutamaaogashimakodairaedogawaarakawahachiojishinagawatachikawashibuyasuginamihinodekiyosesumidaoshimanerimamitakahamuraadachinakanomizuhobunkyomegurominatokoganeihigashikurumekokubunjihigashimurayamamusashimurayamatamakitahinochuokotokatsushikakouzushimaogasawaraakishimakunitachishinjukusetagayamusashinohachijoitabashiakirunohinoharachizunanbukotouramisasawakasayonagokogehinoyazutottorinichinansakaiminatokawaharaoyabetairainamiasahinantoimizufuchutakaokakurobeyamadajohanatoyamatonaminyuzenfunahashinakaniikawanamerikawaunazukitogahimiuozufukumitsutateyamakamiichiiwadearidayuasainamitaijikatsuragiaridagawatanabemihamahidakakainankiminomisatoshingushirahamakamitondayurakozakoyagobokitayamawakayamakudoyamahashimotokushimotokozagawahirogawakinokawanachikatsuurarsuseroeoishidasagaeoguniasahinagaitendonanyoobanazawanishikawasakataohkuratozawamikawamamurogawayamagatafunagatatakahatashonaishinjokahokuiideyuzakawanishitsuruokakaminoyamayamanobeshiratakamurayamanakayamakaneyamahigashineyonezawasakegawamitouubeyuuabushimonosekitabuseoshimatoyotaiwakunihikarishunannagatohagihofukudamatsutokuyamashowadoshitsurunanbukoshukaiminami-alpsnirasakikosugeotsukioshinohokutominobuyamanashifuefukichuokofuichikawamisatoyamanakakonakamichitabayamanishikatsuranarusawafujikawahayakawafujiyoshidafujikawaguchikouenohara長野京都岐阜大阪三重群馬千葉滋賀佐賀奈良adednelgaccogogror秋田愛知高知埼玉沖縄栃木熊本岩手青森山梨新潟島根鳥取長崎香川宮城石川大分宮崎茨城山口兵庫山形徳島広島福島福岡岡山富山静岡愛媛福井東京xn--4it168dhatenadiaryxn--vgu402ckawaiishophatenablogcocottenamaste北海道penneehimeiwateversestabachibashigagonnagunmapermahaccaakitaosakauh-ohblushkochiaichifukuikuroncapooitigohyogotokyokyotopunyuthickcheap0t00g00j0mie2-ddaapyawjg0amfemsubxiiboomoobutchueekpgwrgrherskrboyrdyupperunderflierchipsmydnsheavyangryhippygirlyrulez神奈川鹿児島和歌山bambinaxn--nit225kokayamasaitamaxn--k7yn95exn--1lqs03nsapporoparasitelolipopmcxn--efvn9sniigatafukuokatokushimafukushimahiroshimakagoshimafakefurokinawaxn--8pvr4ucoolblogxn--0trq7p7nnkawasakinagasakimiyazakichilloutxn--8ltr62kxn--klty5xpeeweezombiecutegirlxn--rny31hxn--uuwu58axn--ntso0iqx3axn--djrs72d6uytoyamanikitanyantakagawamimozanagoyaboyfriendxn--2m4a15egreaterchowderegoismyamagatafashionstorexn--elqq16hxn--pssu33lsendaimiyagixn--rht27zpecoriaomorisaloonwatsonvivianxn--djty4knobushipigboatnaganopinokoxn--f6qx53asadistvelvetsecretxn--5js045dchicappayamanashiibarakidigickgirlfriendxn--1lqs71dmongolianxn--c3s14mxn--qqqt11mtochigixn--5rtq34kparallelo0o0mondkobesagabonadecaoitanarafoolkilldecimainhiholomosblokilociaoundopupugifutankcrapflopnooroopsmodsholyjeezstripperpepperbittershizuokaxn--rht3dkitakyushureadymadeicurusversusmatrixxn--rht61ehungryfloppygloomycrankyhandcraftedlittlestarxn--klt787dxn--kltx9awhitesnowsunnydaytottorilovepoptheshopbuyshopxn--5rtp49cxn--d5qv7z876cwebaccelxn--kbrq7oxn--4pvxsxn--1ctwolovesickkumamotocatfoodxn--tor131oyokohamawakayamatonkotsuxn--ehqz56nxn--uist22hxn--6btw5axn--kltp7dyamaguchifrenchkisspussycatxn--4it797kxn--uisz3gbabybluexn--zbx025dnetgamersxn--7t0a264ckanagawaxn--6orx2rishikawaxn--ntsq17ghalfmoonschoolbusjellybeanxn--mkru45iusercontentlolitapunkxn--32vp30hsakurastoragehokkaidoshimanecandypopbabymilksupersaleweblikeraindropbackdropwebsozaikikirarahateblodaynightmeneacsccogoormobiinfoaeusxxorgmilcomnetedugovorgcomnetedugovbizinfotmprdorgmilcomnomedugovassnotairespresseassocoopgouvveterinairemedecinpharmaciensorgnetedugovtraorgcomedurepgovmeneperekgacscaiiocogoitoresmshsseoulbusanulsandaeguc01milvkimmvchungnamjeonnamjeonbukeliv-dnsgyeonggijejueliv-cdnincheondaejeongangwongyeongbukgwangjuchungbukgyeongnameliv-apicoeduindorgcomembnetedugovorgmilcomnetedugovjcloudorgcomnetintedugovperbnrinfocooyorgcomnetedugovethipfscanvamypepethw3sstorachakeeneticjoinmcinbrowserdwebcyonnftstoragemyfritzaemewphlxachotelltdorgcomwebsocschngonetintedugrpgovassnomgacsccoorgnetedugovbizinfo123websiteidorgmilcomasnnetedugovconfidmedorgcomplcschnetedugovaccoorgnetgovpresstmassoirseproxaccosoundcasthoptocraftvp4c66orgnetedugovitsxwxmcdirmyboxbarsyedgestacksynologylogintoopencloudnohostwebhopdiskstationi234tcp4hoocgroknoipprivmydsddnsdnsforlohmustransipdscloudfilegear-sgbrasiliafilegearframerbarsybarsyonlinecoprdorgmilcomnomedugovinforgcomnetedugovnameacprorgcomartnetedugovpresseinfoassoinstgouvorgnycedugovbarsydscloudjuorgcomnetedugovminisiteaccoororgcomnetgovorgmilcompronetintedugovbizmuseumnameinfoaerocoopaccoorgcomnetintedugovbizcooporgcomgobneteduorgmilcomnetedugovbiznameaccoorgmilneteduadvgovcoorgcomnetaltgovforgotherhiskeeneticispmanagernomassoprod5476132eastasiacentraluswesteuropewestus2eastus2pnortheurope-01newzealandnorth-01southindia-01southcentralus2-01norwaywest-01eastus2-01westus2-01australiaeast-01italynorth-01israelnorthwest-01swedencentral-01westeurope-01centraluseuap-01taiwannorthwest-01uaecentral-01northcentralusstage-01israelcentral-01mexicocentral-01canadacentral-01austriaeast-01germanywestcentral-01francecentral-01ukwest-01denmarkeast-01polandcentral-01eastus-01westus-01swedensouth-01eastus3-01westus3-01brazilsouth-01centralus-01francesouth-01australiacentral-01westindia-01uaenorth-01jioindiacentral-01canadaeast-01belgiumcentral-01spaincentral-01koreacentral-01chilecentral-01qatarcentral-01westcentralus-01eastus2euap-01norwayeast-01southafricanorth-01brazilsoutheast-01germanynorth-01switzerlandnorth-01switzerlandwest-01japanwest-01southafricawest-01japaneast-01eastasia-01indiasouthcentral-01taiwannorth-01centralindia-01uksouth-01southcentralus-01northcentralus-01eastasiastage-01indonesiacentral-01australiacentral2-01australiasoutheast-01malaysiawest-01koreasouth-01southeastasia-01southeastus5-01northeastus5-01jioindiawest-01rucdnwest1-usfra1-desandboxjls-sto1jls-sto3jls-sto2aglobalabglobalsslmapprodfreetlsmapvpslon-1lon-2ny-1fr-1sg-1ny-2paassnwebpaashostingjelasticnordeste-idcsocuserpagescwebfileblobservicebuscoreatlricnjsjelasticwebsitestoragesezagbinruhuukjptsmyspreadshopmynetnameakamaiorigin-stagingfrom-coipv64dynv6cdn77serveblogadobeaemcloudhicamsprytdnsupno-ipownipde5ovhicpfirewall-gatewaysytesmypsxbarsyusgovcloudapimyamazemyradwebakamaihdsaveincloudfastlylbfrom-lasubsc-paysquare7in-the-bandblackbaudcdnhomelinuxoninfernoctfcloudservebbsdns-dynamiccloudfrontakamai-stagingipifonyham-radio-opsenseeringclickrisingcommunity-profrom-nylocalcertgrafana-devedgesuite-stagingcloudflareanycasteating-organicatlassian-devmydattofeste-iplocaltotorprojectknx-serveredgekeycloudflareglobalcloudyclustercasacamserveftpakamaized-stagingakamaiorigindns-cloudmyeffectboomlabotdashbuyshousestwmailhetemlazure-mobilein-dslthruhereredirectmedynuddnsbouncemesupabaseluyanicloudappakamaicloudfunctionsdebiannhlfanpgafanstatic-accessin-vpnmysynologymafeloappudohomeftptrafficmanagersiteleafseidatmemsetcloudflarecloudaccesskeyword-onazure-apiis-a-chefdoes-itgets-itwebhopselfiphomeipkicks-assedgesuitewindowsserver-ontunnelmolemydissentscrapper-sitecloudflarecnuni5srcfggffiobbzabchrsndenodynuopikddnsvpndnsakadnselastxkinghostvps-hostfastlyhomeunixazureedgeshopselectdontexistmyfritzcloudjiffyalwaysdatasells-itsquaresbroke-itazurefddattolocalat-band-campmeinforumfamilydsazurestaticappsdefinimabplaceddnsaliasdynaliasnow-dnsblogdnsroutingthecloudendofinternetdsmynasakamaiedgemymediapcadobeio-staticakamaiedge-stagingakamaihd-stagingddns-ipprivatizehealthinsurancelive-onkrellianschokokeksmassivegridmysecuritycamerarackmazeserveminecraftfrom-azis-a-geekakamaizedmoonscaleoffice-on-theusgovtrafficmanageradobeioruntimeedgekey-stagingreserve-onlinechannelsdvrdnsdojousgovcloudappcdn77-sslapps-1and1podzoneazurewebsitesdynathomescaleforceyandexcloudvusercontentisa-geekcdn-edgescoaemalcesappwriteazimuthtlonarvobuiltwithrocketnoticeablestorecomwebrecnetperotherfirminfoartslgdloncogoiltdorgmilcolcomplcschgenngonetedugovbiznamefirmmobiacincoorgmilcomnomwebgobnetintedubizinfocomyspreadshopdemongovtransurl123websitehosting-clusterkhplaycistrongsnesosvalervålerxn--vler-qoaossandeheroysandeherøybøboheroyherøyxn--hery-iraxn--b-5gavalerbøboxn--b-5gasandesandexn--hery-iraxn--vler-qoavålerhåreålaahavaofsfvfhlolnlalrlhmfmtmahcostntbuåstrmreigersundmyspreadshopgálsáeidsvolltingvollgildeskalflorøvadsøvardøvanylvenxn--bhccavuotna-k7astrandaxn--kvnangen-k0axn--sknland-fxaxn--mosjen-eyarakkestadhyllestadnannestadvevelstadvaapstenordre-landsondre-landsøndre-landtjieltexn--vrggt-xqadsør-aurdalsor-aurdalheradstordmoldefordeførdeseljefedjeryggehemnexn--krehamn-dxasognegranesøgnebrynetjomevallebykletokkegiskedovretjømehobølvoldasaudatolgasømnaviknadønnasomnadonnatranafrananesnaraumasmolatrænafrænalesjasmølaørstaorstahitrafloraaukraloppafrøyarissasnasahalsagalsaromsaraisaráisafroyasnåsagronghobolfjelltydalårdalardalaskimharamkraanghkekråanghkesorumbarumhurumbærumsørummodumsálátbálátfrognbjugnvåganvagangulenskienløtenlotenstrynvefsnxn--merker-kuaskaunsveiobømlobomloskjåkvardoflorovadsosalatbalatsálatklæbuklabuselbubarduulvikskjakklepprisørxn--nttery-byaeflåeidflahofmilgolholsellomskifetvikdepvgsfhsaskerrisorhamarasnesåsnesrørosrorosxn--slat-5namasoynaroyvaroyluroydyroyaskoyradoyandoyrodoymeloyradøyandøyrødøymeløyaskøylurøydyrøymåsøyværøynærøyhoylandethøylandetdivtasvuodnalørenskoglorenskognesoddtangenxn--tjme-hraxn--smla-hraxn--stjrdal-s1aunjargalillehammerunjárgaxn--hamary-fyadavvenjargaxn--bearalvhki-y4a123hjemmesidegjerdrumxn--brnnysund-m8acxn--tnsberg-q1axn--mlatvuopmi-s4axn--snsa-roaxn--skierv-utaxn--brum-voatysfjordkvafjordeidfjordkvæfjordsongdalenmjondalenmjøndalenxn--gls-elackragerogáŋgaviikagangaviikasørreisasorreisasør-varangersor-varangerxn--risr-iraskiervaxn--frna-woaxn--trna-woakvinesdalleksvikleirvikrøyrvikroyrviksvelvikvenneslaevje-og-hornnessandnessjøenmarnardalvindafjordsandefjordenebakksnillfjordullensvangxn--trany-yuabrønnøysundnamsskoganaustevollxn--stjrdalshalsen-sqbnord-aurdalnord-frontrøgstadtrogstadgrimstadflakstadgjerstadxn--sandy-yuaxn--leagaviika-52bnore-og-uvdalvegarsheixn--rlingen-mxaxn--ggaviika-8ya47hvegårsheikarlsoykvitsoymasfjordenhamaroyinderoyosteroydavvenjárgasauheradguovdageaidnuxn--vre-eiker-k8abronnoysiellakkrødsheradkrodsheradkvinnheradbrønnøyxn--mtta-vrjjat-k7afxn--lrenskog-54akvitsøyvárggátkarlsøyosterøyinderøyhamarøybronnoysundxn--aurskog-hland-jnbbahccavuotnabáhccavuotnagiehtavuoatnastor-elvdalmidtre-gauldalxn--gildeskl-g0akarasjokevenassixn--bievt-0qaxn--yer-znalebesbynessebyxn--hbmer-xqamalselvmålselvxn--unjrga-rtamøre-og-romsdalmore-og-romsdalhareidmelandørlandorlandstrandålgårdsolundalgardafjordåfjorddielddanuorrikautokeinoxn--stre-toten-zcbskodjeaejriestangeliernebamblestokkefauskesnåasesnaasekongsvingerlangevagberlevagxn--flor-jrahattfjelldalostre-totenøstre-totenvestfoldxn--mely-iraálaheadjualaheadjunordreisaxn--troms-zuaxn--lgrd-poacporsangerflatangerstavangerleikangerbremangersamnangergieldakarasjohkaxn--rdy-0nabfrostautsirasnoasatromsaxn--sr-aurdal-l8aflekkefjordjølsterjolsteraremarkhedmarknååmesjevuemienaamesjevuemiexn--vard-jrarollagmeråkermerakerorskogørskogxn--bdddj-mrabdákŋoluoktaxn--osyro-wuaaknoluoktatrysilskjervøymandaljondalbindalrindalmeldalsuldalorkdalsigdalalvdallærdalhurdalsirdalverdallerdallardaloppdalåseralaseralhadselkragerødivttasvuotnaoverhallasteinkjerxn--hnefoss-q1askedsmokorsettromsøxn--dyry-iravestre-totenmuseumxn--sandnessjen-ogbrahkkeravjufylkesbiblbájddarbajddarxn--laheadju-7yarennesøyxn--koluokta-7ya57hxn--hgebostad-g3aleirfjordstorfjordbalsfjordbåtsfjordbatsfjordmuosátbievátloabátkárášjohkanøtterøyxn--mjndalen-64anordkappláhppilahppialstahaugsiljanverranrøykenroykenhaldenlyngenbergenhortenhønefosshonefosstroandinbeiarnvarggatosoyroosøyrotromsoidrettmuosatbievatruovatloabatvoagattynsetnessetxn--indery-fyaskánitskanitraholtråholtxn--ystre-slidre-ujbandebusarpsborgbearduxn--karlsy-fyahordalandjorpelandjørpelanddeatnuringsakersør-odalsor-odalxn--slt-elabringerikeaudnedalnittedalnissedalhemsedalslattumsurnadalxn--blt-elabelverumstjørdalnaustdalhjartdalgjøvikfyresdalhasviknarviklarvikgjovikmalvikgamviklenvikporsgrunnstjordalengerdaldrobakdrøbakxn--msy-ula0hvestvagoyxn--vgan-qoaxn--ryken-vuaxn--lten-graxn--stfold-9xaxn--hpmir-xqaxn--lury-iramálatvuopmimalatvuopmitysværkirkenesbirkenesmoskenesbáidárxn--fjord-lraxn--rdal-poabahcavuotnabáhcavuotnaxn--frde-gralindåsbearalvahkixn--hobl-iraráhkkerávjuxn--loabt-0qavågåáltábodøsundlundraderådeetnetimeholeauregrueoddavagavegaranatanaarnasolasulaaltalekafusavangbergkvamåmliamlibokntinnroangranosenoslobodorøstroststatåmotamotivguprivøyeroyerliermossvossxn--nvuotna-hwalusterlunnermarkerhábmerhabmerhvalerfjalerxn--rholt-mratysvarbaidarfitjargaularhápmirhapmirmelhusfosnesøksnesoksnestysneshemnesevenesflesbergeidsbergtonsbergtønsberglindasxn--sndre-land-0cbnamsosxn--srum-graøystre-slidreoystre-slidrevestre-slidretrondheimbalestrandxn--langevg-jxaaustrheimxn--skjk-soavagsoyaveroysandoykarmoyfinnoytranoyvestbytranbysykkylvenxn--hyanger-q1aspjelkavikandasuoloxn--fl-ziaxn--drbak-wuastathellexn--sr-varanger-ggbtelemarkxn--bhcavuotna-s4axn--porsgu-sta26fčáhcesuolocahcesuoloakrehamnåkrehamnsandøykarmøyfinnøytranøyvågsøyaverøynamdalseidxn--lesund-huabadaddjaxn--vegrshei-c0axn--btsfjord-9zagildeskålporsanguxn--trgstad-r1anávuotnanavuotnahammerfestxn--sgne-graxn--brnny-wuacibestadharstadnarviikaevenáššivestnesgjemnessandnesagdenesrennesoyxn--avery-yuaxn--tysvr-vrabearalváhkikongsbergspydebergrandabergxn--andy-iradavvesiidaxn--krdsherad-m8aporsáŋgufredrikstadbjerkreimringeburennebuaurskog-holandnotteroyxn--vgsy-qoa0jxn--rmskog-byaskierváivelandbyglandfrolandaurlandforsandxn--bjddar-ptamidsundålesundalesundfetsundfarsundovre-eikerøvre-eikerakershusxn--moreke-juasørfoldøstfoldostfoldsorfoldhøyangerhoyangerlevangerorkangertanangerxn--vestvgy-ixa6olillesandulsteinxn--rennesy-v1agranvinskjervoyxn--klbu-woalavagisxn--h-2faxn--ryrvik-byakafjordkåfjordseljordfolkebiblxn--gjvik-wuajevnakerxn--kfjord-iuabudejjuxn--kranghke-b0axn--davvenjrga-y4axn--rland-uuaxn--ldingen-q1axn--mlselv-iuaxn--rady-iraxn--linds-prabrumunddalxn--ygarden-p1amo-i-ranaeidskogrømskogromskoghjelmelandxn--finny-yuaxn--sr-odal-q1axn--skjervy-v1aballangenkvanangenkvænangengratangenxn--hmmrfeasta-s4acvossevangensuohkanxn--rde-ulaxn--mli-tlaxn--ksnes-uuanordlandskanlandskånlandsortlandfuoiskuxn--rros-graxn--hcesuolo-7ya35bxn--eveni-0qa01gagaivuotnagáivuotnaxn--seral-lradrammenmodalenmosjoenjan-mayentorskensteigengloppenxn--snes-poamatta-varjjatxn--sr-fron-q1aomasvuotnajessheimbådåddjåxn--krager-gyaxn--kvfjord-nxaxn--asky-iraxn--snase-nraxn--bidr-5nacholtålenxn--vads-jraxn--jlster-byamosjøenxn--rst-0nastavernxn--ostery-fyaxn--oppegrd-ixaxn--sknit-yqaxn--risa-5naoppegårdskiptvetrendalenholtalenxn--mot-tlaxn--lhppi-xqaxn--holtlen-hxaxn--srreisa-q1akopervikxn--muost-0qaxn--bmlo-grahokksundkvalsundegersundxn--karmy-yuaullensakerxn--hylandet-54axn--kvitsy-fyaxn--bod-2nalangevågberlevågkristiansandxn--rsta-frahornindalstjørdalshalsenstjordalshalsensandnessjoenhámmárfeastaxn--lrdal-srasør-fronsor-fronnord-odalkristiansundmátta-várjjatvestvågøynesoddennotoddenbuskerudøygardenoygardensalangenlavangenralingenrælingenlodingenlødingenleaŋgaviikalaakesvuemieleangaviikauenorgexn--srfold-byaaskvollxn--rskog-uuaxn--nry-yla5gxn--vry-yla5ghammarfeastaxn--rhkkervju-01afxn--givuotna-8yakommunekrokstadelvanedre-eikerhagebostadhægebostadxn--berlevg-jxakviteseidxn--s-1faxn--l-1faxn--nmesjevuemie-tcbafuosskomoårekemoarekexn--lt-liacxn--jrpeland-54asvalbardoppegardholmestrandtvedestrandsogndalsokndalarendalsunndalfolldalxn--krjohka-hwab49jlyngdaletnedalnorddalsaltdalgausdalskedsmovaksdalgjesdalstordalxn--frya-hraaarbortedrangedalxn--smna-graaurskog-hølandxn--vg-yiabtjeldsundhaugesundlindesnesxn--mre-og-romsdal-qqbxn--dnna-gradyntmpheremerseineshacknetenterprisecloudmineaccomaorimāoriorgmilcriiwigennetschoolhealthkiwigovtgeekxn--mori-qsacloudnsparliamentcomedorgcompronetedugovmuseumwebsitekinservicebarsywebsitebuildereerobookheimdnsleapcelleero-stagetechcrscsslorigingohomecdbedeeeiemesecabgngilnlalplchfisiincnnoroptatitmtltruauhulumkdkukskjplvtrgrfrkrhrusesismycynzcznetinteduassoososcloudstgbetaaezaeuhkusjswzhatenadiarycdn77hoptozaptois-a-knightmyftpno-ipjpnddnssdpdnsspdnsbarsysweetpepperis-a-bruinsfanis-very-sweetservegameis-a-soxfanhomelinuxcdn77-secureservebbsmisconfusedwebredirectblogsitefreedesktopcouchpotatofriestoolforgeaccesscamis-lostreadmyblogsmall-webfedorapeopleserveftpis-a-celticsfanmywirepotagertwmailin-dslsellsyourhomeread-booksfreeddnscable-modemis-savednflfanufcfanmlbfanstuff-4-saleendoftheinternetin-vpnmy-firewallhomeftpis-localis-a-chefboldlygoingnowherewebhopselfipkicks-assroxatunkcamdvrfedoraprojectgotdnsdvrdnsdyndnspubtlspimientahomeunixdontexistfedorainfracloudwmflabsfspagesbmoattachmentsteckidsfamilydsdnsaliasdynaliasnow-dnscloudnsdoomdnsduckdnsblogdnshomednsroutingthecloudendofinternetdsmynasip-dynamicpoivronhttpbinmyfirewallis-very-evilmysecuritycamerais-a-linux-userwmcloudis-a-geektuxfamilyis-a-candidatedoesntexistis-very-badhobby-sitegame-hostaltervistais-foundis-a-patsfandnsdojohepforgepodzonedynservcollegefanis-very-goodfrom-meis-very-niceisa-geeknerdpolacmedsldingorgcomnomgobabonetedupleskaemhlxmyboxrockyprvcydeuxfleursvibekitprodomgspdnscodebergheyflowstatichostlinkyhostmymagicorgmilcomnomgobneteduorgcomeduiorgmilcomngonetedugovcloudns1337ngrokacorggogfamcomwebgobnetedugokgopgkpgovgosbizpasaugumicsopozpapuwmwsrprusiskwpspkppspkmpspokeoiawsawifoumsdnskokwpmuppuppsppiwwiwoowuzswkzoschrzpisdnwzmiuwwitdpssewsseumigugimoirmpinbwinbwiihupporzgwgriwupowwskrwioswuozstarostwokonsulattmpccopruszkowmyspreadshopostrodakartuzyopolegminamediaustkazgorajgoraolawailawalomzawloclradombytomjaworznotargilubinkoninzagantorunkutnokepnonakloczestsopotsanokturekplockslasksklepzarowlukowmedaidgdaorgmilrelcomnomatmgsmartneteduelkgovwawsossexbiztgorysejnytychypomorzeboleslawiechomesklepsdscloudunicloudzakopanelegnicarawa-mazbydgoszczswidnikkrasnikwloclawekbielawamragowograjeworealestatebeskidykaszubymalopolskaprzeworskswiebodzinlecznadfirmaszkolawarmiagdyniamiastakazimierz-dolnymalborkswidnicadlugolekaostrolekapodlasieelblagtravelsimplesitezachpomormielecszczecinnieruchomosciwalbrzychlezajsklublinbedzinpoznanwielunmielnooleckostarachowicedkontopowiatwroclawrybniksuwalkileborkslupskgdanskostrowwlkptarnobrzegtourismwegrowkrakowglogowyou2pilanysamailwrocinfoagroautobeepshoppriviqhslapypiszlodzcfolksecommerce-shopmazurypulawyskoczowrzeszowpomorskiezgierzkaliszolkuszlowiczostrowiecsosnowiecmazowszewodzislawbialowiezazgorzeleckatowicepabianicejelenia-gorawolominkarpaczsieradznowarudaczeladzkonskowolaskierniewiceswinoujscieturystykabieszczadycieszynketrzynolsztynbialystokbabia-goraprochowicewarszawastalowa-wolapolkowicegorlicegliwiceponiatowalimanowalubartowaugustowkobierzyceopocznognieznoszczytnokolobrzegshoparenapodhalebielskoklodzkostargardcoshipatwithplayitownnamecoorgnetedugovacorgcomproestnetedugovbiznameislaprofinforechtngrokmedaaaacacpaenglawjurbarbarsykeeneticavocatacctcloudnsorgcomsecplonetedugov123paginaweborgcomnetintedugovnomepublidkinbarsygovx443cloudnsorgmilcomnetedugovcooporgmilcomschnetedugovnamecomcannetlibassoaemclantmcontstoreorgcomnomrecwwwbarsyfirminfoshopartsv6stackitmyddnswebspacelima-cityacincooxorgedugovbarsybrendlyhbvpsvpsspectrumlandinghostingacppmordoviamcprecbgorgmilcomspbnetintedumsknovgovbirrasmcdirmytismircloudvladimirnalchikadygeyamarinepyatigorskmyjinobashkiriaeurodirvladikavkazna4ugroznykustanaikalmykiacldmaildagestaniransmbuildcloudcanvaliaravalrwxwixdevelopmentappwritemigrationneedleverceldatabasestackitcodereplravendbsanityonporterlovableaccoorgmilnetgovcoopmedorgcompubschnetedugovservicemecomygovorggovtvmedorgcomnetedugovinfoedgfacbmlonihkutwpsryxzbdtmacfhppmyspreadshopbrandpartiorgcomfhvpress123minsidaitcouldbeworlanbibkommunalforbundfhskiopsyskomvuxkomforbnaturbruksgymnloginlineorgcomnetedugovenscaledeuusentsurgebotdaorgmilcomnetgovnowteleporthashbangbearlyplatformlovablebarsyshopwarebasehoplixbarsyonlinemsf5gitpagewawamscofigma-govcaffeinefigmacanvasoltstscwputerbarsysupportchatgptsquareomniweopensocialcpanelplaycodenotionnovecorewpsquaredpreviewjelecyonbyensrhtfastvpspieboxconvexmedusajsjouwwebheyflowplatformshdocsflowyloginlinemadethissourcecraftclouderaorgorgcomartedugouvunivmeorgcomnetedugovsurveysstatichfheiyumanusxs4allprojectmyfastubervibehostapp-ionosdeployagentmecoorgcomschnetedugovbizcncostoreorgmilcomneteduembaixadaconsuladokiraranohoprincipesaotomeheliohobarsystorebaseshopwaresellfyaisanityabkhaziavologdamordoviapenzalenugsochinavoiexnetspbmsknovnorth-kazakhstanashgabadkareliaarmeniageorgiavladimirnalchikivanovobukharaadygeyakhakassiakalugakrasnodarjambylaktyubinsktroitskbryanskobninskkurganazerbaijanpokrovskbashkiriatselinogradvladikavkazmurmansktulatuvamangyshlaktashkentchimkentgroznykaragandatermezarkhangelskkustanaikalmykiabalashoveast-kazakhstankaracoldagestantogliattibarsyredorgcomgobedumirenaccoorgjelasticdiscoursecleverappsschacmiincogoornetonlineshopcogoorgmilcomwebnicnetintedugovbiznametestcoorgmilcomnomnetedugovorangecloudpersoindorgcomfinnatnetgovensmincomtourismintlinfox0611orgmilcomnetedugovquickconnectvpnplusnettprequalifymeaddrmyaddrntdllwadlnctvavdrk12orgmilpolbeltelcomwebgennetedutskkepgovbbsbiznameinfocoorgmilcompronetedugovbiznameinfobetter-thanworse-thansakurafromdyndnson-the-webmymailerorgmilurlcomneteduidvgovmydnsgameclubebizmeneacsccogotvorhotelmilmobiinfovodteiflgplkmsmsbcckhincndnvncoztltmkckppzpdprvcvkvlvcrkrkscxuzchernovtsyrivneyaltaodesavolynrovnolutskltdinforgcomnetedugovbizvinnicazhitomirternopilpoltavakropyvnytskyizaporizhzhiasevastopolsebastopoluzhgoroduzhhorodkharkovkharkivvinnytsiakhmelnytskyizaporizhzhecrimeaodessazhytomyrnikolaevcherkassydonetskluganskluhanskkirovogradivano-frankivskchernivtsikrymkievkyivlvivsumyzakarpattiamykolaivcherkasychernigovkhersonchernihivdnipropetrovskdnepropetrovskkhmelnitskiyneacsccogoorusorgmilcomedugovmyspreadshopadimono-ipbarsybarsyonlinelayershiftnh-servretrosnubapicampaignservicelugaffinitylotteryweeklylotteryraffleentrygluglugsmeaccoindependent-inquestnimsitecopropymntltdorgplcschnetgovnhsbarsyindependent-commissionindependent-reviewpolicepublic-inquiryindependent-panelconnhospindependent-inquiryroyal-commissionoraclegovcloudappscck12libaws-govccphxcclibpvtparochchtrcck12libcceatonk12coglibtecgendstmusann-arborwashtenawcck12glghcck12sealibforksolympiabainbridge-islkeyporthoquiamyarrow-pointcentraliaport-townsendsequimport-ludlowrentonsilverdalebremertonredmondsheltonbellevueport-orchardport-angeleskingstonchehalisaberdeengig-harborseattlepoulsboidmdndsddemenegacalamaiavawapailalflnmdcncscohnhmihiviwiriinmntnmocoutvtctmtgunjokakwvnvprarorasmskstxwynykyazisadninsnngosrvis-bymircloudservernamepointtoenscaledland-4-salefreeddnsstuff-4-saleazure-apinoipdatabricksappscloudnsgolffanheliohostazurewebsitesgvorgmilcomgubneteducoorgcomnetd0egvorgmilcomnetedugovmydnsiacostoree12orgmilcomnomwebgobbibrectecnetintedugovraremprendefirminfoartseducok12orgcomnethidnsadidacaionioapsonlahanamhanoicamauhueorgcompronetintedugovbizbacninhtayninhhoabinhnamdinhtravinhhaiphongvinhlonghaiduongquangnamquangtrithuathienhuequangninhbacgianghaugiangquangbinhsoctrangbentrethanhphohochiminhdanangkontumhatinhkhanhhoathanhhoahealthgialailaocaiyenbaibackanngheanlonganphuyenphuthocanthodaklakdongnainameinfovinhphucdongthapkiengiangtiengiangquangngailaichaulangsonlamdongdaknonghagiangangiangcaobangbinhduongninhthuanbinhthuanbaclieuthaibinhninhbinhbinhdinhtuyenquanghungyenbaria-vungtauthainguyendienbienbinhphuocschbizputerorgcomnetedugovcloud66advisormypetsdyndnsxn--8dbq2axn--4dbgdty6cxn--5dbhl8dxn--hebda8bxn--80auxn--d1atxn--c1avgxn--o1acxn--o1achxn--90azhxn--55qx5dxn--uc0atvxn--od0algxn--wcvs22dxn--gmqw5axn--mxtq1mxn--12c1fe0brxn--h3cuzk1dixn--12co0c3b4evaxn--12cfi8ixb8lxn--o3cyx2axn--m3ch0j3axn--j1adpxn--90amcxn--90a1afxn--h1ahnxn--j1ael8bxn--h1alizxn--c1avgxn--j1aefxn--80aaa0cvacxn--41acaffeineexeopentunnelbotdashtelebitorgtmaccoagricorgmilnomwebnicngonetaltedugovlawnisschoolgrondaraccoorgmilcomschnetedugovbizinfoprg1-zeropstritonstackitlimazeropsaccoorgmilgovяспборгкоммскбизмирсамаракрымсочиакодпроргобрупрצהלממשלישובאקדמיהองค์กรธุรกิจรัฐบาลศึกษาทหารเน็ต教育網絡組織公司政府個人닷넷한국澳门新闻澳門联通家電嘉里招聘通販닷컴삼성コムგეбгрфеюadcdbdgdidmdsdtdaebedeeegeiejekemenepereseveyegabacalamanauavapaqasazacfbfafgfnfpfwftfbgcgagggegkgngmgsgpgvgtgugilmlnlalclglplsltlhmimjmkmmmomambmcmdmfmgmzmpmsmtmgbbblbsbecccacnclcmcvctcscmhkhghchbhthphshlinikifigiaibicivisikninhnmncnbngnsnpnvntnjoionomobocoaofodorosotoptstttytatbtetgtithtmtltrusuvuaucueuguhulumunufjdjbjtjsjlkmkhkfkdkcktkukskpkgpmpnpkpjpgqaqmqiqsvtvcvbvmvlvrwpwtwzwbwcwawgwkwmwtrsrprgrfrercrbrarnrmrlrkrirhrwsusrssspsgsesbsaslsmsissxmxaxcxuypysylymykygybycyuztzsznzmzkzdzczbzazελευ世界台灣购物公益点看臺灣网络書籍在线网站手机机构大拿游戏信息台湾谷歌慈善商标香港中国餐厅网址中國商城食品微博政务移动集团公司八卦商店健康网店政府时尚佛山中信娱乐广东企业homedepotengineeringاماراتrepublicankuokgroupversicherungchannelcitadelxn--pgbs0dhxn--b4w605ferdstatebankwebsitexn--mgb9awbf亚马逊淡马锡alibabaxn--ngbc5azdxn--mgbbh1axn--45br5cyltoshibabuildworldcloudtradeguideplacespacedancemoviephoneprimesmilebiblestyleappleazurestoreskypegripexn--l1accdrivelottehorsehouseleasechasereisestadahondaomegaaetnaamicaninjanokiamediadeltavodkaedekaosakapizzaslingemailgmailtirolshelltmallfinallegaltotalhotelamfamforumrehabmusicciticricohcoachwatchboschearthfaithirishmiamiarchidubaiguccipraxiみんなストアセールcanonsalononionnikonepsonkoelngreensevencrownikanoradioaudioweiboglobopromogalloyahoociscorodeovideomangobingotokyovolvolottokyotophotosmartsportquesttrusthyattjetztadultcymrubaidutushuxn--kprw13dubankclickblackmerckgroupsharpcheapnowtvxn--h2brj9cקוםհայоргсрбмонкомбелмкдқазрусукрمصرقطرعربكومdadcfdmedwedredphdthdbidpidkrdmsdltdiceonewmeglemoerwecfageacbanbambaaaammakianraspacpaaxawtfbcgaegongingaigvigorgdogdhlmilrilonlaolloluoljllcalgalnflafltelsrlfrllplkimibmcamcombommomifmabbjcbscbwebcabnabtabmlbpubabcbbcnecincpncllcstcwtcpwcnyckfhbzhovhmoiskiobisbitcifyituipinvinwinxincbnbcnmanfangdnmenrenkpnmtnyunrunfununobiojioriohbogmofooboooooacoecoceongoproartistottnttbbtcateatlatvetpetbetnethktmitfitintjothotgotdotbotprueduicujnjyouinknhktdkappsapgapmapdnptopgopllpjmpzipvipripesqtrvdtvitvdevmovgovhivnrwlawsewnewbmwwownowhowdvrftrmtrsfrbarcartvscrseusawsupsubssbsadsddsldssasbmsmlsxxxboxfoxgmxtjxsextaxbuyflydiysoyjoyskypaydaygayxyzanzbizwebersenerpokerlameractortatarsolarລາວคอมไทยtourslocusnexuslexusgiftsbeatsboatspartspressglassswissकॉमनेटtiresgivescodeshomesgamestunesshoescardswalesloansvegastoolsdealsautosparisファッションworkssucksrocksxeroxforexfedexpartylillymoneystudyrugbytoraytoday中文网xn--unup4y天主教飞利浦新加坡enterprises我爱你嘉里大酒店christmasxn--fct429kholdingsxn--8y0a063axn--mgbx4cd0ablifestyleabogadoallstatenetbankكاثوليكxn--s9brj9cxn--gk3at1ebestbuycharityxn--55qx5dmicrosoftpropertybasketballhomegoodscorsicajewelrygallerygrocerysurgerycountrybrusselsverisignferreroxn--czr694bhdfcbankcommbanksoftbankپاكستانپاکستانnextdirectالسعوديهالعليانxn--h2brj9c8cxn--80adxhksshikshaxn--mgbai9azgqp6jcuisinellabarclayscatholicxn--kpry57dcompanyxn--xhq521bblackfridayxn--mgba3a3ejtsandvikxn--d1acj3bacademydownloadمليسياxn--j1amhxn--w4r85el8fhu5dnraipirangaathletaxn--fhbeixn--mgbqly7cvafrzuerichxn--c2br7gஇலங்கைcontractorsxn--io0a7igraphicsinsurancetemasekxn--xkc2al3hye2amotorcyclesphotographydirectoryplumbingxn--vhquvclothingtrainingcleaningwilliamhilllightingxn--mgba3a4f16ashoppingcateringeducationokinawapicturesventuresproductionsxn--9et52uwalmartഭാരതംsupportrealestatecapitalonexn--nqv7fs00emaauspostfloristdentistxn--qxamgodaddybradescobargainsmitsubishikerryhotelsxn--9dbq2axn--3pxu8kimmobilienxn--fjq720axn--mgbtx2bholidaymckinseymadridbusinessbuildersxn--4gbrimмоскваالسعودیةcoffeedegreelacaixapartnersalsaceofficeabbvievoyageorangegeorgeonlinechromemobilekindlegoogleoraclecircleschulesecureinsurexn--mgba7c0bbn0aestatexn--mgbc0a9azcgcruisehangoutxn--vuq861bxn--42c2d9arexrothfirestoneuniversityxn--nnx388alifeinsuranceextraspaceонлайнvermögensberatersoftwarexn--fiqs8sxn--mgbab2bdxn--w4rs40ltiendaभारतम्africatoyotaotsukasakuracameracreditcardnagoyaconsultingnetworktheatermonsterprogressivepioneerxn--55qw42gracingdatingvotingvikinglivinggivingxn--bck1b9a5dre4cbrotherweatherjoburgفلسطينlplfinancialxn--clchc0ea0b2g2a9gcdfutbolschoolsocialglobaldentalwoodsidechanelairtelmatteltravelrealtorwebcamstreamభారత్unicomalstomxn--nodexn--6frz82gmuseumfurniturexn--rvc1e0am3exn--mix891faccenturexn--11b4c3dismailineustardiscountquebeccomsecclinicservicesxn--y9a3aqxn--c1avgswatchchurchsearchالاردنmarketingcontacthealthmonashshoujisanofitaipeiamericanexpresssuzukiアマゾンクラウドポイントbhartiグーグルxn--mgberp4a5d4armemorialxn--1qqw23alondonmormoninstitutevisionbostonnortoncouponmaisonamazonvirginberlindesigndurbanolayannissananquanxihuanhitachikaufengardenreisenbayerntechnologydatsunxn--90a3aclatinocasinostudiophysioxn--ngbe9e0apharmacytattootaobaoaramcoexpertreportabbottdirectselectimamatfairwindspictettargetmarketintuittravelersinsurancecreditdupontryukyusuppliesxn--tckwebnpparibasschmidtmerckmsdyodobashirestaurantbridgestonecricketxn--fpcrj9c3dbostikbroadwayattorneylefrakemerckxn--fiq228c5hscareersfarmerswinnersflowersxn--wgbh1cguitarsxn--54b7fta0ccxn--p1acfmakeupgalluplandroverxn--kcrx77d1x4agoldpointbauhausxn--mgbayh7gpahiphopplaystationxn--mgba3a4fraxn--eckvdtc9dhyundaixn--gckr3f0fistanbulticketsmarketsflightschintaireviewsxn--3e0b707ewindowsxn--fiqz9sfinancialxn--fzys8d69uvgmابوظبيdiscoverreviewবাংলাxn--5su34j936bgsgmoscowobserverapartmentsдетиارامكوсайтeurovisionxn--i1b6b1a6a2exn--xkc2dl3a5ee0hتونسموقعبارتڀارتشبكةعمانبيتكعراقreadkredbondlandbandfundfoodprodgoldfordtubecafesafelifeggeeieeefreefagepagegugezonewinememenamegamesaleablebikenikelikecarecbreherefiresaveloveliveblueartedatesitevotecaseluxebofamodaltdaasdatiaayogasinavanashiaasiajavabbvatevavivadatazaraarpacasavisasncfprofmaifsurfgolfdvagsongbingpingwangkpmggoogblogpohlfailcooldellcalldeallidlsarlfilmteamroomfarmimdbarabclubhdfcicbchsbcgmbhrichtechfishdishcashminiernikddiaudiwikimobitaxicitikiwidesiqponskinloanakdnwienopenporncerntownimmolimoolloinfonicofidolegosaxozeroaerovivoautovotomotofastbestresthostpostnextlgbtchatseatgiftmeetdietreitmintrentgentspotscotguruitausohumenucyoubanklinkpinkdclktalksilkbookseekworkrsvpaarpjeepshopcoophelpcamppccwshowbeerstarruhrflirweirhaircarsparsjprshausplusnewstipstoysjobskidsfanspicsdocsxboxamexsexynavycitysonyarmyallybabyplaydeliverybuzzgbizlamborghiniphilipsලංකාಭಾರತfitnessexpresslanxesspfizercenterwalterlawyersoccercareerkosherbrokerlockerdealerdoctorauthorxn--mgbqly7c0a67fbcvermögensberatungjaguarxn--pssy2uxn--hxt814eflickrrepairrogersairbusxn--mgbai9a5eva00beventsyachtsxn--t60b56aভাৰতভারতभारतभारोतviajeshermeshughesxn--j1aefसंगठनvillasଭାରତclaimshotelsભારતzapposphotosjuegoscondostatamotorsgratistennisਭਾਰਤtkmaxxtjmaxxschaeffleryandexxn--80aswgrealtysafetybeautyluxuryxn--3ds443gsupplyfamilyxn--o3cw4hhockeysydneyxn--90aenissayalipayenergycomputeragencyxn--rovu88b電訊盈科xn--gecrj9cstatefarmaccountantaquarelleolayangroup香格里拉xn--p1ai组织机构xn--1ck2e1bxn--mgbt3dhdschwarzموريتانياabudhabinowruzkomatsufujitsuhospitalxn--80asehdbxn--mgbtf8flxn--j6w193gxn--yfro4i67oprudentialxn--flw351ecruisescoursesrecipesxn--e1a4cferrarixn--ses554gxn--wgbl6awatchesstaplessinglesxn--mgbcpq6gpa1axn--otu796dpropertiescreditunionxn--mgbah1a3hjkrdstockholmhisamitsuالسعوديةstcgroupdomainsoriginscouponsbloombergclubmedfroganslimitedxn--80aqecdr1aexposedinternationalequipmentbarclaycardxn--q7ce6axn--mgbi4ecexpprotectionassociatesconstructionxn--cck2b3bxn--45q11candroidfoundationישראלxn--mgbca7dzdocliniqueboutiqueengineerxn--qxa6asystemsfirmdalefashionauctionxn--nqv7finfinitirentalsreliancetradingweddingfishinghostinggentingbookingcookingxn--3hcrj9cgraingerxn--czrs0tdemocratsamsungyokohamaxn--h2breg3evexn--nyqy26alundbeckmelbournevacationssolutionsfrontierxn--vermgensberatung-pwbmanagementxn--cg4bkixn--mgb2ddeslincolnhamburgsandvikcoromantblockbusterairforcebarefootxn--4dbrk0ceinvestmentsfeedbackcommunityxn--ngbrxالبحرينdiamondsamsterdamhealthcareredumbrellaxn--mxtq1mxn--2scrj9cagakhanxn--mgbpl2fhкатоликcaravanசிங்கப்பூர்richardlimortgageamericanfamilyxn--fzc2c9e2cscholarshipssaarlandxn--imr513nvlaanderensamsclubgoodyearkitchenஇந்தியாweatherchannelallfinanzxn--kput3iالسعودیۃxn--90aisxn--efvy88hالجزائرxn--mgbaam7a8hexchangejpmorganxn--tiq49xqyjfidelitysecurityxn--mk1bu44cwanggouxn--fiq64bxn--6qq986b3xlxn--mgbbh1a71exn--80ao21amarshallsxn--5tzm5gtravelerspanasoniclatrobeyoutubeaccountantsxn--rhqv96gxn--cckwcxetdanalyticsxn--ygbi2ammxبازاربھارتسوريةorganicfreseniusسورياxn--9krt00axn--qcka1pmcxn--jlq480n2rgdeloittesciencefinancexn--jvr189mxn--30rr7yhomesensehotmailbaseballfootballleclercboehringerxn--q9jyb4cxn--mix082fاليمنهمراهpolitieسودانايرانایرانnetflixyamaxunxn--lgbbat1ad8jcollegestoragecapetowncolognekerrypropertiesxn--mgbgu82axn--ogbpf8flxn--czru2dwhoswhociprianilasallexn--g2xx48cforsalebanamexaudiblexn--vermgensberater-ctbxn--zfr164bericssonvanguardxn--45brj9cindustriestheatremarriottxn--3bst00mcomparexn--mgberp4a5d4a87gcapitaldigitalالمغربbarcelonashangrilaxn--d1alfcalvinkleinwwwcitysapporokawasakinagoyasendaikobekitakyushuyokohamackjp";
const rulesRoot = 663;
const exceptionsRoot = 667;

// NOTE: kept (intentionally) near-identical to packages/tldts-icann/src/suffix-trie.ts.
// They are separate copies rather than a shared helper because the lookup is
// only fast when the typed arrays are module-scope monomorphic globals —
// closing over them (a shared factory) measured ~20% slower. The ICANN build
// also specializes (constant mask, no isIcann/isPrivate). Keep the two in sync.
// `edgeOffset` (where each label starts in `labelText`), `edgeHash` (djb2 of
// each label) and `wildcardEdge` (each node's '*' edge, or -1) are derived once
// at load instead of being shipped: the bundle then carries only the
// compressible `labelText` + structure, while the lookup binary-searches
// integer hashes. The cost is a single ~1ms pass at first import — cheaper than
// the object trie it replaces. Kept at module scope (not captured in a closure)
// so V8 treats the typed arrays as fast monomorphic globals.
const numberOfNodes = nodeFlags.length;
const numberOfEdges = edgeLength.length;
const edgeOffset = new Uint32Array(numberOfEdges);
const edgeHash = new Uint32Array(numberOfEdges);
const wildcardEdge = new Int32Array(numberOfNodes).fill(-1);
for (let node = 0, offset = 0; node < numberOfNodes; node += 1) {
    for (let edge = edgeStart[node]; edge < edgeStart[node + 1]; edge += 1) {
        edgeOffset[edge] = offset;
        const end = offset + edgeLength[edge];
        let hash = 5381;
        for (let i = end - 1; i >= offset; i -= 1) {
            hash = (hash * 33) ^ labelText.charCodeAt(i);
        }
        edgeHash[edge] = hash >>> 0;
        if (edgeLength[edge] === 1 &&
            labelText.charCodeAt(offset) === 42 /* '*' */) {
            wildcardEdge[node] = edge;
        }
        offset = end;
    }
}
// Result of the last `walk`, kept in module scope to avoid allocating a match
// object. Safe because lookups are synchronous and read right after `walk`.
let matchNode = -1;
let matchStart = 0;
let matchEnd = 0;
/**
 * True if edge `edge`'s label equals `hostname[start, start + length)`.
 */
function labelEquals(edge, hostname, start, length) {
    if (edgeLength[edge] !== length) {
        return false;
    }
    const offset = edgeOffset[edge];
    for (let i = 0; i < length; i += 1) {
        if (labelText.charCodeAt(offset + i) !== hostname.charCodeAt(start + i)) {
            return false;
        }
    }
    return true;
}
/**
 * Find the child edge of `node` whose label is `hostname[start, start + length)`.
 * Edges are sorted by hash, so binary-search the hash then verify the label
 * (scanning the rare run of equal hashes). Returns the edge index or -1.
 */
function findEdge(node, hash, hostname, start, length) {
    let lo = edgeStart[node];
    let hi = edgeStart[node + 1];
    while (lo < hi) {
        const mid = (lo + hi) >>> 1;
        const value = edgeHash[mid];
        if (value < hash) {
            lo = mid + 1;
        }
        else if (value > hash) {
            hi = mid;
        }
        else {
            for (let e = mid; e >= lo && edgeHash[e] === hash; e -= 1) {
                if (labelEquals(e, hostname, start, length))
                    return e;
            }
            for (let e = mid + 1; e < hi && edgeHash[e] === hash; e += 1) {
                if (labelEquals(e, hostname, start, length))
                    return e;
            }
            return -1;
        }
    }
    return -1;
}
/**
 * Walk `hostname`'s labels right-to-left from `root`, recording the deepest
 * node whose flag passes `allowedMask` (with the label boundaries of that match
 * in `matchStart`/`matchEnd`). Returns whether any match was found.
 * An empty label (leading dot or `..`) never matches a `*` edge.
 */
function walk(hostname, root, allowedMask) {
    let node = root;
    let end = hostname.length;
    let hash = 5381;
    matchNode = -1;
    for (let i = hostname.length - 1; i >= 0; i -= 1) {
        const code = hostname.charCodeAt(i);
        if (code === 46 /* '.' */) {
            const start = i + 1;
            let edge = findEdge(node, hash >>> 0, hostname, start, end - start);
            if (edge === -1 && end !== start) {
                edge = wildcardEdge[node];
            }
            if (edge === -1) {
                return matchNode !== -1;
            }
            node = edgeChild[edge];
            if ((nodeFlags[node] & allowedMask) !== 0) {
                matchNode = node;
                matchStart = start;
                matchEnd = end;
            }
            end = i;
            hash = 5381;
        }
        else {
            hash = (hash * 33) ^ code;
        }
    }
    // Left-most label: hostname[0, end). Same find/descend/record as the loop —
    // duplicated rather than folded into the loop (via `i >= -1`) because that
    // extra per-character branch measured slightly slower on the hot path.
    let edge = findEdge(node, hash >>> 0, hostname, 0, end);
    if (edge === -1 && end !== 0) {
        edge = wildcardEdge[node];
    }
    if (edge !== -1) {
        node = edgeChild[edge];
        if ((nodeFlags[node] & allowedMask) !== 0) {
            matchNode = node;
            matchStart = 0;
            matchEnd = end;
        }
    }
    return matchNode !== -1;
}
/**
 * Check if `hostname` has a valid public suffix in the trie.
 */
function suffixLookup(hostname, options, out) {
    if (fastPathLookup(hostname, options, out)) {
        return false;
    }
    const allowedMask = (options.allowPrivateDomains ? 2 /* RULE_TYPE.PRIVATE */ : 0) |
        (options.allowIcannDomains ? 1 /* RULE_TYPE.ICANN */ : 0);
    // Exceptions have priority and strip their own left-most label (e.g. the
    // rule '!www.ck' makes the suffix of 'www.ck' be 'ck').
    if (walk(hostname, exceptionsRoot, allowedMask)) {
        out.isIcann = (nodeFlags[matchNode] & 1 /* RULE_TYPE.ICANN */) !== 0;
        out.isPrivate = (nodeFlags[matchNode] & 2 /* RULE_TYPE.PRIVATE */) !== 0;
        out.publicSuffix = hostname.slice(matchEnd + 1);
        return true;
    }
    if (walk(hostname, rulesRoot, allowedMask)) {
        out.isIcann = (nodeFlags[matchNode] & 1 /* RULE_TYPE.ICANN */) !== 0;
        out.isPrivate = (nodeFlags[matchNode] & 2 /* RULE_TYPE.PRIVATE */) !== 0;
        out.publicSuffix = hostname.slice(matchStart);
        return false;
    }
    // No match: the prevailing '*' rule makes the right-most label the suffix.
    out.isIcann = false;
    out.isPrivate = false;
    const lastDot = hostname.lastIndexOf('.');
    out.publicSuffix = lastDot === -1 ? hostname : hostname.slice(lastDot + 1);
    return false;
}

// For all methods but 'parse', it does not make sense to allocate an object
// every single time to only return the value of a specific attribute. To avoid
// this un-necessary allocation, we use a global object which is re-used.
const RESULT = getEmptyResult();
function parse(url, options) {
    return parseImpl(url, 5 /* FLAG.ALL */, suffixLookup, options, getEmptyResult());
}
function getHostname(url, options) {
    /*@__INLINE__*/ resetResult(RESULT);
    return parseImpl(url, 0 /* FLAG.HOSTNAME */, suffixLookup, options, RESULT).hostname;
}
function getPublicSuffix(url, options) {
    /*@__INLINE__*/ resetResult(RESULT);
    return parseImpl(url, 2 /* FLAG.PUBLIC_SUFFIX */, suffixLookup, options, RESULT)
        .publicSuffix;
}
function getDomain(url, options) {
    /*@__INLINE__*/ resetResult(RESULT);
    return parseImpl(url, 3 /* FLAG.DOMAIN */, suffixLookup, options, RESULT).domain;
}
function getFullDomain(url, options) {
    /*@__INLINE__*/ resetResult(RESULT);
    const result = parseImpl(url, 3 /* FLAG.DOMAIN */, suffixLookup, options, RESULT);
    // The hostname *is* the full domain (subdomain + domain) whenever a
    // registrable domain exists; gate on `domain` so non-registrable inputs
    // (IPs, suffix-less or invalid hostnames) return `null` like `getDomain`.
    return result.domain === null ? null : result.hostname;
}
function getSubdomain(url, options) {
    /*@__INLINE__*/ resetResult(RESULT);
    return parseImpl(url, 4 /* FLAG.SUB_DOMAIN */, suffixLookup, options, RESULT)
        .subdomain;
}
function getDomainWithoutSuffix(url, options) {
    /*@__INLINE__*/ resetResult(RESULT);
    return parseImpl(url, 5 /* FLAG.ALL */, suffixLookup, options, RESULT)
        .domainWithoutSuffix;
}

__webpack_unused_export__ = getDomain;
__webpack_unused_export__ = getDomainWithoutSuffix;
__webpack_unused_export__ = getFullDomain;
__webpack_unused_export__ = getHostname;
__webpack_unused_export__ = getPublicSuffix;
__webpack_unused_export__ = getSubdomain;
exports.qg = parse;
//# sourceMappingURL=index.js.map


/***/ }),

/***/ 421:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:child_process");

/***/ }),

/***/ 474:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:events");

/***/ }),

/***/ 24:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");

/***/ }),

/***/ 760:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");

/***/ }),

/***/ 708:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:process");

/***/ }),

/***/ 500:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");

/***/ }),

/***/ 909:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

const { Argument } = __nccwpck_require__(154);
const { Command } = __nccwpck_require__(348);
const { CommanderError, InvalidArgumentError } = __nccwpck_require__(135);
const { Help } = __nccwpck_require__(754);
const { Option } = __nccwpck_require__(240);

exports.DM = new Command();

exports.gu = (name) => new Command(name);
exports.Ww = (flags, description) => new Option(flags, description);
exports.er = (name, description) => new Argument(name, description);

/**
 * Expose classes
 */

exports.uB = Command;
exports.c$ = Option;
exports.ef = Argument;
exports._V = Help;

exports.b7 = CommanderError;
exports.Di = InvalidArgumentError;
exports.a2 = InvalidArgumentError; // Deprecated


/***/ }),

/***/ 154:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

const { InvalidArgumentError } = __nccwpck_require__(135);

class Argument {
  /**
   * Initialize a new command argument with the given name and description.
   * The default is that the argument is required, and you can explicitly
   * indicate this with <> around the name. Put [] around the name for an optional argument.
   *
   * @param {string} name
   * @param {string} [description]
   */

  constructor(name, description) {
    this.description = description || '';
    this.variadic = false;
    this.parseArg = undefined;
    this.defaultValue = undefined;
    this.defaultValueDescription = undefined;
    this.argChoices = undefined;

    switch (name[0]) {
      case '<': // e.g. <required>
        this.required = true;
        this._name = name.slice(1, -1);
        break;
      case '[': // e.g. [optional]
        this.required = false;
        this._name = name.slice(1, -1);
        break;
      default:
        this.required = true;
        this._name = name;
        break;
    }

    if (this._name.endsWith('...')) {
      this.variadic = true;
      this._name = this._name.slice(0, -3);
    }
  }

  /**
   * Return argument name.
   *
   * @return {string}
   */

  name() {
    return this._name;
  }

  /**
   * @package
   */

  _collectValue(value, previous) {
    if (previous === this.defaultValue || !Array.isArray(previous)) {
      return [value];
    }

    previous.push(value);
    return previous;
  }

  /**
   * Set the default value, and optionally supply the description to be displayed in the help.
   *
   * @param {*} value
   * @param {string} [description]
   * @return {Argument}
   */

  default(value, description) {
    this.defaultValue = value;
    this.defaultValueDescription = description;
    return this;
  }

  /**
   * Set the custom handler for processing CLI command arguments into argument values.
   *
   * @param {Function} [fn]
   * @return {Argument}
   */

  argParser(fn) {
    this.parseArg = fn;
    return this;
  }

  /**
   * Only allow argument value to be one of choices.
   *
   * @param {string[]} values
   * @return {Argument}
   */

  choices(values) {
    this.argChoices = values.slice();
    this.parseArg = (arg, previous) => {
      if (!this.argChoices.includes(arg)) {
        throw new InvalidArgumentError(
          `Allowed choices are ${this.argChoices.join(', ')}.`,
        );
      }
      if (this.variadic) {
        return this._collectValue(arg, previous);
      }
      return arg;
    };
    return this;
  }

  /**
   * Make argument required.
   *
   * @returns {Argument}
   */
  argRequired() {
    this.required = true;
    return this;
  }

  /**
   * Make argument optional.
   *
   * @returns {Argument}
   */
  argOptional() {
    this.required = false;
    return this;
  }
}

/**
 * Takes an argument and returns its human readable equivalent for help usage.
 *
 * @param {Argument} arg
 * @return {string}
 * @private
 */

function humanReadableArgName(arg) {
  const nameOutput = arg.name() + (arg.variadic === true ? '...' : '');

  return arg.required ? '<' + nameOutput + '>' : '[' + nameOutput + ']';
}

exports.Argument = Argument;
exports.humanReadableArgName = humanReadableArgName;


/***/ }),

/***/ 348:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

const EventEmitter = (__nccwpck_require__(474).EventEmitter);
const childProcess = __nccwpck_require__(421);
const path = __nccwpck_require__(760);
const fs = __nccwpck_require__(24);
const process = __nccwpck_require__(708);

const { Argument, humanReadableArgName } = __nccwpck_require__(154);
const { CommanderError } = __nccwpck_require__(135);
const { Help, stripColor } = __nccwpck_require__(754);
const { Option, DualOptions } = __nccwpck_require__(240);
const { suggestSimilar } = __nccwpck_require__(30);

class Command extends EventEmitter {
  /**
   * Initialize a new `Command`.
   *
   * @param {string} [name]
   */

  constructor(name) {
    super();
    /** @type {Command[]} */
    this.commands = [];
    /** @type {Option[]} */
    this.options = [];
    this.parent = null;
    this._allowUnknownOption = false;
    this._allowExcessArguments = false;
    /** @type {Argument[]} */
    this.registeredArguments = [];
    this._args = this.registeredArguments; // deprecated old name
    /** @type {string[]} */
    this.args = []; // cli args with options removed
    this.rawArgs = [];
    this.processedArgs = []; // like .args but after custom processing and collecting variadic
    this._scriptPath = null;
    this._name = name || '';
    this._optionValues = {};
    this._optionValueSources = {}; // default, env, cli etc
    this._storeOptionsAsProperties = false;
    this._actionHandler = null;
    this._executableHandler = false;
    this._executableFile = null; // custom name for executable
    this._executableDir = null; // custom search directory for subcommands
    this._defaultCommandName = null;
    this._exitCallback = null;
    this._aliases = [];
    this._combineFlagAndOptionalValue = true;
    this._description = '';
    this._summary = '';
    this._argsDescription = undefined; // legacy
    this._enablePositionalOptions = false;
    this._passThroughOptions = false;
    this._lifeCycleHooks = {}; // a hash of arrays
    /** @type {(boolean | string)} */
    this._showHelpAfterError = false;
    this._showSuggestionAfterError = true;
    this._savedState = null; // used in save/restoreStateBeforeParse

    // see configureOutput() for docs
    this._outputConfiguration = {
      writeOut: (str) => process.stdout.write(str),
      writeErr: (str) => process.stderr.write(str),
      outputError: (str, write) => write(str),
      getOutHelpWidth: () =>
        process.stdout.isTTY ? process.stdout.columns : undefined,
      getErrHelpWidth: () =>
        process.stderr.isTTY ? process.stderr.columns : undefined,
      getOutHasColors: () =>
        useColor() ?? (process.stdout.isTTY && process.stdout.hasColors?.()),
      getErrHasColors: () =>
        useColor() ?? (process.stderr.isTTY && process.stderr.hasColors?.()),
      stripColor: (str) => stripColor(str),
    };

    this._hidden = false;
    /** @type {(Option | null | undefined)} */
    this._helpOption = undefined; // Lazy created on demand. May be null if help option is disabled.
    this._addImplicitHelpCommand = undefined; // undecided whether true or false yet, not inherited
    /** @type {Command} */
    this._helpCommand = undefined; // lazy initialised, inherited
    this._helpConfiguration = {};
    /** @type {string | undefined} */
    this._helpGroupHeading = undefined; // soft initialised when added to parent
    /** @type {string | undefined} */
    this._defaultCommandGroup = undefined;
    /** @type {string | undefined} */
    this._defaultOptionGroup = undefined;
  }

  /**
   * Copy settings that are useful to have in common across root command and subcommands.
   *
   * (Used internally when adding a command using `.command()` so subcommands inherit parent settings.)
   *
   * @param {Command} sourceCommand
   * @return {Command} `this` command for chaining
   */
  copyInheritedSettings(sourceCommand) {
    this._outputConfiguration = sourceCommand._outputConfiguration;
    this._helpOption = sourceCommand._helpOption;
    this._helpCommand = sourceCommand._helpCommand;
    this._helpConfiguration = sourceCommand._helpConfiguration;
    this._exitCallback = sourceCommand._exitCallback;
    this._storeOptionsAsProperties = sourceCommand._storeOptionsAsProperties;
    this._combineFlagAndOptionalValue =
      sourceCommand._combineFlagAndOptionalValue;
    this._allowExcessArguments = sourceCommand._allowExcessArguments;
    this._enablePositionalOptions = sourceCommand._enablePositionalOptions;
    this._showHelpAfterError = sourceCommand._showHelpAfterError;
    this._showSuggestionAfterError = sourceCommand._showSuggestionAfterError;

    return this;
  }

  /**
   * @returns {Command[]}
   * @private
   */

  _getCommandAndAncestors() {
    const result = [];
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    for (let command = this; command; command = command.parent) {
      result.push(command);
    }
    return result;
  }

  /**
   * Define a command.
   *
   * There are two styles of command: pay attention to where to put the description.
   *
   * @example
   * // Command implemented using action handler (description is supplied separately to `.command`)
   * program
   *   .command('clone <source> [destination]')
   *   .description('clone a repository into a newly created directory')
   *   .action((source, destination) => {
   *     console.log('clone command called');
   *   });
   *
   * // Command implemented using separate executable file (description is second parameter to `.command`)
   * program
   *   .command('start <service>', 'start named service')
   *   .command('stop [service]', 'stop named service, or all if no name supplied');
   *
   * @param {string} nameAndArgs - command name and arguments, args are `<required>` or `[optional]` and last may also be `variadic...`
   * @param {(object | string)} [actionOptsOrExecDesc] - configuration options (for action), or description (for executable)
   * @param {object} [execOpts] - configuration options (for executable)
   * @return {Command} returns new command for action handler, or `this` for executable command
   */

  command(nameAndArgs, actionOptsOrExecDesc, execOpts) {
    let desc = actionOptsOrExecDesc;
    let opts = execOpts;
    if (typeof desc === 'object' && desc !== null) {
      opts = desc;
      desc = null;
    }
    opts = opts || {};
    const [, name, args] = nameAndArgs.match(/([^ ]+) *(.*)/);

    const cmd = this.createCommand(name);
    if (desc) {
      cmd.description(desc);
      cmd._executableHandler = true;
    }
    if (opts.isDefault) this._defaultCommandName = cmd._name;
    cmd._hidden = !!(opts.noHelp || opts.hidden); // noHelp is deprecated old name for hidden
    cmd._executableFile = opts.executableFile || null; // Custom name for executable file, set missing to null to match constructor
    if (args) cmd.arguments(args);
    this._registerCommand(cmd);
    cmd.parent = this;
    cmd.copyInheritedSettings(this);

    if (desc) return this;
    return cmd;
  }

  /**
   * Factory routine to create a new unattached command.
   *
   * See .command() for creating an attached subcommand, which uses this routine to
   * create the command. You can override createCommand to customise subcommands.
   *
   * @param {string} [name]
   * @return {Command} new command
   */

  createCommand(name) {
    return new Command(name);
  }

  /**
   * You can customise the help with a subclass of Help by overriding createHelp,
   * or by overriding Help properties using configureHelp().
   *
   * @return {Help}
   */

  createHelp() {
    return Object.assign(new Help(), this.configureHelp());
  }

  /**
   * You can customise the help by overriding Help properties using configureHelp(),
   * or with a subclass of Help by overriding createHelp().
   *
   * @param {object} [configuration] - configuration options
   * @return {(Command | object)} `this` command for chaining, or stored configuration
   */

  configureHelp(configuration) {
    if (configuration === undefined) return this._helpConfiguration;

    this._helpConfiguration = configuration;
    return this;
  }

  /**
   * The default output goes to stdout and stderr. You can customise this for special
   * applications. You can also customise the display of errors by overriding outputError.
   *
   * The configuration properties are all functions:
   *
   *     // change how output being written, defaults to stdout and stderr
   *     writeOut(str)
   *     writeErr(str)
   *     // change how output being written for errors, defaults to writeErr
   *     outputError(str, write) // used for displaying errors and not used for displaying help
   *     // specify width for wrapping help
   *     getOutHelpWidth()
   *     getErrHelpWidth()
   *     // color support, currently only used with Help
   *     getOutHasColors()
   *     getErrHasColors()
   *     stripColor() // used to remove ANSI escape codes if output does not have colors
   *
   * @param {object} [configuration] - configuration options
   * @return {(Command | object)} `this` command for chaining, or stored configuration
   */

  configureOutput(configuration) {
    if (configuration === undefined) return this._outputConfiguration;

    this._outputConfiguration = {
      ...this._outputConfiguration,
      ...configuration,
    };
    return this;
  }

  /**
   * Display the help or a custom message after an error occurs.
   *
   * @param {(boolean|string)} [displayHelp]
   * @return {Command} `this` command for chaining
   */
  showHelpAfterError(displayHelp = true) {
    if (typeof displayHelp !== 'string') displayHelp = !!displayHelp;
    this._showHelpAfterError = displayHelp;
    return this;
  }

  /**
   * Display suggestion of similar commands for unknown commands, or options for unknown options.
   *
   * @param {boolean} [displaySuggestion]
   * @return {Command} `this` command for chaining
   */
  showSuggestionAfterError(displaySuggestion = true) {
    this._showSuggestionAfterError = !!displaySuggestion;
    return this;
  }

  /**
   * Add a prepared subcommand.
   *
   * See .command() for creating an attached subcommand which inherits settings from its parent.
   *
   * @param {Command} cmd - new subcommand
   * @param {object} [opts] - configuration options
   * @return {Command} `this` command for chaining
   */

  addCommand(cmd, opts) {
    if (!cmd._name) {
      throw new Error(`Command passed to .addCommand() must have a name
- specify the name in Command constructor or using .name()`);
    }

    opts = opts || {};
    if (opts.isDefault) this._defaultCommandName = cmd._name;
    if (opts.noHelp || opts.hidden) cmd._hidden = true; // modifying passed command due to existing implementation

    this._registerCommand(cmd);
    cmd.parent = this;
    cmd._checkForBrokenPassThrough();

    return this;
  }

  /**
   * Factory routine to create a new unattached argument.
   *
   * See .argument() for creating an attached argument, which uses this routine to
   * create the argument. You can override createArgument to return a custom argument.
   *
   * @param {string} name
   * @param {string} [description]
   * @return {Argument} new argument
   */

  createArgument(name, description) {
    return new Argument(name, description);
  }

  /**
   * Define argument syntax for command.
   *
   * The default is that the argument is required, and you can explicitly
   * indicate this with <> around the name. Put [] around the name for an optional argument.
   *
   * @example
   * program.argument('<input-file>');
   * program.argument('[output-file]');
   *
   * @param {string} name
   * @param {string} [description]
   * @param {(Function|*)} [parseArg] - custom argument processing function or default value
   * @param {*} [defaultValue]
   * @return {Command} `this` command for chaining
   */
  argument(name, description, parseArg, defaultValue) {
    const argument = this.createArgument(name, description);
    if (typeof parseArg === 'function') {
      argument.default(defaultValue).argParser(parseArg);
    } else {
      argument.default(parseArg);
    }
    this.addArgument(argument);
    return this;
  }

  /**
   * Define argument syntax for command, adding multiple at once (without descriptions).
   *
   * See also .argument().
   *
   * @example
   * program.arguments('<cmd> [env]');
   *
   * @param {string} names
   * @return {Command} `this` command for chaining
   */

  arguments(names) {
    names
      .trim()
      .split(/ +/)
      .forEach((detail) => {
        this.argument(detail);
      });
    return this;
  }

  /**
   * Define argument syntax for command, adding a prepared argument.
   *
   * @param {Argument} argument
   * @return {Command} `this` command for chaining
   */
  addArgument(argument) {
    const previousArgument = this.registeredArguments.slice(-1)[0];
    if (previousArgument?.variadic) {
      throw new Error(
        `only the last argument can be variadic '${previousArgument.name()}'`,
      );
    }
    if (
      argument.required &&
      argument.defaultValue !== undefined &&
      argument.parseArg === undefined
    ) {
      throw new Error(
        `a default value for a required argument is never used: '${argument.name()}'`,
      );
    }
    this.registeredArguments.push(argument);
    return this;
  }

  /**
   * Customise or override default help command. By default a help command is automatically added if your command has subcommands.
   *
   * @example
   *    program.helpCommand('help [cmd]');
   *    program.helpCommand('help [cmd]', 'show help');
   *    program.helpCommand(false); // suppress default help command
   *    program.helpCommand(true); // add help command even if no subcommands
   *
   * @param {string|boolean} enableOrNameAndArgs - enable with custom name and/or arguments, or boolean to override whether added
   * @param {string} [description] - custom description
   * @return {Command} `this` command for chaining
   */

  helpCommand(enableOrNameAndArgs, description) {
    if (typeof enableOrNameAndArgs === 'boolean') {
      this._addImplicitHelpCommand = enableOrNameAndArgs;
      if (enableOrNameAndArgs && this._defaultCommandGroup) {
        // make the command to store the group
        this._initCommandGroup(this._getHelpCommand());
      }
      return this;
    }

    const nameAndArgs = enableOrNameAndArgs ?? 'help [command]';
    const [, helpName, helpArgs] = nameAndArgs.match(/([^ ]+) *(.*)/);
    const helpDescription = description ?? 'display help for command';

    const helpCommand = this.createCommand(helpName);
    helpCommand.helpOption(false);
    if (helpArgs) helpCommand.arguments(helpArgs);
    if (helpDescription) helpCommand.description(helpDescription);

    this._addImplicitHelpCommand = true;
    this._helpCommand = helpCommand;
    // init group unless lazy create
    if (enableOrNameAndArgs || description) this._initCommandGroup(helpCommand);

    return this;
  }

  /**
   * Add prepared custom help command.
   *
   * @param {(Command|string|boolean)} helpCommand - custom help command, or deprecated enableOrNameAndArgs as for `.helpCommand()`
   * @param {string} [deprecatedDescription] - deprecated custom description used with custom name only
   * @return {Command} `this` command for chaining
   */
  addHelpCommand(helpCommand, deprecatedDescription) {
    // If not passed an object, call through to helpCommand for backwards compatibility,
    // as addHelpCommand was originally used like helpCommand is now.
    if (typeof helpCommand !== 'object') {
      this.helpCommand(helpCommand, deprecatedDescription);
      return this;
    }

    this._addImplicitHelpCommand = true;
    this._helpCommand = helpCommand;
    this._initCommandGroup(helpCommand);
    return this;
  }

  /**
   * Lazy create help command.
   *
   * @return {(Command|null)}
   * @package
   */
  _getHelpCommand() {
    const hasImplicitHelpCommand =
      this._addImplicitHelpCommand ??
      (this.commands.length &&
        !this._actionHandler &&
        !this._findCommand('help'));

    if (hasImplicitHelpCommand) {
      if (this._helpCommand === undefined) {
        this.helpCommand(undefined, undefined); // use default name and description
      }
      return this._helpCommand;
    }
    return null;
  }

  /**
   * Add hook for life cycle event.
   *
   * @param {string} event
   * @param {Function} listener
   * @return {Command} `this` command for chaining
   */

  hook(event, listener) {
    const allowedValues = ['preSubcommand', 'preAction', 'postAction'];
    if (!allowedValues.includes(event)) {
      throw new Error(`Unexpected value for event passed to hook : '${event}'.
Expecting one of '${allowedValues.join("', '")}'`);
    }
    if (this._lifeCycleHooks[event]) {
      this._lifeCycleHooks[event].push(listener);
    } else {
      this._lifeCycleHooks[event] = [listener];
    }
    return this;
  }

  /**
   * Register callback to use as replacement for calling process.exit.
   *
   * @param {Function} [fn] optional callback which will be passed a CommanderError, defaults to throwing
   * @return {Command} `this` command for chaining
   */

  exitOverride(fn) {
    if (fn) {
      this._exitCallback = fn;
    } else {
      this._exitCallback = (err) => {
        if (err.code !== 'commander.executeSubCommandAsync') {
          throw err;
        } else {
          // Async callback from spawn events, not useful to throw.
        }
      };
    }
    return this;
  }

  /**
   * Call process.exit, and _exitCallback if defined.
   *
   * @param {number} exitCode exit code for using with process.exit
   * @param {string} code an id string representing the error
   * @param {string} message human-readable description of the error
   * @return never
   * @private
   */

  _exit(exitCode, code, message) {
    if (this._exitCallback) {
      this._exitCallback(new CommanderError(exitCode, code, message));
      // Expecting this line is not reached.
    }
    process.exit(exitCode);
  }

  /**
   * Register callback `fn` for the command.
   *
   * @example
   * program
   *   .command('serve')
   *   .description('start service')
   *   .action(function() {
   *      // do work here
   *   });
   *
   * @param {Function} fn
   * @return {Command} `this` command for chaining
   */

  action(fn) {
    const listener = (args) => {
      // The .action callback takes an extra parameter which is the command or options.
      const expectedArgsCount = this.registeredArguments.length;
      const actionArgs = args.slice(0, expectedArgsCount);
      if (this._storeOptionsAsProperties) {
        actionArgs[expectedArgsCount] = this; // backwards compatible "options"
      } else {
        actionArgs[expectedArgsCount] = this.opts();
      }
      actionArgs.push(this);

      return fn.apply(this, actionArgs);
    };
    this._actionHandler = listener;
    return this;
  }

  /**
   * Factory routine to create a new unattached option.
   *
   * See .option() for creating an attached option, which uses this routine to
   * create the option. You can override createOption to return a custom option.
   *
   * @param {string} flags
   * @param {string} [description]
   * @return {Option} new option
   */

  createOption(flags, description) {
    return new Option(flags, description);
  }

  /**
   * Wrap parseArgs to catch 'commander.invalidArgument'.
   *
   * @param {(Option | Argument)} target
   * @param {string} value
   * @param {*} previous
   * @param {string} invalidArgumentMessage
   * @private
   */

  _callParseArg(target, value, previous, invalidArgumentMessage) {
    try {
      return target.parseArg(value, previous);
    } catch (err) {
      if (err.code === 'commander.invalidArgument') {
        const message = `${invalidArgumentMessage} ${err.message}`;
        this.error(message, { exitCode: err.exitCode, code: err.code });
      }
      throw err;
    }
  }

  /**
   * Check for option flag conflicts.
   * Register option if no conflicts found, or throw on conflict.
   *
   * @param {Option} option
   * @private
   */

  _registerOption(option) {
    const matchingOption =
      (option.short && this._findOption(option.short)) ||
      (option.long && this._findOption(option.long));
    if (matchingOption) {
      const matchingFlag =
        option.long && this._findOption(option.long)
          ? option.long
          : option.short;
      throw new Error(`Cannot add option '${option.flags}'${this._name && ` to command '${this._name}'`} due to conflicting flag '${matchingFlag}'
-  already used by option '${matchingOption.flags}'`);
    }

    this._initOptionGroup(option);
    this.options.push(option);
  }

  /**
   * Check for command name and alias conflicts with existing commands.
   * Register command if no conflicts found, or throw on conflict.
   *
   * @param {Command} command
   * @private
   */

  _registerCommand(command) {
    const knownBy = (cmd) => {
      return [cmd.name()].concat(cmd.aliases());
    };

    const alreadyUsed = knownBy(command).find((name) =>
      this._findCommand(name),
    );
    if (alreadyUsed) {
      const existingCmd = knownBy(this._findCommand(alreadyUsed)).join('|');
      const newCmd = knownBy(command).join('|');
      throw new Error(
        `cannot add command '${newCmd}' as already have command '${existingCmd}'`,
      );
    }

    this._initCommandGroup(command);
    this.commands.push(command);
  }

  /**
   * Add an option.
   *
   * @param {Option} option
   * @return {Command} `this` command for chaining
   */
  addOption(option) {
    this._registerOption(option);

    const oname = option.name();
    const name = option.attributeName();

    // store default value
    if (option.negate) {
      // --no-foo is special and defaults foo to true, unless a --foo option is already defined
      const positiveLongFlag = option.long.replace(/^--no-/, '--');
      if (!this._findOption(positiveLongFlag)) {
        this.setOptionValueWithSource(
          name,
          option.defaultValue === undefined ? true : option.defaultValue,
          'default',
        );
      }
    } else if (option.defaultValue !== undefined) {
      this.setOptionValueWithSource(name, option.defaultValue, 'default');
    }

    // handler for cli and env supplied values
    const handleOptionValue = (val, invalidValueMessage, valueSource) => {
      // val is null for optional option used without an optional-argument.
      // val is undefined for boolean and negated option.
      if (val == null && option.presetArg !== undefined) {
        val = option.presetArg;
      }

      // custom processing
      const oldValue = this.getOptionValue(name);
      if (val !== null && option.parseArg) {
        val = this._callParseArg(option, val, oldValue, invalidValueMessage);
      } else if (val !== null && option.variadic) {
        val = option._collectValue(val, oldValue);
      }

      // Fill-in appropriate missing values. Long winded but easy to follow.
      if (val == null) {
        if (option.negate) {
          val = false;
        } else if (option.isBoolean() || option.optional) {
          val = true;
        } else {
          val = ''; // not normal, parseArg might have failed or be a mock function for testing
        }
      }
      this.setOptionValueWithSource(name, val, valueSource);
    };

    this.on('option:' + oname, (val) => {
      const invalidValueMessage = `error: option '${option.flags}' argument '${val}' is invalid.`;
      handleOptionValue(val, invalidValueMessage, 'cli');
    });

    if (option.envVar) {
      this.on('optionEnv:' + oname, (val) => {
        const invalidValueMessage = `error: option '${option.flags}' value '${val}' from env '${option.envVar}' is invalid.`;
        handleOptionValue(val, invalidValueMessage, 'env');
      });
    }

    return this;
  }

  /**
   * Internal implementation shared by .option() and .requiredOption()
   *
   * @return {Command} `this` command for chaining
   * @private
   */
  _optionEx(config, flags, description, fn, defaultValue) {
    if (typeof flags === 'object' && flags instanceof Option) {
      throw new Error(
        'To add an Option object use addOption() instead of option() or requiredOption()',
      );
    }
    const option = this.createOption(flags, description);
    option.makeOptionMandatory(!!config.mandatory);
    if (typeof fn === 'function') {
      option.default(defaultValue).argParser(fn);
    } else if (fn instanceof RegExp) {
      // deprecated
      const regex = fn;
      fn = (val, def) => {
        const m = regex.exec(val);
        return m ? m[0] : def;
      };
      option.default(defaultValue).argParser(fn);
    } else {
      option.default(fn);
    }

    return this.addOption(option);
  }

  /**
   * Define option with `flags`, `description`, and optional argument parsing function or `defaultValue` or both.
   *
   * The `flags` string contains the short and/or long flags, separated by comma, a pipe or space. A required
   * option-argument is indicated by `<>` and an optional option-argument by `[]`.
   *
   * See the README for more details, and see also addOption() and requiredOption().
   *
   * @example
   * program
   *     .option('-p, --pepper', 'add pepper')
   *     .option('--pt, --pizza-type <TYPE>', 'type of pizza') // required option-argument
   *     .option('-c, --cheese [CHEESE]', 'add extra cheese', 'mozzarella') // optional option-argument with default
   *     .option('-t, --tip <VALUE>', 'add tip to purchase cost', parseFloat) // custom parse function
   *
   * @param {string} flags
   * @param {string} [description]
   * @param {(Function|*)} [parseArg] - custom option processing function or default value
   * @param {*} [defaultValue]
   * @return {Command} `this` command for chaining
   */

  option(flags, description, parseArg, defaultValue) {
    return this._optionEx({}, flags, description, parseArg, defaultValue);
  }

  /**
   * Add a required option which must have a value after parsing. This usually means
   * the option must be specified on the command line. (Otherwise the same as .option().)
   *
   * The `flags` string contains the short and/or long flags, separated by comma, a pipe or space.
   *
   * @param {string} flags
   * @param {string} [description]
   * @param {(Function|*)} [parseArg] - custom option processing function or default value
   * @param {*} [defaultValue]
   * @return {Command} `this` command for chaining
   */

  requiredOption(flags, description, parseArg, defaultValue) {
    return this._optionEx(
      { mandatory: true },
      flags,
      description,
      parseArg,
      defaultValue,
    );
  }

  /**
   * Alter parsing of short flags with optional values.
   *
   * @example
   * // for `.option('-f,--flag [value]'):
   * program.combineFlagAndOptionalValue(true);  // `-f80` is treated like `--flag=80`, this is the default behaviour
   * program.combineFlagAndOptionalValue(false) // `-fb` is treated like `-f -b`
   *
   * @param {boolean} [combine] - if `true` or omitted, an optional value can be specified directly after the flag.
   * @return {Command} `this` command for chaining
   */
  combineFlagAndOptionalValue(combine = true) {
    this._combineFlagAndOptionalValue = !!combine;
    return this;
  }

  /**
   * Allow unknown options on the command line.
   *
   * @param {boolean} [allowUnknown] - if `true` or omitted, no error will be thrown for unknown options.
   * @return {Command} `this` command for chaining
   */
  allowUnknownOption(allowUnknown = true) {
    this._allowUnknownOption = !!allowUnknown;
    return this;
  }

  /**
   * Allow excess command-arguments on the command line. Pass false to make excess arguments an error.
   *
   * @param {boolean} [allowExcess] - if `true` or omitted, no error will be thrown for excess arguments.
   * @return {Command} `this` command for chaining
   */
  allowExcessArguments(allowExcess = true) {
    this._allowExcessArguments = !!allowExcess;
    return this;
  }

  /**
   * Enable positional options. Positional means global options are specified before subcommands which lets
   * subcommands reuse the same option names, and also enables subcommands to turn on passThroughOptions.
   * The default behaviour is non-positional and global options may appear anywhere on the command line.
   *
   * @param {boolean} [positional]
   * @return {Command} `this` command for chaining
   */
  enablePositionalOptions(positional = true) {
    this._enablePositionalOptions = !!positional;
    return this;
  }

  /**
   * Pass through options that come after command-arguments rather than treat them as command-options,
   * so actual command-options come before command-arguments. Turning this on for a subcommand requires
   * positional options to have been enabled on the program (parent commands).
   * The default behaviour is non-positional and options may appear before or after command-arguments.
   *
   * @param {boolean} [passThrough] for unknown options.
   * @return {Command} `this` command for chaining
   */
  passThroughOptions(passThrough = true) {
    this._passThroughOptions = !!passThrough;
    this._checkForBrokenPassThrough();
    return this;
  }

  /**
   * @private
   */

  _checkForBrokenPassThrough() {
    if (
      this.parent &&
      this._passThroughOptions &&
      !this.parent._enablePositionalOptions
    ) {
      throw new Error(
        `passThroughOptions cannot be used for '${this._name}' without turning on enablePositionalOptions for parent command(s)`,
      );
    }
  }

  /**
   * Whether to store option values as properties on command object,
   * or store separately (specify false). In both cases the option values can be accessed using .opts().
   *
   * @param {boolean} [storeAsProperties=true]
   * @return {Command} `this` command for chaining
   */

  storeOptionsAsProperties(storeAsProperties = true) {
    if (this.options.length) {
      throw new Error('call .storeOptionsAsProperties() before adding options');
    }
    if (Object.keys(this._optionValues).length) {
      throw new Error(
        'call .storeOptionsAsProperties() before setting option values',
      );
    }
    this._storeOptionsAsProperties = !!storeAsProperties;
    return this;
  }

  /**
   * Retrieve option value.
   *
   * @param {string} key
   * @return {object} value
   */

  getOptionValue(key) {
    if (this._storeOptionsAsProperties) {
      return this[key];
    }
    return this._optionValues[key];
  }

  /**
   * Store option value.
   *
   * @param {string} key
   * @param {object} value
   * @return {Command} `this` command for chaining
   */

  setOptionValue(key, value) {
    return this.setOptionValueWithSource(key, value, undefined);
  }

  /**
   * Store option value and where the value came from.
   *
   * @param {string} key
   * @param {object} value
   * @param {string} source - expected values are default/config/env/cli/implied
   * @return {Command} `this` command for chaining
   */

  setOptionValueWithSource(key, value, source) {
    if (this._storeOptionsAsProperties) {
      this[key] = value;
    } else {
      this._optionValues[key] = value;
    }
    this._optionValueSources[key] = source;
    return this;
  }

  /**
   * Get source of option value.
   * Expected values are default | config | env | cli | implied
   *
   * @param {string} key
   * @return {string}
   */

  getOptionValueSource(key) {
    return this._optionValueSources[key];
  }

  /**
   * Get source of option value. See also .optsWithGlobals().
   * Expected values are default | config | env | cli | implied
   *
   * @param {string} key
   * @return {string}
   */

  getOptionValueSourceWithGlobals(key) {
    // global overwrites local, like optsWithGlobals
    let source;
    this._getCommandAndAncestors().forEach((cmd) => {
      if (cmd.getOptionValueSource(key) !== undefined) {
        source = cmd.getOptionValueSource(key);
      }
    });
    return source;
  }

  /**
   * Get user arguments from implied or explicit arguments.
   * Side-effects: set _scriptPath if args included script. Used for default program name, and subcommand searches.
   *
   * @private
   */

  _prepareUserArgs(argv, parseOptions) {
    if (argv !== undefined && !Array.isArray(argv)) {
      throw new Error('first parameter to parse must be array or undefined');
    }
    parseOptions = parseOptions || {};

    // auto-detect argument conventions if nothing supplied
    if (argv === undefined && parseOptions.from === undefined) {
      if (process.versions?.electron) {
        parseOptions.from = 'electron';
      }
      // check node specific options for scenarios where user CLI args follow executable without scriptname
      const execArgv = process.execArgv ?? [];
      if (
        execArgv.includes('-e') ||
        execArgv.includes('--eval') ||
        execArgv.includes('-p') ||
        execArgv.includes('--print')
      ) {
        parseOptions.from = 'eval'; // internal usage, not documented
      }
    }

    // default to using process.argv
    if (argv === undefined) {
      argv = process.argv;
    }
    this.rawArgs = argv.slice();

    // extract the user args and scriptPath
    let userArgs;
    switch (parseOptions.from) {
      case undefined:
      case 'node':
        this._scriptPath = argv[1];
        userArgs = argv.slice(2);
        break;
      case 'electron':
        // @ts-ignore: because defaultApp is an unknown property
        if (process.defaultApp) {
          this._scriptPath = argv[1];
          userArgs = argv.slice(2);
        } else {
          userArgs = argv.slice(1);
        }
        break;
      case 'user':
        userArgs = argv.slice(0);
        break;
      case 'eval':
        userArgs = argv.slice(1);
        break;
      default:
        throw new Error(
          `unexpected parse option { from: '${parseOptions.from}' }`,
        );
    }

    // Find default name for program from arguments.
    if (!this._name && this._scriptPath)
      this.nameFromFilename(this._scriptPath);
    this._name = this._name || 'program';

    return userArgs;
  }

  /**
   * Parse `argv`, setting options and invoking commands when defined.
   *
   * Use parseAsync instead of parse if any of your action handlers are async.
   *
   * Call with no parameters to parse `process.argv`. Detects Electron and special node options like `node --eval`. Easy mode!
   *
   * Or call with an array of strings to parse, and optionally where the user arguments start by specifying where the arguments are `from`:
   * - `'node'`: default, `argv[0]` is the application and `argv[1]` is the script being run, with user arguments after that
   * - `'electron'`: `argv[0]` is the application and `argv[1]` varies depending on whether the electron application is packaged
   * - `'user'`: just user arguments
   *
   * @example
   * program.parse(); // parse process.argv and auto-detect electron and special node flags
   * program.parse(process.argv); // assume argv[0] is app and argv[1] is script
   * program.parse(my-args, { from: 'user' }); // just user supplied arguments, nothing special about argv[0]
   *
   * @param {string[]} [argv] - optional, defaults to process.argv
   * @param {object} [parseOptions] - optionally specify style of options with from: node/user/electron
   * @param {string} [parseOptions.from] - where the args are from: 'node', 'user', 'electron'
   * @return {Command} `this` command for chaining
   */

  parse(argv, parseOptions) {
    this._prepareForParse();
    const userArgs = this._prepareUserArgs(argv, parseOptions);
    this._parseCommand([], userArgs);

    return this;
  }

  /**
   * Parse `argv`, setting options and invoking commands when defined.
   *
   * Call with no parameters to parse `process.argv`. Detects Electron and special node options like `node --eval`. Easy mode!
   *
   * Or call with an array of strings to parse, and optionally where the user arguments start by specifying where the arguments are `from`:
   * - `'node'`: default, `argv[0]` is the application and `argv[1]` is the script being run, with user arguments after that
   * - `'electron'`: `argv[0]` is the application and `argv[1]` varies depending on whether the electron application is packaged
   * - `'user'`: just user arguments
   *
   * @example
   * await program.parseAsync(); // parse process.argv and auto-detect electron and special node flags
   * await program.parseAsync(process.argv); // assume argv[0] is app and argv[1] is script
   * await program.parseAsync(my-args, { from: 'user' }); // just user supplied arguments, nothing special about argv[0]
   *
   * @param {string[]} [argv]
   * @param {object} [parseOptions]
   * @param {string} parseOptions.from - where the args are from: 'node', 'user', 'electron'
   * @return {Promise}
   */

  async parseAsync(argv, parseOptions) {
    this._prepareForParse();
    const userArgs = this._prepareUserArgs(argv, parseOptions);
    await this._parseCommand([], userArgs);

    return this;
  }

  _prepareForParse() {
    if (this._savedState === null) {
      this.saveStateBeforeParse();
    } else {
      this.restoreStateBeforeParse();
    }
  }

  /**
   * Called the first time parse is called to save state and allow a restore before subsequent calls to parse.
   * Not usually called directly, but available for subclasses to save their custom state.
   *
   * This is called in a lazy way. Only commands used in parsing chain will have state saved.
   */
  saveStateBeforeParse() {
    this._savedState = {
      // name is stable if supplied by author, but may be unspecified for root command and deduced during parsing
      _name: this._name,
      // option values before parse have default values (including false for negated options)
      // shallow clones
      _optionValues: { ...this._optionValues },
      _optionValueSources: { ...this._optionValueSources },
    };
  }

  /**
   * Restore state before parse for calls after the first.
   * Not usually called directly, but available for subclasses to save their custom state.
   *
   * This is called in a lazy way. Only commands used in parsing chain will have state restored.
   */
  restoreStateBeforeParse() {
    if (this._storeOptionsAsProperties)
      throw new Error(`Can not call parse again when storeOptionsAsProperties is true.
- either make a new Command for each call to parse, or stop storing options as properties`);

    // clear state from _prepareUserArgs
    this._name = this._savedState._name;
    this._scriptPath = null;
    this.rawArgs = [];
    // clear state from setOptionValueWithSource
    this._optionValues = { ...this._savedState._optionValues };
    this._optionValueSources = { ...this._savedState._optionValueSources };
    // clear state from _parseCommand
    this.args = [];
    // clear state from _processArguments
    this.processedArgs = [];
  }

  /**
   * Throw if expected executable is missing. Add lots of help for author.
   *
   * @param {string} executableFile
   * @param {string} executableDir
   * @param {string} subcommandName
   */
  _checkForMissingExecutable(executableFile, executableDir, subcommandName) {
    if (fs.existsSync(executableFile)) return;

    const executableDirMessage = executableDir
      ? `searched for local subcommand relative to directory '${executableDir}'`
      : 'no directory for search for local subcommand, use .executableDir() to supply a custom directory';
    const executableMissing = `'${executableFile}' does not exist
 - if '${subcommandName}' is not meant to be an executable command, remove description parameter from '.command()' and use '.description()' instead
 - if the default executable name is not suitable, use the executableFile option to supply a custom name or path
 - ${executableDirMessage}`;
    throw new Error(executableMissing);
  }

  /**
   * Execute a sub-command executable.
   *
   * @private
   */

  _executeSubCommand(subcommand, args) {
    args = args.slice();
    let launchWithNode = false; // Use node for source targets so do not need to get permissions correct, and on Windows.
    const sourceExt = ['.js', '.ts', '.tsx', '.mjs', '.cjs'];

    function findFile(baseDir, baseName) {
      // Look for specified file
      const localBin = path.resolve(baseDir, baseName);
      if (fs.existsSync(localBin)) return localBin;

      // Stop looking if candidate already has an expected extension.
      if (sourceExt.includes(path.extname(baseName))) return undefined;

      // Try all the extensions.
      const foundExt = sourceExt.find((ext) =>
        fs.existsSync(`${localBin}${ext}`),
      );
      if (foundExt) return `${localBin}${foundExt}`;

      return undefined;
    }

    // Not checking for help first. Unlikely to have mandatory and executable, and can't robustly test for help flags in external command.
    this._checkForMissingMandatoryOptions();
    this._checkForConflictingOptions();

    // executableFile and executableDir might be full path, or just a name
    let executableFile =
      subcommand._executableFile || `${this._name}-${subcommand._name}`;
    let executableDir = this._executableDir || '';
    if (this._scriptPath) {
      let resolvedScriptPath; // resolve possible symlink for installed npm binary
      try {
        resolvedScriptPath = fs.realpathSync(this._scriptPath);
      } catch {
        resolvedScriptPath = this._scriptPath;
      }
      executableDir = path.resolve(
        path.dirname(resolvedScriptPath),
        executableDir,
      );
    }

    // Look for a local file in preference to a command in PATH.
    if (executableDir) {
      let localFile = findFile(executableDir, executableFile);

      // Legacy search using prefix of script name instead of command name
      if (!localFile && !subcommand._executableFile && this._scriptPath) {
        const legacyName = path.basename(
          this._scriptPath,
          path.extname(this._scriptPath),
        );
        if (legacyName !== this._name) {
          localFile = findFile(
            executableDir,
            `${legacyName}-${subcommand._name}`,
          );
        }
      }
      executableFile = localFile || executableFile;
    }

    launchWithNode = sourceExt.includes(path.extname(executableFile));

    let proc;
    if (process.platform !== 'win32') {
      if (launchWithNode) {
        args.unshift(executableFile);
        // add executable arguments to spawn
        args = incrementNodeInspectorPort(process.execArgv).concat(args);

        proc = childProcess.spawn(process.argv[0], args, { stdio: 'inherit' });
      } else {
        proc = childProcess.spawn(executableFile, args, { stdio: 'inherit' });
      }
    } else {
      this._checkForMissingExecutable(
        executableFile,
        executableDir,
        subcommand._name,
      );
      args.unshift(executableFile);
      // add executable arguments to spawn
      args = incrementNodeInspectorPort(process.execArgv).concat(args);
      proc = childProcess.spawn(process.execPath, args, { stdio: 'inherit' });
    }

    if (!proc.killed) {
      // testing mainly to avoid leak warnings during unit tests with mocked spawn
      const signals = ['SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGINT', 'SIGHUP'];
      signals.forEach((signal) => {
        process.on(signal, () => {
          if (proc.killed === false && proc.exitCode === null) {
            // @ts-ignore because signals not typed to known strings
            proc.kill(signal);
          }
        });
      });
    }

    // By default terminate process when spawned process terminates.
    const exitCallback = this._exitCallback;
    proc.on('close', (code) => {
      code = code ?? 1; // code is null if spawned process terminated due to a signal
      if (!exitCallback) {
        process.exit(code);
      } else {
        exitCallback(
          new CommanderError(
            code,
            'commander.executeSubCommandAsync',
            '(close)',
          ),
        );
      }
    });
    proc.on('error', (err) => {
      // @ts-ignore: because err.code is an unknown property
      if (err.code === 'ENOENT') {
        this._checkForMissingExecutable(
          executableFile,
          executableDir,
          subcommand._name,
        );
        // @ts-ignore: because err.code is an unknown property
      } else if (err.code === 'EACCES') {
        throw new Error(`'${executableFile}' not executable`);
      }
      if (!exitCallback) {
        process.exit(1);
      } else {
        const wrappedError = new CommanderError(
          1,
          'commander.executeSubCommandAsync',
          '(error)',
        );
        wrappedError.nestedError = err;
        exitCallback(wrappedError);
      }
    });

    // Store the reference to the child process
    this.runningCommand = proc;
  }

  /**
   * @private
   */

  _dispatchSubcommand(commandName, operands, unknown) {
    const subCommand = this._findCommand(commandName);
    if (!subCommand) this.help({ error: true });

    subCommand._prepareForParse();
    let promiseChain;
    promiseChain = this._chainOrCallSubCommandHook(
      promiseChain,
      subCommand,
      'preSubcommand',
    );
    promiseChain = this._chainOrCall(promiseChain, () => {
      if (subCommand._executableHandler) {
        this._executeSubCommand(subCommand, operands.concat(unknown));
      } else {
        return subCommand._parseCommand(operands, unknown);
      }
    });
    return promiseChain;
  }

  /**
   * Invoke help directly if possible, or dispatch if necessary.
   * e.g. help foo
   *
   * @private
   */

  _dispatchHelpCommand(subcommandName) {
    if (!subcommandName) {
      this.help();
    }
    const subCommand = this._findCommand(subcommandName);
    if (subCommand && !subCommand._executableHandler) {
      subCommand.help();
    }

    // Fallback to parsing the help flag to invoke the help.
    return this._dispatchSubcommand(
      subcommandName,
      [],
      [this._getHelpOption()?.long ?? this._getHelpOption()?.short ?? '--help'],
    );
  }

  /**
   * Check this.args against expected this.registeredArguments.
   *
   * @private
   */

  _checkNumberOfArguments() {
    // too few
    this.registeredArguments.forEach((arg, i) => {
      if (arg.required && this.args[i] == null) {
        this.missingArgument(arg.name());
      }
    });
    // too many
    if (
      this.registeredArguments.length > 0 &&
      this.registeredArguments[this.registeredArguments.length - 1].variadic
    ) {
      return;
    }
    if (this.args.length > this.registeredArguments.length) {
      this._excessArguments(this.args);
    }
  }

  /**
   * Process this.args using this.registeredArguments and save as this.processedArgs!
   *
   * @private
   */

  _processArguments() {
    const myParseArg = (argument, value, previous) => {
      // Extra processing for nice error message on parsing failure.
      let parsedValue = value;
      if (value !== null && argument.parseArg) {
        const invalidValueMessage = `error: command-argument value '${value}' is invalid for argument '${argument.name()}'.`;
        parsedValue = this._callParseArg(
          argument,
          value,
          previous,
          invalidValueMessage,
        );
      }
      return parsedValue;
    };

    this._checkNumberOfArguments();

    const processedArgs = [];
    this.registeredArguments.forEach((declaredArg, index) => {
      let value = declaredArg.defaultValue;
      if (declaredArg.variadic) {
        // Collect together remaining arguments for passing together as an array.
        if (index < this.args.length) {
          value = this.args.slice(index);
          if (declaredArg.parseArg) {
            value = value.reduce((processed, v) => {
              return myParseArg(declaredArg, v, processed);
            }, declaredArg.defaultValue);
          }
        } else if (value === undefined) {
          value = [];
        }
      } else if (index < this.args.length) {
        value = this.args[index];
        if (declaredArg.parseArg) {
          value = myParseArg(declaredArg, value, declaredArg.defaultValue);
        }
      }
      processedArgs[index] = value;
    });
    this.processedArgs = processedArgs;
  }

  /**
   * Once we have a promise we chain, but call synchronously until then.
   *
   * @param {(Promise|undefined)} promise
   * @param {Function} fn
   * @return {(Promise|undefined)}
   * @private
   */

  _chainOrCall(promise, fn) {
    // thenable
    if (promise?.then && typeof promise.then === 'function') {
      // already have a promise, chain callback
      return promise.then(() => fn());
    }
    // callback might return a promise
    return fn();
  }

  /**
   *
   * @param {(Promise|undefined)} promise
   * @param {string} event
   * @return {(Promise|undefined)}
   * @private
   */

  _chainOrCallHooks(promise, event) {
    let result = promise;
    const hooks = [];
    this._getCommandAndAncestors()
      .reverse()
      .filter((cmd) => cmd._lifeCycleHooks[event] !== undefined)
      .forEach((hookedCommand) => {
        hookedCommand._lifeCycleHooks[event].forEach((callback) => {
          hooks.push({ hookedCommand, callback });
        });
      });
    if (event === 'postAction') {
      hooks.reverse();
    }

    hooks.forEach((hookDetail) => {
      result = this._chainOrCall(result, () => {
        return hookDetail.callback(hookDetail.hookedCommand, this);
      });
    });
    return result;
  }

  /**
   *
   * @param {(Promise|undefined)} promise
   * @param {Command} subCommand
   * @param {string} event
   * @return {(Promise|undefined)}
   * @private
   */

  _chainOrCallSubCommandHook(promise, subCommand, event) {
    let result = promise;
    if (this._lifeCycleHooks[event] !== undefined) {
      this._lifeCycleHooks[event].forEach((hook) => {
        result = this._chainOrCall(result, () => {
          return hook(this, subCommand);
        });
      });
    }
    return result;
  }

  /**
   * Process arguments in context of this command.
   * Returns action result, in case it is a promise.
   *
   * @private
   */

  _parseCommand(operands, unknown) {
    const parsed = this.parseOptions(unknown);
    this._parseOptionsEnv(); // after cli, so parseArg not called on both cli and env
    this._parseOptionsImplied();
    operands = operands.concat(parsed.operands);
    unknown = parsed.unknown;
    this.args = operands.concat(unknown);

    if (operands && this._findCommand(operands[0])) {
      return this._dispatchSubcommand(operands[0], operands.slice(1), unknown);
    }
    if (
      this._getHelpCommand() &&
      operands[0] === this._getHelpCommand().name()
    ) {
      return this._dispatchHelpCommand(operands[1]);
    }
    if (this._defaultCommandName) {
      this._outputHelpIfRequested(unknown); // Run the help for default command from parent rather than passing to default command
      return this._dispatchSubcommand(
        this._defaultCommandName,
        operands,
        unknown,
      );
    }
    if (
      this.commands.length &&
      this.args.length === 0 &&
      !this._actionHandler &&
      !this._defaultCommandName
    ) {
      // probably missing subcommand and no handler, user needs help (and exit)
      this.help({ error: true });
    }

    this._outputHelpIfRequested(parsed.unknown);
    this._checkForMissingMandatoryOptions();
    this._checkForConflictingOptions();

    // We do not always call this check to avoid masking a "better" error, like unknown command.
    const checkForUnknownOptions = () => {
      if (parsed.unknown.length > 0) {
        this.unknownOption(parsed.unknown[0]);
      }
    };

    const commandEvent = `command:${this.name()}`;
    if (this._actionHandler) {
      checkForUnknownOptions();
      this._processArguments();

      let promiseChain;
      promiseChain = this._chainOrCallHooks(promiseChain, 'preAction');
      promiseChain = this._chainOrCall(promiseChain, () =>
        this._actionHandler(this.processedArgs),
      );
      if (this.parent) {
        promiseChain = this._chainOrCall(promiseChain, () => {
          this.parent.emit(commandEvent, operands, unknown); // legacy
        });
      }
      promiseChain = this._chainOrCallHooks(promiseChain, 'postAction');
      return promiseChain;
    }
    if (this.parent?.listenerCount(commandEvent)) {
      checkForUnknownOptions();
      this._processArguments();
      this.parent.emit(commandEvent, operands, unknown); // legacy
    } else if (operands.length) {
      if (this._findCommand('*')) {
        // legacy default command
        return this._dispatchSubcommand('*', operands, unknown);
      }
      if (this.listenerCount('command:*')) {
        // skip option check, emit event for possible misspelling suggestion
        this.emit('command:*', operands, unknown);
      } else if (this.commands.length) {
        this.unknownCommand();
      } else {
        checkForUnknownOptions();
        this._processArguments();
      }
    } else if (this.commands.length) {
      checkForUnknownOptions();
      // This command has subcommands and nothing hooked up at this level, so display help (and exit).
      this.help({ error: true });
    } else {
      checkForUnknownOptions();
      this._processArguments();
      // fall through for caller to handle after calling .parse()
    }
  }

  /**
   * Find matching command.
   *
   * @private
   * @return {Command | undefined}
   */
  _findCommand(name) {
    if (!name) return undefined;
    return this.commands.find(
      (cmd) => cmd._name === name || cmd._aliases.includes(name),
    );
  }

  /**
   * Return an option matching `arg` if any.
   *
   * @param {string} arg
   * @return {Option}
   * @package
   */

  _findOption(arg) {
    return this.options.find((option) => option.is(arg));
  }

  /**
   * Display an error message if a mandatory option does not have a value.
   * Called after checking for help flags in leaf subcommand.
   *
   * @private
   */

  _checkForMissingMandatoryOptions() {
    // Walk up hierarchy so can call in subcommand after checking for displaying help.
    this._getCommandAndAncestors().forEach((cmd) => {
      cmd.options.forEach((anOption) => {
        if (
          anOption.mandatory &&
          cmd.getOptionValue(anOption.attributeName()) === undefined
        ) {
          cmd.missingMandatoryOptionValue(anOption);
        }
      });
    });
  }

  /**
   * Display an error message if conflicting options are used together in this.
   *
   * @private
   */
  _checkForConflictingLocalOptions() {
    const definedNonDefaultOptions = this.options.filter((option) => {
      const optionKey = option.attributeName();
      if (this.getOptionValue(optionKey) === undefined) {
        return false;
      }
      return this.getOptionValueSource(optionKey) !== 'default';
    });

    const optionsWithConflicting = definedNonDefaultOptions.filter(
      (option) => option.conflictsWith.length > 0,
    );

    optionsWithConflicting.forEach((option) => {
      const conflictingAndDefined = definedNonDefaultOptions.find((defined) =>
        option.conflictsWith.includes(defined.attributeName()),
      );
      if (conflictingAndDefined) {
        this._conflictingOption(option, conflictingAndDefined);
      }
    });
  }

  /**
   * Display an error message if conflicting options are used together.
   * Called after checking for help flags in leaf subcommand.
   *
   * @private
   */
  _checkForConflictingOptions() {
    // Walk up hierarchy so can call in subcommand after checking for displaying help.
    this._getCommandAndAncestors().forEach((cmd) => {
      cmd._checkForConflictingLocalOptions();
    });
  }

  /**
   * Parse options from `argv` removing known options,
   * and return argv split into operands and unknown arguments.
   *
   * Side effects: modifies command by storing options. Does not reset state if called again.
   *
   * Examples:
   *
   *     argv => operands, unknown
   *     --known kkk op => [op], []
   *     op --known kkk => [op], []
   *     sub --unknown uuu op => [sub], [--unknown uuu op]
   *     sub -- --unknown uuu op => [sub --unknown uuu op], []
   *
   * @param {string[]} args
   * @return {{operands: string[], unknown: string[]}}
   */

  parseOptions(args) {
    const operands = []; // operands, not options or values
    const unknown = []; // first unknown option and remaining unknown args
    let dest = operands;

    function maybeOption(arg) {
      return arg.length > 1 && arg[0] === '-';
    }

    const negativeNumberArg = (arg) => {
      // return false if not a negative number
      if (!/^-(\d+|\d*\.\d+)(e[+-]?\d+)?$/.test(arg)) return false;
      // negative number is ok unless digit used as an option in command hierarchy
      return !this._getCommandAndAncestors().some((cmd) =>
        cmd.options
          .map((opt) => opt.short)
          .some((short) => /^-\d$/.test(short)),
      );
    };

    // parse options
    let activeVariadicOption = null;
    let activeGroup = null; // working through group of short options, like -abc
    let i = 0;
    while (i < args.length || activeGroup) {
      const arg = activeGroup ?? args[i++];
      activeGroup = null;

      // literal
      if (arg === '--') {
        if (dest === unknown) dest.push(arg);
        dest.push(...args.slice(i));
        break;
      }

      if (
        activeVariadicOption &&
        (!maybeOption(arg) || negativeNumberArg(arg))
      ) {
        this.emit(`option:${activeVariadicOption.name()}`, arg);
        continue;
      }
      activeVariadicOption = null;

      if (maybeOption(arg)) {
        const option = this._findOption(arg);
        // recognised option, call listener to assign value with possible custom processing
        if (option) {
          if (option.required) {
            const value = args[i++];
            if (value === undefined) this.optionMissingArgument(option);
            this.emit(`option:${option.name()}`, value);
          } else if (option.optional) {
            let value = null;
            // historical behaviour is optional value is following arg unless an option
            if (
              i < args.length &&
              (!maybeOption(args[i]) || negativeNumberArg(args[i]))
            ) {
              value = args[i++];
            }
            this.emit(`option:${option.name()}`, value);
          } else {
            // boolean flag
            this.emit(`option:${option.name()}`);
          }
          activeVariadicOption = option.variadic ? option : null;
          continue;
        }
      }

      // Look for combo options following single dash, eat first one if known.
      if (arg.length > 2 && arg[0] === '-' && arg[1] !== '-') {
        const option = this._findOption(`-${arg[1]}`);
        if (option) {
          if (
            option.required ||
            (option.optional && this._combineFlagAndOptionalValue)
          ) {
            // option with value following in same argument
            this.emit(`option:${option.name()}`, arg.slice(2));
          } else {
            // boolean option
            this.emit(`option:${option.name()}`);
            // remove the processed option and keep processing group
            activeGroup = `-${arg.slice(2)}`;
          }
          continue;
        }
      }

      // Look for known long flag with value, like --foo=bar
      if (/^--[^=]+=/.test(arg)) {
        const index = arg.indexOf('=');
        const option = this._findOption(arg.slice(0, index));
        if (option && (option.required || option.optional)) {
          this.emit(`option:${option.name()}`, arg.slice(index + 1));
          continue;
        }
      }

      // Not a recognised option by this command.
      // Might be a command-argument, or subcommand option, or unknown option, or help command or option.

      // An unknown option means further arguments also classified as unknown so can be reprocessed by subcommands.
      // A negative number in a leaf command is not an unknown option.
      if (
        dest === operands &&
        maybeOption(arg) &&
        !(this.commands.length === 0 && negativeNumberArg(arg))
      ) {
        dest = unknown;
      }

      // If using positionalOptions, stop processing our options at subcommand.
      if (
        (this._enablePositionalOptions || this._passThroughOptions) &&
        operands.length === 0 &&
        unknown.length === 0
      ) {
        if (this._findCommand(arg)) {
          operands.push(arg);
          unknown.push(...args.slice(i));
          break;
        } else if (
          this._getHelpCommand() &&
          arg === this._getHelpCommand().name()
        ) {
          operands.push(arg, ...args.slice(i));
          break;
        } else if (this._defaultCommandName) {
          unknown.push(arg, ...args.slice(i));
          break;
        }
      }

      // If using passThroughOptions, stop processing options at first command-argument.
      if (this._passThroughOptions) {
        dest.push(arg, ...args.slice(i));
        break;
      }

      // add arg
      dest.push(arg);
    }

    return { operands, unknown };
  }

  /**
   * Return an object containing local option values as key-value pairs.
   *
   * @return {object}
   */
  opts() {
    if (this._storeOptionsAsProperties) {
      // Preserve original behaviour so backwards compatible when still using properties
      const result = {};
      const len = this.options.length;

      for (let i = 0; i < len; i++) {
        const key = this.options[i].attributeName();
        result[key] =
          key === this._versionOptionName ? this._version : this[key];
      }
      return result;
    }

    return this._optionValues;
  }

  /**
   * Return an object containing merged local and global option values as key-value pairs.
   *
   * @return {object}
   */
  optsWithGlobals() {
    // globals overwrite locals
    return this._getCommandAndAncestors().reduce(
      (combinedOptions, cmd) => Object.assign(combinedOptions, cmd.opts()),
      {},
    );
  }

  /**
   * Display error message and exit (or call exitOverride).
   *
   * @param {string} message
   * @param {object} [errorOptions]
   * @param {string} [errorOptions.code] - an id string representing the error
   * @param {number} [errorOptions.exitCode] - used with process.exit
   */
  error(message, errorOptions) {
    // output handling
    this._outputConfiguration.outputError(
      `${message}\n`,
      this._outputConfiguration.writeErr,
    );
    if (typeof this._showHelpAfterError === 'string') {
      this._outputConfiguration.writeErr(`${this._showHelpAfterError}\n`);
    } else if (this._showHelpAfterError) {
      this._outputConfiguration.writeErr('\n');
      this.outputHelp({ error: true });
    }

    // exit handling
    const config = errorOptions || {};
    const exitCode = config.exitCode || 1;
    const code = config.code || 'commander.error';
    this._exit(exitCode, code, message);
  }

  /**
   * Apply any option related environment variables, if option does
   * not have a value from cli or client code.
   *
   * @private
   */
  _parseOptionsEnv() {
    this.options.forEach((option) => {
      if (option.envVar && option.envVar in process.env) {
        const optionKey = option.attributeName();
        // Priority check. Do not overwrite cli or options from unknown source (client-code).
        if (
          this.getOptionValue(optionKey) === undefined ||
          ['default', 'config', 'env'].includes(
            this.getOptionValueSource(optionKey),
          )
        ) {
          if (option.required || option.optional) {
            // option can take a value
            // keep very simple, optional always takes value
            this.emit(`optionEnv:${option.name()}`, process.env[option.envVar]);
          } else {
            // boolean
            // keep very simple, only care that envVar defined and not the value
            this.emit(`optionEnv:${option.name()}`);
          }
        }
      }
    });
  }

  /**
   * Apply any implied option values, if option is undefined or default value.
   *
   * @private
   */
  _parseOptionsImplied() {
    const dualHelper = new DualOptions(this.options);
    const hasCustomOptionValue = (optionKey) => {
      return (
        this.getOptionValue(optionKey) !== undefined &&
        !['default', 'implied'].includes(this.getOptionValueSource(optionKey))
      );
    };
    this.options
      .filter(
        (option) =>
          option.implied !== undefined &&
          hasCustomOptionValue(option.attributeName()) &&
          dualHelper.valueFromOption(
            this.getOptionValue(option.attributeName()),
            option,
          ),
      )
      .forEach((option) => {
        Object.keys(option.implied)
          .filter((impliedKey) => !hasCustomOptionValue(impliedKey))
          .forEach((impliedKey) => {
            this.setOptionValueWithSource(
              impliedKey,
              option.implied[impliedKey],
              'implied',
            );
          });
      });
  }

  /**
   * Argument `name` is missing.
   *
   * @param {string} name
   * @private
   */

  missingArgument(name) {
    const message = `error: missing required argument '${name}'`;
    this.error(message, { code: 'commander.missingArgument' });
  }

  /**
   * `Option` is missing an argument.
   *
   * @param {Option} option
   * @private
   */

  optionMissingArgument(option) {
    const message = `error: option '${option.flags}' argument missing`;
    this.error(message, { code: 'commander.optionMissingArgument' });
  }

  /**
   * `Option` does not have a value, and is a mandatory option.
   *
   * @param {Option} option
   * @private
   */

  missingMandatoryOptionValue(option) {
    const message = `error: required option '${option.flags}' not specified`;
    this.error(message, { code: 'commander.missingMandatoryOptionValue' });
  }

  /**
   * `Option` conflicts with another option.
   *
   * @param {Option} option
   * @param {Option} conflictingOption
   * @private
   */
  _conflictingOption(option, conflictingOption) {
    // The calling code does not know whether a negated option is the source of the
    // value, so do some work to take an educated guess.
    const findBestOptionFromValue = (option) => {
      const optionKey = option.attributeName();
      const optionValue = this.getOptionValue(optionKey);
      const negativeOption = this.options.find(
        (target) => target.negate && optionKey === target.attributeName(),
      );
      const positiveOption = this.options.find(
        (target) => !target.negate && optionKey === target.attributeName(),
      );
      if (
        negativeOption &&
        ((negativeOption.presetArg === undefined && optionValue === false) ||
          (negativeOption.presetArg !== undefined &&
            optionValue === negativeOption.presetArg))
      ) {
        return negativeOption;
      }
      return positiveOption || option;
    };

    const getErrorMessage = (option) => {
      const bestOption = findBestOptionFromValue(option);
      const optionKey = bestOption.attributeName();
      const source = this.getOptionValueSource(optionKey);
      if (source === 'env') {
        return `environment variable '${bestOption.envVar}'`;
      }
      return `option '${bestOption.flags}'`;
    };

    const message = `error: ${getErrorMessage(option)} cannot be used with ${getErrorMessage(conflictingOption)}`;
    this.error(message, { code: 'commander.conflictingOption' });
  }

  /**
   * Unknown option `flag`.
   *
   * @param {string} flag
   * @private
   */

  unknownOption(flag) {
    if (this._allowUnknownOption) return;
    let suggestion = '';

    if (flag.startsWith('--') && this._showSuggestionAfterError) {
      // Looping to pick up the global options too
      let candidateFlags = [];
      // eslint-disable-next-line @typescript-eslint/no-this-alias
      let command = this;
      do {
        const moreFlags = command
          .createHelp()
          .visibleOptions(command)
          .filter((option) => option.long)
          .map((option) => option.long);
        candidateFlags = candidateFlags.concat(moreFlags);
        command = command.parent;
      } while (command && !command._enablePositionalOptions);
      suggestion = suggestSimilar(flag, candidateFlags);
    }

    const message = `error: unknown option '${flag}'${suggestion}`;
    this.error(message, { code: 'commander.unknownOption' });
  }

  /**
   * Excess arguments, more than expected.
   *
   * @param {string[]} receivedArgs
   * @private
   */

  _excessArguments(receivedArgs) {
    if (this._allowExcessArguments) return;

    const expected = this.registeredArguments.length;
    const s = expected === 1 ? '' : 's';
    const forSubcommand = this.parent ? ` for '${this.name()}'` : '';
    const message = `error: too many arguments${forSubcommand}. Expected ${expected} argument${s} but got ${receivedArgs.length}.`;
    this.error(message, { code: 'commander.excessArguments' });
  }

  /**
   * Unknown command.
   *
   * @private
   */

  unknownCommand() {
    const unknownName = this.args[0];
    let suggestion = '';

    if (this._showSuggestionAfterError) {
      const candidateNames = [];
      this.createHelp()
        .visibleCommands(this)
        .forEach((command) => {
          candidateNames.push(command.name());
          // just visible alias
          if (command.alias()) candidateNames.push(command.alias());
        });
      suggestion = suggestSimilar(unknownName, candidateNames);
    }

    const message = `error: unknown command '${unknownName}'${suggestion}`;
    this.error(message, { code: 'commander.unknownCommand' });
  }

  /**
   * Get or set the program version.
   *
   * This method auto-registers the "-V, --version" option which will print the version number.
   *
   * You can optionally supply the flags and description to override the defaults.
   *
   * @param {string} [str]
   * @param {string} [flags]
   * @param {string} [description]
   * @return {(this | string | undefined)} `this` command for chaining, or version string if no arguments
   */

  version(str, flags, description) {
    if (str === undefined) return this._version;
    this._version = str;
    flags = flags || '-V, --version';
    description = description || 'output the version number';
    const versionOption = this.createOption(flags, description);
    this._versionOptionName = versionOption.attributeName();
    this._registerOption(versionOption);

    this.on('option:' + versionOption.name(), () => {
      this._outputConfiguration.writeOut(`${str}\n`);
      this._exit(0, 'commander.version', str);
    });
    return this;
  }

  /**
   * Set the description.
   *
   * @param {string} [str]
   * @param {object} [argsDescription]
   * @return {(string|Command)}
   */
  description(str, argsDescription) {
    if (str === undefined && argsDescription === undefined)
      return this._description;
    this._description = str;
    if (argsDescription) {
      this._argsDescription = argsDescription;
    }
    return this;
  }

  /**
   * Set the summary. Used when listed as subcommand of parent.
   *
   * @param {string} [str]
   * @return {(string|Command)}
   */
  summary(str) {
    if (str === undefined) return this._summary;
    this._summary = str;
    return this;
  }

  /**
   * Set an alias for the command.
   *
   * You may call more than once to add multiple aliases. Only the first alias is shown in the auto-generated help.
   *
   * @param {string} [alias]
   * @return {(string|Command)}
   */

  alias(alias) {
    if (alias === undefined) return this._aliases[0]; // just return first, for backwards compatibility

    /** @type {Command} */
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    let command = this;
    if (
      this.commands.length !== 0 &&
      this.commands[this.commands.length - 1]._executableHandler
    ) {
      // assume adding alias for last added executable subcommand, rather than this
      command = this.commands[this.commands.length - 1];
    }

    if (alias === command._name)
      throw new Error("Command alias can't be the same as its name");
    const matchingCommand = this.parent?._findCommand(alias);
    if (matchingCommand) {
      // c.f. _registerCommand
      const existingCmd = [matchingCommand.name()]
        .concat(matchingCommand.aliases())
        .join('|');
      throw new Error(
        `cannot add alias '${alias}' to command '${this.name()}' as already have command '${existingCmd}'`,
      );
    }

    command._aliases.push(alias);
    return this;
  }

  /**
   * Set aliases for the command.
   *
   * Only the first alias is shown in the auto-generated help.
   *
   * @param {string[]} [aliases]
   * @return {(string[]|Command)}
   */

  aliases(aliases) {
    // Getter for the array of aliases is the main reason for having aliases() in addition to alias().
    if (aliases === undefined) return this._aliases;

    aliases.forEach((alias) => this.alias(alias));
    return this;
  }

  /**
   * Set / get the command usage `str`.
   *
   * @param {string} [str]
   * @return {(string|Command)}
   */

  usage(str) {
    if (str === undefined) {
      if (this._usage) return this._usage;

      const args = this.registeredArguments.map((arg) => {
        return humanReadableArgName(arg);
      });
      return []
        .concat(
          this.options.length || this._helpOption !== null ? '[options]' : [],
          this.commands.length ? '[command]' : [],
          this.registeredArguments.length ? args : [],
        )
        .join(' ');
    }

    this._usage = str;
    return this;
  }

  /**
   * Get or set the name of the command.
   *
   * @param {string} [str]
   * @return {(string|Command)}
   */

  name(str) {
    if (str === undefined) return this._name;
    this._name = str;
    return this;
  }

  /**
   * Set/get the help group heading for this subcommand in parent command's help.
   *
   * @param {string} [heading]
   * @return {Command | string}
   */

  helpGroup(heading) {
    if (heading === undefined) return this._helpGroupHeading ?? '';
    this._helpGroupHeading = heading;
    return this;
  }

  /**
   * Set/get the default help group heading for subcommands added to this command.
   * (This does not override a group set directly on the subcommand using .helpGroup().)
   *
   * @example
   * program.commandsGroup('Development Commands:);
   * program.command('watch')...
   * program.command('lint')...
   * ...
   *
   * @param {string} [heading]
   * @returns {Command | string}
   */
  commandsGroup(heading) {
    if (heading === undefined) return this._defaultCommandGroup ?? '';
    this._defaultCommandGroup = heading;
    return this;
  }

  /**
   * Set/get the default help group heading for options added to this command.
   * (This does not override a group set directly on the option using .helpGroup().)
   *
   * @example
   * program
   *   .optionsGroup('Development Options:')
   *   .option('-d, --debug', 'output extra debugging')
   *   .option('-p, --profile', 'output profiling information')
   *
   * @param {string} [heading]
   * @returns {Command | string}
   */
  optionsGroup(heading) {
    if (heading === undefined) return this._defaultOptionGroup ?? '';
    this._defaultOptionGroup = heading;
    return this;
  }

  /**
   * @param {Option} option
   * @private
   */
  _initOptionGroup(option) {
    if (this._defaultOptionGroup && !option.helpGroupHeading)
      option.helpGroup(this._defaultOptionGroup);
  }

  /**
   * @param {Command} cmd
   * @private
   */
  _initCommandGroup(cmd) {
    if (this._defaultCommandGroup && !cmd.helpGroup())
      cmd.helpGroup(this._defaultCommandGroup);
  }

  /**
   * Set the name of the command from script filename, such as process.argv[1],
   * or require.main.filename, or __filename.
   *
   * (Used internally and public although not documented in README.)
   *
   * @example
   * program.nameFromFilename(require.main.filename);
   *
   * @param {string} filename
   * @return {Command}
   */

  nameFromFilename(filename) {
    this._name = path.basename(filename, path.extname(filename));

    return this;
  }

  /**
   * Get or set the directory for searching for executable subcommands of this command.
   *
   * @example
   * program.executableDir(__dirname);
   * // or
   * program.executableDir('subcommands');
   *
   * @param {string} [path]
   * @return {(string|null|Command)}
   */

  executableDir(path) {
    if (path === undefined) return this._executableDir;
    this._executableDir = path;
    return this;
  }

  /**
   * Return program help documentation.
   *
   * @param {{ error: boolean }} [contextOptions] - pass {error:true} to wrap for stderr instead of stdout
   * @return {string}
   */

  helpInformation(contextOptions) {
    const helper = this.createHelp();
    const context = this._getOutputContext(contextOptions);
    helper.prepareContext({
      error: context.error,
      helpWidth: context.helpWidth,
      outputHasColors: context.hasColors,
    });
    const text = helper.formatHelp(this, helper);
    if (context.hasColors) return text;
    return this._outputConfiguration.stripColor(text);
  }

  /**
   * @typedef HelpContext
   * @type {object}
   * @property {boolean} error
   * @property {number} helpWidth
   * @property {boolean} hasColors
   * @property {function} write - includes stripColor if needed
   *
   * @returns {HelpContext}
   * @private
   */

  _getOutputContext(contextOptions) {
    contextOptions = contextOptions || {};
    const error = !!contextOptions.error;
    let baseWrite;
    let hasColors;
    let helpWidth;
    if (error) {
      baseWrite = (str) => this._outputConfiguration.writeErr(str);
      hasColors = this._outputConfiguration.getErrHasColors();
      helpWidth = this._outputConfiguration.getErrHelpWidth();
    } else {
      baseWrite = (str) => this._outputConfiguration.writeOut(str);
      hasColors = this._outputConfiguration.getOutHasColors();
      helpWidth = this._outputConfiguration.getOutHelpWidth();
    }
    const write = (str) => {
      if (!hasColors) str = this._outputConfiguration.stripColor(str);
      return baseWrite(str);
    };
    return { error, write, hasColors, helpWidth };
  }

  /**
   * Output help information for this command.
   *
   * Outputs built-in help, and custom text added using `.addHelpText()`.
   *
   * @param {{ error: boolean } | Function} [contextOptions] - pass {error:true} to write to stderr instead of stdout
   */

  outputHelp(contextOptions) {
    let deprecatedCallback;
    if (typeof contextOptions === 'function') {
      deprecatedCallback = contextOptions;
      contextOptions = undefined;
    }

    const outputContext = this._getOutputContext(contextOptions);
    /** @type {HelpTextEventContext} */
    const eventContext = {
      error: outputContext.error,
      write: outputContext.write,
      command: this,
    };

    this._getCommandAndAncestors()
      .reverse()
      .forEach((command) => command.emit('beforeAllHelp', eventContext));
    this.emit('beforeHelp', eventContext);

    let helpInformation = this.helpInformation({ error: outputContext.error });
    if (deprecatedCallback) {
      helpInformation = deprecatedCallback(helpInformation);
      if (
        typeof helpInformation !== 'string' &&
        !Buffer.isBuffer(helpInformation)
      ) {
        throw new Error('outputHelp callback must return a string or a Buffer');
      }
    }
    outputContext.write(helpInformation);

    if (this._getHelpOption()?.long) {
      this.emit(this._getHelpOption().long); // deprecated
    }
    this.emit('afterHelp', eventContext);
    this._getCommandAndAncestors().forEach((command) =>
      command.emit('afterAllHelp', eventContext),
    );
  }

  /**
   * You can pass in flags and a description to customise the built-in help option.
   * Pass in false to disable the built-in help option.
   *
   * @example
   * program.helpOption('-?, --help' 'show help'); // customise
   * program.helpOption(false); // disable
   *
   * @param {(string | boolean)} flags
   * @param {string} [description]
   * @return {Command} `this` command for chaining
   */

  helpOption(flags, description) {
    // Support enabling/disabling built-in help option.
    if (typeof flags === 'boolean') {
      if (flags) {
        if (this._helpOption === null) this._helpOption = undefined; // reenable
        if (this._defaultOptionGroup) {
          // make the option to store the group
          this._initOptionGroup(this._getHelpOption());
        }
      } else {
        this._helpOption = null; // disable
      }
      return this;
    }

    // Customise flags and description.
    this._helpOption = this.createOption(
      flags ?? '-h, --help',
      description ?? 'display help for command',
    );
    // init group unless lazy create
    if (flags || description) this._initOptionGroup(this._helpOption);

    return this;
  }

  /**
   * Lazy create help option.
   * Returns null if has been disabled with .helpOption(false).
   *
   * @returns {(Option | null)} the help option
   * @package
   */
  _getHelpOption() {
    // Lazy create help option on demand.
    if (this._helpOption === undefined) {
      this.helpOption(undefined, undefined);
    }
    return this._helpOption;
  }

  /**
   * Supply your own option to use for the built-in help option.
   * This is an alternative to using helpOption() to customise the flags and description etc.
   *
   * @param {Option} option
   * @return {Command} `this` command for chaining
   */
  addHelpOption(option) {
    this._helpOption = option;
    this._initOptionGroup(option);
    return this;
  }

  /**
   * Output help information and exit.
   *
   * Outputs built-in help, and custom text added using `.addHelpText()`.
   *
   * @param {{ error: boolean }} [contextOptions] - pass {error:true} to write to stderr instead of stdout
   */

  help(contextOptions) {
    this.outputHelp(contextOptions);
    let exitCode = Number(process.exitCode ?? 0); // process.exitCode does allow a string or an integer, but we prefer just a number
    if (
      exitCode === 0 &&
      contextOptions &&
      typeof contextOptions !== 'function' &&
      contextOptions.error
    ) {
      exitCode = 1;
    }
    // message: do not have all displayed text available so only passing placeholder.
    this._exit(exitCode, 'commander.help', '(outputHelp)');
  }

  /**
   * // Do a little typing to coordinate emit and listener for the help text events.
   * @typedef HelpTextEventContext
   * @type {object}
   * @property {boolean} error
   * @property {Command} command
   * @property {function} write
   */

  /**
   * Add additional text to be displayed with the built-in help.
   *
   * Position is 'before' or 'after' to affect just this command,
   * and 'beforeAll' or 'afterAll' to affect this command and all its subcommands.
   *
   * @param {string} position - before or after built-in help
   * @param {(string | Function)} text - string to add, or a function returning a string
   * @return {Command} `this` command for chaining
   */

  addHelpText(position, text) {
    const allowedValues = ['beforeAll', 'before', 'after', 'afterAll'];
    if (!allowedValues.includes(position)) {
      throw new Error(`Unexpected value for position to addHelpText.
Expecting one of '${allowedValues.join("', '")}'`);
    }

    const helpEvent = `${position}Help`;
    this.on(helpEvent, (/** @type {HelpTextEventContext} */ context) => {
      let helpStr;
      if (typeof text === 'function') {
        helpStr = text({ error: context.error, command: context.command });
      } else {
        helpStr = text;
      }
      // Ignore falsy value when nothing to output.
      if (helpStr) {
        context.write(`${helpStr}\n`);
      }
    });
    return this;
  }

  /**
   * Output help information if help flags specified
   *
   * @param {Array} args - array of options to search for help flags
   * @private
   */

  _outputHelpIfRequested(args) {
    const helpOption = this._getHelpOption();
    const helpRequested = helpOption && args.find((arg) => helpOption.is(arg));
    if (helpRequested) {
      this.outputHelp();
      // (Do not have all displayed text available so only passing placeholder.)
      this._exit(0, 'commander.helpDisplayed', '(outputHelp)');
    }
  }
}

/**
 * Scan arguments and increment port number for inspect calls (to avoid conflicts when spawning new command).
 *
 * @param {string[]} args - array of arguments from node.execArgv
 * @returns {string[]}
 * @private
 */

function incrementNodeInspectorPort(args) {
  // Testing for these options:
  //  --inspect[=[host:]port]
  //  --inspect-brk[=[host:]port]
  //  --inspect-port=[host:]port
  return args.map((arg) => {
    if (!arg.startsWith('--inspect')) {
      return arg;
    }
    let debugOption;
    let debugHost = '127.0.0.1';
    let debugPort = '9229';
    let match;
    if ((match = arg.match(/^(--inspect(-brk)?)$/)) !== null) {
      // e.g. --inspect
      debugOption = match[1];
    } else if (
      (match = arg.match(/^(--inspect(-brk|-port)?)=([^:]+)$/)) !== null
    ) {
      debugOption = match[1];
      if (/^\d+$/.test(match[3])) {
        // e.g. --inspect=1234
        debugPort = match[3];
      } else {
        // e.g. --inspect=localhost
        debugHost = match[3];
      }
    } else if (
      (match = arg.match(/^(--inspect(-brk|-port)?)=([^:]+):(\d+)$/)) !== null
    ) {
      // e.g. --inspect=localhost:1234
      debugOption = match[1];
      debugHost = match[3];
      debugPort = match[4];
    }

    if (debugOption && debugPort !== '0') {
      return `${debugOption}=${debugHost}:${parseInt(debugPort) + 1}`;
    }
    return arg;
  });
}

/**
 * @returns {boolean | undefined}
 * @package
 */
function useColor() {
  // Test for common conventions.
  // NB: the observed behaviour is in combination with how author adds color! For example:
  //   - we do not test NODE_DISABLE_COLORS, but util:styletext does
  //   - we do test NO_COLOR, but Chalk does not
  //
  // References:
  // https://no-color.org
  // https://bixense.com/clicolors/
  // https://github.com/nodejs/node/blob/0a00217a5f67ef4a22384cfc80eb6dd9a917fdc1/lib/internal/tty.js#L109
  // https://github.com/chalk/supports-color/blob/c214314a14bcb174b12b3014b2b0a8de375029ae/index.js#L33
  // (https://force-color.org recent web page from 2023, does not match major javascript implementations)

  if (
    process.env.NO_COLOR ||
    process.env.FORCE_COLOR === '0' ||
    process.env.FORCE_COLOR === 'false'
  )
    return false;
  if (process.env.FORCE_COLOR || process.env.CLICOLOR_FORCE !== undefined)
    return true;
  return undefined;
}

exports.Command = Command;
exports.useColor = useColor; // exporting for tests


/***/ }),

/***/ 135:
/***/ ((__unused_webpack_module, exports) => {

/**
 * CommanderError class
 */
class CommanderError extends Error {
  /**
   * Constructs the CommanderError class
   * @param {number} exitCode suggested exit code which could be used with process.exit
   * @param {string} code an id string representing the error
   * @param {string} message human-readable description of the error
   */
  constructor(exitCode, code, message) {
    super(message);
    // properly capture stack trace in Node.js
    Error.captureStackTrace(this, this.constructor);
    this.name = this.constructor.name;
    this.code = code;
    this.exitCode = exitCode;
    this.nestedError = undefined;
  }
}

/**
 * InvalidArgumentError class
 */
class InvalidArgumentError extends CommanderError {
  /**
   * Constructs the InvalidArgumentError class
   * @param {string} [message] explanation of why argument is invalid
   */
  constructor(message) {
    super(1, 'commander.invalidArgument', message);
    // properly capture stack trace in Node.js
    Error.captureStackTrace(this, this.constructor);
    this.name = this.constructor.name;
  }
}

exports.CommanderError = CommanderError;
exports.InvalidArgumentError = InvalidArgumentError;


/***/ }),

/***/ 754:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

const { humanReadableArgName } = __nccwpck_require__(154);

/**
 * TypeScript import types for JSDoc, used by Visual Studio Code IntelliSense and `npm run typescript-checkJS`
 * https://www.typescriptlang.org/docs/handbook/jsdoc-supported-types.html#import-types
 * @typedef { import("./argument.js").Argument } Argument
 * @typedef { import("./command.js").Command } Command
 * @typedef { import("./option.js").Option } Option
 */

// Although this is a class, methods are static in style to allow override using subclass or just functions.
class Help {
  constructor() {
    this.helpWidth = undefined;
    this.minWidthToWrap = 40;
    this.sortSubcommands = false;
    this.sortOptions = false;
    this.showGlobalOptions = false;
  }

  /**
   * prepareContext is called by Commander after applying overrides from `Command.configureHelp()`
   * and just before calling `formatHelp()`.
   *
   * Commander just uses the helpWidth and the rest is provided for optional use by more complex subclasses.
   *
   * @param {{ error?: boolean, helpWidth?: number, outputHasColors?: boolean }} contextOptions
   */
  prepareContext(contextOptions) {
    this.helpWidth = this.helpWidth ?? contextOptions.helpWidth ?? 80;
  }

  /**
   * Get an array of the visible subcommands. Includes a placeholder for the implicit help command, if there is one.
   *
   * @param {Command} cmd
   * @returns {Command[]}
   */

  visibleCommands(cmd) {
    const visibleCommands = cmd.commands.filter((cmd) => !cmd._hidden);
    const helpCommand = cmd._getHelpCommand();
    if (helpCommand && !helpCommand._hidden) {
      visibleCommands.push(helpCommand);
    }
    if (this.sortSubcommands) {
      visibleCommands.sort((a, b) => {
        // @ts-ignore: because overloaded return type
        return a.name().localeCompare(b.name());
      });
    }
    return visibleCommands;
  }

  /**
   * Compare options for sort.
   *
   * @param {Option} a
   * @param {Option} b
   * @returns {number}
   */
  compareOptions(a, b) {
    const getSortKey = (option) => {
      // WYSIWYG for order displayed in help. Short used for comparison if present. No special handling for negated.
      return option.short
        ? option.short.replace(/^-/, '')
        : option.long.replace(/^--/, '');
    };
    return getSortKey(a).localeCompare(getSortKey(b));
  }

  /**
   * Get an array of the visible options. Includes a placeholder for the implicit help option, if there is one.
   *
   * @param {Command} cmd
   * @returns {Option[]}
   */

  visibleOptions(cmd) {
    const visibleOptions = cmd.options.filter((option) => !option.hidden);
    // Built-in help option.
    const helpOption = cmd._getHelpOption();
    if (helpOption && !helpOption.hidden) {
      // Automatically hide conflicting flags. Bit dubious but a historical behaviour that is convenient for single-command programs.
      const removeShort = helpOption.short && cmd._findOption(helpOption.short);
      const removeLong = helpOption.long && cmd._findOption(helpOption.long);
      if (!removeShort && !removeLong) {
        visibleOptions.push(helpOption); // no changes needed
      } else if (helpOption.long && !removeLong) {
        visibleOptions.push(
          cmd.createOption(helpOption.long, helpOption.description),
        );
      } else if (helpOption.short && !removeShort) {
        visibleOptions.push(
          cmd.createOption(helpOption.short, helpOption.description),
        );
      }
    }
    if (this.sortOptions) {
      visibleOptions.sort(this.compareOptions);
    }
    return visibleOptions;
  }

  /**
   * Get an array of the visible global options. (Not including help.)
   *
   * @param {Command} cmd
   * @returns {Option[]}
   */

  visibleGlobalOptions(cmd) {
    if (!this.showGlobalOptions) return [];

    const globalOptions = [];
    for (
      let ancestorCmd = cmd.parent;
      ancestorCmd;
      ancestorCmd = ancestorCmd.parent
    ) {
      const visibleOptions = ancestorCmd.options.filter(
        (option) => !option.hidden,
      );
      globalOptions.push(...visibleOptions);
    }
    if (this.sortOptions) {
      globalOptions.sort(this.compareOptions);
    }
    return globalOptions;
  }

  /**
   * Get an array of the arguments if any have a description.
   *
   * @param {Command} cmd
   * @returns {Argument[]}
   */

  visibleArguments(cmd) {
    // Side effect! Apply the legacy descriptions before the arguments are displayed.
    if (cmd._argsDescription) {
      cmd.registeredArguments.forEach((argument) => {
        argument.description =
          argument.description || cmd._argsDescription[argument.name()] || '';
      });
    }

    // If there are any arguments with a description then return all the arguments.
    if (cmd.registeredArguments.find((argument) => argument.description)) {
      return cmd.registeredArguments;
    }
    return [];
  }

  /**
   * Get the command term to show in the list of subcommands.
   *
   * @param {Command} cmd
   * @returns {string}
   */

  subcommandTerm(cmd) {
    // Legacy. Ignores custom usage string, and nested commands.
    const args = cmd.registeredArguments
      .map((arg) => humanReadableArgName(arg))
      .join(' ');
    return (
      cmd._name +
      (cmd._aliases[0] ? '|' + cmd._aliases[0] : '') +
      (cmd.options.length ? ' [options]' : '') + // simplistic check for non-help option
      (args ? ' ' + args : '')
    );
  }

  /**
   * Get the option term to show in the list of options.
   *
   * @param {Option} option
   * @returns {string}
   */

  optionTerm(option) {
    return option.flags;
  }

  /**
   * Get the argument term to show in the list of arguments.
   *
   * @param {Argument} argument
   * @returns {string}
   */

  argumentTerm(argument) {
    return argument.name();
  }

  /**
   * Get the longest command term length.
   *
   * @param {Command} cmd
   * @param {Help} helper
   * @returns {number}
   */

  longestSubcommandTermLength(cmd, helper) {
    return helper.visibleCommands(cmd).reduce((max, command) => {
      return Math.max(
        max,
        this.displayWidth(
          helper.styleSubcommandTerm(helper.subcommandTerm(command)),
        ),
      );
    }, 0);
  }

  /**
   * Get the longest option term length.
   *
   * @param {Command} cmd
   * @param {Help} helper
   * @returns {number}
   */

  longestOptionTermLength(cmd, helper) {
    return helper.visibleOptions(cmd).reduce((max, option) => {
      return Math.max(
        max,
        this.displayWidth(helper.styleOptionTerm(helper.optionTerm(option))),
      );
    }, 0);
  }

  /**
   * Get the longest global option term length.
   *
   * @param {Command} cmd
   * @param {Help} helper
   * @returns {number}
   */

  longestGlobalOptionTermLength(cmd, helper) {
    return helper.visibleGlobalOptions(cmd).reduce((max, option) => {
      return Math.max(
        max,
        this.displayWidth(helper.styleOptionTerm(helper.optionTerm(option))),
      );
    }, 0);
  }

  /**
   * Get the longest argument term length.
   *
   * @param {Command} cmd
   * @param {Help} helper
   * @returns {number}
   */

  longestArgumentTermLength(cmd, helper) {
    return helper.visibleArguments(cmd).reduce((max, argument) => {
      return Math.max(
        max,
        this.displayWidth(
          helper.styleArgumentTerm(helper.argumentTerm(argument)),
        ),
      );
    }, 0);
  }

  /**
   * Get the command usage to be displayed at the top of the built-in help.
   *
   * @param {Command} cmd
   * @returns {string}
   */

  commandUsage(cmd) {
    // Usage
    let cmdName = cmd._name;
    if (cmd._aliases[0]) {
      cmdName = cmdName + '|' + cmd._aliases[0];
    }
    let ancestorCmdNames = '';
    for (
      let ancestorCmd = cmd.parent;
      ancestorCmd;
      ancestorCmd = ancestorCmd.parent
    ) {
      ancestorCmdNames = ancestorCmd.name() + ' ' + ancestorCmdNames;
    }
    return ancestorCmdNames + cmdName + ' ' + cmd.usage();
  }

  /**
   * Get the description for the command.
   *
   * @param {Command} cmd
   * @returns {string}
   */

  commandDescription(cmd) {
    // @ts-ignore: because overloaded return type
    return cmd.description();
  }

  /**
   * Get the subcommand summary to show in the list of subcommands.
   * (Fallback to description for backwards compatibility.)
   *
   * @param {Command} cmd
   * @returns {string}
   */

  subcommandDescription(cmd) {
    // @ts-ignore: because overloaded return type
    return cmd.summary() || cmd.description();
  }

  /**
   * Get the option description to show in the list of options.
   *
   * @param {Option} option
   * @return {string}
   */

  optionDescription(option) {
    const extraInfo = [];

    if (option.argChoices) {
      extraInfo.push(
        // use stringify to match the display of the default value
        `choices: ${option.argChoices.map((choice) => JSON.stringify(choice)).join(', ')}`,
      );
    }
    if (option.defaultValue !== undefined) {
      // default for boolean and negated more for programmer than end user,
      // but show true/false for boolean option as may be for hand-rolled env or config processing.
      const showDefault =
        option.required ||
        option.optional ||
        (option.isBoolean() && typeof option.defaultValue === 'boolean');
      if (showDefault) {
        extraInfo.push(
          `default: ${option.defaultValueDescription || JSON.stringify(option.defaultValue)}`,
        );
      }
    }
    // preset for boolean and negated are more for programmer than end user
    if (option.presetArg !== undefined && option.optional) {
      extraInfo.push(`preset: ${JSON.stringify(option.presetArg)}`);
    }
    if (option.envVar !== undefined) {
      extraInfo.push(`env: ${option.envVar}`);
    }
    if (extraInfo.length > 0) {
      const extraDescription = `(${extraInfo.join(', ')})`;
      if (option.description) {
        return `${option.description} ${extraDescription}`;
      }
      return extraDescription;
    }

    return option.description;
  }

  /**
   * Get the argument description to show in the list of arguments.
   *
   * @param {Argument} argument
   * @return {string}
   */

  argumentDescription(argument) {
    const extraInfo = [];
    if (argument.argChoices) {
      extraInfo.push(
        // use stringify to match the display of the default value
        `choices: ${argument.argChoices.map((choice) => JSON.stringify(choice)).join(', ')}`,
      );
    }
    if (argument.defaultValue !== undefined) {
      extraInfo.push(
        `default: ${argument.defaultValueDescription || JSON.stringify(argument.defaultValue)}`,
      );
    }
    if (extraInfo.length > 0) {
      const extraDescription = `(${extraInfo.join(', ')})`;
      if (argument.description) {
        return `${argument.description} ${extraDescription}`;
      }
      return extraDescription;
    }
    return argument.description;
  }

  /**
   * Format a list of items, given a heading and an array of formatted items.
   *
   * @param {string} heading
   * @param {string[]} items
   * @param {Help} helper
   * @returns string[]
   */
  formatItemList(heading, items, helper) {
    if (items.length === 0) return [];

    return [helper.styleTitle(heading), ...items, ''];
  }

  /**
   * Group items by their help group heading.
   *
   * @param {Command[] | Option[]} unsortedItems
   * @param {Command[] | Option[]} visibleItems
   * @param {Function} getGroup
   * @returns {Map<string, Command[] | Option[]>}
   */
  groupItems(unsortedItems, visibleItems, getGroup) {
    const result = new Map();
    // Add groups in order of appearance in unsortedItems.
    unsortedItems.forEach((item) => {
      const group = getGroup(item);
      if (!result.has(group)) result.set(group, []);
    });
    // Add items in order of appearance in visibleItems.
    visibleItems.forEach((item) => {
      const group = getGroup(item);
      if (!result.has(group)) {
        result.set(group, []);
      }
      result.get(group).push(item);
    });
    return result;
  }

  /**
   * Generate the built-in help text.
   *
   * @param {Command} cmd
   * @param {Help} helper
   * @returns {string}
   */

  formatHelp(cmd, helper) {
    const termWidth = helper.padWidth(cmd, helper);
    const helpWidth = helper.helpWidth ?? 80; // in case prepareContext() was not called

    function callFormatItem(term, description) {
      return helper.formatItem(term, termWidth, description, helper);
    }

    // Usage
    let output = [
      `${helper.styleTitle('Usage:')} ${helper.styleUsage(helper.commandUsage(cmd))}`,
      '',
    ];

    // Description
    const commandDescription = helper.commandDescription(cmd);
    if (commandDescription.length > 0) {
      output = output.concat([
        helper.boxWrap(
          helper.styleCommandDescription(commandDescription),
          helpWidth,
        ),
        '',
      ]);
    }

    // Arguments
    const argumentList = helper.visibleArguments(cmd).map((argument) => {
      return callFormatItem(
        helper.styleArgumentTerm(helper.argumentTerm(argument)),
        helper.styleArgumentDescription(helper.argumentDescription(argument)),
      );
    });
    output = output.concat(
      this.formatItemList('Arguments:', argumentList, helper),
    );

    // Options
    const optionGroups = this.groupItems(
      cmd.options,
      helper.visibleOptions(cmd),
      (option) => option.helpGroupHeading ?? 'Options:',
    );
    optionGroups.forEach((options, group) => {
      const optionList = options.map((option) => {
        return callFormatItem(
          helper.styleOptionTerm(helper.optionTerm(option)),
          helper.styleOptionDescription(helper.optionDescription(option)),
        );
      });
      output = output.concat(this.formatItemList(group, optionList, helper));
    });

    if (helper.showGlobalOptions) {
      const globalOptionList = helper
        .visibleGlobalOptions(cmd)
        .map((option) => {
          return callFormatItem(
            helper.styleOptionTerm(helper.optionTerm(option)),
            helper.styleOptionDescription(helper.optionDescription(option)),
          );
        });
      output = output.concat(
        this.formatItemList('Global Options:', globalOptionList, helper),
      );
    }

    // Commands
    const commandGroups = this.groupItems(
      cmd.commands,
      helper.visibleCommands(cmd),
      (sub) => sub.helpGroup() || 'Commands:',
    );
    commandGroups.forEach((commands, group) => {
      const commandList = commands.map((sub) => {
        return callFormatItem(
          helper.styleSubcommandTerm(helper.subcommandTerm(sub)),
          helper.styleSubcommandDescription(helper.subcommandDescription(sub)),
        );
      });
      output = output.concat(this.formatItemList(group, commandList, helper));
    });

    return output.join('\n');
  }

  /**
   * Return display width of string, ignoring ANSI escape sequences. Used in padding and wrapping calculations.
   *
   * @param {string} str
   * @returns {number}
   */
  displayWidth(str) {
    return stripColor(str).length;
  }

  /**
   * Style the title for displaying in the help. Called with 'Usage:', 'Options:', etc.
   *
   * @param {string} str
   * @returns {string}
   */
  styleTitle(str) {
    return str;
  }

  styleUsage(str) {
    // Usage has lots of parts the user might like to color separately! Assume default usage string which is formed like:
    //    command subcommand [options] [command] <foo> [bar]
    return str
      .split(' ')
      .map((word) => {
        if (word === '[options]') return this.styleOptionText(word);
        if (word === '[command]') return this.styleSubcommandText(word);
        if (word[0] === '[' || word[0] === '<')
          return this.styleArgumentText(word);
        return this.styleCommandText(word); // Restrict to initial words?
      })
      .join(' ');
  }
  styleCommandDescription(str) {
    return this.styleDescriptionText(str);
  }
  styleOptionDescription(str) {
    return this.styleDescriptionText(str);
  }
  styleSubcommandDescription(str) {
    return this.styleDescriptionText(str);
  }
  styleArgumentDescription(str) {
    return this.styleDescriptionText(str);
  }
  styleDescriptionText(str) {
    return str;
  }
  styleOptionTerm(str) {
    return this.styleOptionText(str);
  }
  styleSubcommandTerm(str) {
    // This is very like usage with lots of parts! Assume default string which is formed like:
    //    subcommand [options] <foo> [bar]
    return str
      .split(' ')
      .map((word) => {
        if (word === '[options]') return this.styleOptionText(word);
        if (word[0] === '[' || word[0] === '<')
          return this.styleArgumentText(word);
        return this.styleSubcommandText(word); // Restrict to initial words?
      })
      .join(' ');
  }
  styleArgumentTerm(str) {
    return this.styleArgumentText(str);
  }
  styleOptionText(str) {
    return str;
  }
  styleArgumentText(str) {
    return str;
  }
  styleSubcommandText(str) {
    return str;
  }
  styleCommandText(str) {
    return str;
  }

  /**
   * Calculate the pad width from the maximum term length.
   *
   * @param {Command} cmd
   * @param {Help} helper
   * @returns {number}
   */

  padWidth(cmd, helper) {
    return Math.max(
      helper.longestOptionTermLength(cmd, helper),
      helper.longestGlobalOptionTermLength(cmd, helper),
      helper.longestSubcommandTermLength(cmd, helper),
      helper.longestArgumentTermLength(cmd, helper),
    );
  }

  /**
   * Detect manually wrapped and indented strings by checking for line break followed by whitespace.
   *
   * @param {string} str
   * @returns {boolean}
   */
  preformatted(str) {
    return /\n[^\S\r\n]/.test(str);
  }

  /**
   * Format the "item", which consists of a term and description. Pad the term and wrap the description, indenting the following lines.
   *
   * So "TTT", 5, "DDD DDDD DD DDD" might be formatted for this.helpWidth=17 like so:
   *   TTT  DDD DDDD
   *        DD DDD
   *
   * @param {string} term
   * @param {number} termWidth
   * @param {string} description
   * @param {Help} helper
   * @returns {string}
   */
  formatItem(term, termWidth, description, helper) {
    const itemIndent = 2;
    const itemIndentStr = ' '.repeat(itemIndent);
    if (!description) return itemIndentStr + term;

    // Pad the term out to a consistent width, so descriptions are aligned.
    const paddedTerm = term.padEnd(
      termWidth + term.length - helper.displayWidth(term),
    );

    // Format the description.
    const spacerWidth = 2; // between term and description
    const helpWidth = this.helpWidth ?? 80; // in case prepareContext() was not called
    const remainingWidth = helpWidth - termWidth - spacerWidth - itemIndent;
    let formattedDescription;
    if (
      remainingWidth < this.minWidthToWrap ||
      helper.preformatted(description)
    ) {
      formattedDescription = description;
    } else {
      const wrappedDescription = helper.boxWrap(description, remainingWidth);
      formattedDescription = wrappedDescription.replace(
        /\n/g,
        '\n' + ' '.repeat(termWidth + spacerWidth),
      );
    }

    // Construct and overall indent.
    return (
      itemIndentStr +
      paddedTerm +
      ' '.repeat(spacerWidth) +
      formattedDescription.replace(/\n/g, `\n${itemIndentStr}`)
    );
  }

  /**
   * Wrap a string at whitespace, preserving existing line breaks.
   * Wrapping is skipped if the width is less than `minWidthToWrap`.
   *
   * @param {string} str
   * @param {number} width
   * @returns {string}
   */
  boxWrap(str, width) {
    if (width < this.minWidthToWrap) return str;

    const rawLines = str.split(/\r\n|\n/);
    // split up text by whitespace
    const chunkPattern = /[\s]*[^\s]+/g;
    const wrappedLines = [];
    rawLines.forEach((line) => {
      const chunks = line.match(chunkPattern);
      if (chunks === null) {
        wrappedLines.push('');
        return;
      }

      let sumChunks = [chunks.shift()];
      let sumWidth = this.displayWidth(sumChunks[0]);
      chunks.forEach((chunk) => {
        const visibleWidth = this.displayWidth(chunk);
        // Accumulate chunks while they fit into width.
        if (sumWidth + visibleWidth <= width) {
          sumChunks.push(chunk);
          sumWidth += visibleWidth;
          return;
        }
        wrappedLines.push(sumChunks.join(''));

        const nextChunk = chunk.trimStart(); // trim space at line break
        sumChunks = [nextChunk];
        sumWidth = this.displayWidth(nextChunk);
      });
      wrappedLines.push(sumChunks.join(''));
    });

    return wrappedLines.join('\n');
  }
}

/**
 * Strip style ANSI escape sequences from the string. In particular, SGR (Select Graphic Rendition) codes.
 *
 * @param {string} str
 * @returns {string}
 * @package
 */

function stripColor(str) {
  // eslint-disable-next-line no-control-regex
  const sgrPattern = /\x1b\[\d*(;\d*)*m/g;
  return str.replace(sgrPattern, '');
}

exports.Help = Help;
exports.stripColor = stripColor;


/***/ }),

/***/ 240:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

const { InvalidArgumentError } = __nccwpck_require__(135);

class Option {
  /**
   * Initialize a new `Option` with the given `flags` and `description`.
   *
   * @param {string} flags
   * @param {string} [description]
   */

  constructor(flags, description) {
    this.flags = flags;
    this.description = description || '';

    this.required = flags.includes('<'); // A value must be supplied when the option is specified.
    this.optional = flags.includes('['); // A value is optional when the option is specified.
    // variadic test ignores <value,...> et al which might be used to describe custom splitting of single argument
    this.variadic = /\w\.\.\.[>\]]$/.test(flags); // The option can take multiple values.
    this.mandatory = false; // The option must have a value after parsing, which usually means it must be specified on command line.
    const optionFlags = splitOptionFlags(flags);
    this.short = optionFlags.shortFlag; // May be a short flag, undefined, or even a long flag (if option has two long flags).
    this.long = optionFlags.longFlag;
    this.negate = false;
    if (this.long) {
      this.negate = this.long.startsWith('--no-');
    }
    this.defaultValue = undefined;
    this.defaultValueDescription = undefined;
    this.presetArg = undefined;
    this.envVar = undefined;
    this.parseArg = undefined;
    this.hidden = false;
    this.argChoices = undefined;
    this.conflictsWith = [];
    this.implied = undefined;
    this.helpGroupHeading = undefined; // soft initialised when option added to command
  }

  /**
   * Set the default value, and optionally supply the description to be displayed in the help.
   *
   * @param {*} value
   * @param {string} [description]
   * @return {Option}
   */

  default(value, description) {
    this.defaultValue = value;
    this.defaultValueDescription = description;
    return this;
  }

  /**
   * Preset to use when option used without option-argument, especially optional but also boolean and negated.
   * The custom processing (parseArg) is called.
   *
   * @example
   * new Option('--color').default('GREYSCALE').preset('RGB');
   * new Option('--donate [amount]').preset('20').argParser(parseFloat);
   *
   * @param {*} arg
   * @return {Option}
   */

  preset(arg) {
    this.presetArg = arg;
    return this;
  }

  /**
   * Add option name(s) that conflict with this option.
   * An error will be displayed if conflicting options are found during parsing.
   *
   * @example
   * new Option('--rgb').conflicts('cmyk');
   * new Option('--js').conflicts(['ts', 'jsx']);
   *
   * @param {(string | string[])} names
   * @return {Option}
   */

  conflicts(names) {
    this.conflictsWith = this.conflictsWith.concat(names);
    return this;
  }

  /**
   * Specify implied option values for when this option is set and the implied options are not.
   *
   * The custom processing (parseArg) is not called on the implied values.
   *
   * @example
   * program
   *   .addOption(new Option('--log', 'write logging information to file'))
   *   .addOption(new Option('--trace', 'log extra details').implies({ log: 'trace.txt' }));
   *
   * @param {object} impliedOptionValues
   * @return {Option}
   */
  implies(impliedOptionValues) {
    let newImplied = impliedOptionValues;
    if (typeof impliedOptionValues === 'string') {
      // string is not documented, but easy mistake and we can do what user probably intended.
      newImplied = { [impliedOptionValues]: true };
    }
    this.implied = Object.assign(this.implied || {}, newImplied);
    return this;
  }

  /**
   * Set environment variable to check for option value.
   *
   * An environment variable is only used if when processed the current option value is
   * undefined, or the source of the current value is 'default' or 'config' or 'env'.
   *
   * @param {string} name
   * @return {Option}
   */

  env(name) {
    this.envVar = name;
    return this;
  }

  /**
   * Set the custom handler for processing CLI option arguments into option values.
   *
   * @param {Function} [fn]
   * @return {Option}
   */

  argParser(fn) {
    this.parseArg = fn;
    return this;
  }

  /**
   * Whether the option is mandatory and must have a value after parsing.
   *
   * @param {boolean} [mandatory=true]
   * @return {Option}
   */

  makeOptionMandatory(mandatory = true) {
    this.mandatory = !!mandatory;
    return this;
  }

  /**
   * Hide option in help.
   *
   * @param {boolean} [hide=true]
   * @return {Option}
   */

  hideHelp(hide = true) {
    this.hidden = !!hide;
    return this;
  }

  /**
   * @package
   */

  _collectValue(value, previous) {
    if (previous === this.defaultValue || !Array.isArray(previous)) {
      return [value];
    }

    previous.push(value);
    return previous;
  }

  /**
   * Only allow option value to be one of choices.
   *
   * @param {string[]} values
   * @return {Option}
   */

  choices(values) {
    this.argChoices = values.slice();
    this.parseArg = (arg, previous) => {
      if (!this.argChoices.includes(arg)) {
        throw new InvalidArgumentError(
          `Allowed choices are ${this.argChoices.join(', ')}.`,
        );
      }
      if (this.variadic) {
        return this._collectValue(arg, previous);
      }
      return arg;
    };
    return this;
  }

  /**
   * Return option name.
   *
   * @return {string}
   */

  name() {
    if (this.long) {
      return this.long.replace(/^--/, '');
    }
    return this.short.replace(/^-/, '');
  }

  /**
   * Return option name, in a camelcase format that can be used
   * as an object attribute key.
   *
   * @return {string}
   */

  attributeName() {
    if (this.negate) {
      return camelcase(this.name().replace(/^no-/, ''));
    }
    return camelcase(this.name());
  }

  /**
   * Set the help group heading.
   *
   * @param {string} heading
   * @return {Option}
   */
  helpGroup(heading) {
    this.helpGroupHeading = heading;
    return this;
  }

  /**
   * Check if `arg` matches the short or long flag.
   *
   * @param {string} arg
   * @return {boolean}
   * @package
   */

  is(arg) {
    return this.short === arg || this.long === arg;
  }

  /**
   * Return whether a boolean option.
   *
   * Options are one of boolean, negated, required argument, or optional argument.
   *
   * @return {boolean}
   * @package
   */

  isBoolean() {
    return !this.required && !this.optional && !this.negate;
  }
}

/**
 * This class is to make it easier to work with dual options, without changing the existing
 * implementation. We support separate dual options for separate positive and negative options,
 * like `--build` and `--no-build`, which share a single option value. This works nicely for some
 * use cases, but is tricky for others where we want separate behaviours despite
 * the single shared option value.
 */
class DualOptions {
  /**
   * @param {Option[]} options
   */
  constructor(options) {
    this.positiveOptions = new Map();
    this.negativeOptions = new Map();
    this.dualOptions = new Set();
    options.forEach((option) => {
      if (option.negate) {
        this.negativeOptions.set(option.attributeName(), option);
      } else {
        this.positiveOptions.set(option.attributeName(), option);
      }
    });
    this.negativeOptions.forEach((value, key) => {
      if (this.positiveOptions.has(key)) {
        this.dualOptions.add(key);
      }
    });
  }

  /**
   * Did the value come from the option, and not from possible matching dual option?
   *
   * @param {*} value
   * @param {Option} option
   * @returns {boolean}
   */
  valueFromOption(value, option) {
    const optionKey = option.attributeName();
    if (!this.dualOptions.has(optionKey)) return true;

    // Use the value to deduce if (probably) came from the option.
    const preset = this.negativeOptions.get(optionKey).presetArg;
    const negativeValue = preset !== undefined ? preset : false;
    return option.negate === (negativeValue === value);
  }
}

/**
 * Convert string from kebab-case to camelCase.
 *
 * @param {string} str
 * @return {string}
 * @private
 */

function camelcase(str) {
  return str.split('-').reduce((str, word) => {
    return str + word[0].toUpperCase() + word.slice(1);
  });
}

/**
 * Split the short and long flag out of something like '-m,--mixed <value>'
 *
 * @private
 */

function splitOptionFlags(flags) {
  let shortFlag;
  let longFlag;
  // short flag, single dash and single character
  const shortFlagExp = /^-[^-]$/;
  // long flag, double dash and at least one character
  const longFlagExp = /^--[^-]/;

  const flagParts = flags.split(/[ |,]+/).concat('guard');
  // Normal is short and/or long.
  if (shortFlagExp.test(flagParts[0])) shortFlag = flagParts.shift();
  if (longFlagExp.test(flagParts[0])) longFlag = flagParts.shift();
  // Long then short. Rarely used but fine.
  if (!shortFlag && shortFlagExp.test(flagParts[0]))
    shortFlag = flagParts.shift();
  // Allow two long flags, like '--ws, --workspace'
  // This is the supported way to have a shortish option flag.
  if (!shortFlag && longFlagExp.test(flagParts[0])) {
    shortFlag = longFlag;
    longFlag = flagParts.shift();
  }

  // Check for unprocessed flag. Fail noisily rather than silently ignore.
  if (flagParts[0].startsWith('-')) {
    const unsupportedFlag = flagParts[0];
    const baseError = `option creation failed due to '${unsupportedFlag}' in option flags '${flags}'`;
    if (/^-[^-][^-]/.test(unsupportedFlag))
      throw new Error(
        `${baseError}
- a short flag is a single dash and a single character
  - either use a single dash and a single character (for a short flag)
  - or use a double dash for a long option (and can have two, like '--ws, --workspace')`,
      );
    if (shortFlagExp.test(unsupportedFlag))
      throw new Error(`${baseError}
- too many short flags`);
    if (longFlagExp.test(unsupportedFlag))
      throw new Error(`${baseError}
- too many long flags`);

    throw new Error(`${baseError}
- unrecognised flag format`);
  }
  if (shortFlag === undefined && longFlag === undefined)
    throw new Error(
      `option creation failed due to no flags found in '${flags}'.`,
    );

  return { shortFlag, longFlag };
}

exports.Option = Option;
exports.DualOptions = DualOptions;


/***/ }),

/***/ 30:
/***/ ((__unused_webpack_module, exports) => {

const maxDistance = 3;

function editDistance(a, b) {
  // https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance
  // Calculating optimal string alignment distance, no substring is edited more than once.
  // (Simple implementation.)

  // Quick early exit, return worst case.
  if (Math.abs(a.length - b.length) > maxDistance)
    return Math.max(a.length, b.length);

  // distance between prefix substrings of a and b
  const d = [];

  // pure deletions turn a into empty string
  for (let i = 0; i <= a.length; i++) {
    d[i] = [i];
  }
  // pure insertions turn empty string into b
  for (let j = 0; j <= b.length; j++) {
    d[0][j] = j;
  }

  // fill matrix
  for (let j = 1; j <= b.length; j++) {
    for (let i = 1; i <= a.length; i++) {
      let cost = 1;
      if (a[i - 1] === b[j - 1]) {
        cost = 0;
      } else {
        cost = 1;
      }
      d[i][j] = Math.min(
        d[i - 1][j] + 1, // deletion
        d[i][j - 1] + 1, // insertion
        d[i - 1][j - 1] + cost, // substitution
      );
      // transposition
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }

  return d[a.length][b.length];
}

/**
 * Find close matches, restricted to same number of edits.
 *
 * @param {string} word
 * @param {string[]} candidates
 * @returns {string}
 */

function suggestSimilar(word, candidates) {
  if (!candidates || candidates.length === 0) return '';
  // remove possible duplicates
  candidates = Array.from(new Set(candidates));

  const searchingOptions = word.startsWith('--');
  if (searchingOptions) {
    word = word.slice(2);
    candidates = candidates.map((candidate) => candidate.slice(2));
  }

  let similar = [];
  let bestDistance = maxDistance;
  const minSimilarity = 0.4;
  candidates.forEach((candidate) => {
    if (candidate.length <= 1) return; // no one character guesses

    const distance = editDistance(word, candidate);
    const length = Math.max(word.length, candidate.length);
    const similarity = (length - distance) / length;
    if (similarity > minSimilarity) {
      if (distance < bestDistance) {
        // better edit distance, throw away previous worse matches
        bestDistance = distance;
        similar = [candidate];
      } else if (distance === bestDistance) {
        similar.push(candidate);
      }
    }
  });

  similar.sort((a, b) => a.localeCompare(b));
  if (searchingOptions) {
    similar = similar.map((candidate) => `--${candidate}`);
  }

  if (similar.length > 1) {
    return `\n(Did you mean one of ${similar.join(', ')}?)`;
  }
  if (similar.length === 1) {
    return `\n(Did you mean ${similar[0]}?)`;
  }
  return '';
}

exports.suggestSimilar = suggestSimilar;


/***/ }),

/***/ 192:
/***/ ((__webpack_module__, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(760);
/* harmony import */ var _command_line_command_line_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(818);
/* harmony import */ var _run_exit_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(110);



// dist/cli/index.js is two levels below the installation's directory.
await (0,_run_exit_js__WEBPACK_IMPORTED_MODULE_2__/* .exitWith */ .n)((signal) => (0,_command_line_command_line_js__WEBPACK_IMPORTED_MODULE_1__/* .commandLine */ .a)(process.argv.slice(2), (0,node_path__WEBPACK_IMPORTED_MODULE_0__.join)(import.meta.dirname, '..', '..'), signal));

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 818:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  a: () => (/* binding */ commandLine)
});

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/errors.js
var errors = __nccwpck_require__(739);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/log-level.js
/** The log levels, from the fewest messages to the most. */
const LOG_LEVELS = ['error', 'warn', 'info', 'debug'];
/** True if a message of level `needed` is logged at `level`. */
const shouldLog = (needed, level) => LOG_LEVELS.indexOf(needed) <= LOG_LEVELS.indexOf(level);

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/reporter.js


/** `reporter`, less the messages below `level`. */
function filtered(reporter, level) {
    const from = (needed, write) => (message) => {
        if (shouldLog(needed, level))
            write(message);
    };
    return {
        error: from('error', reporter.error),
        warning: from('warn', reporter.warning),
        info: from('info', reporter.info),
        debug: from('debug', reporter.debug),
    };
}
/** Writes `awf: ...` lines to standard error. */
const stderrReporter = {
    debug: (message) => process.stderr.write(`awf: debug: ${message}\n`),
    info: (message) => process.stderr.write(`awf: ${message}\n`),
    warning: (message) => process.stderr.write(`awf: warning: ${message}\n`),
    error: (message) => process.stderr.write(`awf: error: ${message}\n`),
};
/**
 * Does one part of a report. A part that fails costs itself and nothing else: a warning says what is missing and why.
 *
 * @param what completes "Could not …"
 * @returns undefined when the part failed
 */
async function attempt(reporter, what, work) {
    try {
        return await work();
    }
    catch (error) {
        reporter.warning(`Could not ${what}: ${(0,errors/* describeError */.Uc)(error)}`);
        return undefined;
    }
}

// EXTERNAL MODULE: ./node_modules/commander/index.js
var commander = __nccwpck_require__(909);
;// CONCATENATED MODULE: ./node_modules/commander/esm.mjs


// wrapper to provide named exports for ESM.
const {
  /* program */ "DM": program,
  /* createCommand */ "gu": createCommand,
  /* createArgument */ "er": createArgument,
  /* createOption */ "Ww": createOption,
  /* CommanderError */ "b7": CommanderError,
  /* InvalidArgumentError */ "Di": InvalidArgumentError,
  /* InvalidOptionArgumentError */ "a2": InvalidOptionArgumentError, // deprecated old name
  /* Command */ "uB": Command,
  /* Argument */ "ef": Argument,
  /* Option */ "c$": Option,
  /* Help */ "_V": Help,
} = commander;

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/value-error.js
var value_error = __nccwpck_require__(12);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/copilot-host.js

/** The variable in which a runner says which GitHub server it works for. */
const SERVER_URL_VARIABLE = 'GITHUB_SERVER_URL';
/** Copilot's host for everybody who is licensed on github.com, whatever the plan. */
const COPILOT_HOST = 'api.githubcopilot.com';
/** GitHub Enterprise Cloud with data residency: each enterprise has one label below this domain. */
const RESIDENCY_DOMAIN = 'ghe.com';
const RESIDENCY_SERVICE = 'copilot-api';
/** An enterprise's: letters, digits and inner hyphens; never an internationalised one. */
const SUBDOMAIN = '(?!xn--)(?<subdomain>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)';
const escapedDomain = RegExp.escape(RESIDENCY_DOMAIN);
const RESIDENCY_HOST = new RegExp(`^${RegExp.escape(RESIDENCY_SERVICE)}\\.${SUBDOMAIN}\\.${escapedDomain}$`);
/** From a server's origin to Copilot's host, undefined where no server can be; the first row that matches decides. */
const HOST_BY_SERVER = [
    { origin: /^https:\/\/github\.com$/, host: COPILOT_HOST },
    {
        origin: new RegExp(`^https://${SUBDOMAIN}\\.${escapedDomain}$`),
        host: `${RESIDENCY_SERVICE}.$<subdomain>.${RESIDENCY_DOMAIN}`,
    },
    // Prompts that have to stay in a region would leave it if a mistyped address were taken for any other server.
    { origin: new RegExp(`^https?://(?:.+\\.)?${escapedDomain}(?::.+)?$`), host: undefined },
    // Enterprise Server has no Copilot of its own; its users are licensed on github.com.
    { origin: /^https?:.+$/, host: COPILOT_HOST },
];
/** An address as a runner states it. A URL parser would take a backslash for a slash, and decode escapes. */
const FORM = /^(?<scheme>https?):\/\/(?<name>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)\.?(?<port>:\d{1,5})?\/?$/i;
/** In lower case, without a trailing dot and without the port that the scheme implies. */
function originOf(serverUrl) {
    const { scheme, name, port = '' } = FORM.exec(serverUrl)?.groups ?? {};
    if (scheme === undefined || name === undefined)
        return undefined;
    const implied = scheme.toLowerCase() === 'https' ? ':443' : ':80';
    return `${scheme}://${name}${port === implied ? '' : port}`.toLowerCase();
}
/**
 * The host of Copilot's API for the users of a GitHub server. Whatever the address is, the host is one of GitHub's.
 *
 * - github.com: `api.githubcopilot.com`.
 * - SUBDOMAIN.ghe.com: `copilot-api.SUBDOMAIN.ghe.com`, the name that
 *   https://docs.github.com/en/copilot/how-tos/provide-context/use-mcp-in-your-ide/enterprise-configuration gives. The
 *   hosts of github.com are not used (https://docs.github.com/en/copilot/reference/copilot-allowlist-reference).
 * - Enterprise Server: as github.com. Licences are assigned on GitHub's cloud platforms only, and users authenticate there
 *   (https://docs.github.com/en/enterprise-server@latest/copilot/copilot-on-ghes/about-copilot-on-ghes). Not
 *   `api.enterprise.githubcopilot.com`: by the allow-list reference it serves users of the plan Copilot Enterprise.
 *
 * @param serverUrl value of {@link SERVER_URL_VARIABLE}; an empty one counts as absent, which is github.com
 * @throws ValueError that names the variable and does not quote it, since an address can hold a password
 */
function copilotHost(serverUrl) {
    const text = serverUrl?.trim() ?? '';
    if (text === '')
        return COPILOT_HOST;
    const origin = originOf(text);
    const row = origin === undefined ? undefined : HOST_BY_SERVER.find((candidate) => candidate.origin.test(origin));
    if (origin === undefined || row?.host === undefined) {
        throw new value_error/* ValueError */.Q(`${SERVER_URL_VARIABLE} is not a GitHub server's address, such as https://github.com or https://SUBDOMAIN.${RESIDENCY_DOMAIN}.`);
    }
    return origin.replace(row.origin, row.host);
}
/** True for every host that {@link copilotHost} gives, and for no other. */
function isCopilotHost(host) {
    return host === COPILOT_HOST || RESIDENCY_HOST.test(host);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/contract.js
/**
 * Facts that both sides of a container's boundary state: TypeScript on one, and on the other a Dockerfile, a script or C
 * that cannot import anything. `__tests__/layout.test.ts` searches for every one of them, and fails when a file that is not
 * listed there with a reason states it again. A new export is searched for from the start.
 */
/**
 * The sandbox's own places in the agent container. A user's mount can neither take one nor lie below one.
 *
 * `lib` has the image's files, `home` what is mounted deep in the home, `github` the command's files for outputs and the
 * summary, `runtime` is the command's `XDG_RUNTIME_DIR`, `command` its script, and `probes` what the pre-flight check
 * leaves for a moment.
 */
const AGENT_PLACES = {
    lib: '/tmp/awf-lib',
    home: '/tmp/awf-home',
    github: '/tmp/awf-github',
    runtime: '/tmp/awf-runtime',
    command: '/tmp/awf-command',
    probes: '/tmp/.awf-probes',
};
/** Where the agent image's files are in the agent container. */
const AGENT_LIB = AGENT_PLACES.lib;
/** The owner of these files: a user that nothing runs as, so that neither the command nor root without capabilities can change them. */
const AGENT_LIB_OWNER = 65_533;
/** The helper that Claude Code calls for its key. */
const CLAUDE_KEY_HELPER = `${AGENT_LIB}/get-claude-key.sh`;
/** What the helper prints. */
const PLACEHOLDER_CLAUDE_KEY = 'sk-ant-placeholder-key-for-credential-isolation';
/** The preloaded library that makes credential variables readable once. */
const ONE_SHOT_LIBRARY = `${AGENT_LIB}/one-shot-token.so`;
/** The variable with the names that the library protects, separated by commas. */
const ONE_SHOT_VARIABLE = 'AWF_ONE_SHOT_TOKENS';
/** The variable with which a user has the library log names. */
const ONE_SHOT_DEBUG_VARIABLE = 'AWF_ONE_SHOT_TOKEN_DEBUG';
/** The entrypoint's shell variable for the pre-flight checks, which the start document sets. */
const CHECKS_VARIABLE = 'AWF_CHECKS';
/** The entrypoint's shell variable for {@link AGENT_LIB}, which the start document reads. */
const LIB_VARIABLE = 'AWF_LIB';
/** The agent container's standard error is the sandbox's up to this line, and the command's after it. */
const COMMAND_MARKER = '\u001eawf: command\n';
/** The user and group of both sidecars when the caller is root: no account has this number, and it owns no files. */
const SIDECAR_ID = 65_532;
/** In the sidecars' environment: the addresses that each sends a packet to when it starts, separated by spaces. */
const PEERS_VARIABLE = 'AWF_PEERS';
/** Where that packet goes. RFC 863: whatever arrives at this port is thrown away. */
const DISCARD_PORT = 9;
/** A file system of memory for Squid's configuration. */
const SQUID_RUN_DIRECTORY = '/run/squid';
/** Certificate and key that Squid's syntax wants for the peek port; nothing is ever decrypted with them. */
const PEEK_CERTIFICATE = '/etc/squid/peek.pem';
const SQUID_LOG_DIR = '/var/log/squid';
const ACCESS_LOG = 'access.log';
const CACHE_LOG = 'cache.log';
const API_PROXY_LOG_DIR = '/var/log/api-proxy';
const API_PROXY_LOG_FILE = 'api-proxy.log';

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/endpoints.js
/** How the table of providers writes down the endpoints that pass the api-proxy. */

/** `WEBSOCKET` is a GET that asks for one: that a path may be read does not mean that a channel may be opened there. */
const ENDPOINT_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'WEBSOCKET'];
/** The endpoints below each of the prefixes. */
function under(prefixes, endpoints) {
    return prefixes.flatMap((prefix) => endpoints.map((endpoint) => ({ ...endpoint, path: `${prefix}${endpoint.path}` })));
}
const get = (path, ...query) => ({ method: 'GET', path, query });
const post = (path, ...query) => ({ method: 'POST', path, query });
const freePost = (path, ...query) => ({ ...post(path, ...query), free: true });
const websocket = (path, ...query) => ({ method: 'WEBSOCKET', path, query });
const SEGMENT = "[\\w.~!$&'()*+,=:@-]+";
const PATTERN = new RegExp(`^(?:/${SEGMENT})+$`);
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
/**
 * Checks an endpoint that a user adds.
 *
 * @throws ValueError naming `name` and which part is wrong; it quotes nothing
 */
function checkEndpoint(name, method, path) {
    const known = ENDPOINT_METHODS.find((candidate) => candidate === method);
    if (known === undefined)
        throw new value_error/* ValueError */.Q(`${name}: the method must be one of ${ENDPOINT_METHODS.join(', ')}.`);
    if (typeof path !== 'string' || path.length > 1_000 || !PATTERN.test(path) || DOT_SEGMENT.test(path)) {
        throw new value_error/* ValueError */.Q(`${name}: the path must start with a slash and have no empty or dot segment, escape, query or end slash.`);
    }
    return { method: known, path };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/provider-entry.js
/**
 * What the table of providers says about each one. Which variables and files the agent programs read was measured, see
 * docs/agents.md.
 */
/** Stands in the agent's environment where a program expects a credential and checks nothing of its form. */
const PLACEHOLDER_TOKEN = 'placeholder-token-for-credential-isolation';
/** A value as the content of a settings file. */
const jsonFile = (value) => `${JSON.stringify(value, null, 2)}\n`;

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/usage.js
/** Tokens of a request, and how a provider's answers report them. */
/** A count as a provider reports it; 0 for anything else. */
const tokens = (value) => Number.isSafeInteger(value) && value > 0 ? value : 0;
const isObject = (value) => typeof value === 'object' && value !== null;
const NO_USAGE = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
const sumOfUsage = (a, b) => ({
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
});

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers/anthropic.js




/** The SDK's `beta` resources and Claude Code add `?beta=true` everywhere. */
const ENDPOINTS = under(['/v1'], [
    post('/messages', 'beta'),
    freePost('/messages/count_tokens', 'beta'),
    get('/models', 'beta', 'limit', 'before_id', 'after_id'),
    get('/models/*', 'beta'),
]);
/** https://docs.anthropic.com/en/api/messages: `input_tokens` is what no cache was read or written for. */
function readAnthropic(counts) {
    const cachedInputTokens = tokens(counts['cache_read_input_tokens']);
    return {
        inputTokens: tokens(counts['input_tokens']) + tokens(counts['cache_creation_input_tokens']) + cachedInputTokens,
        outputTokens: tokens(counts['output_tokens']),
        cachedInputTokens,
    };
}
/** https://docs.anthropic.com/en/api/errors */
const ERROR_TYPES = {
    401: 'authentication_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    500: 'api_error',
};
const errorBody = (error) => ({
    type: 'error',
    error: {
        type: ERROR_TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error'),
        message: error.message,
    },
});
const anthropic = {
    id: 'anthropic',
    name: 'Anthropic',
    port: 10001,
    defaultTarget: 'api.anthropic.com',
    targetInput: 'anthropic-api-target',
    targetVariable: 'ANTHROPIC_API_TARGET',
    credentials: [{ variable: 'ANTHROPIC_API_KEY', input: 'anthropic-api-key', label: 'an Anthropic key' }],
    withheld: {
        aliases: ['CLAUDE_API_KEY'],
        wellKnown: ['CLAUDE_CODE_OAUTH_TOKEN'],
        // @anthropic-ai/sdk 1.12.0 and Claude Code 2.1.330
        patterns: [
            ...['ANTHROPIC_*KEY', 'ANTHROPIC_*TOKEN', 'ANTHROPIC_*SECRET'],
            ...['CLAUDE_*KEY', 'CLAUDE_*TOKEN', 'CLAUDE_*CREDENTIAL'],
        ],
    },
    injection: { header: 'x-api-key', prefix: '', defaults: { 'anthropic-version': '2023-06-01' } },
    endpoints: ENDPOINTS,
    credentialQuery: [],
    requestHeaders: ['anthropic-*', 'x-app', 'x-claude-*'],
    subprotocols: [],
    agentVariables: [
        { name: 'ANTHROPIC_BASE_URL', when: 'configured', role: 'base-url', value: '' },
        { name: 'ANTHROPIC_AUTH_TOKEN', when: 'configured', role: 'placeholder', value: PLACEHOLDER_TOKEN },
        { name: 'CLAUDE_CODE_API_KEY_HELPER', when: 'configured', role: 'setting', value: CLAUDE_KEY_HELPER },
        {
            name: 'CLAUDE_CODE_API_KEY_HELPER_TTL_MS',
            when: 'configured',
            role: 'setting',
            value: '3600000',
            overridable: true,
        },
    ],
    managedSettings: [
        {
            path: '/etc/claude-code/managed-settings.json',
            when: 'configured',
            content: () => jsonFile({ apiKeyHelper: CLAUDE_KEY_HELPER }),
        },
    ],
    sideTraffic: ['api.anthropic.com', 'statsig.anthropic.com', 'sentry.io'],
    usage: { usageKey: 'usage', modelKey: 'model', read: readAnthropic },
    errorBody,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers/openai.js


/** Azure OpenAI wants it everywhere: https://learn.microsoft.com/azure/ai-foundry/openai/reference */
const VERSION = 'api-version';
const OPENAI_GENERATION = [
    post('/chat/completions', VERSION),
    post('/completions', VERSION),
    post('/embeddings', VERSION),
];
const RESPONSES = [
    post('/responses', VERSION),
    post('/responses/compact', VERSION),
    freePost('/responses/input_tokens', VERSION),
    freePost('/responses/*/cancel', VERSION),
    get('/responses/*', VERSION, 'include', 'include_obfuscation', 'starting_after', 'stream'),
    get('/responses/*/input_items', VERSION, 'after', 'include', 'limit', 'order'),
];
const WEBSOCKETS = [
    // Codex tries this one before plain HTTP.
    websocket('/responses', VERSION),
    websocket('/realtime', VERSION, 'model', 'intent', 'call_id', 'deployment'),
];
const OPENAI_MODELS = [
    // Codex tells its version.
    get('/models', VERSION, 'client_version'),
    get('/models/*', VERSION),
];
/** With `/v1` as OpenAI has it; without for a base path in the target that has it; below `/openai` as Azure's SDK asks. */
const openai_ENDPOINTS = [
    ...under(['/v1', '', '/openai/v1', '/openai'], [...OPENAI_GENERATION, ...RESPONSES, ...WEBSOCKETS, ...OPENAI_MODELS]),
    ...under(['/openai/deployments/*'], OPENAI_GENERATION),
];
const cachedIn = (details) => (isObject(details) ? tokens(details['cached_tokens']) : 0);
/** https://platform.openai.com/docs/api-reference: Chat, Embeddings; otherwise Responses, and Realtime with its own spelling. */
function readOpenAi(counts) {
    if ('prompt_tokens' in counts) {
        return {
            inputTokens: tokens(counts['prompt_tokens']),
            outputTokens: tokens(counts['completion_tokens']),
            cachedInputTokens: cachedIn(counts['prompt_tokens_details']),
        };
    }
    return {
        inputTokens: tokens(counts['input_tokens']),
        outputTokens: tokens(counts['output_tokens']),
        cachedInputTokens: cachedIn(counts['input_tokens_details'] ?? counts['input_token_details']),
    };
}
const openai_errorBody = (error) => ({
    error: {
        message: error.message,
        type: error.status >= 500 ? 'server_error' : 'invalid_request_error',
        param: null,
        code: error.code,
    },
});
const openai = {
    id: 'openai',
    name: 'OpenAI',
    port: 10000,
    defaultTarget: 'api.openai.com',
    targetInput: 'openai-api-target',
    targetVariable: 'OPENAI_API_TARGET',
    credentials: [{ variable: 'OPENAI_API_KEY', input: 'openai-api-key', label: 'an OpenAI key' }],
    withheld: {
        aliases: ['OPENAI_KEY', 'CODEX_API_KEY'],
        wellKnown: ['AZURE_OPENAI_API_KEY', 'CODEX_ACCESS_TOKEN'],
        // openai 7.57.0 and Codex 0.169.0
        patterns: [
            ...['OPENAI_*KEY', 'OPENAI_*TOKEN', 'OPENAI_*SECRET', 'AZURE_OPENAI_*KEY', 'AZURE_OPENAI_*TOKEN'],
            ...['CODEX_*KEY', 'CODEX_*TOKEN'],
        ],
    },
    injection: { header: 'authorization', prefix: 'Bearer ', defaults: {} },
    endpoints: openai_ENDPOINTS,
    credentialQuery: [],
    requestHeaders: ['openai-*', 'originator', 'session_id', 'session-id', 'conversation_id', 'x-codex-*', 'chatgpt-*'],
    // https://platform.openai.com/docs/guides/realtime-websocket; openai-insecure-api-key.<key> is the one to lose.
    subprotocols: ['realtime', 'openai-beta.*', 'openai-organization.*', 'openai-project.*'],
    agentVariables: [{ name: 'OPENAI_BASE_URL', when: 'configured', role: 'base-url', value: '/v1' }],
    managedSettings: [
        {
            path: '/etc/codex/config.toml',
            when: 'configured',
            content: (baseUrl) => `openai_base_url = ${JSON.stringify(`${baseUrl}/v1`)}\n`,
        },
    ],
    sideTraffic: ['chatgpt.com', 'ab.chatgpt.com', 'github.com', 'api.github.com'],
    usage: { usageKey: 'usage', modelKey: 'model', read: readOpenAi },
    errorBody: openai_errorBody,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers/copilot.js





/** Without `/v1`; Claude models are also offered by Anthropic's own route. */
const copilot_ENDPOINTS = [
    ...OPENAI_GENERATION.filter(({ path }) => path !== '/completions'),
    post('/responses', VERSION),
    ...OPENAI_MODELS,
    post('/v1/messages', 'beta'),
    freePost('/v1/messages/count_tokens', 'beta'),
];
/** Copilot offers the routes of OpenAI and of Anthropic, and their counts differ by the cache's names only. */
const readUsage = (counts) => 'cache_read_input_tokens' in counts ? readAnthropic(counts) : readOpenAi(counts);
const copilot_errorBody = (error) => ({ error: { message: error.message, code: error.code } });
const copilot = {
    id: 'copilot',
    name: 'GitHub Copilot',
    port: 10002,
    defaultTarget: COPILOT_HOST,
    byServer: { host: copilotHost, includes: isCopilotHost },
    targetInput: 'copilot-api-target',
    targetVariable: 'COPILOT_API_TARGET',
    credentials: [
        { variable: 'COPILOT_GITHUB_TOKEN', input: 'copilot-github-token', label: 'a Copilot token' },
        { variable: 'COPILOT_API_KEY', input: 'copilot-api-key', label: 'a Copilot key' },
    ],
    withheld: {
        aliases: [],
        wellKnown: ['COPILOT_PROVIDER_BEARER_TOKEN'],
        // Copilot CLI 1.0.102
        patterns: ['COPILOT_*KEY', 'COPILOT_*TOKEN'],
    },
    injection: { header: 'authorization', prefix: 'Bearer ', defaults: {} },
    endpoints: copilot_ENDPOINTS,
    credentialQuery: [],
    requestHeaders: ['copilot-*', 'editor-*', 'x-initiator', 'x-interaction-*', 'x-github-api-version', 'openai-*'],
    subprotocols: [],
    agentVariables: [
        { name: 'COPILOT_API_URL', when: 'configured', role: 'base-url', value: '' },
        { name: 'COPILOT_TOKEN', when: 'configured', role: 'placeholder', value: PLACEHOLDER_TOKEN },
        {
            name: 'COPILOT_GITHUB_TOKEN',
            when: { credential: 'COPILOT_GITHUB_TOKEN' },
            role: 'placeholder',
            value: PLACEHOLDER_TOKEN,
        },
        { name: 'COPILOT_API_KEY', when: { credential: 'COPILOT_API_KEY' }, role: 'placeholder', value: PLACEHOLDER_TOKEN },
        { name: 'COPILOT_OFFLINE', when: { credential: 'COPILOT_API_KEY' }, role: 'setting', value: 'true' },
        // Today's CLI asks api.github.com about a token, and a placeholder is none; of a provider of its user's own it asks
        // nobody. So these are set for a token too, and with them it needs a model by name.
        { name: 'COPILOT_PROVIDER_BASE_URL', when: 'configured', role: 'base-url', value: '' },
        { name: 'COPILOT_PROVIDER_API_KEY', when: 'configured', role: 'placeholder', value: PLACEHOLDER_TOKEN },
        { name: 'COPILOT_MODEL', when: 'configured', role: 'setting', value: 'gpt-4.1', overridable: true },
    ],
    managedSettings: [],
    sideTraffic: ['api.github.com'],
    usage: { usageKey: 'usage', modelKey: 'model', read: readUsage },
    errorBody: copilot_errorBody,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers/gemini.js



/** https://cloud.google.com/apis/docs/system-parameters; `alt=sse` makes a stream of events. */
const QUERY = ['alt', '$alt', 'fields', '$fields', 'prettyPrint', '$prettyPrint'];
const gemini_ENDPOINTS = [
    websocket('/ws/google.ai.generativelanguage.*.GenerativeService.BidiGenerateContent'),
    ...under(['/v1beta', '/v1', '/v1alpha'], [
        ...['generateContent', 'streamGenerateContent', 'embedContent', 'batchEmbedContents'].map((verb) => post(`/models/*:${verb}`, ...QUERY)),
        freePost('/models/*:countTokens', ...QUERY),
        get('/models', 'pageSize', 'pageToken', 'page_size', 'page_token', ...QUERY),
        get('/models/*', ...QUERY),
    ]),
];
/** https://ai.google.dev/api/generate-content#UsageMetadata, and the Live API's `responseTokenCount`. */
function gemini_readUsage(counts) {
    return {
        inputTokens: tokens(counts['promptTokenCount']) + tokens(counts['toolUsePromptTokenCount']),
        outputTokens: tokens(counts['candidatesTokenCount'] ?? counts['responseTokenCount']) + tokens(counts['thoughtsTokenCount']),
        cachedInputTokens: tokens(counts['cachedContentTokenCount']),
    };
}
/** https://cloud.google.com/apis/design/errors */
const STATUSES = {
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    429: 'RESOURCE_EXHAUSTED',
    500: 'INTERNAL',
    502: 'UNAVAILABLE',
    503: 'UNAVAILABLE',
    504: 'DEADLINE_EXCEEDED',
};
const gemini_errorBody = (error) => ({
    error: {
        code: error.status,
        message: error.message,
        status: STATUSES[error.status] ?? (error.status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
    },
});
const gemini = {
    id: 'gemini',
    name: 'Google Gemini',
    port: 10003,
    defaultTarget: 'generativelanguage.googleapis.com',
    targetInput: 'gemini-api-target',
    targetVariable: 'GEMINI_API_TARGET',
    credentials: [{ variable: 'GEMINI_API_KEY', input: 'gemini-api-key', label: 'a Gemini key' }],
    withheld: {
        aliases: [],
        wellKnown: ['GOOGLE_API_KEY'],
        // @google/genai 3.1.0
        patterns: ['GEMINI_*KEY', 'GOOGLE_*API_KEY'],
    },
    injection: { header: 'x-goog-api-key', prefix: '', defaults: {} },
    endpoints: gemini_ENDPOINTS,
    // https://cloud.google.com/apis/docs/system-parameters, and those of the API's discovery document
    credentialQuery: ['key', '$key', 'access_token', 'oauth_token'],
    requestHeaders: ['x-goog-api-client', 'x-goog-request-params', 'x-gemini-*'],
    subprotocols: [],
    agentVariables: [
        { name: 'GEMINI_API_BASE_URL', when: 'always', role: 'base-url', value: '' },
        { name: 'GOOGLE_GEMINI_BASE_URL', when: 'always', role: 'base-url', value: '' },
        {
            name: 'GEMINI_API_KEY',
            when: 'always',
            role: 'placeholder',
            value: 'gemini-api-key-placeholder-for-credential-isolation',
        },
    ],
    managedSettings: [
        {
            // It takes the machine's own (/etc/gemini-cli) from a directory of root's only, and an ordinary user can make none.
            path: '~/.gemini/settings.json',
            when: 'always',
            content: () => jsonFile({ security: { auth: { selectedType: 'gemini-api-key' } } }),
        },
    ],
    sideTraffic: ['play.googleapis.com'],
    usage: { usageKey: 'usageMetadata', modelKey: 'modelVersion', read: gemini_readUsage },
    errorBody: gemini_errorBody,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers.js
/**
 * The provider table: the only place that knows a provider's port, host, header, key names, placeholders, base-URL
 * variables, error shape and managed settings. Adding a provider is a file in `providers/` and a line in {@link TABLE};
 * everything else derives from them.
 */





/** By port. */
const TABLE = [openai, anthropic, copilot, gemini];
/** All providers, by port. */
const PROVIDERS = TABLE;
/**
 * The provider's host for those who name no other.
 *
 * @param serverUrl value of `GITHUB_SERVER_URL`
 * @throws ValueError naming the variable, where the host depends on it and it cannot be understood
 */
function ownHost({ byServer, defaultTarget }, serverUrl) {
    return byServer ? byServer.host(serverUrl) : defaultTarget;
}
/** True for a host of the provider's own, in whatever way it was named; any other may be anybody's gateway. */
function isOwnHost({ byServer, defaultTarget }, host) {
    return host === defaultTarget || (byServer?.includes(host) ?? false);
}
/** Every credential that a run can be given. */
const CREDENTIALS = PROVIDERS.flatMap((provider) => provider.credentials);
/** Providers with a single key first: theirs are the names that most users look for. */
const ALL_KEYS = PROVIDERS.toSorted((a, b) => a.credentials.length - b.credentials.length).flatMap(({ credentials }) => credentials.map(({ variable }) => variable));
/** Said when the api-proxy has nothing to inject. */
const NO_CREDENTIALS = `API proxy enabled but no API keys found in environment. Set ${ALL_KEYS.slice(0, -1).join(', ')}, or ${ALL_KEYS.at(-1) ?? ''} to use the proxy`;
const WITHHELD = PROVIDERS.map(({ withheld }) => withheld);
const ALIASES = WITHHELD.flatMap(({ aliases }) => aliases);
/** Names under which programs take a credential that the api-proxy cannot inject. A `*` stands for anything. */
const CREDENTIAL_PATTERNS = WITHHELD.flatMap(({ patterns }) => patterns);
const PLACEHOLDERS = PROVIDERS.flatMap(({ agentVariables }) => agentVariables.filter(({ role }) => role === 'placeholder'));
/** Values that a user may put into a credential variable of the agent, for SDKs that insist on one. */
const ACCEPTED_PLACEHOLDERS = [
    ...new Set(['placeholder', PLACEHOLDER_CLAUDE_KEY, ...PLACEHOLDERS.map(({ value }) => value)]),
];
/** Names that never reach the agent with a value of the user's. */
const CREDENTIAL_VARIABLES = [
    ...CREDENTIALS.map((credential) => credential.variable),
    ...ALIASES,
];
/** Names under which a program could find a credential: a placeholder is all that they ever hold in the agent. */
const CREDENTIAL_NAMES = [
    ...new Set([
        ...CREDENTIAL_VARIABLES,
        ...WITHHELD.flatMap(({ wellKnown }) => wellKnown),
        ...PLACEHOLDERS.map(({ name }) => name),
    ]),
];
/**
 * Names that the one-shot-token library protects in the agent: tokens that users pass, and names that hold nothing.
 *
 * Not the placeholders: they are worth nothing, and programs need them in children. Measured: npm 11 hands none of these
 * variables on, so that a program on an SDK fails under `npm start`; Gemini CLI 0.61.0 reads its key, starts itself again
 * without it, and ends with exit code 41.
 */
const ONE_SHOT_TOKENS = [
    ...['COPILOT_GITHUB_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_API_TOKEN', 'GITHUB_PAT'],
    ...ALIASES,
];

// EXTERNAL MODULE: ./node_modules/tldts/dist/cjs/index.js
var cjs = __nccwpck_require__(935);
;// CONCATENATED MODULE: external "node:net"
const external_node_net_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");
;// CONCATENATED MODULE: external "node:url"
const external_node_url_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:url");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/domain.js


/** The one form of a host name that rules compare: lower case, punycode, no trailing dot. */
function canonicalHost(text) {
    // domainToASCII parses like a URL parser: it would drop what follows a slash, remove tabs and decode percent signs.
    if (/[\s\x00-\x1f/\\?#@:%]/.test(text))
        return undefined;
    const ascii = (0,external_node_url_namespaceObject.domainToASCII)(text.replace(/\.$/, ''));
    if (ascii === '' || ascii.length > 253 || (0,external_node_net_namespaceObject.isIP)(ascii) !== 0 || looksLikeAddress(ascii))
        return undefined;
    const labels = ascii.split('.');
    const valid = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
    return valid ? ascii : undefined;
}
/** Whether `text` is an IPv4 address in any spelling that resolvers accept: decimal, octal, hexadecimal, shortened. */
function looksLikeAddress(text) {
    return (0,external_node_net_namespaceObject.isIP)(text.replace(/^\[|\]$/g, '')) !== 0 || /^(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*\.?$/i.test(text);
}
/** Whether `host` is `domain` or one of its subdomains. */
function isWithin(host, domain) {
    return host === domain || host.endsWith(`.${domain}`);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/source.js
/** @returns the source as a message names it: `allow-domains, line 3`, `--mount (2nd)`, `memory (default)` */
function placeOf({ kind, name, repetition, line }) {
    const which = kind === 'default' ? ' (default)' : repetition === undefined ? '' : ` (${ordinal(repetition)})`;
    return `${name}${which}${line === undefined ? '' : `, line ${line}`}`;
}
const SUFFIXES = { one: 'st', two: 'nd', few: 'rd' };
function ordinal(number) {
    return `${number}${SUFFIXES[new Intl.PluralRules('en', { type: 'ordinal' }).select(number)] ?? 'th'}`;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/allow-list.js




/** The schemes to which an entry may be limited. */
const SCHEMES = ['https', 'http'];
/** The names that the entries allow, for each scheme. */
function allowList(entries) {
    return { https: collapse(entries, 'https'), http: collapse(entries, 'http') };
}
/** Whether `scheme` may reach `host`. */
function isAllowed(list, scheme, host) {
    const { domains, subdomainsOf } = list[scheme];
    return (domains.some((domain) => isWithin(host, domain)) ||
        subdomainsOf.some((domain) => host !== domain && isWithin(host, domain)));
}
/**
 * Reads an entry of `allow-domains`.
 *
 * @throws UserError naming the entry's place, what is wrong with it and, if possible, what to write instead
 */
function allowEntry({ text: entry, source }, { nameOf }) {
    const fail = (problem, hint) => {
        throw new errors/* UserError */.yo(`${placeOf(source)}: "${entry}" ${problem}.`, { hint });
    };
    const match = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?<wildcard>\*\.)?(?<rest>.*)$/i.exec(entry)?.groups ?? {};
    const scheme = match['scheme']?.toLowerCase();
    const rest = match['rest'] ?? '';
    const hostText = rest.replace(/[/?#:].*$/s, '');
    const prefix = `${scheme === 'https' || scheme === 'http' ? `${scheme}://` : ''}${match['wildcard'] ?? ''}`;
    const suggestion = `Write "${prefix}${hostText}".`;
    if (scheme !== undefined && scheme !== 'https' && scheme !== 'http') {
        return fail(`has the scheme ${scheme}`, `Only https:// and http:// can be allowed. ${suggestion}`);
    }
    if (looksLikeAddress(rest) || looksLikeAddress(hostText) || /^\[/.test(rest)) {
        return fail('is an IP address', `Only names can be allowed; give the address a name with ${nameOf('add-hosts')}.`);
    }
    if (/^[^/]*@/.test(rest))
        return fail('has a user name', `Write "${rest.replace(/^.*@/, '')}".`);
    if (/^[^/]*:/.test(rest))
        return fail('has a port', `Ports 80 and 443 are always allowed. ${suggestion}`);
    if (/[/?#]/.test(rest))
        return fail('has a path', `Whole domains are allowed, not paths. ${suggestion}`);
    if (rest.includes('*')) {
        return fail('has a wildcard inside', `A wildcard stands for all subdomains only: "*.${rest.replace(/^.*\*\.?/, '')}".`);
    }
    const host = canonicalHost(rest);
    if (host === undefined)
        return fail('is not a domain name', 'Write a name such as "example.com".');
    const { publicSuffix, isIcann } = (0,cjs/* parse */.qg)(host, { allowPrivateDomains: false });
    if (publicSuffix === host && isIcann === true) {
        return fail('is a public suffix, under which anybody can register', `Name the domain itself: "example.${host}".`);
    }
    if (!host.includes('.') && match['wildcard'] !== undefined) {
        return fail('is a whole top-level domain', `Name the domain itself: "example.${host}".`);
    }
    return { schemes: scheme ? [scheme] : SCHEMES, host, subdomainsOnly: match['wildcard'] !== undefined };
}
/** Drops names that another entry of the same scheme covers, so that Squid's lists contain no name twice. */
function collapse(entries, scheme) {
    const ofScheme = entries.filter((entry) => entry.schemes.includes(scheme));
    const hosts = (subdomainsOnly) => [
        ...new Set(ofScheme.filter((entry) => entry.subdomainsOnly === subdomainsOnly).map((entry) => entry.host)),
    ];
    const strictlyWithin = (host, domain) => host !== domain && isWithin(host, domain);
    const full = hosts(false);
    const wild = hosts(true);
    const domains = full.filter((host) => ![...full, ...wild].some((other) => strictlyWithin(host, other)));
    const subdomainsOf = wild.filter((host) => !full.some((other) => isWithin(host, other)) && !wild.some((other) => strictlyWithin(host, other)));
    return { domains: domains.sort(), subdomainsOf: subdomainsOf.sort() };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/allow-endpoints.js





const HINT = `Write a provider, a method (${ENDPOINT_METHODS.join(', ')}) and a path in which * stands for a part of one segment, ` +
    'for example "openai GET /v1/files/*".';
/** An entry of `allow-endpoints`: `provider METHOD /path`. */
function allowedEndpoint({ text, source }) {
    const name = `${placeOf(source)}, "${text}"`;
    const [id, method, path, ...rest] = text.split(/\s+/);
    return (0,errors/* withHint */.mu)(HINT, () => {
        const provider = PROVIDERS.find((known) => known.id === id);
        if (!provider) {
            throw new value_error/* ValueError */.Q(`${name}: the provider must be one of ${PROVIDERS.map((known) => known.id).join(', ')}.`);
        }
        if (rest.length > 0)
            throw new value_error/* ValueError */.Q(`${name}: there is a word too many.`);
        return { provider: provider.id, ...checkEndpoint(name, method, path) };
    });
}

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/entries.js





/** `name:address` */
function hostEntry({ text, source }) {
    const colon = text.indexOf(':');
    const name = canonicalHost(text.slice(0, Math.max(colon, 0)));
    const address = text.slice(colon + 1).replace(/^\[|\]$/g, '');
    if (name !== undefined && (0,external_node_net_namespaceObject.isIP)(address) === 4)
        return { name, address };
    throw new errors/* UserError */.yo(`${placeOf(source)}: "${text}" is not name:address.`, {
        hint: 'Write a domain name, a colon and an IPv4 address, for example "gateway.example.com:10.1.2.3".',
    });
}
/** `NAME` or `NAME=value`. The value may be a secret, so no message quotes it. */
function requestedVariable({ text, source }, { nameOf }) {
    const place = placeOf(source);
    const { name, value } = /^(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:=(?<value>.*))?$/s.exec(text)?.groups ?? {};
    if (name === undefined) {
        throw new errors/* UserError */.yo(`${place}: this is not a variable.`, {
            hint: 'Write NAME or NAME=value; a name has letters, digits and underscores. To pass a value with line breaks, set the variable in the environment of the step or of awf, and write only its NAME here.',
        });
    }
    if (value?.includes('\n') === true) {
        throw new errors/* UserError */.yo(`${place}: the value of ${name} has a line break.`, {
            hint: `Set ${name} in the environment of awf, and write ${nameOf('env')} ${name}.`,
        });
    }
    return { name, value, source };
}
/** `source[:target][:rw]` */
function userMount({ text, source: given }) {
    const origin = placeOf(given);
    const writable = text.endsWith(':rw');
    const [source = '', target = source, ...rest] = text.replace(/:(rw|ro)$/, '').split(':');
    if (rest.length === 0 && (0,external_node_path_.isAbsolute)(source) && (0,external_node_path_.isAbsolute)(target)) {
        return { source: (0,external_node_path_.resolve)(source), target: (0,external_node_path_.resolve)(target), writable, origin };
    }
    const tilde = [source, target].some((path) => path.startsWith('~')) ? ' A ~ is not expanded here.' : '';
    throw new errors/* UserError */.yo(`${origin}: "${text}" is not source[:target][:rw].`, {
        hint: `Write absolute paths, for example "/srv/models:/models" or "/srv/cache:/cache:rw".${tilde}`,
    });
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/host/paths.js



/**
 * The directory for the files that a run generates. Its name follows from the run's id, so that the post step finds it
 * even if the run was killed.
 *
 * @param temporary the runner's temporary directory
 */
function workDirectoryOf(runId, temporary) {
    return (0,external_node_path_.join)(temporary, `awf-${runId}`);
}
/** The directory for temporary files in a workflow's step. The post step finds the main step's files there. */
function stepTemporaryDirectory(environment = process.env) {
    return environment['RUNNER_TEMP'] ?? tmpdir();
}
/** True if `path` lies below `directory`. Both are absolute and normal; they are compared as text, links unresolved. */
function isBelow(path, directory) {
    return path !== directory && path.startsWith(directory === '/' ? '/' : `${directory}/`);
}
/** True if `path` is `directory` or below it, with links resolved. `path` need not exist yet. */
function isInside(path, directory) {
    const real = resolved(path);
    const parent = resolved(directory);
    return real === parent || isBelow(real, parent);
}
function resolved(path) {
    try {
        return (0,external_node_fs_.realpathSync)(path);
    }
    catch {
        const parent = (0,external_node_path_.dirname)(path);
        return parent === path ? path : (0,external_node_path_.join)(resolved(parent), (0,external_node_path_.basename)(path));
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/target.js


const HOST = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** The user's, not the agent's: what RFC 3986 calls a path, less what a server could resolve away. */
const isBasePath = (path) => /^(?:\/[\w.~!$&'()*+,;=:@-]+)*$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);
/** @throws ValueError naming `name` */
function checkTarget(name, fields) {
    const { host, port, basePath } = fields;
    if (typeof host !== 'string' || (!HOST.test(host) && (0,external_node_net_namespaceObject.isIP)(host) === 0)) {
        throw new value_error/* ValueError */.Q(`${name} has no valid host.`);
    }
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
        throw new value_error/* ValueError */.Q(`${name} has no valid port.`);
    }
    if (typeof basePath !== 'string' || !isBasePath(basePath))
        throw new value_error/* ValueError */.Q(`${name} has no valid base path.`);
    return { host, port, basePath };
}
/** The form itself: a URL parser would take a backslash for a slash, and resolve dot segments. */
const target_FORM = /^(\[[\da-f:.]+\]|[^\s:/?#\\@%]+)(:\d+)?(\/(?!\.{1,2}(\/|$))[^\s/?#\\%]*)*$/i;
/**
 * @param value `host[:port][/base/path]`
 * @throws ValueError naming `name`
 */
function parseTarget(name, value) {
    const form = `${name} must be host[:port][/base/path], as in llm.example.com:8443/v1.`;
    const url = URL.canParse(`https://${value}`) ? new URL(`https://${value}`) : undefined;
    if (!url || !target_FORM.test(value) || value.includes('://') || url.username !== '' || url.search !== '' || url.hash !== '')
        throw new value_error/* ValueError */.Q(form);
    return checkTarget(name, {
        host: url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, ''),
        port: url.port === '' ? 443 : Number(url.port),
        basePath: url.pathname.replace(/\/+$/, ''),
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/parsers.js








/** Any text. */
const anyText = ({ text }) => text;
/** A path relative to the current directory. */
const parsers_path = ({ text }) => (0,external_node_path_.resolve)(text);
/** One of `choices`. */
function choice({ text, source }, choices) {
    const found = choices.find((known) => known === text);
    if (found !== undefined)
        return found;
    throw new errors/* UserError */.yo(`${placeOf(source)}: "${text}" is not one of its values.`, {
        hint: `Write one of: ${choices.join(', ')}.`,
    });
}
/** `true` or `false`, in any case. */
function parsers_boolean({ text, source }) {
    const lower = text.toLowerCase();
    if (lower === 'true' || lower === 'false')
        return lower === 'true';
    throw new errors/* UserError */.yo(`${placeOf(source)}: "${text}" is not one of its values.`, {
        hint: 'Write one of: true, false.',
    });
}
/** A whole number from 1 to `max`. */
function count({ text, source }, max = Number.MAX_SAFE_INTEGER) {
    if (/^[1-9]\d*$/.test(text) && Number(text) <= max)
        return Number(text);
    throw new errors/* UserError */.yo(`${placeOf(source)}: "${text}" is not a whole number from 1 to ${max}.`);
}
/** Close to the longest time that a timer of Node.js can wait. */
const MAX_MINUTES = 30_000;
/** A number above 0. It need not be whole. */
function minutes({ text, source }) {
    const number = /^\d{1,5}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
    if (number > 0 && number <= MAX_MINUTES)
        return number;
    throw new errors/* UserError */.yo(`${placeOf(source)}: "${text}" is not a number of minutes.`, {
        hint: `Write a number above 0 and up to ${MAX_MINUTES}, for example "30" or "0.5".`,
    });
}
/** A size in the format of Docker's `--memory`. */
function memory({ text, source }) {
    if (/^[1-9]\d*[bkmg]?$/i.test(text))
        return text.toLowerCase();
    throw new errors/* UserError */.yo(`${placeOf(source)}: "${text}" is not a size.`, {
        hint: 'Write a number with k, m or g, for example "6g".',
    });
}
/** An argv in which `{0}` is replaced with the script's path. */
function shell({ text, source }) {
    if (text === 'bash')
        return ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}'];
    if (text === 'sh')
        return ['sh', '-e', '{0}'];
    if (text.includes('{0}'))
        return text.split(/\s+/).filter((word) => word !== '');
    throw new errors/* UserError */.yo(`${placeOf(source)}: "${text}" is not one of its values.`, {
        hint: 'Write bash, sh, or a command with {0} where the path of the script goes, for example "python3 {0}".',
    });
}
/** `host[:port][/base/path]` */
function target({ text, source }, { nameOf }) {
    const place = placeOf(source);
    const refuse = (cause) => {
        throw new errors/* UserError */.yo(`${place}: "${text}" is not an upstream.`, {
            hint: 'Write host[:port][/base/path] without a scheme, for example "gateway.example.com/openai"; https is implied. ' +
                `An address needs a name: see ${nameOf('add-hosts')}.`,
            cause,
        });
    };
    try {
        const found = parseTarget(place, text);
        // Squid denies addresses, and a certificate is for a name.
        return looksLikeAddress(found.host) ? refuse() : found;
    }
    catch (error) {
        if (error instanceof value_error/* ValueError */.Q)
            return refuse(error);
        throw error;
    }
}
/** A directory in the workspace. @returns its path without links */
function workingDirectory({ text, source }, { workspace }) {
    const place = placeOf(source);
    const directory = realDirectory(`${place}: ${text}`, (0,external_node_path_.resolve)(workspace, text));
    if (isInside(directory, workspace))
        return directory;
    throw new errors/* UserError */.yo(`${place}: ${text} is outside the workspace ${workspace}.`, {
        hint: 'The sandbox sees the workspace only; name a directory inside it.',
    });
}
/**
 * @param what names the directory in messages @returns `path` without links @throws UserError if it is not a directory
 */
function realDirectory(what, path) {
    try {
        const real = (0,external_node_fs_.realpathSync)(path);
        if ((0,external_node_fs_.statSync)(real).isDirectory())
            return real;
    }
    catch (cause) {
        throw new errors/* UserError */.yo(`${what} cannot be read.`, { cause });
    }
    throw new errors/* UserError */.yo(`${what} is not a directory.`);
}
/** The content of a PEM file. A relative path starts at the workspace. */
function certificates({ text, source }, { workspace }) {
    const place = placeOf(source);
    let pem;
    try {
        pem = (0,external_node_fs_.readFileSync)((0,external_node_path_.resolve)(workspace, text), 'utf8');
    }
    catch (cause) {
        throw new errors/* UserError */.yo(`${place}: ${text} cannot be read.`, { hint: 'Name a PEM file that exists.', cause });
    }
    if (pem.includes('-----BEGIN CERTIFICATE-----'))
        return pem;
    throw new errors/* UserError */.yo(`${place}: ${text} has no PEM certificate.`, {
        hint: 'It must hold one or more "-----BEGIN CERTIFICATE-----" blocks.',
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/protect-paths.js





/** The entry of a list that protects nothing. It must be the only one. */
const NONE = 'none';
const REPORT = 'report:';
const protect_paths_FORM = 'Write a path that starts at the workspace, for example ".github/workflows" or "report:package.json".';
/** A path in the workspace, with `report:` in front if it stays writable, or `none` for no path. */
function protectEntry({ text, source }, { workspace }) {
    if (text === NONE)
        return { mode: NONE, source };
    const isReport = text.startsWith(REPORT);
    const given = text.slice(isReport ? REPORT.length : 0).trim();
    const path = (0,external_node_path_.normalize)(given).replace(/\/$/, '');
    const fault = faultOf(given, path, workspace);
    if (fault === undefined)
        return { path, mode: isReport ? 'report' : 'read-only', source };
    throw new errors/* UserError */.yo(`${placeOf(source)}: "${text}" ${fault.problem}.`, { hint: fault.hint });
}
/** @returns what is wrong with `given`, whose normal form is `path` */
function faultOf(given, path, workspace) {
    if (given === '')
        return { problem: 'has no path', hint: protect_paths_FORM };
    if ((0,external_node_path_.isAbsolute)(given))
        return { problem: 'is an absolute path', hint: protect_paths_FORM };
    if (/[\x00-\x1f*?]/.test(given))
        return { problem: 'has a pattern or a control character in it', hint: protect_paths_FORM };
    if (given.split('/').includes('..'))
        return { problem: 'has ".." in it', hint: protect_paths_FORM };
    if (path === '.git' || path.startsWith('.git/')) {
        return {
            problem: 'belongs to the repository',
            hint: 'Its hooks and its configuration are always read-only; git needs the rest.',
        };
    }
    if (!isInside((0,external_node_path_.join)(workspace, path), workspace)) {
        return { problem: 'is a link that leads out of the workspace', hint: 'Name a path in the workspace.' };
    }
    if (path === '.' || isSame((0,external_node_path_.join)(workspace, path), workspace)) {
        return { problem: 'is the workspace itself', hint: 'Name what is in it.' };
    }
    return undefined;
}
function isSame(path, workspace) {
    try {
        return (0,external_node_fs_.realpathSync)(path) === workspace;
    }
    catch {
        return false;
    }
}
/** @returns the paths to protect, without the entry `none` */
function protectedPaths(entries) {
    return entries.flatMap((entry) => (entry.mode === NONE ? [] : [{ path: entry.path, mode: entry.mode }]));
}
/** Checks that `none` stands alone, and that each path is named once. */
function checkProtectedPaths(entries) {
    return entries.flatMap((entry, index) => {
        const place = placeOf(entry.source);
        if (entry.mode === NONE) {
            if (entries.every(({ mode }) => mode === NONE))
                return [];
            return [new errors/* UserError */.yo(`${place}: "${NONE}" stands beside other entries.`, { hint: 'Remove it, or the others.' })];
        }
        const other = entries
            .slice(0, index)
            .find((earlier) => earlier.mode !== NONE && earlier.path === entry.path && earlier.mode !== entry.mode);
        if (other === undefined)
            return [];
        const text = `${place}: "${entry.path}" is already in ${placeOf(other.source)}, as ${other.mode}.`;
        return [new errors/* UserError */.yo(text, { hint: 'Name each path once.' })];
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/options.js







const COMMAND = [
    { name: 'run', kind: 'script', only: 'action', description: 'the command, a script of any number of lines' },
    {
        name: 'shell',
        kind: 'text',
        parse: shell,
        only: 'action',
        default: 'bash',
        description: 'bash, sh, or a template with {0}',
    },
    {
        name: 'working-directory',
        kind: 'text',
        parse: workingDirectory,
        description: 'where the command starts, inside the workspace',
    },
];
const options_CREDENTIALS = PROVIDERS.flatMap(({ credentials }) => credentials.map(({ input, variable, label }) => ({
    name: input,
    kind: 'secret',
    only: 'action',
    variable,
    description: label,
})));
const TARGETS = PROVIDERS.map(({ targetInput, targetVariable, name }) => ({
    name: targetInput,
    kind: 'text',
    parse: target,
    variable: targetVariable,
    description: `upstream for ${name}: host[:port][/base/path]`,
}));
/** Files that programs on the host read automatically and that can run code. */
const PROTECTED = '.github/workflows\n.mcp.json\n.claude\n.vscode\n.envrc\n.husky';
/**
 * The largest limit that the kernel accepts for a control group on 64-bit machines (PID_MAX_LIMIT, linux/threads.h).
 */
const MAX_PIDS = 4_194_304;
const OTHERS = [
    {
        name: 'allow-endpoints',
        kind: 'lines',
        parse: allowedEndpoint,
        description: 'provider METHOD /path/pattern, beside the inference endpoints that pass the api-proxy',
    },
    { name: 'allow-domains', kind: 'commas', parse: allowEntry, description: 'domains that the command may reach' },
    {
        name: 'add-hosts',
        kind: 'lines',
        parse: hostEntry,
        description: 'name:address, permitted for that name even if it is private',
    },
    {
        name: 'upstream-ca',
        kind: 'text',
        parse: certificates,
        description: 'PEM file of CAs that the api-proxy trusts beside the public ones',
    },
    { name: 'env', kind: 'variables', parse: requestedVariable, description: 'NAME or NAME=value for the command' },
    {
        name: 'env-all',
        kind: 'boolean',
        default: 'false',
        description: 'pass the whole environment, except what is withheld',
    },
    { name: 'mounts', flag: 'mount', kind: 'lines', parse: userMount, description: 'source[:target][:rw]' },
    {
        name: 'protect-paths',
        kind: 'lines',
        parse: protectEntry,
        default: PROTECTED,
        description: 'paths of the workspace that are read-only, or with report: before them compared; none for no path',
    },
    { name: 'agent-image', kind: 'text', parse: anyText, description: "an image instead of the host's toolchain" },
    { name: 'memory', kind: 'text', parse: memory, default: '6g', description: "the command's memory limit" },
    { name: 'pids', kind: 'count', max: MAX_PIDS, default: '4096', description: "the command's process limit" },
    {
        name: 'timeout-minutes',
        kind: 'text',
        parse: minutes,
        description: 'stop the command after this time; it gets SIGTERM, then SIGKILL 10 seconds later',
    },
    { name: 'max-requests', kind: 'count', description: 'requests to the providers that the run may make' },
    { name: 'max-tokens', kind: 'count', description: "tokens that the run may use, the prompts' and the answers'" },
    {
        name: 'upload-logs',
        kind: 'choice',
        choices: ['always', 'on-failure', 'never'],
        only: 'action',
        default: 'always',
        description: 'when the logs become an artifact',
    },
    {
        name: 'artifact-name',
        kind: 'text',
        parse: anyText,
        only: 'action',
        description: 'awf-logs and a unique suffix by default',
    },
    { name: 'retention-days', kind: 'count', only: 'action', description: "the repository's setting by default" },
    {
        name: 'log-level',
        kind: 'choice',
        choices: LOG_LEVELS,
        default: 'info',
        // The runner's debug mode: https://docs.github.com/actions/how-tos/monitor-workflows/enable-debug-logging
        variable: 'RUNNER_DEBUG',
        variableValues: { '1': 'debug' },
        description: 'how much to log',
    },
    { name: 'enable-api-proxy', kind: 'boolean', only: 'cli', default: 'false', description: 'start the api-proxy' },
    { name: 'proxy-logs-dir', kind: 'text', parse: parsers_path, only: 'cli', description: "where Squid's logs go" },
    {
        name: 'keep-containers',
        kind: 'boolean',
        only: 'cli',
        default: 'false',
        description: 'leave the containers behind',
    },
];
/**
 * Every option, once. The inputs, the flags, the types of the values and the check of `action.yml` derive from this
 * table.
 */
const OPTIONS = [...COMMAND, ...options_CREDENTIALS, ...TARGETS, ...OTHERS];
/** A front end's name for an option: `memory` or `--memory`. */
function nameIn(frontEnd, { name, flag = name }) {
    return frontEnd === 'action' ? name : `--${flag}`;
}
/** Like {@link nameIn}, but takes the option's name. */
function optionName(frontEnd, name) {
    return nameIn(frontEnd, optionNamed(name));
}
/** @throws Error if there is no such option, which is a bug in AWF */
function optionNamed(name) {
    const option = OPTIONS.find((candidate) => candidate.name === name);
    if (!option)
        throw new Error(`no option is named ${name}`);
    return option;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/checks.js
/**
 * Checks that need more than the text of one option. Each takes the values read, and returns every mistake that it
 * finds.
 */




/** The action's command is its script, which must not be empty. */
function checkScript({ run }) {
    if (run.trim() !== '')
        return [];
    return [new errors/* UserError */.yo('run is empty.', { hint: 'Give the command to run in the sandbox, in one or more lines.' })];
}
/** A variable may be named only once. */
function checkVariables(entries) {
    return entries.flatMap(({ name, source }, index) => {
        const first = entries.findIndex((other) => other.name === name);
        const other = entries[first];
        if (other === undefined || first === index)
            return [];
        const text = `${placeOf(source)}: ${name} is already in ${placeOf(other.source)}.`;
        return [new errors/* UserError */.yo(text, { hint: 'Name each variable once.' })];
    });
}
/** The GitHub server decides the host of a configured provider, unless the user names a target. */
function checkServerUrl(values, secrets, serverUrl, frontEnd) {
    const isUsed = ({ credentials }) => credentials.some(({ variable }) => secrets.has(variable));
    const affected = PROVIDERS.filter((provider) => isUsed(provider) && values[provider.targetInput] === undefined);
    const problems = [];
    for (const provider of affected) {
        const hint = `The host of ${provider.name} depends on it. Correct the variable, or name the host in ${optionName(frontEnd, provider.targetInput)}.`;
        (0,errors/* collectProblems */.vX)(problems, () => (0,errors/* withHint */.mu)(hint, () => ownHost(provider, serverUrl)));
    }
    return problems;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/providers.js


/** The providers with a credential in `secrets`. */
function configuredProviders(secrets, allow, targetOf) {
    return PROVIDERS.flatMap((provider) => {
        const [first, ...others] = provider.credentials.map(({ variable }) => variable).filter((name) => secrets.has(name));
        if (first === undefined)
            return [];
        const target = targetOf(provider);
        return [{ provider, given: [first, ...others], target, isPermitted: isPermitted(provider, target.host, allow) }];
    });
}
/** A provider's own host needs no entry in `allow-domains`. Any other upstream does. */
function isPermitted(provider, host, allow) {
    return isOwnHost(provider, host) || isAllowed(allow, 'https', host);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/sidecar-config.js

/** Default of the request-body limit: 10 MB. */
const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;
/**
 * Trims a credential, and refuses one that Node would refuse as a header's value with each request.
 *
 * @returns the trimmed value, or undefined when nothing is left: an empty secret counts as absent
 * @throws ValueError that names `name`, never the value, when it contains a control character or one outside ASCII
 */
function normaliseCredential(name, value) {
    const trimmed = value?.trim() ?? '';
    if (trimmed === '')
        return undefined;
    // RFC 9110, section 5.5: a header's value has no control characters, and a line break would start another header.
    if (/[\u0000-\u001f\u007f-\u009f]/.test(trimmed)) {
        throw new value_error/* ValueError */.Q(`${name} contains a line break or another control character. Store it again as a single line without one.`);
    }
    if (!/^[ -~]+$/.test(trimmed)) {
        throw new value_error/* ValueError */.Q(`${name} contains a character outside ASCII. Copy it again from where it was issued.`);
    }
    return trimmed;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/read.js





/** Reads every option as its row specifies. */
function readOptions(frontEnd, environment, workspace) {
    const problems = [];
    const attempt = (work) => (0,errors/* collectProblems */.vX)(problems, work);
    const context = { workspace, nameOf: (name) => nameIn(frontEnd.kind, optionNamed(name)) };
    const secrets = new Map();
    const values = [];
    for (const option of OPTIONS) {
        if (option.kind === 'secret') {
            const value = attempt(() => credential(frontEnd.given(option)));
            if (value !== undefined)
                secrets.set(option.variable, value);
        }
        else {
            const given = chosen(option, frontEnd, environment);
            values.push([option.name, read_valueOf(option, given, defaultOf(option, frontEnd), context, attempt)]);
        }
    }
    // The table's rows decide both the values here and their types there.
    return { values: Object.fromEntries(values), secrets, problems };
}
/** The texts that count: the user's, else the variable's, else the default's. */
function chosen(option, frontEnd, environment) {
    const isOffered = option.only === undefined || option.only === frontEnd.kind;
    return ([isOffered ? frontEnd.given(option) : [], fromVariable(option, environment)]
        .map((given) => meant(option, given))
        .find((given) => given.length > 0) ?? defaultOf(option, frontEnd));
}
function fromVariable({ variable, variableValues }, environment) {
    if (variable === undefined)
        return [];
    const text = environment[variable] ?? '';
    return [
        {
            text: variableValues === undefined ? text : (variableValues[text] ?? ''),
            source: { kind: 'variable', name: variable },
        },
    ];
}
function defaultOf(option, frontEnd) {
    if (option.default === undefined)
        return [];
    const name = nameIn(frontEnd.kind, option);
    return meant(option, [{ text: option.default, source: { kind: 'default', name } }]);
}
/** The texts to parse. If the option takes a single one, that is the last. An empty text or list is ignored. */
function meant({ kind }, given) {
    switch (kind) {
        case 'lines':
            return nonEmpty(given.flatMap(linesOf).map(withoutComment));
        case 'commas':
            return nonEmpty(given.flatMap(linesOf).map(withoutComment).flatMap(separated));
        case 'variables':
            return nonEmpty(given.flatMap((one) => (one.source.kind === 'flag' ? [one] : linesOf(one).filter(isNoComment))));
        case 'script':
            return given.filter(({ text }) => text.trim() !== '').slice(-1);
        default:
            return nonEmpty(given).slice(-1);
    }
}
const nonEmpty = (given) => given.map((one) => ({ ...one, text: one.text.trim() })).filter(({ text }) => text !== '');
/** Splits a text into numbered lines. The single line of a flag has no number. */
function linesOf({ text, source }) {
    const lines = text.split('\n');
    if (source.kind === 'flag' && lines.length === 1)
        return [{ text, source }];
    return lines.map((line, index) => ({ text: line, source: { ...source, line: index + 1 } }));
}
const withoutComment = ({ text, source }) => ({ text: text.replace(/(^|\s)#.*$/, ''), source });
const isNoComment = ({ text }) => !text.trim().startsWith('#');
const separated = ({ text, source }) => text.split(',').map((part) => ({ text: part, source }));
/** The value of the given texts. If a single text cannot be read, the default's value. */
function read_valueOf(option, given, fallback, context, attempt) {
    if (isList(option))
        return given.flatMap((entry) => attempt(() => [option.parse(entry, context)]) ?? []);
    const parse = ([one]) => one && parseOne(option, one, context);
    if (option.kind === 'script')
        return parse(given) ?? '';
    return attempt(() => parse(given)) ?? parse(fallback);
}
const isList = (option) => ['lines', 'commas', 'variables'].includes(option.kind);
function parseOne(option, given, context) {
    switch (option.kind) {
        case 'script':
            return given.text;
        case 'choice':
            return choice(given, option.choices);
        case 'boolean':
            return parsers_boolean(given);
        case 'count':
            return count(given, option.max);
        case 'text':
            return option.parse(given, context);
    }
}
function credential(given) {
    const [one] = nonEmpty(given);
    return one && (0,errors/* withHint */.mu)(undefined, () => normaliseCredential(placeOf(one.source), one.text));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/build.js









/**
 * Reads and checks every option, and builds the one {@link Config}.
 *
 * @throws UserError naming the place of the mistake and the remedy; if there are several mistakes, all of them
 */
function buildConfig(frontEnd, context) {
    const workspace = realDirectory(`the workspace (${context.workspace})`, context.workspace);
    const { values, secrets, problems } = readOptions(frontEnd, context.environment, workspace);
    const serverUrl = context.environment[SERVER_URL_VARIABLE];
    const apiProxy = frontEnd.kind === 'action' || values['enable-api-proxy'];
    (0,errors/* throwProblems */.Jh)([
        ...problems,
        ...(context.argv === undefined ? checkScript(values) : []),
        ...checkVariables(values.env),
        ...checkProtectedPaths(values['protect-paths']),
        ...(apiProxy ? checkServerUrl(values, secrets, serverUrl, frontEnd.kind) : []),
    ]);
    const allow = allowList(values['allow-domains']);
    const targetOf = (provider) => values[provider.targetInput] ?? { host: ownHost(provider, serverUrl), port: 443, basePath: '' };
    const config = {
        frontEnd: frontEnd.kind,
        command: context.argv === undefined
            ? { kind: 'script', script: values.run, shell: values.shell }
            : { kind: 'argv', argv: context.argv },
        workspace,
        workingDirectory: values['working-directory'] ?? workspace,
        apiProxy,
        providers: apiProxy ? configuredProviders(secrets, allow, targetOf) : [],
        allowEndpoints: values['allow-endpoints'],
        allow,
        addHosts: values['add-hosts'],
        upstreamCa: values['upstream-ca'],
        env: values.env.map(({ name, value }) => ({ name, value })),
        envAll: values['env-all'],
        mounts: values.mounts,
        protectPaths: protectedPaths(values['protect-paths']),
        agentImage: values['agent-image'],
        memory: values.memory,
        pids: values.pids,
        timeoutMinutes: values['timeout-minutes'],
        budget: budgetOf(values),
        logLevel: values['log-level'],
        proxyLogsDir: values['proxy-logs-dir'],
        keepContainers: values['keep-containers'],
    };
    return { config, secrets, values };
}
function budgetOf({ 'max-requests': maxRequests, 'max-tokens': maxTokens }) {
    return { ...(maxRequests !== undefined && { maxRequests }), ...(maxTokens !== undefined && { maxTokens }) };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/command-line/args.js




const SYNTAX = '[options] -- COMMAND [ARG...]';
/**
 * Reads `awf [options] -- COMMAND [ARG...]`. Credentials come from the environment.
 *
 * @param argv without the interpreter and the script
 * @throws UserError naming the flags and the remedies
 */
function loadCliArgs(argv, environment = process.env, workspace = process.cwd()) {
    const { own, command } = splitAtCommand(argv);
    const parsed = parseFlags(own);
    if ('text' in parsed)
        return parsed;
    const [word] = parsed.words;
    if (word !== undefined)
        throw notASubcommand(word, parsed.words, command);
    if (command === undefined || command.length === 0) {
        throw new errors/* UserError */.yo('There is no command to run.', { hint: `Write it after --: awf ${SYNTAX}. See awf --help.` });
    }
    return buildConfig(flagsOf(parsed.texts, environment), { argv: command, environment, workspace });
}
/** What follows the first `--` is the command's, whatever it looks like; undefined without one. */
function splitAtCommand(argv) {
    const at = argv.indexOf('--');
    return at === -1 ? { own: argv, command: undefined } : { own: argv.slice(0, at), command: argv.slice(at + 1) };
}
function parseFlags(argv) {
    let text = '';
    const program = new Command('awf')
        .usage(SYNTAX)
        .description('Runs COMMAND in a sandbox that reaches the allowed domains only and holds no LLM credential.')
        .argument('[command...]', 'the command and its arguments, after --')
        // An option of a command that has no -- in front is not one of awf's.
        .passThroughOptions()
        .exitOverride()
        .configureOutput({ writeOut: (out) => (text += out), writeErr: () => undefined });
    const flags = OPTIONS.filter(({ only }) => only !== 'action').map((option) => ({ option, flag: flagFor(option) }));
    for (const { flag } of flags)
        program.addOption(flag);
    try {
        program.parse([...argv], { from: 'user' });
    }
    catch (error) {
        if (!(error instanceof CommanderError))
            throw error;
        if (error.exitCode === 0)
            return { text };
        throw new errors/* UserError */.yo(error.message.replace(/^error: /, ''), { hint: 'See awf --help.' });
    }
    const found = program.opts();
    const texts = flags.map(({ option, flag }) => {
        const value = found[flag.attributeName()] ?? [];
        return [option.name, value === true ? ['true'] : value];
    });
    return { texts: new Map(texts), words: program.args };
}
/** Every flag that takes a value may be repeated; the option's row says what that means. */
function flagFor(option) {
    const { kind, description, choices, default: preset } = option;
    const name = nameIn('cli', option);
    if (kind === 'boolean')
        return new Option(name, description);
    const notes = [
        ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
        ...(preset === undefined ? [] : [`default: ${preset.replaceAll('\n', ', ')}`]),
    ];
    const suffix = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
    return new Option(`${name} <value>`, description + suffix).argParser((value, before) => [
        ...(before ?? []),
        value,
    ]);
}
/** Names the first word only: the others may hold a secret. */
function notASubcommand(word, words, command) {
    const rest = words.length > 1 ? ' ...' : '';
    const hint = command === undefined
        ? `Put -- before the command: awf [options] -- ${word}${rest}`
        : `Only options come before --: awf ${SYNTAX}. See awf --help.`;
    return new errors/* UserError */.yo(`"${word}" is not a subcommand of awf.`, { hint });
}
function flagsOf(texts, environment) {
    return {
        kind: 'cli',
        given: (option) => {
            if (option.kind === 'secret') {
                const { variable } = option;
                return [{ text: environment[variable] ?? '', source: { kind: 'variable', name: variable } }];
            }
            const given = texts.get(option.name) ?? [];
            const source = { kind: 'flag', name: nameIn('cli', option) };
            return given.map((text, index) => ({
                text,
                source: given.length === 1 ? source : { ...source, repetition: index + 1 },
            }));
        },
    };
}

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __nccwpck_require__(500);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/proxy-variables.js
/** The variables that lead programs to a proxy, as curl reads them (https://curl.se/docs/manpage.html, "Environment"). */
const PROXY_VARIABLE = {
    http: 'HTTP_PROXY',
    https: 'HTTPS_PROXY',
    ftp: 'FTP_PROXY',
    all: 'ALL_PROXY',
    /** Hosts that are reached directly. */
    none: 'NO_PROXY',
};
/** The names, and the same in lower case: programs differ in which of the two they read. */
function inBothCases(names) {
    return names.flatMap((name) => [name, name.toLowerCase()]);
}
const PROXY_VARIABLES = inBothCases(Object.values(PROXY_VARIABLE));

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/client-proxies.js




/**
 * The Docker client sets the proxy variables of every container from its own configuration, `proxies` in
 * `~/.docker/config.json`, which often contain a password. No option turns this off, but the client does not touch a
 * variable that already has a value, even an empty one.
 *
 * @param environment where the client finds its configuration
 * @returns empty variables for a container, or none if the client would set none
 */
function withoutClientProxies(environment) {
    const directory = environment['DOCKER_CONFIG'] ?? (0,external_node_path_.join)(environment['HOME'] ?? (0,external_node_os_namespaceObject.homedir)(), '.docker');
    let proxies;
    try {
        const config = JSON.parse((0,external_node_fs_.readFileSync)((0,external_node_path_.join)(directory, 'config.json'), 'utf8'));
        proxies = config?.proxies;
    }
    catch {
        // There is no configuration, or the client cannot read it either.
        return {};
    }
    if (proxies === undefined)
        return {};
    return Object.fromEntries(PROXY_VARIABLES.map((name) => [name, '']));
}

// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __nccwpck_require__(421);
// EXTERNAL MODULE: external "node:events"
var external_node_events_ = __nccwpck_require__(474);
;// CONCATENATED MODULE: external "node:string_decoder"
const external_node_string_decoder_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:string_decoder");
;// CONCATENATED MODULE: external "string_decoder"
const external_string_decoder_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("string_decoder");
;// CONCATENATED MODULE: external "os"
const external_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("os");
;// CONCATENATED MODULE: external "events"
const external_events_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("events");
;// CONCATENATED MODULE: external "child_process"
const external_child_process_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("child_process");
;// CONCATENATED MODULE: external "path"
const external_path_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("path");
;// CONCATENATED MODULE: external "assert"
const external_assert_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("assert");
;// CONCATENATED MODULE: external "fs"
const external_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("fs");
;// CONCATENATED MODULE: ./node_modules/@actions/io/lib/io-util.js
var __awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { chmod, copyFile, lstat, mkdir, open: io_util_open, readdir, rename, rm, rmdir, stat, symlink, unlink } = external_fs_namespaceObject.promises;
// export const {open} = 'fs'
const IS_WINDOWS = process.platform === 'win32';
/**
 * Custom implementation of readlink to ensure Windows junctions
 * maintain trailing backslash for backward compatibility with Node.js < 24
 *
 * In Node.js 20, Windows junctions (directory symlinks) always returned paths
 * with trailing backslashes. Node.js 24 removed this behavior, which breaks
 * code that relied on this format for path operations.
 *
 * This implementation restores the Node 20 behavior by adding a trailing
 * backslash to all junction results on Windows.
 */
function readlink(fsPath) {
    return __awaiter(this, void 0, void 0, function* () {
        const result = yield fs.promises.readlink(fsPath);
        // On Windows, restore Node 20 behavior: add trailing backslash to all results
        // since junctions on Windows are always directory links
        if (IS_WINDOWS && !result.endsWith('\\')) {
            return `${result}\\`;
        }
        return result;
    });
}
// See https://github.com/nodejs/node/blob/d0153aee367422d0858105abec186da4dff0a0c5/deps/uv/include/uv/win.h#L691
const UV_FS_O_EXLOCK = 0x10000000;
const READONLY = external_fs_namespaceObject.constants.O_RDONLY;
function exists(fsPath) {
    return __awaiter(this, void 0, void 0, function* () {
        try {
            yield stat(fsPath);
        }
        catch (err) {
            if (err.code === 'ENOENT') {
                return false;
            }
            throw err;
        }
        return true;
    });
}
function isDirectory(fsPath_1) {
    return __awaiter(this, arguments, void 0, function* (fsPath, useStat = false) {
        const stats = useStat ? yield stat(fsPath) : yield lstat(fsPath);
        return stats.isDirectory();
    });
}
/**
 * On OSX/Linux, true if path starts with '/'. On Windows, true for paths like:
 * \, \hello, \\hello\share, C:, and C:\hello (and corresponding alternate separator cases).
 */
function isRooted(p) {
    p = normalizeSeparators(p);
    if (!p) {
        throw new Error('isRooted() parameter "p" cannot be empty');
    }
    if (IS_WINDOWS) {
        return (p.startsWith('\\') || /^[A-Z]:/i.test(p) // e.g. \ or \hello or \\hello
        ); // e.g. C: or C:\hello
    }
    return p.startsWith('/');
}
/**
 * Best effort attempt to determine whether a file exists and is executable.
 * @param filePath    file path to check
 * @param extensions  additional file extensions to try
 * @return if file exists and is executable, returns the file path. otherwise empty string.
 */
function tryGetExecutablePath(filePath, extensions) {
    return __awaiter(this, void 0, void 0, function* () {
        let stats = undefined;
        try {
            // test file exists
            stats = yield stat(filePath);
        }
        catch (err) {
            if (err.code !== 'ENOENT') {
                // eslint-disable-next-line no-console
                console.log(`Unexpected error attempting to determine if executable file exists '${filePath}': ${err}`);
            }
        }
        if (stats && stats.isFile()) {
            if (IS_WINDOWS) {
                // on Windows, test for valid extension
                const upperExt = external_path_namespaceObject.extname(filePath).toUpperCase();
                if (extensions.some(validExt => validExt.toUpperCase() === upperExt)) {
                    return filePath;
                }
            }
            else {
                if (isUnixExecutable(stats)) {
                    return filePath;
                }
            }
        }
        // try each extension
        const originalFilePath = filePath;
        for (const extension of extensions) {
            filePath = originalFilePath + extension;
            stats = undefined;
            try {
                stats = yield stat(filePath);
            }
            catch (err) {
                if (err.code !== 'ENOENT') {
                    // eslint-disable-next-line no-console
                    console.log(`Unexpected error attempting to determine if executable file exists '${filePath}': ${err}`);
                }
            }
            if (stats && stats.isFile()) {
                if (IS_WINDOWS) {
                    // preserve the case of the actual file (since an extension was appended)
                    try {
                        const directory = external_path_namespaceObject.dirname(filePath);
                        const upperName = external_path_namespaceObject.basename(filePath).toUpperCase();
                        for (const actualName of yield readdir(directory)) {
                            if (upperName === actualName.toUpperCase()) {
                                filePath = external_path_namespaceObject.join(directory, actualName);
                                break;
                            }
                        }
                    }
                    catch (err) {
                        // eslint-disable-next-line no-console
                        console.log(`Unexpected error attempting to determine the actual case of the file '${filePath}': ${err}`);
                    }
                    return filePath;
                }
                else {
                    if (isUnixExecutable(stats)) {
                        return filePath;
                    }
                }
            }
        }
        return '';
    });
}
function normalizeSeparators(p) {
    p = p || '';
    if (IS_WINDOWS) {
        // convert slashes on Windows
        p = p.replace(/\//g, '\\');
        // remove redundant slashes
        return p.replace(/\\\\+/g, '\\');
    }
    // remove redundant slashes
    return p.replace(/\/\/+/g, '/');
}
// on Mac/Linux, test the execute bit
//     R   W  X  R  W X R W X
//   256 128 64 32 16 8 4 2 1
function isUnixExecutable(stats) {
    return ((stats.mode & 1) > 0 ||
        ((stats.mode & 8) > 0 &&
            process.getgid !== undefined &&
            stats.gid === process.getgid()) ||
        ((stats.mode & 64) > 0 &&
            process.getuid !== undefined &&
            stats.uid === process.getuid()));
}
// Get the path of cmd.exe in windows
function getCmdPath() {
    var _a;
    return (_a = process.env['COMSPEC']) !== null && _a !== void 0 ? _a : `cmd.exe`;
}
//# sourceMappingURL=io-util.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/io/lib/io.js
var io_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};



/**
 * Copies a file or folder.
 * Based off of shelljs - https://github.com/shelljs/shelljs/blob/9237f66c52e5daa40458f94f9565e18e8132f5a6/src/cp.js
 *
 * @param     source    source path
 * @param     dest      destination path
 * @param     options   optional. See CopyOptions.
 */
function cp(source_1, dest_1) {
    return io_awaiter(this, arguments, void 0, function* (source, dest, options = {}) {
        const { force, recursive, copySourceDirectory } = readCopyOptions(options);
        const destStat = (yield ioUtil.exists(dest)) ? yield ioUtil.stat(dest) : null;
        // Dest is an existing file, but not forcing
        if (destStat && destStat.isFile() && !force) {
            return;
        }
        // If dest is an existing directory, should copy inside.
        const newDest = destStat && destStat.isDirectory() && copySourceDirectory
            ? path.join(dest, path.basename(source))
            : dest;
        if (!(yield ioUtil.exists(source))) {
            throw new Error(`no such file or directory: ${source}`);
        }
        const sourceStat = yield ioUtil.stat(source);
        if (sourceStat.isDirectory()) {
            if (!recursive) {
                throw new Error(`Failed to copy. ${source} is a directory, but tried to copy without recursive flag.`);
            }
            else {
                yield cpDirRecursive(source, newDest, 0, force);
            }
        }
        else {
            if (path.relative(source, newDest) === '') {
                // a file cannot be copied to itself
                throw new Error(`'${newDest}' and '${source}' are the same file`);
            }
            yield io_copyFile(source, newDest, force);
        }
    });
}
/**
 * Moves a path.
 *
 * @param     source    source path
 * @param     dest      destination path
 * @param     options   optional. See MoveOptions.
 */
function mv(source_1, dest_1) {
    return io_awaiter(this, arguments, void 0, function* (source, dest, options = {}) {
        if (yield ioUtil.exists(dest)) {
            let destExists = true;
            if (yield ioUtil.isDirectory(dest)) {
                // If dest is directory copy src into dest
                dest = path.join(dest, path.basename(source));
                destExists = yield ioUtil.exists(dest);
            }
            if (destExists) {
                if (options.force == null || options.force) {
                    yield rmRF(dest);
                }
                else {
                    throw new Error('Destination already exists');
                }
            }
        }
        yield mkdirP(path.dirname(dest));
        yield ioUtil.rename(source, dest);
    });
}
/**
 * Remove a path recursively with force
 *
 * @param inputPath path to remove
 */
function rmRF(inputPath) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (IS_WINDOWS) {
            // Check for invalid characters
            // https://docs.microsoft.com/en-us/windows/win32/fileio/naming-a-file
            if (/[*"<>|]/.test(inputPath)) {
                throw new Error('File path must not contain `*`, `"`, `<`, `>` or `|` on Windows');
            }
        }
        try {
            // note if path does not exist, error is silent
            yield rm(inputPath, {
                force: true,
                maxRetries: 3,
                recursive: true,
                retryDelay: 300
            });
        }
        catch (err) {
            throw new Error(`File was unable to be removed ${err}`);
        }
    });
}
/**
 * Make a directory.  Creates the full path with folders in between
 * Will throw if it fails
 *
 * @param   fsPath        path to create
 * @returns Promise<void>
 */
function mkdirP(fsPath) {
    return io_awaiter(this, void 0, void 0, function* () {
        ok(fsPath, 'a path argument must be provided');
        yield ioUtil.mkdir(fsPath, { recursive: true });
    });
}
/**
 * Returns path of a tool had the tool actually been invoked.  Resolves via paths.
 * If you check and the tool does not exist, it will throw.
 *
 * @param     tool              name of the tool
 * @param     check             whether to check if tool exists
 * @returns   Promise<string>   path to tool
 */
function which(tool, check) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (!tool) {
            throw new Error("parameter 'tool' is required");
        }
        // recursive when check=true
        if (check) {
            const result = yield which(tool, false);
            if (!result) {
                if (IS_WINDOWS) {
                    throw new Error(`Unable to locate executable file: ${tool}. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable. Also verify the file has a valid extension for an executable file.`);
                }
                else {
                    throw new Error(`Unable to locate executable file: ${tool}. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable. Also check the file mode to verify the file is executable.`);
                }
            }
            return result;
        }
        const matches = yield findInPath(tool);
        if (matches && matches.length > 0) {
            return matches[0];
        }
        return '';
    });
}
/**
 * Returns a list of all occurrences of the given tool on the system path.
 *
 * @returns   Promise<string[]>  the paths of the tool
 */
function findInPath(tool) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (!tool) {
            throw new Error("parameter 'tool' is required");
        }
        // build the list of extensions to try
        const extensions = [];
        if (IS_WINDOWS && process.env['PATHEXT']) {
            for (const extension of process.env['PATHEXT'].split(external_path_namespaceObject.delimiter)) {
                if (extension) {
                    extensions.push(extension);
                }
            }
        }
        // if it's rooted, return it if exists. otherwise return empty.
        if (isRooted(tool)) {
            const filePath = yield tryGetExecutablePath(tool, extensions);
            if (filePath) {
                return [filePath];
            }
            return [];
        }
        // if any path separators, return empty
        if (tool.includes(external_path_namespaceObject.sep)) {
            return [];
        }
        // build the list of directories
        //
        // Note, technically "where" checks the current directory on Windows. From a toolkit perspective,
        // it feels like we should not do this. Checking the current directory seems like more of a use
        // case of a shell, and the which() function exposed by the toolkit should strive for consistency
        // across platforms.
        const directories = [];
        if (process.env.PATH) {
            for (const p of process.env.PATH.split(external_path_namespaceObject.delimiter)) {
                if (p) {
                    directories.push(p);
                }
            }
        }
        // find all matches
        const matches = [];
        for (const directory of directories) {
            const filePath = yield tryGetExecutablePath(external_path_namespaceObject.join(directory, tool), extensions);
            if (filePath) {
                matches.push(filePath);
            }
        }
        return matches;
    });
}
function readCopyOptions(options) {
    const force = options.force == null ? true : options.force;
    const recursive = Boolean(options.recursive);
    const copySourceDirectory = options.copySourceDirectory == null
        ? true
        : Boolean(options.copySourceDirectory);
    return { force, recursive, copySourceDirectory };
}
function cpDirRecursive(sourceDir, destDir, currentDepth, force) {
    return io_awaiter(this, void 0, void 0, function* () {
        // Ensure there is not a run away recursive copy
        if (currentDepth >= 255)
            return;
        currentDepth++;
        yield mkdirP(destDir);
        const files = yield ioUtil.readdir(sourceDir);
        for (const fileName of files) {
            const srcFile = `${sourceDir}/${fileName}`;
            const destFile = `${destDir}/${fileName}`;
            const srcFileStat = yield ioUtil.lstat(srcFile);
            if (srcFileStat.isDirectory()) {
                // Recurse
                yield cpDirRecursive(srcFile, destFile, currentDepth, force);
            }
            else {
                yield io_copyFile(srcFile, destFile, force);
            }
        }
        // Change the mode for the newly created directory
        yield ioUtil.chmod(destDir, (yield ioUtil.stat(sourceDir)).mode);
    });
}
// Buffered file copy
function io_copyFile(srcFile, destFile, force) {
    return io_awaiter(this, void 0, void 0, function* () {
        if ((yield ioUtil.lstat(srcFile)).isSymbolicLink()) {
            // unlink/re-link it
            try {
                yield ioUtil.lstat(destFile);
                yield ioUtil.unlink(destFile);
            }
            catch (e) {
                // Try to override file permission
                if (e.code === 'EPERM') {
                    yield ioUtil.chmod(destFile, '0666');
                    yield ioUtil.unlink(destFile);
                }
                // other errors = it doesn't exist, no work to do
            }
            // Copy over symlink
            const symlinkFull = yield ioUtil.readlink(srcFile);
            yield ioUtil.symlink(symlinkFull, destFile, ioUtil.IS_WINDOWS ? 'junction' : null);
        }
        else if (!(yield ioUtil.exists(destFile)) || force) {
            yield ioUtil.copyFile(srcFile, destFile);
        }
    });
}
//# sourceMappingURL=io.js.map
;// CONCATENATED MODULE: external "timers"
const external_timers_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("timers");
;// CONCATENATED MODULE: ./node_modules/@actions/exec/lib/toolrunner.js
var toolrunner_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};







/* eslint-disable @typescript-eslint/unbound-method */
const toolrunner_IS_WINDOWS = process.platform === 'win32';
/*
 * Class for running command line tools. Handles quoting and arg parsing in a platform agnostic way.
 */
class ToolRunner extends external_events_namespaceObject.EventEmitter {
    constructor(toolPath, args, options) {
        super();
        if (!toolPath) {
            throw new Error("Parameter 'toolPath' cannot be null or empty.");
        }
        this.toolPath = toolPath;
        this.args = args || [];
        this.options = options || {};
    }
    _debug(message) {
        if (this.options.listeners && this.options.listeners.debug) {
            this.options.listeners.debug(message);
        }
    }
    _getCommandString(options, noPrefix) {
        const toolPath = this._getSpawnFileName();
        const args = this._getSpawnArgs(options);
        let cmd = noPrefix ? '' : '[command]'; // omit prefix when piped to a second tool
        if (toolrunner_IS_WINDOWS) {
            // Windows + cmd file
            if (this._isCmdFile()) {
                cmd += toolPath;
                for (const a of args) {
                    cmd += ` ${a}`;
                }
            }
            // Windows + verbatim
            else if (options.windowsVerbatimArguments) {
                cmd += `"${toolPath}"`;
                for (const a of args) {
                    cmd += ` ${a}`;
                }
            }
            // Windows (regular)
            else {
                cmd += this._windowsQuoteCmdArg(toolPath);
                for (const a of args) {
                    cmd += ` ${this._windowsQuoteCmdArg(a)}`;
                }
            }
        }
        else {
            // OSX/Linux - this can likely be improved with some form of quoting.
            // creating processes on Unix is fundamentally different than Windows.
            // on Unix, execvp() takes an arg array.
            cmd += toolPath;
            for (const a of args) {
                cmd += ` ${a}`;
            }
        }
        return cmd;
    }
    _processLineBuffer(data, strBuffer, onLine) {
        try {
            let s = strBuffer + data.toString();
            let n = s.indexOf(external_os_namespaceObject.EOL);
            while (n > -1) {
                const line = s.substring(0, n);
                onLine(line);
                // the rest of the string ...
                s = s.substring(n + external_os_namespaceObject.EOL.length);
                n = s.indexOf(external_os_namespaceObject.EOL);
            }
            return s;
        }
        catch (err) {
            // streaming lines to console is best effort.  Don't fail a build.
            this._debug(`error processing line. Failed with error ${err}`);
            return '';
        }
    }
    _getSpawnFileName() {
        if (toolrunner_IS_WINDOWS) {
            if (this._isCmdFile()) {
                return process.env['COMSPEC'] || 'cmd.exe';
            }
        }
        return this.toolPath;
    }
    _getSpawnArgs(options) {
        if (toolrunner_IS_WINDOWS) {
            if (this._isCmdFile()) {
                let argline = `/D /S /C "${this._windowsQuoteCmdArg(this.toolPath)}`;
                for (const a of this.args) {
                    argline += ' ';
                    argline += options.windowsVerbatimArguments
                        ? a
                        : this._windowsQuoteCmdArg(a);
                }
                argline += '"';
                return [argline];
            }
        }
        return this.args;
    }
    _endsWith(str, end) {
        return str.endsWith(end);
    }
    _isCmdFile() {
        const upperToolPath = this.toolPath.toUpperCase();
        return (this._endsWith(upperToolPath, '.CMD') ||
            this._endsWith(upperToolPath, '.BAT'));
    }
    _windowsQuoteCmdArg(arg) {
        // for .exe, apply the normal quoting rules that libuv applies
        if (!this._isCmdFile()) {
            return this._uvQuoteCmdArg(arg);
        }
        // otherwise apply quoting rules specific to the cmd.exe command line parser.
        // the libuv rules are generic and are not designed specifically for cmd.exe
        // command line parser.
        //
        // for a detailed description of the cmd.exe command line parser, refer to
        // http://stackoverflow.com/questions/4094699/how-does-the-windows-command-interpreter-cmd-exe-parse-scripts/7970912#7970912
        // need quotes for empty arg
        if (!arg) {
            return '""';
        }
        // determine whether the arg needs to be quoted
        const cmdSpecialChars = [
            ' ',
            '\t',
            '&',
            '(',
            ')',
            '[',
            ']',
            '{',
            '}',
            '^',
            '=',
            ';',
            '!',
            "'",
            '+',
            ',',
            '`',
            '~',
            '|',
            '<',
            '>',
            '"'
        ];
        let needsQuotes = false;
        for (const char of arg) {
            if (cmdSpecialChars.some(x => x === char)) {
                needsQuotes = true;
                break;
            }
        }
        // short-circuit if quotes not needed
        if (!needsQuotes) {
            return arg;
        }
        // the following quoting rules are very similar to the rules that by libuv applies.
        //
        // 1) wrap the string in quotes
        //
        // 2) double-up quotes - i.e. " => ""
        //
        //    this is different from the libuv quoting rules. libuv replaces " with \", which unfortunately
        //    doesn't work well with a cmd.exe command line.
        //
        //    note, replacing " with "" also works well if the arg is passed to a downstream .NET console app.
        //    for example, the command line:
        //          foo.exe "myarg:""my val"""
        //    is parsed by a .NET console app into an arg array:
        //          [ "myarg:\"my val\"" ]
        //    which is the same end result when applying libuv quoting rules. although the actual
        //    command line from libuv quoting rules would look like:
        //          foo.exe "myarg:\"my val\""
        //
        // 3) double-up slashes that precede a quote,
        //    e.g.  hello \world    => "hello \world"
        //          hello\"world    => "hello\\""world"
        //          hello\\"world   => "hello\\\\""world"
        //          hello world\    => "hello world\\"
        //
        //    technically this is not required for a cmd.exe command line, or the batch argument parser.
        //    the reasons for including this as a .cmd quoting rule are:
        //
        //    a) this is optimized for the scenario where the argument is passed from the .cmd file to an
        //       external program. many programs (e.g. .NET console apps) rely on the slash-doubling rule.
        //
        //    b) it's what we've been doing previously (by deferring to node default behavior) and we
        //       haven't heard any complaints about that aspect.
        //
        // note, a weakness of the quoting rules chosen here, is that % is not escaped. in fact, % cannot be
        // escaped when used on the command line directly - even though within a .cmd file % can be escaped
        // by using %%.
        //
        // the saving grace is, on the command line, %var% is left as-is if var is not defined. this contrasts
        // the line parsing rules within a .cmd file, where if var is not defined it is replaced with nothing.
        //
        // one option that was explored was replacing % with ^% - i.e. %var% => ^%var^%. this hack would
        // often work, since it is unlikely that var^ would exist, and the ^ character is removed when the
        // variable is used. the problem, however, is that ^ is not removed when %* is used to pass the args
        // to an external program.
        //
        // an unexplored potential solution for the % escaping problem, is to create a wrapper .cmd file.
        // % can be escaped within a .cmd file.
        let reverse = '"';
        let quoteHit = true;
        for (let i = arg.length; i > 0; i--) {
            // walk the string in reverse
            reverse += arg[i - 1];
            if (quoteHit && arg[i - 1] === '\\') {
                reverse += '\\'; // double the slash
            }
            else if (arg[i - 1] === '"') {
                quoteHit = true;
                reverse += '"'; // double the quote
            }
            else {
                quoteHit = false;
            }
        }
        reverse += '"';
        return reverse.split('').reverse().join('');
    }
    _uvQuoteCmdArg(arg) {
        // Tool runner wraps child_process.spawn() and needs to apply the same quoting as
        // Node in certain cases where the undocumented spawn option windowsVerbatimArguments
        // is used.
        //
        // Since this function is a port of quote_cmd_arg from Node 4.x (technically, lib UV,
        // see https://github.com/nodejs/node/blob/v4.x/deps/uv/src/win/process.c for details),
        // pasting copyright notice from Node within this function:
        //
        //      Copyright Joyent, Inc. and other Node contributors. All rights reserved.
        //
        //      Permission is hereby granted, free of charge, to any person obtaining a copy
        //      of this software and associated documentation files (the "Software"), to
        //      deal in the Software without restriction, including without limitation the
        //      rights to use, copy, modify, merge, publish, distribute, sublicense, and/or
        //      sell copies of the Software, and to permit persons to whom the Software is
        //      furnished to do so, subject to the following conditions:
        //
        //      The above copyright notice and this permission notice shall be included in
        //      all copies or substantial portions of the Software.
        //
        //      THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
        //      IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
        //      FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
        //      AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
        //      LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING
        //      FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
        //      IN THE SOFTWARE.
        if (!arg) {
            // Need double quotation for empty argument
            return '""';
        }
        if (!arg.includes(' ') && !arg.includes('\t') && !arg.includes('"')) {
            // No quotation needed
            return arg;
        }
        if (!arg.includes('"') && !arg.includes('\\')) {
            // No embedded double quotes or backslashes, so I can just wrap
            // quote marks around the whole thing.
            return `"${arg}"`;
        }
        // Expected input/output:
        //   input : hello"world
        //   output: "hello\"world"
        //   input : hello""world
        //   output: "hello\"\"world"
        //   input : hello\world
        //   output: hello\world
        //   input : hello\\world
        //   output: hello\\world
        //   input : hello\"world
        //   output: "hello\\\"world"
        //   input : hello\\"world
        //   output: "hello\\\\\"world"
        //   input : hello world\
        //   output: "hello world\\" - note the comment in libuv actually reads "hello world\"
        //                             but it appears the comment is wrong, it should be "hello world\\"
        let reverse = '"';
        let quoteHit = true;
        for (let i = arg.length; i > 0; i--) {
            // walk the string in reverse
            reverse += arg[i - 1];
            if (quoteHit && arg[i - 1] === '\\') {
                reverse += '\\';
            }
            else if (arg[i - 1] === '"') {
                quoteHit = true;
                reverse += '\\';
            }
            else {
                quoteHit = false;
            }
        }
        reverse += '"';
        return reverse.split('').reverse().join('');
    }
    _cloneExecOptions(options) {
        options = options || {};
        const result = {
            cwd: options.cwd || process.cwd(),
            env: options.env || process.env,
            silent: options.silent || false,
            windowsVerbatimArguments: options.windowsVerbatimArguments || false,
            failOnStdErr: options.failOnStdErr || false,
            ignoreReturnCode: options.ignoreReturnCode || false,
            delay: options.delay || 10000
        };
        result.outStream = options.outStream || process.stdout;
        result.errStream = options.errStream || process.stderr;
        return result;
    }
    _getSpawnOptions(options, toolPath) {
        options = options || {};
        const result = {};
        result.cwd = options.cwd;
        result.env = options.env;
        result['windowsVerbatimArguments'] =
            options.windowsVerbatimArguments || this._isCmdFile();
        if (options.windowsVerbatimArguments) {
            result.argv0 = `"${toolPath}"`;
        }
        return result;
    }
    /**
     * Exec a tool.
     * Output will be streamed to the live console.
     * Returns promise with return code
     *
     * @param     tool     path to tool to exec
     * @param     options  optional exec options.  See ExecOptions
     * @returns   number
     */
    exec() {
        return toolrunner_awaiter(this, void 0, void 0, function* () {
            // root the tool path if it is unrooted and contains relative pathing
            if (!isRooted(this.toolPath) &&
                (this.toolPath.includes('/') ||
                    (toolrunner_IS_WINDOWS && this.toolPath.includes('\\')))) {
                // prefer options.cwd if it is specified, however options.cwd may also need to be rooted
                this.toolPath = external_path_namespaceObject.resolve(process.cwd(), this.options.cwd || process.cwd(), this.toolPath);
            }
            // if the tool is only a file name, then resolve it from the PATH
            // otherwise verify it exists (add extension on Windows if necessary)
            this.toolPath = yield which(this.toolPath, true);
            return new Promise((resolve, reject) => toolrunner_awaiter(this, void 0, void 0, function* () {
                this._debug(`exec tool: ${this.toolPath}`);
                this._debug('arguments:');
                for (const arg of this.args) {
                    this._debug(`   ${arg}`);
                }
                const optionsNonNull = this._cloneExecOptions(this.options);
                if (!optionsNonNull.silent && optionsNonNull.outStream) {
                    optionsNonNull.outStream.write(this._getCommandString(optionsNonNull) + external_os_namespaceObject.EOL);
                }
                const state = new ExecState(optionsNonNull, this.toolPath);
                state.on('debug', (message) => {
                    this._debug(message);
                });
                if (this.options.cwd && !(yield exists(this.options.cwd))) {
                    return reject(new Error(`The cwd: ${this.options.cwd} does not exist!`));
                }
                const fileName = this._getSpawnFileName();
                const cp = external_child_process_namespaceObject.spawn(fileName, this._getSpawnArgs(optionsNonNull), this._getSpawnOptions(this.options, fileName));
                let stdbuffer = '';
                if (cp.stdout) {
                    cp.stdout.on('data', (data) => {
                        if (this.options.listeners && this.options.listeners.stdout) {
                            this.options.listeners.stdout(data);
                        }
                        if (!optionsNonNull.silent && optionsNonNull.outStream) {
                            optionsNonNull.outStream.write(data);
                        }
                        stdbuffer = this._processLineBuffer(data, stdbuffer, (line) => {
                            if (this.options.listeners && this.options.listeners.stdline) {
                                this.options.listeners.stdline(line);
                            }
                        });
                    });
                }
                let errbuffer = '';
                if (cp.stderr) {
                    cp.stderr.on('data', (data) => {
                        state.processStderr = true;
                        if (this.options.listeners && this.options.listeners.stderr) {
                            this.options.listeners.stderr(data);
                        }
                        if (!optionsNonNull.silent &&
                            optionsNonNull.errStream &&
                            optionsNonNull.outStream) {
                            const s = optionsNonNull.failOnStdErr
                                ? optionsNonNull.errStream
                                : optionsNonNull.outStream;
                            s.write(data);
                        }
                        errbuffer = this._processLineBuffer(data, errbuffer, (line) => {
                            if (this.options.listeners && this.options.listeners.errline) {
                                this.options.listeners.errline(line);
                            }
                        });
                    });
                }
                cp.on('error', (err) => {
                    state.processError = err.message;
                    state.processExited = true;
                    state.processClosed = true;
                    state.CheckComplete();
                });
                cp.on('exit', (code) => {
                    state.processExitCode = code;
                    state.processExited = true;
                    this._debug(`Exit code ${code} received from tool '${this.toolPath}'`);
                    state.CheckComplete();
                });
                cp.on('close', (code) => {
                    state.processExitCode = code;
                    state.processExited = true;
                    state.processClosed = true;
                    this._debug(`STDIO streams have closed for tool '${this.toolPath}'`);
                    state.CheckComplete();
                });
                state.on('done', (error, exitCode) => {
                    if (stdbuffer.length > 0) {
                        this.emit('stdline', stdbuffer);
                    }
                    if (errbuffer.length > 0) {
                        this.emit('errline', errbuffer);
                    }
                    cp.removeAllListeners();
                    if (error) {
                        reject(error);
                    }
                    else {
                        resolve(exitCode);
                    }
                });
                if (this.options.input) {
                    if (!cp.stdin) {
                        throw new Error('child process missing stdin');
                    }
                    cp.stdin.end(this.options.input);
                }
            }));
        });
    }
}
/**
 * Convert an arg string to an array of args. Handles escaping
 *
 * @param    argString   string of arguments
 * @returns  string[]    array of arguments
 */
function argStringToArray(argString) {
    const args = [];
    let inQuotes = false;
    let escaped = false;
    let arg = '';
    function append(c) {
        // we only escape double quotes.
        if (escaped && c !== '"') {
            arg += '\\';
        }
        arg += c;
        escaped = false;
    }
    for (let i = 0; i < argString.length; i++) {
        const c = argString.charAt(i);
        if (c === '"') {
            if (!escaped) {
                inQuotes = !inQuotes;
            }
            else {
                append(c);
            }
            continue;
        }
        if (c === '\\' && escaped) {
            append(c);
            continue;
        }
        if (c === '\\' && inQuotes) {
            escaped = true;
            continue;
        }
        if (c === ' ' && !inQuotes) {
            if (arg.length > 0) {
                args.push(arg);
                arg = '';
            }
            continue;
        }
        append(c);
    }
    if (arg.length > 0) {
        args.push(arg.trim());
    }
    return args;
}
class ExecState extends external_events_namespaceObject.EventEmitter {
    constructor(options, toolPath) {
        super();
        this.processClosed = false; // tracks whether the process has exited and stdio is closed
        this.processError = '';
        this.processExitCode = 0;
        this.processExited = false; // tracks whether the process has exited
        this.processStderr = false; // tracks whether stderr was written to
        this.delay = 10000; // 10 seconds
        this.done = false;
        this.timeout = null;
        if (!toolPath) {
            throw new Error('toolPath must not be empty');
        }
        this.options = options;
        this.toolPath = toolPath;
        if (options.delay) {
            this.delay = options.delay;
        }
    }
    CheckComplete() {
        if (this.done) {
            return;
        }
        if (this.processClosed) {
            this._setResult();
        }
        else if (this.processExited) {
            this.timeout = (0,external_timers_namespaceObject.setTimeout)(ExecState.HandleTimeout, this.delay, this);
        }
    }
    _debug(message) {
        this.emit('debug', message);
    }
    _setResult() {
        // determine whether there is an error
        let error;
        if (this.processExited) {
            if (this.processError) {
                error = new Error(`There was an error when attempting to execute the process '${this.toolPath}'. This may indicate the process failed to start. Error: ${this.processError}`);
            }
            else if (this.processExitCode !== 0 && !this.options.ignoreReturnCode) {
                error = new Error(`The process '${this.toolPath}' failed with exit code ${this.processExitCode}`);
            }
            else if (this.processStderr && this.options.failOnStdErr) {
                error = new Error(`The process '${this.toolPath}' failed because one or more lines were written to the STDERR stream`);
            }
        }
        // clear the timeout
        if (this.timeout) {
            clearTimeout(this.timeout);
            this.timeout = null;
        }
        this.done = true;
        this.emit('done', error, this.processExitCode);
    }
    static HandleTimeout(state) {
        if (state.done) {
            return;
        }
        if (!state.processClosed && state.processExited) {
            const message = `The STDIO streams did not close within ${state.delay / 1000} seconds of the exit event from process '${state.toolPath}'. This may indicate a child process inherited the STDIO streams and has not yet exited.`;
            state._debug(message);
        }
        state._setResult();
    }
}
//# sourceMappingURL=toolrunner.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/exec/lib/exec.js
var exec_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


/**
 * Exec a command.
 * Output will be streamed to the live console.
 * Returns promise with return code
 *
 * @param     commandLine        command to execute (can include additional args). Must be correctly escaped.
 * @param     args               optional arguments for tool. Escaping is handled by the lib.
 * @param     options            optional exec options.  See ExecOptions
 * @returns   Promise<number>    exit code
 */
function exec(commandLine, args, options) {
    return exec_awaiter(this, void 0, void 0, function* () {
        const commandArgs = argStringToArray(commandLine);
        if (commandArgs.length === 0) {
            throw new Error(`Parameter 'commandLine' cannot be null or empty.`);
        }
        // Path to tool to execute should be first arg
        const toolPath = commandArgs[0];
        args = commandArgs.slice(1).concat(args || []);
        const runner = new ToolRunner(toolPath, args, options);
        return runner.exec();
    });
}
/**
 * Exec a command and get the output.
 * Output will be streamed to the live console.
 * Returns promise with the exit code and collected stdout and stderr
 *
 * @param     commandLine           command to execute (can include additional args). Must be correctly escaped.
 * @param     args                  optional arguments for tool. Escaping is handled by the lib.
 * @param     options               optional exec options.  See ExecOptions
 * @returns   Promise<ExecOutput>   exit code, stdout, and stderr
 */
function getExecOutput(commandLine, args, options) {
    return exec_awaiter(this, void 0, void 0, function* () {
        var _a, _b;
        let stdout = '';
        let stderr = '';
        //Using string decoder covers the case where a mult-byte character is split
        const stdoutDecoder = new external_string_decoder_namespaceObject.StringDecoder('utf8');
        const stderrDecoder = new external_string_decoder_namespaceObject.StringDecoder('utf8');
        const originalStdoutListener = (_a = options === null || options === void 0 ? void 0 : options.listeners) === null || _a === void 0 ? void 0 : _a.stdout;
        const originalStdErrListener = (_b = options === null || options === void 0 ? void 0 : options.listeners) === null || _b === void 0 ? void 0 : _b.stderr;
        const stdErrListener = (data) => {
            stderr += stderrDecoder.write(data);
            if (originalStdErrListener) {
                originalStdErrListener(data);
            }
        };
        const stdOutListener = (data) => {
            stdout += stdoutDecoder.write(data);
            if (originalStdoutListener) {
                originalStdoutListener(data);
            }
        };
        const listeners = Object.assign(Object.assign({}, options === null || options === void 0 ? void 0 : options.listeners), { stdout: stdOutListener, stderr: stdErrListener });
        const exitCode = yield exec(commandLine, args, Object.assign(Object.assign({}, options), { listeners }));
        //flush any remaining characters
        stdout += stdoutDecoder.end();
        stderr += stderrDecoder.end();
        return {
            exitCode,
            stdout,
            stderr
        };
    });
}
//# sourceMappingURL=exec.js.map
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/failure.js

/**
 * The client's own words for a container that it could not start. They count only at the very beginning of standard
 * error, after the client's warnings: anything further down may have been written by the container.
 */
const ENGINE_REFUSED = /^(WARNING: .*\n)*(docker: |Error: )?(Error response from daemon: |failed to start containers|Cannot connect to the Docker daemon|permission denied while trying|error during connect|failed to connect to the docker API)/i;
/** Failures that the user can fix, recognised by the client's own words. */
const REMEDIES = [
    {
        pattern: /Minimum memory limit allowed/i,
        message: 'memory: the limit is too small for a container.',
        hint: 'Use at least "6m"; agents need gigabytes.',
    },
    {
        pattern: /permission denied while trying to connect/i,
        message: 'The Docker engine refuses this user.',
        hint: 'Add the user to the docker group, or allow access to the socket that DOCKER_HOST names.',
    },
    {
        pattern: /Cannot connect to the Docker daemon|error during connect|failed to connect to the docker API/i,
        message: 'No Docker engine answers.',
        hint: 'Start one (systemctl start docker), or point DOCKER_HOST to one. Hosted ubuntu runners have one running.',
    },
];
/** True if `stderr`, from its beginning, says that the engine did not start the container. */
function isEngineRefusal(stderr) {
    return ENGINE_REFUSED.test(stderr);
}
/** The error for a call that ended with an exit code other than 0. */
function failure(args, { exitCode, stderr }) {
    const lines = nonEmptyLines(stderr);
    const remedy = REMEDIES.find(({ pattern }) => pattern.test(stderr));
    if (remedy)
        return new errors/* UserError */.yo(remedy.message, { hint: remedy.hint, cause: new Error(lines.at(-1)) });
    const last = lines.findLast((line) => !/^(See 'docker|Run 'docker|exit status )/.test(line));
    return new errors/* UserError */.yo(`docker ${verbOf(args)} failed (exit code ${exitCode}): ${last ?? 'nothing on standard error'}`);
}
/** The error for a client that a signal ended: it has no exit code, so nothing is known about what it was doing. */
function killed(args, signal) {
    const by = signal === undefined ? '' : ` by ${signal}`;
    return new errors/* UserError */.yo(`docker ${verbOf(args)} was killed${by} before it ended.`, {
        hint: 'Something outside AWF killed the Docker client. When memory runs out, the kernel does (see dmesg).',
    });
}
function nonEmptyLines(text) {
    return text.split('\n').filter((line) => line.trim() !== '');
}
/** True if every line of `stderr` matches `pattern`, apart from the client's own remark about its exit status. */
function hasOnly(stderr, pattern) {
    return nonEmptyLines(stderr).every((line) => pattern.test(line) || /^exit status/.test(line));
}
/** The subcommand, for messages: `run`, `network create`. */
function verbOf(args) {
    return args.slice(0, args[0] === 'network' || args[0] === 'image' ? 2 : 1).join(' ');
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/line-splitter.js

/** Turns the chunks of one stream into lines. A chunk may end within a line, and even within a character. */
class LineSplitter {
    #onLine;
    #decoder = new external_node_string_decoder_namespaceObject.StringDecoder();
    #rest = '';
    constructor(onLine) {
        this.#onLine = onLine;
    }
    push(chunk) {
        const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
        this.#rest = lines.pop() ?? '';
        lines.forEach(this.#onLine);
    }
    /** Passes on a last line that has no newline. */
    end() {
        const last = this.#rest + this.#decoder.end();
        this.#rest = '';
        if (last !== '')
            this.#onLine(last);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/client.js









/** How many characters of a container's standard error are kept to recognise a refusal of the engine. */
const MAX_HEAD = 16_384;
/**
 * Runs the `docker` program. Ordinary calls go through `@actions/exec`. An attached container needs more than that
 * offers, so {@link attach} spawns its own process.
 */
class DockerClient {
    #debug;
    #path;
    constructor(debug) {
        this.#debug = debug;
    }
    /**
     * Runs a command that reads no input, to its end.
     *
     * @param onLine receives the lines of both streams as they arrive
     * @throws UserError when the client was killed, or there is none
     */
    async call(args, onLine = () => undefined) {
        const [stdout, stderr] = [new LineSplitter(onLine), new LineSplitter(onLine)];
        const { exitCode, ...streams } = await getExecOutput(`"${this.#program(args)}"`, [...args], {
            silent: true,
            ignoreReturnCode: true,
            listeners: {
                stdout: (chunk) => {
                    stdout.push(chunk);
                },
                stderr: (chunk) => {
                    stderr.push(chunk);
                },
            },
        });
        stdout.end();
        stderr.end();
        // The package's type leaves this out: Node reports null for a process that a signal ended.
        if (exitCode === null)
            throw killed(args);
        return { exitCode, ...streams };
    }
    /** Like {@link call}. @returns standard output @throws UserError also for an exit code other than 0 */
    async succeed(args) {
        const result = await this.call(args);
        if (result.exitCode !== 0)
            throw failure(args, result);
        return result.stdout;
    }
    /**
     * Gives a container its document and relays its output until it ends. `@actions/exec` cannot do this:
     *
     * - The client may end before it has read the document. The broken pipe must not end this process as well.
     * - Standard input may have to stay open for a later message.
     * - A slow reader has to slow the container down.
     * - The client must not get the terminal's Ctrl-C, or the sidecars would die before the agent. Hence `detached`.
     *
     * @returns the container's exit code
     * @throws UserError when the container could not be started, or the client was killed
     */
    async attach(args, { input, later, onStdout, onStderr }) {
        const child = (0,external_node_child_process_.spawn)(this.#program(args), args, { stdio: 'pipe', detached: true });
        const decoder = new external_node_string_decoder_namespaceObject.StringDecoder();
        let head = '';
        drain(child.stdout, onStdout);
        drain(child.stderr, (chunk) => {
            if (head.length < MAX_HEAD)
                head += decoder.write(chunk);
            return onStderr(chunk);
        });
        child.stdin.on('error', () => undefined); // The exit code tells why.
        child.stdin.write(input);
        if (later === undefined)
            child.stdin.end();
        else
            void later.then((text) => child.stdin.end(text));
        const [exitCode, signal] = (await (0,external_node_events_.once)(child, 'close'));
        if (exitCode === null)
            throw killed(args, signal);
        if (exitCode !== 0 && isEngineRefusal(head))
            throw failure(args, { exitCode, stdout: '', stderr: head });
        return exitCode;
    }
    /** The path of the client, which is about to run with `args`. */
    #program(args) {
        this.#debug(`docker ${args.join(' ')}`);
        return (this.#path ??= locate());
    }
}
/**
 * Finds the `docker` program. `which` of `@actions/io` logs directories that it cannot read to standard output, and
 * standard output belongs to the command.
 *
 * @throws UserError when there is none
 */
function locate() {
    const directories = (process.env['PATH'] ?? '').split(external_node_path_.delimiter).filter((directory) => directory !== '');
    const path = directories.map((directory) => (0,external_node_path_.join)(directory, 'docker')).find(isProgram);
    if (path !== undefined)
        return path;
    throw new errors/* UserError */.yo('There is no docker command in PATH.', {
        hint: 'Install the Docker command line; hosted ubuntu runners have it.',
    });
}
function isProgram(path) {
    try {
        (0,external_node_fs_.accessSync)(path, external_node_fs_.constants.X_OK);
        return (0,external_node_fs_.statSync)(path).isFile();
    }
    catch {
        return false;
    }
}
/** Reads a stream to its end, no faster than `sink` accepts it. */
function drain(stream, sink) {
    stream.on('data', (chunk) => {
        const accepted = sink(chunk);
        if (accepted === undefined)
            return;
        stream.pause();
        void accepted.then(() => stream.resume());
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/image-facts.js
/** The label with the date on which AWF built an image, in ISO 8601. */
const BUILT_LABEL = 'awf.built';
/** The label of a base image that `script/bootstrap` made on this machine: no registry has it. */
const STAND_IN_LABEL = 'awf.stand-in';
/** Reads what `docker image inspect` prints for one image, as JSON. */
function parseImageFacts(json) {
    const { Os = '', Architecture = '', Created = '', Config } = JSON.parse(json);
    // BuildKit writes SOURCE_DATE_EPOCH as the date of creation where a job sets that variable. The label cannot be
    // misled.
    const built = Config?.Labels?.[BUILT_LABEL] ?? Created;
    return {
        platform: `${Os}/${Architecture}`,
        volumes: Object.keys(Config?.Volumes ?? {}),
        builtAt: Date.parse(built) || 0,
        isStandIn: Config?.Labels?.[STAND_IN_LABEL] === 'true',
    };
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/docker/spec.js
var docker_spec = __nccwpck_require__(400);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/cli.js







/** How long the engine may take over a removal that somebody else began. Milliseconds. */
const REMOVAL_LIMIT_MS = 10_000;
/** Between two looks at it. Milliseconds. */
const REMOVAL_INTERVAL_MS = 50;
/**
 * The engine behind the `docker` command line: contexts and `DOCKER_HOST` work, and every call can be pasted into a
 * terminal.
 */
class DockerCli {
    #client;
    #proxies;
    constructor(debug) {
        this.#client = new DockerClient(debug);
    }
    async imagesOf(names) {
        const result = await this.#client.call(['image', 'inspect', '--format={{json .}}', '--', ...names]);
        const complaints = nonEmptyLines(result.stderr).map((line) => line.toLowerCase());
        const isMissing = (name) => complaints.some((line) => line.endsWith(`no such image: ${name.toLowerCase()}`));
        const present = result.exitCode === 0 ? names : names.filter((name) => !isMissing(name));
        if (result.exitCode !== 0 && present.length === names.length)
            throw failure(['image', 'inspect'], result);
        // One line per image, in the order of `names`.
        const lines = nonEmptyLines(result.stdout);
        return new Map(present.map((name, index) => [name, parseImageFacts(lines[index] ?? '{}')]));
    }
    async build(args, onLine) {
        const result = await this.#client.call(['build', ...args], onLine);
        if (result.exitCode !== 0)
            throw failure(['build'], result);
    }
    async pull(image) {
        await this.#client.succeed(['pull', '--quiet', image]);
    }
    async createNetwork(spec) {
        const args = ['network', 'create', ...(0,docker_spec/* networkArgs */.CC)(spec)];
        const result = await this.#client.call(args);
        if (result.exitCode === 0)
            return true;
        if (/overlaps with other one|already exists|conflicts with network/i.test(result.stderr))
            return false;
        throw failure(args, result);
    }
    async create(spec) {
        await this.#client.succeed(['create', ...this.#container(spec)]);
    }
    async connect(container, network) {
        await this.#client.succeed(['network', 'connect', network, container]);
    }
    start(container, attachment) {
        return this.#client.attach(['start', '--attach', '--interactive', container], attachment);
    }
    run(spec, attachment) {
        return this.#client.attach(['run', '--sig-proxy=false', ...this.#container(spec)], attachment);
    }
    async signal(container, signal) {
        await this.#succeedUnless(['kill', `--signal=${signal}`, container], /is not running|No such container/);
    }
    async removeContainers(names) {
        if (names.length === 0)
            return;
        const args = ['rm', '--force', '--volumes', ...names];
        const stderr = await this.#succeedUnless(args, /No such container|already in progress/);
        if (/already in progress/.test(stderr))
            await this.#gone(names);
    }
    async removeNetworks(names) {
        if (names.length === 0)
            return;
        await this.#succeedUnless(['network', 'rm', ...names], /not found|No such network/);
    }
    async containerNames() {
        return nonEmptyLines(await this.#client.succeed(['ps', '--all', '--format={{.Names}}']));
    }
    async objectsOf(runId) {
        const filter = `--filter=label=${docker_spec/* RUN_LABEL */.jQ}=${runId}`;
        const [containers, networks] = await Promise.all([
            this.#client.succeed(['ps', '--all', '--format={{.Names}}', filter]),
            this.#client.succeed(['network', 'ls', '--format={{.Name}}', filter]),
        ]);
        return { containers: nonEmptyLines(containers), networks: nonEmptyLines(networks) };
    }
    async places() {
        const [dataRoot, host] = await Promise.all([
            this.#client.succeed(['info', '--format={{.DockerRootDir}}']),
            this.#client.succeed(['context', 'inspect', '--format={{.Endpoints.docker.Host}}']),
        ]);
        const socket = /^unix:\/\/(\/.+)$/.exec(host.trim())?.[1];
        return { dataRoot: dataRoot.trim() === '' ? undefined : dataRoot.trim(), socket };
    }
    async ranOutOfMemory(container) {
        return (await this.#client.succeed(['inspect', '--format={{.State.OOMKilled}}', container])).trim() === 'true';
    }
    /** Waits until the engine has removed containers that somebody else asked it to remove: until then it keeps their names. */
    async #gone(names) {
        const limit = performance.now() + REMOVAL_LIMIT_MS;
        for (;;) {
            const there = await this.containerNames();
            const left = names.filter((name) => there.includes(name));
            if (left.length === 0)
                return;
            if (performance.now() > limit)
                throw new errors/* UserError */.yo(`The engine does not finish the removal of ${left.join(', ')}.`);
            await (0,promises_.setTimeout)(REMOVAL_INTERVAL_MS);
        }
    }
    /**
     * Runs a command whose goal may be reached already: `harmless` matches what the client then complains about.
     *
     * @returns standard error
     */
    async #succeedUnless(args, harmless) {
        const result = await this.#client.call(args);
        if (result.exitCode !== 0 && !hasOnly(result.stderr, harmless))
            throw failure(args, result);
        return result.stderr;
    }
    #container(spec) {
        this.#proxies ??= withoutClientProxies(process.env);
        return (0,docker_spec/* containerArgs */.he)({ ...spec, environment: { ...this.#proxies, ...spec.environment } });
    }
}

;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/network.js
/**
 * The addresses, ports and names of a run. Everything that needs one of them derives it from here: the topology, Squid's
 * rules, the agent's environment and the sidecar's listeners.
 */
/** Port on which Squid accepts the agent's and the sidecar's requests. */
const SQUID_PORT = 3128;
/** The subnet of a run, unless it is taken. */
const DEFAULT_SUBNET = '172.30.0.0/24';
const network_ROLES = ['squid', 'api-proxy', 'agent'];
const LAST_OCTET = { gateway: 1, squid: 10, agent: 20, 'api-proxy': 30 };
/**
 * The addresses of a run in `subnet`.
 *
 * @param subnet an IPv4 /24 in CIDR notation, for example `172.30.0.0/24`
 * @throws Error when `subnet` is not a /24 in CIDR notation
 */
function addressesIn(subnet) {
    const match = /^(\d+\.\d+\.\d+)\.0\/24$/.exec(subnet);
    if (!match)
        throw new Error(`not an IPv4 /24: ${subnet}`);
    const at = (octet) => `${match[1] ?? ''}.${String(octet)}`;
    return {
        gateway: at(LAST_OCTET.gateway),
        squid: at(LAST_OCTET.squid),
        agent: at(LAST_OCTET.agent),
        'api-proxy': at(LAST_OCTET['api-proxy']),
    };
}
/** Squid's address as the proxy variables carry it. */
function squidUrl(addresses) {
    return `http://${addresses.squid}:${String(SQUID_PORT)}`;
}
/**
 * Where the agent reaches a provider.
 *
 * @param port the provider's
 * @returns a URL without a path
 */
function apiProxyUrl(addresses, port) {
    return `http://${addresses['api-proxy']}:${String(port)}`;
}
/** The subnets that a run may take for its internal network, in the order in which it tries them. */
function* internalSubnets() {
    yield DEFAULT_SUBNET;
    yield* shuffled(254).map((third) => `172.30.${String(third + 1)}.0/24`);
    yield* shuffled(255).map((third) => `10.213.${String(third)}.0/24`);
    yield* shuffled(128).map((third) => `192.168.${String(third)}.0/24`);
}
/**
 * The subnets that a run may take for Squid's outer network. Chosen here and not by the engine, whose own pools are so
 * large that they are used up after some thirty networks.
 */
function* outerSubnets() {
    yield* shuffled(255).map((third) => `10.214.${String(third)}.0/24`);
    yield* shuffled(255).map((third) => `172.29.${String(third)}.0/24`);
    yield* shuffled(127).map((third) => `192.168.${String(third + 128)}.0/24`);
}
/** 0 to `count` - 1 in random order, so that runs which start together rarely ask for the same. */
function shuffled(count) {
    return Array.from({ length: count }, (_, index) => ({ index, rank: Math.random() }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ index }) => index);
}
/**
 * The well-known names for the run that holds the default subnet, unless somebody has one of them; with the run's id behind
 * them for every other.
 *
 * @param taken names that the engine's containers have
 */
function namesFor(runId, subnet, taken = []) {
    const wellKnown = namesWith('');
    const isFree = ![...Object.values(wellKnown.container), wellKnown.library].some((name) => taken.includes(name));
    return subnet === DEFAULT_SUBNET && isFree ? wellKnown : namesWith(`-${runId}`);
}
function namesWith(tail) {
    return {
        container: { squid: `awf-squid${tail}`, 'api-proxy': `awf-api-proxy${tail}`, agent: `awf-agent${tail}` },
        library: `awf-library${tail}`,
    };
}
/** @returns the role of a container that {@link namesFor} named, undefined for every other */
function roleOf(container) {
    return network_ROLES.find((role) => container === `awf-${role}` || container.startsWith(`awf-${role}-`));
}
/** Networks are known by the run's id: they are claimed before it is certain which subnet the run gets. */
function networkNames(runId) {
    return { internal: `awf-internal-${runId}`, outer: `awf-outer-${runId}` };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/images.js






/** The file in `dist/` that names the images that belong to this build. */
const IMAGES_FILE = 'images.json';
/**
 * The names of the images that would be built from what is in `root` now. A name has a hash of our files that go into
 * the image, so an image under its name always has our current files. Its packages may still be old: see
 * `own-images.ts`.
 *
 * @param root the repository
 * @param dist the folder with the bundles, which may be elsewhere while a build is being checked
 */
function imageNames(root, dist = join(root, 'dist')) {
    const name = (role) => `awf-${role}:${contentHash(imageFiles(role, root, dist))}`;
    return Object.fromEntries(ROLES.map((role) => [role, name(role)]));
}
/**
 * The names that the build wrote beside the bundles. These are the images that a run uses.
 *
 * @throws Error when `dist` has none
 */
function builtImageNames(dist) {
    return JSON.parse((0,external_node_fs_.readFileSync)((0,external_node_path_.join)(dist, IMAGES_FILE), 'utf8'));
}
/**
 * The arguments of `docker build` for one image. The proxy variables have no value here: the client takes the value
 * from its own environment, if there is one, and the engine keeps it out of the image.
 *
 * @param date becomes the image's build date
 */
function buildArgs(role, name, root, date) {
    const { http, https, none } = PROXY_VARIABLE;
    return [
        `--file=${dockerfile(role, root)}`,
        `--tag=${name}`,
        `--label=${BUILT_LABEL}=${date.toISOString()}`,
        '--no-cache',
        ...[http, https, none].map((variable) => `--build-arg=${variable.toLowerCase()}`),
        root,
    ];
}
/** The image that a Dockerfile starts from by default. @returns undefined for a Dockerfile without a base */
function baseImage(role, root) {
    return /^ARG BASE=(\S+)$/m.exec((0,external_node_fs_.readFileSync)(dockerfile(role, root), 'utf8'))?.[1];
}
function dockerfile(role, root) {
    return (0,external_node_path_.join)(root, 'containers', role, 'Dockerfile');
}
/** Source files are not in the image; the bundle made from them is. */
function imageFiles(role, root, dist) {
    const folder = `containers/${role}`;
    const own = filesIn(join(root, folder), folder).filter(({ path }) => !path.startsWith(`${folder}/src/`));
    return role === 'api-proxy' ? [...own, ...filesIn(join(dist, role), `dist/${role}`)] : own;
}
function filesIn(directory, path) {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => ({ path: path + file.slice(directory.length), file }));
}
/** 12 hexadecimal digits of a hash of paths, executable bits and contents. */
function contentHash(files) {
    const hash = createHash('sha256');
    for (const { path, file } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
        const bytes = readFileSync(file);
        const executable = (statSync(file).mode & 0o100) !== 0;
        hash.update(`${path}\0${executable ? 'x' : '-'}\0${bytes.length}\0`).update(bytes);
    }
    return hash.digest('hex').slice(0, 12);
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/run/output.js
var output = __nccwpck_require__(211);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/command-files.js



/**
 * The variables that tell the command about its files, and the paths of these. They are mount points, so the command can
 * neither replace nor rename them.
 */
const COMMAND_FILE_VARIABLES = {
    GITHUB_OUTPUT: `${AGENT_PLACES.github}/output`,
    GITHUB_STEP_SUMMARY: `${AGENT_PLACES.github}/summary.md`,
};
/** The content of a file if the command never ran. */
const NOTHING_WRITTEN = { text: '', isCut: false };
/** The limit for the output file in bytes: 1 MiB, like GitHub's limit for the outputs of a job. */
const OUTPUT_FILE_LIMIT = 1024 * 1024;
/**
 * The limit for the summary in bytes. GitHub accepts 1 MiB per step and drops a longer summary altogether, including
 * the part that AWF writes. Sanitising makes a hostile text up to six times as long.
 */
const SUMMARY_FILE_LIMIT = 64 * 1024;
/**
 * Mounts for the two files of {@link CommandFiles}.
 *
 * @param directory the same as theirs
 */
function commandFileMounts(directory) {
    const { output, summary } = sourcesIn(directory);
    return [
        { kind: 'bind', source: output, target: COMMAND_FILE_VARIABLES.GITHUB_OUTPUT, writable: true },
        { kind: 'bind', source: summary, target: COMMAND_FILE_VARIABLES.GITHUB_STEP_SUMMARY, writable: true },
    ];
}
function sourcesIn(directory) {
    return { output: (0,external_node_path_.join)(directory, 'command-output'), summary: (0,external_node_path_.join)(directory, 'command-summary') };
}
/**
 * The two files to which the command writes its outputs and its summary. They stay open from their creation on, so that
 * the very files that were mounted are read back, whatever happens to their names or modes.
 */
class CommandFiles {
    #output;
    #summary;
    /**
     * @param directory a directory of the run, to which nobody else can write
     * @param owner the user of the command
     */
    constructor(directory, owner) {
        const sources = sourcesIn(directory);
        this.#output = createOwned(sources.output, owner);
        this.#summary = createOwned(sources.summary, owner);
    }
    /** Reads and closes both files. Call it once, after the container is gone. */
    finish() {
        return {
            output: readAndClose(this.#output, OUTPUT_FILE_LIMIT),
            summary: readAndClose(this.#summary, SUMMARY_FILE_LIMIT),
        };
    }
}
function createOwned(path, { uid, gid }) {
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = external_node_fs_.constants;
    const file = (0,external_node_fs_.openSync)(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    // The mode must not depend on the caller's umask.
    (0,external_node_fs_.fchmodSync)(file, 0o600);
    if (process.getuid?.() === 0)
        (0,external_node_fs_.fchownSync)(file, uid, gid);
    return file;
}
function readAndClose(file, limit) {
    try {
        const buffer = Buffer.alloc(limit + 1);
        let length = 0;
        for (let read = -1; read !== 0 && length < buffer.length; length += read) {
            read = (0,external_node_fs_.readSync)(file, buffer, length, buffer.length - length, length);
        }
        const text = new TextDecoder().decode(buffer.subarray(0, Math.min(length, limit)), { stream: length > limit });
        return { text, isCut: length > limit };
    }
    finally {
        (0,external_node_fs_.closeSync)(file);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/proxy-settings.js

/**
 * Options that every JVM reads, whether the launcher, Maven, Gradle's daemon or a program with an embedded JVM starts
 * it.
 */
const JAVA_OPTIONS = 'JAVA_TOOL_OPTIONS';
/**
 * Variables for programs that ignore the usual proxy variables without them:
 *
 * - The `fetch`, `http` and `https` of Node.js, from 24.5 and 22.21 on.
 * - Yarn from 2 on. It has no list of hosts to reach directly, so it gets no proxy for `http:` and still reaches a
 *   registry on loopback.
 */
function proxyVariables(addresses) {
    return { NODE_USE_ENV_PROXY: '1', YARN_HTTPS_PROXY: squidUrl(addresses) };
}
/** The variables that this file decides. The user may override each of them. */
const PROXY_SETTINGS = ['NODE_USE_ENV_PROXY', 'YARN_HTTPS_PROXY', JAVA_OPTIONS];
/**
 * The user's options for Java, followed by those that name the proxy. A JVM uses the last of two options for a
 * property, so ours are left out if the user has set them, for example to a proxy that records a test.
 *
 * A JVM reports on standard error that it has read these options. `JDK_JAVA_OPTIONS` would be no quieter, and only the
 * `java` launcher of JDK 9 and later reads it.
 *
 * @param variables the variables that the user set
 * @see https://docs.oracle.com/en/java/javase/21/core/java-networking.html "Proxies"
 */
function javaOptions(variables, addresses) {
    const userOptions = variables[JAVA_OPTIONS] ?? '';
    const [host, port] = [addresses.squid, String(SQUID_PORT)];
    const groups = [
        { 'http.proxyHost': host, 'http.proxyPort': port },
        { 'https.proxyHost': host, 'https.proxyPort': port },
        // HTTPS uses this list too: it has none of its own. The first three entries are Java's default.
        { 'http.nonProxyHosts': `localhost|127.*|[::1]|${addresses['api-proxy']}` },
    ];
    const isSet = (name) => new RegExp(`(^|[\\s'"])-D${name.replace('.', '\\.')}=`).test(userOptions);
    const added = groups.filter((group) => !Object.keys(group).some(isSet)).flatMap((group) => Object.entries(group));
    const kept = groups.flatMap((group) => Object.keys(group)).filter(isSet);
    const options = [userOptions, ...added.map(([name, value]) => `-D${name}=${value}`)].filter((option) => option.trim() !== '');
    return {
        variables: { [JAVA_OPTIONS]: options.join(' ') },
        warnings: kept.length === 0
            ? []
            : [`${JAVA_OPTIONS} sets ${kept.join(', ')}: Java uses these settings, not the sandbox's proxy.`],
    };
}
/**
 * The user's settings of Maven, because Maven 3.9 ignores Java's properties. Maven 3.8 and 4 use them.
 *
 * @see https://maven.apache.org/guides/mini/guide-proxies.html
 */
function mavenSettings(addresses) {
    const proxies = ['http', 'https'].map((protocol) => `    <proxy>
      <id>awf-${protocol}</id>
      <active>true</active>
      <protocol>${protocol}</protocol>
      <host>${addresses.squid}</host>
      <port>${SQUID_PORT}</port>
      <nonProxyHosts>localhost|127.*|[::1]|${addresses['api-proxy']}</nonProxyHosts>
    </proxy>`);
    return `<settings>\n  <proxies>\n${proxies.join('\n')}\n  </proxies>\n</settings>\n`;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/files.js





/** The files below `/etc` that a run generates: container paths with contents. None of them contains a secret. */
function systemFiles(config, addresses, user) {
    const machine = managedSettings(config, addresses).filter(([path]) => path.startsWith('/'));
    return {
        ...accountFiles(user, config.agentImage === undefined ? '/bin/bash' : '/bin/sh'),
        ...RESOLVER,
        ...Object.fromEntries(machine),
    };
}
/** Settings of programs in the private home: paths below the home with contents. */
function homeSettings(config, addresses) {
    const home = managedSettings(config, addresses).filter(([path]) => path.startsWith(HOME_PREFIX));
    return {
        ...Object.fromEntries(home.map(([path, content]) => [path.slice(HOME_PREFIX.length), content])),
        '.m2/settings.xml': mavenSettings(addresses),
    };
}
const HOME_PREFIX = '~/';
/**
 * Squid resolves all names; nothing resolves names in the sandbox. A query to the engine's own resolver would only time
 * out after 20 seconds, but one to a closed port on loopback fails at once.
 */
const RESOLVER = { '/etc/resolv.conf': 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n' };
/** Settings of agent programs. Settings for the whole machine are read-only, so that an agent cannot change them. */
function managedSettings(config, addresses) {
    if (!config.apiProxy)
        return [];
    const configured = new Set(config.providers.map(({ provider }) => provider.id));
    return PROVIDERS.flatMap((provider) => {
        const baseUrl = apiProxyUrl(addresses, provider.port);
        return provider.managedSettings
            .filter(({ when }) => when === 'always' || configured.has(provider.id))
            .map(({ path, content }) => [path, content(baseUrl)]);
    });
}
/**
 * The account files. Without an entry for the user, git, ssh and Python's getpass fail.
 *
 * @param shell a shell that exists
 */
function accountFiles({ uid, gid, name, home }, shell) {
    const accounts = [
        `root:x:0:0:root:${uid === 0 ? home : '/nonexistent'}:${shell}`,
        ...(uid === 0 ? [] : [`${name}:x:${uid}:${gid}::${home}:${shell}`]),
        ...(uid === NOBODY ? [] : [`nobody:x:${NOBODY}:${NOBODY}:nobody:/nonexistent:/bin/false`]),
    ];
    const groups = [
        'root:x:0:',
        ...(gid === 0 ? [] : [`${name}:x:${gid}:`]),
        ...(gid === NOBODY ? [] : [`nogroup:x:${NOBODY}:`]),
    ];
    return { '/etc/passwd': `${accounts.join('\n')}\n`, '/etc/group': `${groups.join('\n')}\n` };
}
/** The id of nobody, by the convention of the kernel and the distributions. */
const NOBODY = 65_534;
/**
 * Mounts for `files`, which {@link writeSystemFiles} writes below `directory`, each at its own path. A file directly in
 * `/etc` is mounted alone, any other together with its directory.
 */
function systemFileMounts(directory, files) {
    return Object.keys(files).map((path) => {
        const target = (0,external_node_path_.dirname)(path) === '/etc' ? path : (0,external_node_path_.dirname)(path);
        return { kind: 'bind', source: (0,external_node_path_.join)(directory, target), target, writable: false };
    });
}
/** Writes `files`, container path to content, below `directory`. */
function writeSystemFiles(directory, files) {
    for (const [path, content] of Object.entries(files)) {
        const file = (0,external_node_path_.join)(directory, path);
        (0,external_node_fs_.mkdirSync)((0,external_node_path_.dirname)(file), { recursive: true });
        (0,external_node_fs_.writeFileSync)(file, content);
        // The agent's user may differ from the caller, so the file must be readable whatever the umask is.
        (0,external_node_fs_.chmodSync)((0,external_node_path_.dirname)(file), 0o755);
        (0,external_node_fs_.chmodSync)(file, 0o644);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/name-patterns.js
/**
 * Prepares a list of names for comparison. A pattern may have one `*`, which stands for any characters or none.
 *
 * @returns whether a name is on the list; capitals matter
 */
function nameMatcher(patterns) {
    const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
    const open = patterns.flatMap((pattern) => {
        const star = pattern.indexOf('*');
        return star < 0 ? [] : [{ start: pattern.slice(0, star), end: pattern.slice(star + 1) }];
    });
    return (name) => exact.has(name) ||
        open.some(({ start, end }) => name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/mounts/toolchain-rows.js
/**
 * System directories, each mounted at its own path. The sandbox has nothing else of the system, above all nothing that
 * may contain a credential:
 *
 * - settings for the whole machine, which may name a registry with its password: `/etc/pip.conf`, `/etc/npmrc`,
 *   `/etc/wgetrc`, `/etc/gitconfig`, `/etc/maven/settings.xml`, `/etc/apt`
 * - files that a login shell reads, because they may export tokens: `/etc/environment`, `/etc/profile.d`,
 *   `/etc/default`
 * - keys and accounts: `/etc/ssl/private`, `/etc/ssh`, `/etc/docker`, `/etc/shadow`, `/etc/krb5.keytab`
 */
const SYSTEM_ROWS = [
    { path: '/usr', why: 'programs and libraries, fonts and locale data' },
    { path: '/bin', why: 'a link to /usr/bin, or a separate directory if /usr is not merged' },
    { path: '/sbin', why: 'like /bin' },
    { path: '/lib', why: 'like /bin' },
    { path: '/lib32', why: 'like /bin' },
    { path: '/lib64', why: 'the path of the dynamic loader' },
    { path: '/libx32', why: 'like /bin' },
    { path: '/opt', why: 'third-party software, and the tool cache of hosted runners' },
    { path: '/home/linuxbrew', why: 'Homebrew on hosted runners' },
    {
        path: '/snap',
        why: "snaps at their own paths; those in /snap/bin need snapd's socket, which the sandbox does not have",
    },
    { path: '/nix/store', why: 'Nix packages' },
    { path: '/var/lib/gems', why: 'Ruby gems for the whole machine on Debian' },
    { path: '/etc/alternatives', why: 'links to the selected version of a program' },
    { path: '/etc/localtime', why: 'the time zone' },
    { path: '/etc/timezone', why: 'the name of the time zone' },
    { path: '/etc/mime.types', why: 'file types, for web servers and Python' },
    { path: '/etc/ssl/certs', why: 'CA certificates, including those of a company proxy, and those for Java on Debian' },
    { path: '/etc/ssl/openssl.cnf', why: "OpenSSL's settings" },
    { path: '/etc/ca-certificates', why: 'CA certificates' },
    { path: '/etc/pki/tls/certs', why: 'CA certificates on Fedora and RHEL' },
    { path: '/etc/pki/ca-trust', why: 'CA certificates on Fedora and RHEL' },
    { path: '/etc/pki/tls/openssl.cnf', why: "OpenSSL's settings on Fedora and RHEL" },
    { path: '/etc/crypto-policies', why: 'included by the settings of OpenSSL on Fedora and RHEL' },
    { path: '/etc/ld.so.cache', why: 'where the loader finds libraries' },
    { path: '/etc/ld.so.conf', why: 'where the loader finds libraries' },
    { path: '/etc/ld.so.conf.d', why: 'where the loader finds libraries' },
    { path: '/etc/nsswitch.conf', why: 'how to look up names of users and hosts' },
    { path: '/etc/protocols', why: 'names of protocols' },
    { path: '/etc/services', why: 'names of ports' },
    { path: '/etc/fonts', why: 'which fonts to use' },
    { path: '/etc/os-release', why: 'which system this is, for installers' },
    { path: '/etc/debian_version', why: 'which system this is' },
    { path: '/etc/lsb-release', why: 'which system this is' },
    { path: '/etc/terminfo', why: 'terminals' },
    { path: '/etc/dotnet', why: 'where .NET is installed' },
    {
        path: '/etc/java-*/*',
        why: "settings of Debian's JDKs; TLS needs java.security",
        except: { management: 'jmxremote.password has passwords for remote management' },
    },
    { path: '/etc/ant', why: "Ant's settings for the whole machine" },
    { path: '/etc/gradle', why: "settings of Debian's Gradle" },
    {
        path: '/etc/maven/*',
        why: "how Debian's Maven starts (m2.conf), and what it logs",
        except: {
            'settings.xml': "it may have passwords of repositories and proxies; the user's settings.xml is left out as well",
        },
    },
    { path: '/etc/perl', why: 'Perl modules' },
    { path: '/etc/python3', why: "Python's settings for the whole machine" },
    { path: '/etc/python3.*', why: 'settings of a Python version' },
];
/** Toolchains below the user's home. Caches and settings are left out, because both may contain credentials. */
const HOME_ROWS = [
    { path: '.cargo/bin', why: 'Rust programs' },
    { path: '.rustup/toolchains', why: 'Rust toolchains' },
    { path: '.rustup/settings.toml', why: 'which Rust toolchain is the default' },
    { path: '.pyenv/bin', why: 'pyenv' },
    { path: '.pyenv/libexec', why: 'pyenv' },
    { path: '.pyenv/plugins', why: 'pyenv' },
    { path: '.pyenv/pyenv.d', why: 'pyenv' },
    { path: '.pyenv/shims', why: 'programs of the Python versions, including those that pip installs' },
    { path: '.pyenv/version', why: 'which Python version is the default' },
    { path: '.pyenv/versions', why: 'Python versions' },
    { path: '.rbenv', why: 'Ruby versions' },
    { path: '.nvm', why: 'Node.js versions' },
    { path: '.volta/bin', why: 'Node.js versions' },
    { path: '.volta/tools', why: 'Node.js versions' },
    { path: '.local/share/fnm', why: 'Node.js versions' },
    { path: '.asdf', why: 'versions of many tools' },
    { path: '.local/share/mise', why: 'versions of many tools' },
    { path: '.local/bin', why: "the user's programs" },
    { path: '.local/lib/*', why: "libraries of the user's programs", except: { 'python*': 'the next row' } },
    { path: '.local/lib/python*/site-packages', why: "the user's Python packages, which pip installs" },
    { path: '.local/pipx', why: "the user's Python programs" },
    { path: '.local/share/pipx', why: "the user's Python programs" },
    { path: '.local/share/uv', why: 'Python versions and programs that uv installs' },
    { path: '.local/share/claude', why: 'Claude Code, from its native installer' },
    { path: '.claude/local', why: 'Claude Code, from its older local installation' },
    { path: '.opencode/bin', why: 'OpenCode' },
    { path: '.bun/bin', why: 'Bun' },
    { path: '.deno/bin', why: 'Deno' },
    { path: '.dotnet', why: '.NET' },
    { path: '.ghcup/bin', why: 'Haskell' },
    { path: '.ghcup/ghc', why: 'Haskell' },
    { path: '.sdkman/candidates', why: 'Java versions' },
    { path: '.jdks', why: 'Java versions' },
    { path: '.swiftly/bin', why: 'Swift' },
    { path: 'go/bin', why: 'Go programs' },
    { path: 'sdk', why: 'Go versions' },
    { path: 'Android/Sdk', why: 'the Android SDK' },
];

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/mounts/host-toolchain.js





/**
 * The host's toolchain as read-only mounts, as far as the host has it. Links are resolved here, so that the engine
 * mounts their targets at the paths that programs know.
 *
 * @param home the caller's home directory; the private home has the same path
 * @param toolCache the value of `RUNNER_TOOL_CACHE`, which may be outside the system directories
 */
function hostToolchain(home, toolCache) {
    const homeRows = HOME_ROWS.map((row) => ({ ...row, path: (0,external_node_path_.join)(home, row.path) }));
    const paths = [...SYSTEM_ROWS, ...homeRows].flatMap(present);
    if (toolCache !== undefined && toolCache !== '' && (0,external_node_fs_.existsSync)(toolCache))
        paths.push(toolCache);
    return paths
        .filter((path, _, all) => !all.some((other) => isBelow(path, other)))
        .map((path) => ({ kind: 'bind', source: (0,external_node_fs_.realpathSync)(path), target: path, writable: false }));
}
/** The paths that match a row and exist on the host. @param row a row with an absolute path */
function present({ path, except = {} }) {
    let found = ['/'];
    const isExcepted = nameMatcher(Object.keys(except));
    for (const name of path.split('/').filter((part) => part !== '')) {
        const isMeant = nameMatcher([name]);
        found = found.flatMap((directory) => {
            if (!name.includes('*'))
                return [(0,external_node_path_.join)(directory, name)];
            return entriesOf(directory)
                .filter((entry) => isMeant(entry) && !isExcepted(entry))
                .map((entry) => (0,external_node_path_.join)(directory, entry));
        });
    }
    return found.filter((candidate) => (0,external_node_fs_.existsSync)(candidate));
}
/** The names in a directory, sorted. Empty if it does not exist, or the caller may not read it. */
function entriesOf(directory) {
    try {
        return (0,external_node_fs_.readdirSync)(directory).sort();
    }
    catch {
        return [];
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/host/sockets.js


/** The flag of a listening socket: `__SO_ACCEPTCON` in `include/uapi/linux/net.h`. */
const ACCEPTS = 0x10000;
/** `SOCK_DGRAM`: such a socket receives messages without listening. */
const DATAGRAMS = 2;
/**
 * The Unix sockets on which programs of this network namespace can be reached, from `/proc/net/unix` (proc(5)). A
 * mounted directory exposes the sockets in it, even read-only: connecting to one reaches a program outside the sandbox.
 *
 * @returns absolute paths, or none if the table cannot be read
 */
function listeningSockets() {
    let table;
    try {
        table = (0,external_node_fs_.readFileSync)('/proc/net/unix', 'utf8');
    }
    catch {
        return [];
    }
    const paths = table
        .split('\n')
        .slice(1)
        .flatMap((line) => {
        const [, flags = '', type = '', path = ''] = /^\S+ \S+ \S+ (\S+) (\S+) \S+ +\d+ (.+)$/.exec(line) ?? [];
        const isOpen = (Number.parseInt(flags, 16) & ACCEPTS) !== 0 || Number.parseInt(type, 16) === DATAGRAMS;
        return isOpen && (0,external_node_path_.isAbsolute)(path) ? [path] : [];
    });
    return [...new Set(paths)];
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/mounts/host-guards.js






/**
 * Refuses a workspace that would expose more than the user's project.
 *
 * @param home the caller's home directory
 * @param workDirectory the directory of the run's own files
 * @throws UserError naming the directory
 */
function checkWorkspace({ workspace }, home, workDirectory) {
    const hint = 'Run in a directory of its own, such as a checkout of the repository.';
    if (isInside(home, workspace)) {
        throw new errors/* UserError */.yo(`The workspace ${workspace} holds the home directory ${home} and its credentials.`, { hint });
    }
    if (isInside(workDirectory, workspace)) {
        throw new errors/* UserError */.yo(`The workspace ${workspace} holds the run's temporary directory ${workDirectory}.`, { hint });
    }
}
/** A socket in the workspace lets the command talk to a process outside the sandbox. Warns about each of them. */
function socketWarnings(workspace) {
    return listeningSockets()
        .filter((path) => isBelow(path, workspace))
        .map((path) => `The command can talk to the program outside the sandbox that listens on ${path}.`);
}
/** The parts of the action's own directory that run outside the sandbox later, in the post step or in another step. */
const ACTION_FILES = ['action.yml', 'dist', 'containers'];
/**
 * With `uses: ./`, the action lies in the workspace. The command could rewrite the post step, which runs after it
 * outside the sandbox with the job's credentials.
 *
 * @param root the action's own directory
 * @returns the parts that must be read-only
 */
function ownFilesInWorkspace(root, workspace) {
    const real = (0,external_node_fs_.realpathSync)(root);
    if (!isInside(real, workspace))
        return [];
    return ACTION_FILES.map((name) => (0,external_node_path_.join)(real, name)).filter((path) => (0,external_node_fs_.existsSync)(path));
}
/**
 * Directories with programs that run outside the sandbox, now or in a later step: the toolchain, all actions of the
 * job, and the runner. Through a writable mount of one of them, the command could change those programs.
 *
 * @param root the action's own directory
 * @param node the program that runs this process, which belongs to the runner
 */
function hostPrograms(root, node, home, environment) {
    const toolchain = hostToolchain(home, environment['RUNNER_TOOL_CACHE']);
    const own = ACTION_FILES.map((name) => (0,external_node_path_.join)(root, name));
    return [
        ...toolchain.map(({ target }) => target),
        above(root, '_actions') ?? own,
        above(node, 'externals') ?? node,
    ].flat();
}
/**
 * The directory named `name` above `path`. The runner has one for actions (`_actions`) and one for its programs
 * (`externals`).
 */
function above(path, name) {
    const parts = path.split('/');
    const index = parts.lastIndexOf(name);
    return index <= 0 ? undefined : parts.slice(0, index + 1).join('/');
}
/**
 * Refuses a mount that would expose a guarded path at another place, where it is not guarded, or that would cover it.
 *
 * @throws UserError naming the mount and the path
 */
function refuseWaysAround(mounts, guards) {
    for (const { source, target, origin } of mounts) {
        const real = (0,external_node_fs_.realpathSync)(source);
        for (const guard of guards) {
            const shows = isInside(guard.target, real) && (0,external_node_path_.join)(target, (0,external_node_path_.relative)(real, guard.target)) !== guard.target;
            const isPart = isInside(real, guard.target) && guard.kind === 'bind' && !guard.writable;
            if (shows || isPart || isInside(target, guard.target)) {
                throw new errors/* UserError */.yo(`${origin}: ${source} cannot be mounted: the workspace's ${guard.target} is guarded.`, {
                    hint: 'Use a directory outside the workspace. The command sees the workspace at its own path anyway.',
                });
            }
        }
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/words.js
/** The words of a text, for lists that are easier to read without quotes and commas. */
function words(text) {
    return text.split(/\s+/).filter((word) => word !== '');
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/mounts/home.js




/**
 * The place for mounts that would lie deep in the home. The user of the sandbox cannot replace or rename them there.
 */
const ELSEWHERE = AGENT_PLACES.home;
/** Claude Code's file in the home. AWF writes the sandbox's copy itself. */
const CLAUDE_JSON = '.claude.json';
/**
 * Moves mounts deep in the home elsewhere and replaces them with links. For a mount at `~/.cargo/bin`, the engine would
 * create `~/.cargo` as root, and cargo could not write its registry there. The same goes for `~/.local/share` and
 * others.
 *
 * @param home the private home's path
 * @param openDirectories names in a directory to which the command may add, by the directory's path on the host: it becomes
 *   a directory of the private home with a link to each entry, so that `cargo install` and `go install` find a place
 */
function linkIntoHome(mounts, home, openDirectories = new Map()) {
    const links = {};
    const moved = mounts.map((mount) => {
        const path = (0,external_node_path_.relative)(home, mount.target);
        if (path.startsWith('..') || !path.includes('/'))
            return mount;
        const entries = mount.kind === 'bind' ? openDirectories.get(mount.source) : undefined;
        for (const entry of entries ?? [''])
            links[(0,external_node_path_.join)(path, entry)] = (0,external_node_path_.join)(ELSEWHERE, path, entry);
        return { ...mount, target: (0,external_node_path_.join)(ELSEWHERE, path) };
    });
    return { mounts: moved, links };
}
/**
 * The names in the directories among `mounts` that lie in the home, by the directory's path on the host: what
 * {@link linkIntoHome} needs to open them to the command.
 */
function openDirectories(mounts, home) {
    const found = new Map();
    for (const mount of mounts) {
        if (mount.kind !== 'bind' || (0,external_node_path_.relative)(home, mount.target).startsWith('..'))
            continue;
        const entries = home_entriesOf(mount.source);
        if (entries !== undefined)
            found.set(mount.source, entries);
    }
    return found;
}
/** Undefined for a file; nothing of a directory that the caller may not read. */
function home_entriesOf(path) {
    try {
        return (0,external_node_fs_.statSync)(path).isDirectory() ? (0,external_node_fs_.readdirSync)(path) : undefined;
    }
    catch {
        return [];
    }
}
/** @returns the path at which the command sees what is mounted at `target` */
function seenAt(target, home) {
    return isBelow(target, ELSEWHERE) ? (0,external_node_path_.join)(home, (0,external_node_path_.relative)(ELSEWHERE, target)) : target;
}
/**
 * Directories in which tools keep their downloads. The host or an image may name directories that are read-only in the
 * sandbox, so these override them. `env` may choose others, such as a cache in the workspace.
 */
function toolHomes(home) {
    return { CARGO_HOME: `${home}/.cargo`, GOPATH: `${home}/go` };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/mounts/targets.js







/** Paths at which the kernel and the engine mount something in every container. */
const ENGINE_PATHS = words('/proc /sys /dev /etc/hosts /etc/hostname /etc/resolv.conf');
/** Every name of this form is reserved for the sandbox: a later version may use another one. */
const RESERVED = /^\/tmp\/awf-/;
/** True for the places of the sandbox's own files and for what lies in them. The user cannot mount anything there. */
function isOfSandbox(target) {
    const places = Object.values(AGENT_PLACES);
    return RESERVED.test(target) || places.some((place) => target === place || isBelow(target, place));
}
/**
 * Refuses a mount whose target in the container is taken: by the sandbox's own files, by a part of the toolchain, or by
 * the workspace or the home as a whole. Otherwise the engine would only report "Duplicate mount point", or the mount
 * would hide a file that the sandbox needs to start.
 *
 * @param agent the agent's container, including the user's mounts
 * @param home the path of the private home
 * @throws UserError naming the mount and the remedy
 */
function refuseTakenTargets(mounts, agent, home) {
    const all = agent.mounts.map((mount) => ({ ...mount, target: seenAt(mount.target, home) }));
    const own = all.filter(({ target }) => !mounts.some((mount) => mount.target === target));
    const isTwice = (target) => all.filter((mount) => mount.target === target).length > 1;
    const places = [...ENGINE_PATHS, ...own.map(({ target }) => target), ...agent.tmpfs.map(({ target }) => target)];
    for (const { source, target, origin } of mounts) {
        const refuse = (why, hint = 'Use another target, for example below /mnt.') => {
            throw new errors/* UserError */.yo(`${origin}: ${source} cannot be mounted at ${target}: ${why}.`, { hint });
        };
        if (target === '/')
            refuse('it would hide everything');
        if (isTwice(target) || places.includes(target))
            refuse('the sandbox has something of its own there');
        if (isOfSandbox(target) || ENGINE_PATHS.some((path) => isBelow(target, path))) {
            refuse('the sandbox has files of its own there');
        }
        // We write our own ~/.claude.json to that path and would overwrite the mounted file.
        if (target === (0,external_node_path_.join)(home, CLAUDE_JSON)) {
            refuse('the command gets a copy of its own there', 'Remove this mount: the copy needs none.');
        }
        const hidden = places.find((path) => isBelow(path, target));
        // A directory mounted at its own path hides nothing: the deeper mounts are made over it, and their targets exist in
        // it.
        if (hidden !== undefined && source !== target)
            refuse(`it would hide ${hidden} of the sandbox`);
        const parent = all
            .filter((mount) => mount.kind === 'bind' && isBelow(target, mount.target))
            .toSorted((a, b) => b.target.length - a.target.length)[0];
        if (parent?.kind !== 'bind')
            continue;
        const place = `${(0,external_node_fs_.realpathSync)(parent.source)}/${(0,external_node_path_.relative)(parent.target, target)}`;
        // The engine would create a missing mount point on the host, as root, or fail if the parent is read-only. A link
        // would lead it elsewhere.
        const isThere = (0,external_node_fs_.existsSync)(place) && (0,external_node_fs_.realpathSync)(place) === place;
        if (!isThere || (0,external_node_fs_.statSync)(place).isDirectory() !== (0,external_node_fs_.statSync)(source).isDirectory()) {
            const kind = (0,external_node_fs_.statSync)(source).isDirectory() ? 'directory' : 'file';
            refuse(`there is no ${kind} ${place} to mount it over`, `Create an empty ${kind} there, or use another target.`);
        }
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/mounts/check.js


/**
 * Checks where the user's mounts will be in the planned container. Their sources were checked by `userMounts`.
 *
 * @param guards mounts over what the command must not change in the workspace
 * @param agent the agent's container, the user's mounts included
 * @param home the private home
 * @throws UserError naming the mount and the remedy
 */
function checkMountTargets(mounts, guards, agent, home) {
    refuseWaysAround(mounts, guards);
    refuseTakenTargets(mounts, agent, home);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/host.js





/**
 * Reads what {@link AgentHost} lists.
 *
 * @param environment the caller's
 * @throws UserError if `~/.claude.json` exists and cannot be read
 */
function readAgentHost(config, user, environment) {
    const isImage = config.agentImage !== undefined;
    const toolchain = isImage ? [] : hostToolchain(user.home, environment['RUNNER_TOOL_CACHE']);
    const usesClaude = config.providers.some(({ provider }) => provider.id === 'anthropic');
    return {
        environment,
        toolchain,
        toolDirectories: openDirectories(toolchain, user.home),
        claudeJson: usesClaude ? readIfPresent((0,external_node_path_.join)(user.home, CLAUDE_JSON)) : undefined,
    };
}
function readIfPresent(path) {
    try {
        return (0,external_node_fs_.readFileSync)(path, 'utf8');
    }
    catch (cause) {
        if (cause.code === 'ENOENT')
            return undefined;
        throw new errors/* UserError */.yo(`${path} cannot be read.`, { cause });
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/settle.js
/**
 * Like `Promise.all`, but fails only once every promise is settled: nothing may still be running when the clean-up
 * begins.
 *
 * @throws the first error
 */
async function settleAll(promises) {
    await Promise.allSettled(promises);
    return Promise.all(promises);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/own-images.js




/**
 * An image's name says nothing about the packages in it, so a machine that is kept for long would never get the
 * security updates of Squid, OpenSSL and Node. Debian publishes such updates several times a month, and a rebuild takes
 * half a minute: twice a month costs little and leaves no known hole open for long.
 */
const MAX_AGE_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * Makes sure that the engine has AWF's own images, and that they are not too old. The builds run side by side, without
 * the layer cache: a cached layer would bring the old packages back.
 *
 * Other runs may use an image that is rebuilt, or rebuild it at the same time. The engine moves the name to the new
 * image when a build is complete, and containers keep the image that they were created from.
 *
 * @param root the action's own directory, with the `containers/` folder
 * @param force builds all images, whatever the engine has
 * @returns what the engine knew about the images before any was built
 * @throws UserError naming the image that is missing and cannot be built
 */
async function ensureOwnImages(engine, images, root, reporter, force = false) {
    const present = await engine.imagesOf(network_ROLES.map((role) => images[role]));
    const builds = network_ROLES.flatMap((role) => {
        const name = images[role];
        const facts = force ? undefined : present.get(name);
        const ageDays = facts && (Date.now() - facts.builtAt) / DAY_MS;
        if (ageDays !== undefined && ageDays <= MAX_AGE_DAYS)
            return [];
        return [{ role, name, base: baseImage(role, root), ageDays }];
    });
    if (builds.length === 0)
        return present;
    const unavailable = await pullBases(engine, builds);
    const outcomes = await settleAll(builds.map((build) => own_images_attempt(engine, build, root, unavailable, reporter)));
    warnOfOutdated(outcomes.flat(), reporter);
    return present;
}
/**
 * Builds one image.
 *
 * @param unavailable base images that could not be pulled, with the errors
 * @returns the image if it is out of date and stays so
 * @throws UserError when there is no image to fall back on
 */
async function own_images_attempt(engine, { role, name, base, ageDays }, root, unavailable, reporter) {
    const pullError = unavailable.get(base ?? '');
    // On the same old base the rebuild would bring little, and would make the image look new.
    if (pullError !== undefined && ageDays !== undefined)
        return [{ name, ageDays, cause: pullError }];
    const reason = ageDays === undefined ? '' : `, which is ${inDays(ageDays)} old and may lack security updates`;
    reporter.info(`Building the image ${name}${reason}.`);
    try {
        await engine.build(buildArgs(role, name, root, new Date()), (line) => {
            reporter.debug(`${role}: ${line}`);
        });
    }
    catch (cause) {
        if (ageDays !== undefined)
            return [{ name, ageDays, cause }];
        throw new errors/* UserError */.yo(`The image ${name} could not be built.`, {
            hint: 'Run script/bootstrap in a checkout of the action, or look at the build with log-level: debug.',
            cause,
        });
    }
    if (pullError !== undefined) {
        reporter.warning(`The image ${name} was built on this machine's own copy of ${base ?? ''}, which may lack security updates: ` +
            `the registry's could not be pulled.\nCause: ${(0,errors/* describeError */.Uc)(pullError)}`);
    }
    return [];
}
/**
 * Pulls the base images of `builds`, apart from stand-ins, which exist on this machine only.
 *
 * @returns the images that could not be pulled, with the errors
 */
async function pullBases(engine, builds) {
    const bases = [...new Set(builds.flatMap(({ base }) => base ?? []))];
    if (bases.length === 0)
        return new Map();
    const present = await engine.imagesOf(bases);
    const failures = new Map();
    const pulls = bases
        .filter((base) => present.get(base)?.isStandIn !== true)
        .map((base) => engine.pull(base).catch((error) => failures.set(base, error)));
    await Promise.all(pulls);
    return failures;
}
/** One warning for all images: the runner shows ten annotations per step. */
function warnOfOutdated(images, reporter) {
    const [first] = images;
    if (first === undefined)
        return;
    const list = images.map(({ name, ageDays }) => `${name} (${inDays(ageDays)} old)`).join(', ');
    reporter.warning(`Images older than ${MAX_AGE_DAYS} days could not be rebuilt: ${list}. ` +
        `The run uses them as they are, without the security updates since then.\nCause: ${(0,errors/* describeError */.Uc)(first.cause)}`);
}
function inDays(days) {
    return `${Math.floor(days)} days`;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/ensure-images.js




/**
 * Makes sure that the engine has the images of a run: AWF's own are built from the action's `containers/` folder, a
 * foreign agent image is pulled.
 *
 * @param root the action's own directory
 * @returns the facts of the foreign image
 * @throws UserError naming the image that cannot be had
 */
async function ensureImages(engine, images, agentImage, root, reporter) {
    if (agentImage === undefined) {
        await ensureOwnImages(engine, images, root, reporter);
        return undefined;
    }
    const [own, facts] = await settleAll([
        ensureOwnImages(engine, images, root, reporter),
        ensureForeignImage(engine, agentImage, reporter),
    ]);
    const ourFacts = own.get(images.agent) ?? (await engine.imagesOf([images.agent])).get(images.agent);
    refuseForeignPlatform(agentImage, facts?.platform, ourFacts?.platform);
    return facts;
}
async function ensureForeignImage(engine, image, reporter) {
    const present = await orExplain(engine.imagesOf([image]), `agent-image: "${image}" is not an image that the engine can look up.`, 'Write it as for docker pull, for example "ghcr.io/owner/image:tag".');
    const facts = present.get(image);
    if (facts !== undefined)
        return facts;
    reporter.info(`Pulling ${image}.`);
    await orExplain(engine.pull(image), `agent-image: ${image} is missing and could not be pulled.`, 'Check the name, log in to its registry in an earlier step, or build it there.');
    return (await engine.imagesOf([image])).get(image);
}
/**
 * Refuses an image that declares a volume where the sandbox mounts a file system of its own: the engine would mount the
 * volume over it, and the command's user could not write there.
 *
 * @throws UserError naming the image and the volume
 */
function refuseVolumes(image, facts, agent) {
    const targets = agent.tmpfs.map(({ target }) => target);
    const taken = facts?.volumes.find((volume) => targets.includes((0,external_node_path_.resolve)(volume)));
    if (taken === undefined)
        return;
    throw new errors/* UserError */.yo(`agent-image: ${image ?? ''} has a volume at ${taken}, which the sandbox needs for itself.`, {
        hint: `Use an image that is built without "VOLUME ${taken}".`,
    });
}
/** The engine would only warn, and each program of the image would fail with "Exec format error". */
function refuseForeignPlatform(image, platform, ours) {
    // An image that was put together by hand may not name its platform.
    const isKnown = [platform, ours].every((each) => each !== undefined && /^\w+\/\w+$/.test(each));
    if (!isKnown || platform === ours)
        return;
    throw new errors/* UserError */.yo(`agent-image: ${image} is for ${platform ?? ''}, and this engine runs ${ours ?? ''}.`, {
        hint: `Use an image for ${ours ?? ''}: pull or build it with --platform=${ours ?? ''} in an earlier step.`,
    });
}
async function orExplain(work, message, hint) {
    try {
        return await work;
    }
    catch (cause) {
        throw new errors/* UserError */.yo(message, { hint, cause });
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/host-subnets.js



/**
 * The subnets that the host itself reaches through its interfaces and routes, apart from the default route. The engine
 * only checks its own networks, and a run that took a part of the host's network would hide that part from Squid.
 *
 * @param interfaces as Node.js lists them
 * @param routes as the kernel lists them in `/proc/net/route`
 */
function hostSubnets(interfaces = (0,external_node_os_namespaceObject.networkInterfaces)(), routes = routeTable()) {
    const own = Object.values(interfaces)
        .flatMap((addresses) => addresses ?? [])
        .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr !== null ? (parseSubnet(cidr) ?? []) : []));
    return [...own, ...routedSubnets(routes)];
}
/** Reads CIDR notation. @returns undefined for anything but an IPv4 subnet */
function parseSubnet(cidr) {
    const [, address = '', prefix = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(cidr) ?? [];
    if (!(0,external_node_net_namespaceObject.isIPv4)(address) || Number(prefix) > 32)
        return undefined;
    return { address: Buffer.from(address.split('.').map(Number)).readUInt32BE(), prefix: Number(prefix) };
}
/** True if the two subnets have an address in common: then the smaller one lies within the larger one. */
function overlap(a, b) {
    const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
    return Math.floor(a.address / size) === Math.floor(b.address / size);
}
/** Rows of `/proc/net/route`: destination and mask are little-endian hexadecimal numbers, see proc(5). */
function routedSubnets(routes) {
    return routes
        .split('\n')
        .slice(1)
        .map((row) => row.split('\t'))
        .flatMap(([, destination = '', , , , , , mask = '']) => {
        const [address, bits] = [littleEndian(destination), littleEndian(mask)];
        if (address === undefined || bits === undefined)
            return [];
        const prefix = Math.clz32(~bits);
        // A VPN may replace the default route with two routes that cover half of all addresses each.
        return prefix <= 1 ? [] : [{ address, prefix }];
    });
}
function routeTable() {
    try {
        return (0,external_node_fs_.readFileSync)('/proc/net/route', 'utf8');
    }
    catch {
        return '';
    }
}
function littleEndian(hex) {
    return /^[0-9a-f]{8}$/i.test(hex) ? Buffer.from(hex, 'hex').readUInt32LE() : undefined;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/networks.js




/** How many subnets a run asks the engine for before it gives up. */
const ATTEMPTS = 64;
/**
 * Creates the two networks of a run. Creating a network is what claims its subnet: the engine refuses to create a
 * second one there, so runs that start together cannot share a subnet.
 *
 * @param taken what the host reaches, and a run therefore cannot have
 * @returns the subnet of the internal network
 * @throws UserError when no subnet is free
 */
async function claimNetworks(engine, runId, taken = hostSubnets()) {
    const names = networkNames(runId);
    const [internal] = await settleAll([
        claim(engine, { name: names.internal, runId, internal: true }, internalSubnets(), taken),
        claim(engine, { name: names.outer, runId, internal: false }, outerSubnets(), taken),
    ]);
    return internal;
}
async function claim(engine, network, subnets, taken) {
    let attempts = 0;
    for (const subnet of subnets) {
        if (isTaken(subnet, taken))
            continue;
        if (await engine.createNetwork({ ...network, subnet }))
            return subnet;
        attempts += 1;
        if (attempts === ATTEMPTS)
            break;
    }
    throw new errors/* UserError */.yo(`No free subnet was found for the network ${network.name}.`, {
        hint: 'Remove networks that are no longer used: docker network prune.',
    });
}
function isTaken(cidr, taken) {
    const subnet = parseSubnet(cidr);
    return subnet !== undefined && taken.some((other) => overlap(other, subnet));
}

;// CONCATENATED MODULE: external "node:path/posix"
const posix_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path/posix");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/host/file-names.js


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
/** A path for messages: a single line without control characters, of limited length. */
function printable(path) {
    const text = bytes(path)
        .toString('utf8')
        .replace(/[^\P{C}]/gu, '?');
    return text.length > 200 ? `${text.slice(0, 100)}...${text.slice(-97)}` : text;
}
/**
 * Renames what is at `path`, so that no program finds it under its name. It stays in the same directory.
 *
 * @returns the new path
 */
function moveAside(path) {
    const aside = `${path}.awf-${(0,external_node_crypto_namespaceObject.randomBytes)(6).toString('hex')}`;
    if ((0,external_node_fs_.lstatSync)(bytes(aside), { throwIfNoEntry: false }))
        return moveAside(path);
    (0,external_node_fs_.renameSync)(bytes(path), bytes(aside));
    return aside;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/config.js
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
    return new Parser(text).entries();
}
const UTF8_BOM = '\xef\xbb\xbf';
const ESCAPES = { t: '\t', b: '\b', n: '\n', '\\': '\\', '"': '"' };
class Parser {
    #text;
    #at = 0;
    #line = 1;
    constructor(text) {
        // Git reads CR LF as LF everywhere.
        this.#text = (text.startsWith(UTF8_BOM) ? text.slice(UTF8_BOM.length) : text).replaceAll('\r\n', '\n');
    }
    entries() {
        if (this.#text.includes('\0'))
            throw this.#error('a NUL character');
        const found = [];
        let base;
        for (;;) {
            const character = this.#next();
            if (character === '')
                return found;
            if (isSpace(character))
                continue;
            if (character === '#' || character === ';')
                this.#skipLine();
            else if (character === '[')
                base = this.#header();
            else if (!/[A-Za-z]/.test(character))
                throw this.#error('neither a section nor a key');
            else if (base === undefined)
                throw this.#error('a key before the first section');
            else
                found.push({ ...base, ...this.#setting(character) });
        }
    }
    /** Reads the rest of `[section]`, `[section "subsection"]` or the older `[section.subsection]`. */
    #header() {
        let name = '';
        for (;;) {
            const character = this.#next();
            if (character === ']' && name === '')
                throw this.#error('a section without a name');
            if (character === ']')
                return split(name, undefined);
            if (isSpace(character))
                return split(name, this.#subsection(character));
            if (!/[A-Za-z0-9.-]/.test(character))
                throw this.#error('a section name with characters other than letters, digits, - and .');
            name += character.toLowerCase();
        }
    }
    #subsection(before) {
        let character = before;
        while (isSpace(character) && character !== '\n')
            character = this.#next();
        if (character !== '"')
            throw this.#error('a section name that is not followed by a subsection in quotes');
        let name = '';
        for (;;) {
            character = this.#next();
            if (character === '"')
                break;
            if (character === '\\')
                character = this.#next();
            if (character === '\n' || character === '')
                throw this.#error('a subsection without a closing quote');
            name += character;
        }
        if (this.#next() !== ']')
            throw this.#error('a section without a closing bracket');
        return name;
    }
    #setting(first) {
        let key = first.toLowerCase();
        let character = this.#next();
        for (; /[A-Za-z0-9-]/.test(character); character = this.#next())
            key += character.toLowerCase();
        while (character === ' ' || character === '\t')
            character = this.#next();
        if (character === '\n' || character === '')
            return { key, value: undefined };
        if (character !== '=')
            throw this.#error('a key that is not followed by =');
        return { key, value: this.#value() };
    }
    #value() {
        let value = '';
        /** White space is held back until more follows: at the end it is not part of the value. */
        let space = '';
        let quoted = false;
        for (;;) {
            let character = this.#next();
            if (character === '\n' || character === '') {
                if (quoted)
                    throw this.#error('a quoted value without a closing quote');
                return value;
            }
            if (!quoted && isSpace(character)) {
                if (value !== '')
                    space += character;
                continue;
            }
            if (!quoted && (character === '#' || character === ';')) {
                this.#skipLine();
                return value;
            }
            value += space;
            space = '';
            if (character === '"') {
                quoted = !quoted;
                continue;
            }
            if (character === '\\') {
                character = this.#next();
                if (character === '\n' || character === '')
                    continue;
                const escaped = ESCAPES[character];
                if (escaped === undefined)
                    throw this.#error('an escape sequence that git does not know');
                character = escaped;
            }
            value += character;
        }
    }
    #skipLine() {
        let character = this.#next();
        while (character !== '\n' && character !== '')
            character = this.#next();
    }
    /** Reads one character. @returns an empty string at the end */
    #next() {
        const character = this.#text.charAt(this.#at++);
        if (character === '\n')
            this.#line += 1;
        return character;
    }
    #error(what) {
        return new SyntaxError(`line ${this.#line}: ${what}`);
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
/** True for white space, as git's own table of characters defines it. */
function isSpace(character) {
    return character === ' ' || character === '\t' || character === '\n' || character === '\r';
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

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/config-policy.js


/** No sensible value is longer, and matching a hostile one could take long. */
const MAX_LENGTH = 4096;
/** The keys of each `section`, or `section *` for one with a subsection, that git needs and that run no program. */
const config_policy_TABLE = {
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
const KNOWN = new Map(Object.entries(config_policy_TABLE).map(([name, rules]) => [name, new Map(Object.entries(rules))]));
function keys(names) {
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
function composeConfig(text, isWorktree) {
    const dropped = [];
    const cleaned = [];
    const kept = parseGitConfig(text).flatMap((entry) => {
        if (!passes(entry, isWorktree)) {
            dropped.push(entry);
            return [];
        }
        const clean = withoutCredentials(entry);
        if (clean !== entry)
            cleaned.push(entry);
        return [clean];
    });
    return { text: formatGitConfig(kept), dropped, cleaned };
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
    return nameOf(withoutCredentials(entry));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/directory.js






/** Bytes. Configurations and the like have a few kilobytes; a larger file may be meant to keep us from reading it. */
const MAX_FILE = 1 << 20;
/** The longest path that Linux accepts, in bytes. */
const MAX_PATH = 4096;
/** The names that git uses in its directory. Other names there mean that a bare repository lies among other files. */
const GIT_NAMES = /^(HEAD|config|config\.worktree|commondir|gitdir|index|packed-refs|shallow|description|refs|logs|objects|info|hooks|modules|worktrees|branches|remotes|reftable|rebase-merge|rebase-apply|sequencer|[A-Z_]+_(HEAD|MSG|EDITMSG|MODE|RR|LOG|START|NAMES|TERMS|EXPECTED_REV|ANCESTORS_OK))$/;
/**
 * True for a directory that git takes for a repository or for the common part of one, by its name or its content
 * (setup.c, `is_git_directory`). With a linked worktree, the common part needs no `HEAD`.
 */
function isGitDirectory(path, names) {
    if ((0,posix_namespaceObject.basename)(path) === '.git')
        return true;
    return (names.has('objects') && names.has('refs')) || (names.has('HEAD') && names.has('commondir'));
}
/** True for `.git` and everything below it. A bare repository elsewhere may be an ordinary directory as well. */
function isUnmistakable(path) {
    return /(^|\/)\.git(\/|$)/.test(path);
}
/**
 * The hazards among the files directly in a git directory. The survey judges its subdirectories.
 *
 * @param roots the directories in which worktrees may be
 */
function hazardsIn(path, entries, roots) {
    return entries.flatMap((entry) => {
        const file = (0,posix_namespaceObject.join)(path, entry.name);
        if (!entry.isFile())
            return [];
        switch (entry.name) {
            case 'config':
            case 'config.worktree':
                return configHazards(file, path, roots);
            case 'commondir':
                return redirectHazard(file, path);
            default:
                return [];
        }
    });
}
/** The hazard of a hook. `*.sample` is not a hook. */
function hookHazard(file, entry, repository) {
    if (!entry.isFile() || entry.name.endsWith('.sample'))
        return undefined;
    return { id: idOf(file, contentOf(file)), repository, path: file, what: 'a hook' };
}
/** The hazard of anything but a file or directory: git would write through a link, or wait for a pipe. */
function linkHazard(file, entry, repository) {
    if (entry.isFile() || entry.isDirectory())
        return undefined;
    const isLink = entry.isSymbolicLink();
    return {
        id: idOf(file, isLink ? (0,external_node_fs_.readlinkSync)(bytes(file), 'latin1') : 'special'),
        repository,
        path: file,
        link: isLink,
        what: isLink ? 'a symbolic link' : 'neither a file nor a directory',
    };
}
/** True if a link or special file of this name in a git directory is a hazard. */
function isGitName(name) {
    return GIT_NAMES.test(name);
}
/** The hazard of a `.git` file, which names a repository. One in the workspace is judged at its own place. */
function gitFileHazard(file, roots) {
    const target = gitFileTarget(file);
    if (target !== undefined && isInsideOne(target, roots))
        return undefined;
    return {
        id: idOf(file, contentOf(file)),
        repository: file,
        path: file,
        what: 'a link to a repository outside the workspace',
    };
}
function isInsideOne(path, roots) {
    const text = path.length > MAX_PATH ? undefined : toText(path);
    return text !== undefined && roots.some((root) => isInside(text, root));
}
/** The absolute path that a `.git` file names. Undefined if git would not understand the file. */
function gitFileTarget(file) {
    const target = /^gitdir: ([^\n\r\0]+)[\n\r]*$/.exec(contentOf(file) ?? '')?.[1];
    return target === undefined ? undefined : (0,posix_namespaceObject.resolve)((0,posix_namespaceObject.dirname)(file), target);
}
/** The hazard of a todo list of git, if it has lines that run a command. */
function todoHazard(file, repository) {
    const content = contentOf(file);
    const lines = content?.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    if (lines?.every((line) => HARMLESS_STEP.test(line)) === true)
        return undefined;
    return { id: idOf(file, content), repository, path: file, what: 'rebase steps that run commands' };
}
const HARMLESS_STEP = /^\s*(p|pick|r|reword|e|edit|s|squash|f|fixup|d|drop|l|label|t|reset|m|merge|u|update-ref|b|break|noop|revert)(\s|$)/;
/** The hazard of objects in another repository: `git fetch` runs git there. */
function alternatesHazard(file, repository) {
    return { id: idOf(file, contentOf(file)), repository, path: file, what: 'objects of another repository' };
}
/**
 * The hazard of `commondir`. In `.git/worktrees`, it may lead to the repository above, which the survey judges itself.
 */
function redirectHazard(file, repository) {
    const content = contentOf(file);
    const isWorktree = (0,posix_namespaceObject.basename)((0,posix_namespaceObject.dirname)(repository)) === 'worktrees' && isUnmistakable(repository);
    if (isWorktree && content?.trimEnd() === '../..')
        return [];
    return [{ id: idOf(file, content), repository, path: file, what: 'a redirection of configuration and hooks' }];
}
function configHazards(file, repository, roots) {
    const composed = readConfig(file, repository, roots);
    if (typeof composed === 'string') {
        const what = `a configuration that AWF cannot read (${composed})`;
        return [{ id: idOf(file, contentOf(file)), repository, path: file, replacement: '', what }];
    }
    return composed.dropped.map((entry) => ({
        id: idOf(file, JSON.stringify(entry)),
        repository,
        path: file,
        replacement: composed.text,
        what: `the setting ${printable(describeEntry(entry))}`,
    }));
}
/**
 * Composes a harmless configuration from a file.
 *
 * @param gitDirectory the start of relative paths
 * @param roots the directories in which worktrees may be
 * @returns the reason, if the file cannot be read
 */
function readConfig(file, gitDirectory, roots) {
    const content = contentOf(file);
    if (content === undefined)
        return 'it cannot be opened, or is larger than 1 MB';
    try {
        return composeConfig(content, (worktree) => isInsideOne((0,posix_namespaceObject.resolve)(gitDirectory, worktree), roots));
    }
    catch (error) {
        if (error instanceof SyntaxError)
            return error.message;
        throw error;
    }
}
/**
 * Reads a regular file, with one character for each byte. It follows no link and waits for no pipe.
 *
 * @returns undefined for anything but a regular file, and for a file that is too large or cannot be read
 */
function contentOf(file) {
    let descriptor;
    try {
        descriptor = (0,external_node_fs_.openSync)(bytes(file), external_node_fs_.constants.O_RDONLY | external_node_fs_.constants.O_NOFOLLOW | external_node_fs_.constants.O_NONBLOCK);
    }
    catch {
        return undefined;
    }
    try {
        const { size } = (0,external_node_fs_.fstatSync)(descriptor);
        if (!(0,external_node_fs_.fstatSync)(descriptor).isFile() || size > MAX_FILE)
            return undefined;
        const buffer = Buffer.alloc(size);
        return buffer.toString('latin1', 0, (0,external_node_fs_.readSync)(descriptor, buffer, 0, size, 0));
    }
    finally {
        (0,external_node_fs_.closeSync)(descriptor);
    }
}
/** A hash, because the ids are stored for the post step and must not reveal contents. */
function idOf(path, content) {
    return (0,external_node_crypto_namespaceObject.createHash)('sha256')
        .update(`${path}\0${content ?? stamp(path)}`, 'latin1')
        .digest('base64');
}
/** Replaces the content of a file that is too large. Only the kernel can set the time of the last change. */
function stamp(path) {
    const { ino, size, ctimeNs } = (0,external_node_fs_.lstatSync)(bytes(path), { bigint: true });
    return [ino, size, ctimeNs].join();
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/git/own-repository.js






/**
 * Finds the repository of a workspace. A `.git` file that leads out of the workspace is only trusted if the repository
 * leads back to the workspace, because the command of an earlier run may have written the file.
 */
function ownRepository(workspace) {
    const path = (0,external_node_path_.join)(workspace, '.git');
    const dotGit = identify(path);
    if (dotGit?.startsWith('link') === true) {
        const warning = `${path} is a symbolic link. AWF does not follow it, so git may not work in the sandbox.`;
        return { dotGit, outside: undefined, warning };
    }
    if (dotGit?.startsWith('file') !== true)
        return { dotGit, outside: undefined, warning: undefined };
    const target = gitFileTarget(fromText(path));
    const gitDirectory = target === undefined ? undefined : toText(target);
    if (gitDirectory === undefined)
        return { dotGit, outside: undefined, warning: `${path} names no repository.` };
    if (isInside(gitDirectory, workspace))
        return { dotGit, outside: undefined, warning: undefined };
    const directory = worktreeOf(gitDirectory, path) ?? submoduleOf(gitDirectory, workspace);
    if (directory === undefined) {
        return {
            dotGit,
            outside: undefined,
            warning: `${path} leads to ${printable(fromText(gitDirectory))}, which does not lead back to it. ` +
                'AWF does not mount that directory, so git does not work in the sandbox.',
        };
    }
    return { dotGit, outside: { directory, gitDirectory: (0,external_node_fs_.realpathSync)(gitDirectory) }, warning: undefined };
}
/** Identifies what is at `path`: the text differs if something else takes its place. Undefined if nothing is there. */
function identify(path) {
    const stats = (0,external_node_fs_.lstatSync)(path, { throwIfNoEntry: false });
    if (stats === undefined)
        return undefined;
    if (stats.isSymbolicLink())
        return `link ${(0,external_node_fs_.readlinkSync)(path)}`;
    if (stats.isFile())
        return `file ${contentOf(fromText(path)) ?? ''}`;
    return `other ${stats.dev} ${stats.ino}`;
}
/** The repository of a linked worktree: in `<repository>/worktrees/<name>`, `gitdir` leads back and `commondir` up. */
function worktreeOf(gitDirectory, dotGit) {
    const [back, up] = ['gitdir', 'commondir'].map((name) => lineOf((0,external_node_path_.join)(gitDirectory, name)));
    if (back === undefined || up === undefined || !own_repository_isSame((0,external_node_path_.resolve)(gitDirectory, back), dotGit))
        return undefined;
    const directory = real((0,external_node_path_.resolve)(gitDirectory, up));
    const own = real(gitDirectory);
    if (directory === undefined || own === undefined || (0,external_node_path_.basename)((0,external_node_path_.dirname)(own)) !== 'worktrees')
        return undefined;
    return (0,external_node_path_.dirname)((0,external_node_path_.dirname)(own)) === directory ? directory : undefined;
}
/** The repository of a submodule: its `core.worktree` leads back. */
function submoduleOf(gitDirectory, workspace) {
    const config = contentOf(fromText((0,external_node_path_.join)(gitDirectory, 'config')));
    if (config === undefined)
        return undefined;
    try {
        const back = parseGitConfig(config).findLast(({ section, subsection, key }) => section === 'core' && subsection === undefined && key === 'worktree')?.value;
        const text = back === undefined ? undefined : toText(back);
        return text !== undefined && own_repository_isSame((0,external_node_path_.resolve)(gitDirectory, text), workspace) ? real(gitDirectory) : undefined;
    }
    catch {
        return undefined; // It is not a configuration.
    }
}
function lineOf(path) {
    return contentOf(fromText(path))?.replace(/\n$/, '');
}
function own_repository_isSame(one, other) {
    return real(one) !== undefined && real(one) === real(other);
}
function real(path) {
    try {
        return (0,external_node_fs_.realpathSync)(path);
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/survey.js





const survey_ROLES = {
    hooks: 'hooks',
    objects: 'objects',
    'rebase-merge': 'steps',
    sequencer: 'steps',
};
/** How long to work before the event loop gets a turn, in milliseconds: the containers are being removed meanwhile. */
const SLICE = 8;
/**
 * Walks through `roots` and finds every repository, by its name or its content, and the hazards in each. It follows no
 * link and only opens the small files that git would read.
 *
 * @param roots existing directories: the workspace first, then repositories elsewhere
 */
async function survey(roots, options = {}) {
    const found = {
        gitDirectories: [],
        gitFiles: [],
        hazards: [],
        unread: [],
    };
    const { hookDirectories = [], unlockExcept, limitMs = Infinity } = options;
    const stack = [
        ...hookDirectories.map((path) => ({ path, role: 'hooks', repository: undefined, gitsOwn: false })),
        ...roots.map((root) => ({ path: fromText(root), role: 'other', repository: undefined, gitsOwn: false })),
    ];
    const end = performance.now() + limitMs;
    let sliceEnd = performance.now() + SLICE;
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
        if (performance.now() > end)
            return { ...found, left: stack.length + 1 };
        if (performance.now() > sliceEnd) {
            await (0,promises_.setImmediate)();
            sliceEnd = performance.now() + SLICE;
        }
        const isOptional = hookDirectories.includes(place.path);
        const entries = survey_entriesOf(place.path, unlockExcept);
        if (entries === undefined) {
            if (!isOptional)
                found.unread.push(place.path);
            continue;
        }
        look(place, entries, roots, found, isOptional ? [] : stack);
    }
    return { ...found, left: 0 };
}
function look(place, entries, roots, found, stack) {
    const { path, role } = place;
    const isGit = isGitDirectory(path, new Set(entries.map(({ name }) => name)));
    const repository = isGit ? path : place.repository;
    const isOutside = roots.slice(1).map(fromText).includes(path);
    const gitsOwn = place.gitsOwn || (isGit && (isUnmistakable(path) || isOutside));
    if (isGit) {
        found.gitDirectories.push(path);
        found.hazards.push(...hazardsIn(path, entries, roots));
    }
    for (const entry of entries) {
        const file = (0,posix_namespaceObject.join)(path, entry.name);
        if (entry.isDirectory()) {
            const next = isGit ? survey_ROLES[entry.name] : role === 'objects' && entry.name === 'info' ? 'objects/info' : undefined;
            stack.push({ path: file, role: next ?? 'other', repository, gitsOwn });
        }
        if (entry.name === '.git' && entry.isFile())
            found.gitFiles.push(file);
        const hazard = hazardOf(entry, file, { role, isGit, gitsOwn, repository: repository ?? file, roots });
        if (hazard !== undefined)
            found.hazards.push(hazard);
    }
}
function hazardOf(entry, file, context) {
    if (entry.isDirectory())
        return undefined;
    const name = entry.name;
    if (!entry.isFile()) {
        const counts = context.gitsOwn || name === '.git' || context.role === 'hooks' || (context.isGit && isGitName(name));
        return counts ? linkHazard(file, entry, context.repository) : undefined;
    }
    if (name === '.git')
        return gitFileHazard(file, context.roots);
    if (context.role === 'hooks')
        return hookHazard(file, entry, context.repository);
    if (context.role === 'objects/info' && name === 'alternates')
        return alternatesHazard(file, context.repository);
    if (context.role === 'steps' && /^(git-rebase-)?todo$/.test(name))
        return todoHazard(file, context.repository);
    return undefined;
}
function survey_entriesOf(path, unlockExcept) {
    const read = () => (0,external_node_fs_.readdirSync)(bytes(path), { withFileTypes: true, encoding: 'latin1' });
    try {
        return read();
    }
    catch (error) {
        if (error.code !== 'EACCES' || unlockExcept?.includes(path) !== false)
            return undefined;
    }
    try {
        unlock(path);
        return read();
    }
    catch {
        return undefined;
    }
}
/** Gives the owner all permissions on a directory. Git can run a hook from a directory that nobody can list. */
function unlock(path) {
    const { mode } = (0,external_node_fs_.lstatSync)(bytes(path));
    (0,external_node_fs_.chmodSync)(bytes(path), (mode & 0o777) | 0o700);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/disarm.js






/**
 * Moves each hazard aside, to a name that git ignores, and replaces a configuration with a harmless one. A directory
 * with other files that has become a bare repository only loses its `refs`. Git then no longer takes it for a
 * repository, and the other files, which may be somebody's work, stay in place.
 *
 * @param known git directories that existed before the command ran
 */
function disarm(hazards, known) {
    const byPath = new Map();
    for (const hazard of hazards) {
        const path = disarm_placeOf(hazard, known);
        const others = byPath.get(path);
        if (others === undefined)
            byPath.set(path, [hazard]);
        else
            others.push(hazard);
    }
    return [...byPath].map(([path, all]) => ({
        path,
        what: [...new Set(all.map(({ what }) => what))],
        movedTo: replace(path, all.find((hazard) => hazard.path === path)?.replacement),
    }));
}
function disarm_placeOf({ path, repository }, known) {
    if (isUnmistakable(path) || known.has(repository) || repository === path)
        return path;
    const refs = (0,posix_namespaceObject.join)(repository, 'refs');
    return (0,external_node_fs_.lstatSync)(bytes(refs), { throwIfNoEntry: false }) === undefined ? path : refs;
}
/**
 * Restores `.git` if it was a symbolic link and no longer is the same. A link cannot be a mount point, so nothing else
 * guards it.
 *
 * @param path the path of `.git`
 * @param before what {@link identify} returned for it before the command ran
 */
function restoreLink(path, before) {
    const target = /^link (.*)$/s.exec(before ?? '')?.[1];
    if (target === undefined || identify(path) === before)
        return [];
    const what = ['a replacement for a symbolic link'];
    try {
        const aside = identify(path) === undefined ? fromText(path) : moveUnlocked(fromText(path));
        (0,external_node_fs_.symlinkSync)(target, path);
        return [{ path: fromText(path), what, movedTo: aside }];
    }
    catch {
        return [{ path: fromText(path), what, movedTo: undefined }];
    }
}
function replace(path, content) {
    try {
        const { uid, gid } = (0,external_node_fs_.lstatSync)(bytes(path));
        const aside = moveUnlocked(path);
        if (content !== undefined) {
            (0,external_node_fs_.writeFileSync)(bytes(path), bytes(content), { flag: 'wx', mode: 0o644 });
            if (process.getuid?.() === 0)
                (0,external_node_fs_.chownSync)(bytes(path), uid, gid);
        }
        return aside;
    }
    catch {
        return undefined;
    }
}
/** Like {@link moveAside}, even if the command has made the parent directory read-only. */
function moveUnlocked(path) {
    try {
        return moveAside(path);
    }
    catch (error) {
        if (error.code !== 'EACCES')
            throw error;
        unlock((0,posix_namespaceObject.dirname)(path));
        return moveAside(path);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/config/secrets.js

/** @returns `text` with each credential replaced with asterisks */
function maskCredentials(text, secrets) {
    // Replace the longest first, because a shorter one may be its beginning.
    const values = [...secrets.values()].sort((a, b) => b.length - a.length);
    return values.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}
/** @throws Error if `variable` has no credential, which is a bug in AWF */
function credentialOf(variable, secrets) {
    const value = secrets.get(variable);
    if (value === undefined)
        throw new Error(`no credential was given as ${variable}`);
    return value;
}
/** @returns the variable whose credential `text` contains */
function credentialIn(text, secrets) {
    return CREDENTIALS.find(({ variable }) => {
        const value = secrets.get(variable);
        return value !== undefined && text.includes(value);
    })?.variable;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/guards.js








/** The engine only manages some hundreds of mounts per second. */
const MAX_MOUNTS = 2_000;
/**
 * Plans how to guard the repositories that a survey found. In each of them, that covers the configuration, the hooks,
 * the files that redirect either, and those files of the workspace that the configuration makes git run or read.
 *
 * @throws UserError for a repository that cannot be guarded
 */
function gitGuards({ gitDirectories, gitFiles, hazards }, roots, outside, secrets) {
    const readOnly = gitFiles.map(asText);
    const pinned = [];
    const copies = new Map();
    const elsewhere = { hookDirectories: [], absent: [] };
    const warnings = [];
    for (const path of gitDirectories.filter(isRepository)) {
        const directory = asText(path);
        pinned.push(directory);
        readOnly.push(...words('hooks commondir info/attributes objects/info/alternates').map((name) => (0,external_node_path_.join)(directory, name)));
        if ((0,external_node_path_.basename)((0,external_node_path_.dirname)(directory)) === 'worktrees')
            readOnly.push((0,external_node_path_.join)(directory, 'gitdir'));
        for (const file of ['config', 'config.worktree'].map((name) => (0,external_node_path_.join)(directory, name))) {
            if ((0,external_node_fs_.lstatSync)(file, { throwIfNoEntry: false })?.isFile() !== true)
                continue;
            const composed = readConfig(fromText(file), path, roots);
            if (typeof composed === 'string') {
                warnings.push(`${shown(file)} is empty in the sandbox because AWF cannot read it: ${composed}.`);
                copies.set(file, '');
                continue;
            }
            const leaked = credentialIn(Buffer.from(composed.text, 'latin1').toString(), secrets);
            if (leaked !== undefined) {
                throw new errors/* UserError */.yo(`${shown(file)} contains the value of ${leaked}.`, { hint: 'Remove it from the file.' });
            }
            copies.set(file, composed.text);
            const used = usedBy(composed.dropped, file, directory, roots);
            readOnly.push(...used.present);
            elsewhere.hookDirectories.push(...used.hookDirectories.map(fromText));
            elsewhere.absent.push(...used.absent.map(fromText));
        }
    }
    if (outside !== undefined) {
        // A linked worktree never needs files of the main worktree or of sibling worktrees.
        readOnly.push(...otherWorktrees(outside, gitDirectories.map(asText)));
    }
    for (const { path } of hazards.filter(({ link }) => link === true)) {
        const target = resolvedInside(asText(path), roots);
        if (target === undefined)
            continue;
        if (/^config/.test((0,external_node_path_.basename)(path))) {
            throw new errors/* UserError */.yo(`${printable(path)} is a symbolic link, so it cannot be guarded.`, {
                hint: 'Replace the link with the file itself.',
            });
        }
        if ((0,external_node_path_.basename)(path) !== 'hooks')
            continue;
        readOnly.push(target);
        elsewhere.hookDirectories.push(fromText(target));
    }
    return { readOnly: readOnly.filter(isThere), pinned, copies, elsewhere, warnings };
}
function otherWorktrees({ directory, gitDirectory }, gitDirectories) {
    if (directory === gitDirectory)
        return [];
    const parts = gitDirectories.filter((path) => isBelow(path, directory) && path !== gitDirectory && !isBelow(path, gitDirectory));
    return [...words('HEAD index ORIG_HEAD logs/HEAD').map((name) => (0,external_node_path_.join)(directory, name)), ...parts];
}
/** The files of the workspace that git would run or read because of the settings that were left out. */
function usedBy(dropped, file, gitDirectory, roots) {
    const top = (0,external_node_path_.basename)(gitDirectory) === '.git' ? (0,external_node_path_.dirname)(gitDirectory) : gitDirectory;
    const used = { present: [], hookDirectories: [], absent: [] };
    for (const entry of dropped) {
        const value = entry.value === undefined ? undefined : toText(entry.value);
        if (value === undefined)
            continue;
        for (const { path, isSure } of candidates(entry, value, (0,external_node_path_.dirname)(file), top)) {
            const found = resolvedInside(path, roots);
            if (found === undefined)
                continue;
            if (isHooksPath(entry))
                used.hookDirectories.push(found);
            const stats = (0,external_node_fs_.lstatSync)(found, { throwIfNoEntry: false });
            if (stats === undefined)
                used.absent.push(...(isSure ? [found] : []));
            else if (stats.isFile() || isHooksPath(entry))
                used.present.push(found);
        }
    }
    return used;
}
function isHooksPath({ section, subsection, key }) {
    return section === 'core' && subsection === undefined && key === 'hookspath';
}
/**
 * The paths at which git would look for what `value` names. Any word of a command may name a file; a word that looks
 * like a path certainly does.
 */
function candidates(entry, value, beside, top) {
    if (isHooksPath(entry))
        return [{ path: (0,external_node_path_.resolve)(top, value), isSure: false }];
    if (/^include(if)?$/.test(entry.section))
        return [{ path: (0,external_node_path_.resolve)(beside, value), isSure: true }];
    const names = value.split(/[\s"'!;|&()<>=]+/).filter((word) => word !== '' && word !== '.');
    return names.map((word) => ({ path: (0,external_node_path_.resolve)(top, word), isSure: /^\.{0,2}\//.test(word) }));
}
/** @returns undefined for a path that leads out of the roots, and for a root itself */
function resolvedInside(path, roots) {
    if (!roots.some((root) => isInside(path, root)))
        return undefined;
    try {
        const real = (0,external_node_fs_.realpathSync)(path);
        return roots.includes(real) ? undefined : real;
    }
    catch {
        return path;
    }
}
/**
 * The mounts of a plan. The command cannot rename a mount point, but it could rename a directory above one, together
 * with everything in it. So the directories above become mount points too. Nothing is mounted that does not exist,
 * because the engine would create it.
 *
 * @param place writes the content of a copy and returns its path
 * @throws UserError if there are more mounts than the engine can manage
 */
function guardMounts(roots, plan, place) {
    const readOnly = outermost(plan.readOnly);
    const isClosed = (path) => readOnly.some((closed) => isBelow(path, closed));
    const above = [...readOnly, ...plan.pinned, ...plan.copies.keys()].flatMap((path) => {
        const root = roots.find((candidate) => isBelow(path, candidate));
        return root === undefined ? [] : between(root, (0,external_node_path_.dirname)(path));
    });
    const writable = new Set([...above, ...plan.pinned].filter((path) => !isClosed(path) && !roots.includes(path)));
    for (const path of readOnly)
        writable.delete(path);
    const count = writable.size + readOnly.length + plan.copies.size;
    if (count > MAX_MOUNTS) {
        throw new errors/* UserError */.yo(`The workspace has so many git repositories that guarding them takes ${count} mounts; ` +
            `at most ${MAX_MOUNTS} are possible.`, { hint: 'Remove repositories that the command does not need, or use a smaller directory as the workspace.' });
    }
    const overItself = (path, isWritable) => {
        return { kind: 'bind', source: path, target: path, writable: isWritable };
    };
    return [
        ...[...writable].map((path) => overItself(path, true)),
        ...readOnly.filter((path) => !plan.copies.has(path)).map((path) => overItself(path, false)),
        ...[...plan.copies].map(([target, content]) => {
            return { kind: 'bind', source: place(target, content), target, writable: false };
        }),
    ];
}
/** Leaves out duplicates, and paths below other paths. */
function outermost(paths) {
    const unique = [...new Set(paths)];
    const set = new Set(unique);
    return unique.filter((path) => {
        for (let above = (0,external_node_path_.dirname)(path); above !== (0,external_node_path_.dirname)(above); above = (0,external_node_path_.dirname)(above))
            if (set.has(above))
                return false;
        return true;
    });
}
/** The directories below `top`, down to and including `directory`. */
function between(top, directory) {
    return isBelow(directory, top) ? [...between(top, (0,external_node_path_.dirname)(directory)), directory] : [];
}
/** False for an ordinary directory that merely happens to contain `objects` and `refs`. */
function isRepository(path) {
    return isUnmistakable(path) || (0,external_node_fs_.lstatSync)(bytes(`${path}/HEAD`), { throwIfNoEntry: false }) !== undefined;
}
/** True for a file or directory. A link does not count, because nothing can be mounted over it. */
function isThere(path) {
    const stats = (0,external_node_fs_.lstatSync)(path, { throwIfNoEntry: false });
    return stats !== undefined && (stats.isFile() || stats.isDirectory());
}
function asText(path) {
    const text = toText(path);
    if (text === undefined) {
        throw new errors/* UserError */.yo(`The workspace has a git repository whose path is not UTF-8: ${printable(path)}`, {
            hint: 'Rename or remove it, because it cannot be guarded.',
        });
    }
    return text;
}
function shown(path) {
    return printable(fromText(path));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/protected-paths.js




/**
 * The read-only ones among the protected paths that exist, with links resolved. Where they may lead was checked with
 * the option.
 */
function readOnlyPaths(workspace, entries) {
    return entries
        .filter(({ mode }) => mode === 'read-only')
        .map(({ path }) => (0,posix_namespaceObject.join)(workspace, path))
        .filter((path) => (0,external_node_fs_.existsSync)(path))
        .map((path) => (0,external_node_fs_.realpathSync)(path));
}
/**
 * Takes fingerprints of the protected paths and of everything below them. It follows no link.
 *
 * @param before an earlier snapshot to compare with. A file that differs anyway, for example in size, is not read.
 */
function snapshot(workspace, entries, before) {
    const found = Object.create(null);
    const pending = entries.map(({ path }) => fromText(path)).filter((path) => isBelowDirectories(workspace, path));
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
        const file = (0,posix_namespaceObject.join)(fromText(workspace), path);
        try {
            const print = printOf(file, before === undefined ? 'new' : before[path]);
            if (print === undefined)
                continue;
            found[path] = print;
            if (print.content === 'directory') {
                const below = path;
                pending.push(...(0,external_node_fs_.readdirSync)(bytes(file), { encoding: 'latin1' }).map((name) => (0,posix_namespaceObject.join)(below, name)));
            }
        }
        catch {
            found[path] = { content: 'unreadable', stamp: '' };
        }
    }
    return found;
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
        .map(({ path, how }) => ({ path: printable(path), how }));
}
/** False if a directory above `path` is a link: then `path` is not in the workspace. */
function isBelowDirectories(workspace, path) {
    let above = fromText(workspace);
    for (const part of path.split('/').slice(0, -1)) {
        above = (0,posix_namespaceObject.join)(above, part);
        if ((0,external_node_fs_.lstatSync)(bytes(above), { throwIfNoEntry: false })?.isDirectory() !== true)
            return false;
    }
    return true;
}
function printOf(file, before) {
    const stats = (0,external_node_fs_.lstatSync)(bytes(file), { throwIfNoEntry: false, bigint: true });
    if (stats === undefined)
        return undefined;
    if (stats.isDirectory())
        return { content: 'directory', stamp: '' };
    if (stats.isSymbolicLink())
        return { content: `link ${(0,external_node_fs_.readlinkSync)(bytes(file), 'latin1')}`, stamp: '' };
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
    return { content: `file ${size} ${hash(file)}`, stamp };
}
function hash(file) {
    const sum = (0,external_node_crypto_namespaceObject.createHash)('sha256');
    const descriptor = (0,external_node_fs_.openSync)(bytes(file), external_node_fs_.constants.O_RDONLY | external_node_fs_.constants.O_NOFOLLOW | external_node_fs_.constants.O_NONBLOCK);
    try {
        const buffer = Buffer.alloc(1 << 16);
        for (;;) {
            const length = (0,external_node_fs_.readSync)(descriptor, buffer);
            if (length === 0)
                return sum.digest('base64');
            sum.update(buffer.subarray(0, length));
        }
    }
    finally {
        (0,external_node_fs_.closeSync)(descriptor);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/workspace/workspace.js








/** A change of this file is always reported: it decides what a later `git submodule update` fetches. */
const ALWAYS_REPORTED = { path: '.gitmodules', mode: 'report' };
const BASELINE_FILE = 'baseline.json';
/**
 * Surveys the workspace and plans the mounts that guard it. If its repository is elsewhere (a linked worktree, a
 * submodule), that is mounted as well, with the same guards.
 *
 * @param ownFiles more paths to guard: those of the action itself
 * @param workDirectory gets the baseline and the copies of configurations
 * @param limitMs time limit of the survey
 * @throws UserError if something cannot be guarded
 */
async function guardWorkspace(config, secrets, ownFiles, workDirectory, limitMs) {
    const { workspace, protectPaths } = config;
    const own = ownRepository(workspace);
    const roots = [workspace, ...(own.outside === undefined ? [] : [own.outside.directory])];
    const found = await survey(roots, { limitMs });
    const plan = gitGuards(found, roots, own.outside, secrets);
    const watched = [...protectPaths, ALWAYS_REPORTED];
    const baseline = {
        workspace,
        roots,
        dotGit: own.dotGit,
        gitDirectories: found.gitDirectories,
        hazards: [...found.hazards, ...(await hooksElsewhere(plan.elsewhere, roots))].map(({ id }) => id),
        unread: found.unread,
        elsewhere: plan.elsewhere,
        protectPaths: watched,
        snapshot: snapshot(workspace, watched),
    };
    (0,external_node_fs_.writeFileSync)((0,external_node_path_.join)(workDirectory, BASELINE_FILE), JSON.stringify(baseline), { mode: 0o600 });
    let copies = 0;
    const place = (_, content) => {
        const path = (0,external_node_path_.join)(workDirectory, `git-config-${copies++}`);
        (0,external_node_fs_.writeFileSync)(path, bytes(content));
        // The agent's user may differ from the caller, so the file must be readable whatever the umask is.
        (0,external_node_fs_.chmodSync)(path, 0o644);
        return path;
    };
    const readOnly = [...plan.readOnly, ...readOnlyPaths(workspace, protectPaths), ...ownFiles];
    const mounts = guardMounts(roots, { ...plan, readOnly }, place);
    return {
        baseline,
        mounts: [
            ...roots
                .filter((root) => root !== workspace)
                .map((root) => ({ kind: 'bind', source: root, target: root, writable: true })),
            ...mounts,
        ],
        warnings: [
            ...(own.warning === undefined ? [] : [own.warning]),
            ...(own.outside === undefined ? [] : [outsideWarning(workspace, own.outside.directory)]),
            ...plan.warnings,
            ...(found.left > 0 ? [`${found.left} directories were not searched for git repositories.`] : []),
        ],
    };
}
function outsideWarning(workspace, directory) {
    return (`${workspace} is a part of the repository ${directory}: ` +
        'the command can write to that too, except to its hooks and configuration.');
}
/** Reads the baseline of a run, for the post step. @returns undefined if the run ended before it wrote one */
function readBaseline(workDirectory) {
    const path = join(workDirectory, BASELINE_FILE);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
        return undefined;
    return JSON.parse(readFileSync(path, 'utf8'));
}
/**
 * Surveys the workspace once no process of the command is left, and disarms everything that would make a later `git`
 * run something for the command.
 *
 * @param limitMs time limit of the survey
 */
async function inspectWorkspace(baseline, limitMs) {
    const { workspace, roots, elsewhere, protectPaths } = baseline;
    const found = await survey(roots, { unlockExcept: baseline.unread, limitMs });
    const known = new Set(baseline.hazards);
    const hazards = [
        ...found.hazards,
        ...(await hooksElsewhere(elsewhere, roots)),
        ...elsewhere.absent.flatMap((path) => appeared(path)),
    ].filter(({ id }) => !known.has(id));
    const unread = found.unread.filter((path) => !baseline.unread.includes(path));
    const after = snapshot(workspace, protectPaths, baseline.snapshot);
    const link = restoreLink((0,external_node_path_.join)(workspace, '.git'), baseline.dotGit);
    const shown = (path) => {
        const top = `${fromText(workspace)}/`;
        return printable(path.startsWith(top) ? path.slice(top.length) : path);
    };
    return {
        disarmed: [...disarm(hazards, new Set(baseline.gitDirectories)), ...link]
            .map(({ path, what, movedTo }) => ({ path: shown(path), what, movedTo: movedTo && shown(movedTo) }))
            .sort((one, other) => byPlace(one.path, other.path)),
        newRepository: baseline.dotGit === undefined && identify((0,external_node_path_.join)(workspace, '.git')) !== undefined,
        changes: changesBetween(baseline.snapshot, after),
        unread: unread.map(shown),
        left: found.left,
    };
}
/** Sorts the workspace's own repository first. */
function byPlace(one, other) {
    const rank = (path) => (path.startsWith('.git/') ? 0 : 1);
    return rank(one) - rank(other) || (one < other ? -1 : 1);
}
/** Hooks in directories that a configuration names. A link on the path to such a directory is a hazard itself. */
async function hooksElsewhere({ hookDirectories }, roots) {
    const links = [];
    const direct = hookDirectories.filter((path) => {
        const link = linkOnPath(path, roots);
        if (link !== undefined)
            links.push(hazardAt(link));
        return link === undefined;
    });
    const { hazards } = await survey([], { hookDirectories: direct });
    return [...hazards, ...links];
}
function linkOnPath(path, roots) {
    if (roots.some((root) => fromText(root) === path) || path === (0,external_node_path_.dirname)(path))
        return undefined;
    const above = linkOnPath((0,external_node_path_.dirname)(path), roots);
    if (above !== undefined)
        return above;
    return (0,external_node_fs_.lstatSync)(bytes(path), { throwIfNoEntry: false })?.isSymbolicLink() === true ? path : undefined;
}
function appeared(path) {
    if ((0,external_node_fs_.lstatSync)(bytes(path), { throwIfNoEntry: false }) === undefined)
        return [];
    return [hazardAt(path)];
}
function hazardAt(path) {
    return { id: `appeared ${path}`, repository: path, path, what: 'a path that a git setting names' };
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/run/limits.js
var limits = __nccwpck_require__(870);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/host/log-directories.js




/** The durations of the phases, beside Squid's logs. */
const TIMINGS_FILE = 'timings.json';
/** Writes `timings.json`. */
function writeTimings({ squid }, timings) {
    writeAnew(squid, TIMINGS_FILE, timings);
}
/** The complete list of what the command left in the workspace; the summary only has its first rows. */
const AFTERMATH_FILE = 'workspace.json';
/** Writes `workspace.json`, beside `timings.json`. */
function writeAftermath({ squid }, aftermath) {
    writeAnew(squid, AFTERMATH_FILE, aftermath);
}
/**
 * Writes a value as JSON. A sidecar can write to the directory too, so no link that stands there is followed. What cannot
 * be written in full is removed: half a file would be read as a whole one.
 */
function writeAnew(directory, name, value) {
    const path = (0,external_node_path_.join)(directory, name);
    (0,external_node_fs_.rmSync)(path, { recursive: true, force: true });
    const file = (0,external_node_fs_.openSync)(path, 'wx');
    try {
        (0,external_node_fs_.writeFileSync)(file, `${JSON.stringify(value, null, 2)}\n`);
    }
    catch (error) {
        (0,external_node_fs_.rmSync)(path, { force: true });
        throw error;
    }
    finally {
        (0,external_node_fs_.closeSync)(file);
    }
}
/**
 * Creates the two log directories, which the sidecars' user can write to and the caller can read.
 *
 * @param chosen the value of `proxy-logs-dir`; undefined for new directories below `temporary`
 * @param workspace must not contain the logs: the command could change them there
 * @throws UserError if a directory cannot be created, is in the workspace, or is used for something else
 */
function createLogDirectories(chosen, temporary, workspace, owner) {
    if (chosen !== undefined) {
        const directories = { squid: chosen, apiProxy: (0,external_node_path_.join)((0,external_node_path_.dirname)(chosen), 'api-proxy-logs') };
        for (const directory of Object.values(directories)) {
            if (isInside(directory, workspace)) {
                throw new errors/* UserError */.yo(`--proxy-logs-dir: ${directory} is in the workspace, where the command could change the logs.`, { hint: 'Use a directory outside the workspace.' });
            }
        }
        for (const directory of Object.values(directories))
            make(directory, owner, true);
        return directories;
    }
    for (let time = Date.now();; time++) {
        const directories = {
            squid: (0,external_node_path_.join)(temporary, `squid-logs-${time}`),
            apiProxy: (0,external_node_path_.join)(temporary, `api-proxy-logs-${time}`),
        };
        // Another run that started in the same millisecond may have taken the name.
        if (!make(directories.squid, owner, false))
            continue;
        make(directories.apiProxy, owner, true);
        return directories;
    }
}
/** @returns false if the directory exists although it must not */
function make(directory, owner, mayExist) {
    try {
        if (mayExist)
            (0,external_node_fs_.mkdirSync)((0,external_node_path_.dirname)(directory), { recursive: true });
        if (!create(directory)) {
            if (!mayExist)
                return false;
            // The directory is the caller's, who has chosen its mode. Only root creates directories for another user.
            if (process.getuid?.() !== 0 || (0,external_node_fs_.statSync)(directory).uid === owner.uid)
                return true;
            if ((0,external_node_fs_.readdirSync)(directory).length > 0) {
                throw new errors/* UserError */.yo(`--proxy-logs-dir: ${directory} has files of another user.`, {
                    hint: 'Use a directory that does not exist yet, is empty, or has the logs of an earlier run.',
                });
            }
        }
        (0,external_node_fs_.chmodSync)(directory, 0o755);
        if (process.getuid?.() === 0)
            (0,external_node_fs_.chownSync)(directory, owner.uid, owner.gid);
        return true;
    }
    catch (cause) {
        if (cause instanceof errors/* UserError */.yo)
            throw cause;
        throw new errors/* UserError */.yo(`The log directory ${(0,external_node_path_.basename)(directory)} cannot be created in ${(0,external_node_path_.dirname)(directory)}.`, {
            cause,
        });
    }
}
/** Creates `directory`. @returns false if it exists already */
function create(directory) {
    try {
        (0,external_node_fs_.mkdirSync)(directory);
        return true;
    }
    catch (error) {
        if (error.code === 'EEXIST')
            return false;
        throw error;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/host/platform.js

/**
 * Refuses a machine that cannot run the sandbox, which needs Linux containers and runs the host's own programs in them.
 *
 * @param platform as `process.platform`
 * @throws UserError naming the platform and the remedy
 */
function requireLinux(platform) {
    if (platform === 'linux')
        return;
    throw new errors/* UserError */.yo(`The sandbox needs Linux, and this is ${platform}.`, {
        hint: 'Use a Linux runner, for example runs-on: ubuntu-latest; on Windows the command line works inside WSL 2.',
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/host/user.js



/**
 * The caller of this process. The ids are those of the process, not those of the account database: `newgrp`, `sg` and
 * `sudo -g` change them, and in a container the user may have no account. Supplementary groups are left out, because
 * one of them may give access to the engine.
 *
 * @param account looks the user up in the account database; throws where there is none
 */
function caller(account = external_node_os_namespaceObject.userInfo) {
    const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
    try {
        return { uid, gid, name: account().username, home: (0,external_node_os_namespaceObject.homedir)() };
    }
    catch {
        const home = process.env['HOME'] ?? '/';
        return { uid, gid, name: 'agent', home: home === '/' ? '/home/agent' : home };
    }
}
/**
 * The agent's user. That is the caller, unless the caller is root: then it is the owner of the workspace, so that files
 * keep an owner who can use them. The agent is root only if root owns the workspace.
 */
function agentUser(caller, workspace) {
    if (caller.uid !== 0)
        return caller;
    const { uid, gid } = (0,external_node_fs_.statSync)(workspace);
    return { uid, gid, name: uid === 0 ? caller.name : 'agent', home: caller.home };
}
/** The sidecars' user: the caller, so that the caller owns the logs, but never root. */
function sidecarUser({ uid, gid }) {
    return uid === 0 ? { uid: SIDECAR_ID, gid: SIDECAR_ID } : { uid, gid };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/mounts/user-mounts.js






/** Paths that no run may expose to the agent. */
const FORBIDDEN = [
    { path: '/proc', why: "shows the host's processes" },
    { path: '/sys', why: 'controls the kernel' },
    { path: '/dev', why: 'holds the devices' },
    { path: '/run', why: "holds the engine's socket" },
    { path: '/var/run', why: "holds the engine's socket" },
    { path: '/var/lib/docker', why: "is the engine's data root" },
    { path: '/var/lib/containerd', why: "is the engine's data root" },
];
/** Variables with the runner's files through which a step acts on the job. */
const RUNNER_FILES = words('GITHUB_ENV GITHUB_PATH GITHUB_OUTPUT GITHUB_STATE GITHUB_STEP_SUMMARY');
/** System directories. They are never mounted read-write: no one keeps a cache there. */
const SYSTEM_DIRECTORIES = words('/bin /boot /etc /lib /opt /sbin /snap /usr /var/lib /var/spool');
/** Paths below the home that the caller's shell, git, ssh or package managers read and act on. */
const START_FILES = words(`
  .bashrc .bash_profile .bash_login .bash_logout .profile .zshrc .zshenv .zprofile
  .config .ssh .gnupg .docker .gitconfig .npmrc .netrc .local/bin .cargo/bin
  .cargo/config.toml .m2/settings.xml .gradle/init.d .gradle/gradle.properties .claude bin
`);
/**
 * The mounts that the user asks for. Links are resolved here, so that the engine mounts the very path that was checked.
 *
 * @throws UserError for a path that is missing, that would expose the host to the agent, or whose target is used twice
 */
function userMounts(mounts, places) {
    const sockets = mounts.length === 0 ? [] : listeningSockets();
    return mounts.map(({ source, target, writable, origin }, index) => {
        const refuse = (why, hint = 'Use only the directory that the command needs.') => {
            throw new errors/* UserError */.yo(`${origin}: ${source} cannot be mounted: ${why}.`, { hint });
        };
        if (!(0,external_node_fs_.existsSync)(source))
            return refuse('it does not exist', 'Create it in an earlier step, or correct the path.');
        const real = (0,external_node_fs_.realpathSync)(source);
        const kind = (0,external_node_fs_.statSync)(real);
        if (!kind.isDirectory() && !kind.isFile())
            return refuse('it is neither a directory nor a file');
        const refuseAny = (guarded) => {
            for (const { path, why } of guarded) {
                if (isInside(real, path))
                    refuse(`it ${why}`);
                if (isInside(path, real))
                    refuse(`it contains ${path}, which ${why}`);
            }
        };
        refuseAny(always(places));
        if (isInside(places.home, real)) {
            return refuse('it contains the home directory and its credentials', 'Use only the directory in it that the command needs.');
        }
        if (writable)
            refuseAny(whenWritable(places));
        const socket = sockets.find((path) => isInside(path, real)) ?? socketIn(real);
        if (socket !== undefined)
            return refuse(`it contains ${socket}, which leads to a program outside the sandbox`);
        const first = mounts.findIndex((other) => other.target === target);
        if (first < index)
            return refuse(`${mounts[first]?.source ?? ''} is already mounted at ${target}`, 'Give each mount a target of its own.');
        return { kind: 'bind', source: real, target, writable };
    });
}
function always({ workDirectory, engine, environment }) {
    const { dataRoot, socket } = engine;
    return [
        ...FORBIDDEN,
        ...(dataRoot === undefined ? [] : [{ path: dataRoot, why: "is the engine's data root" }]),
        ...(socket === undefined ? [] : [{ path: socket, why: "is the engine's socket" }]),
        { path: workDirectory, why: "holds the run's own files" },
        ...RUNNER_FILES.flatMap((name) => {
            const path = environment[name];
            return path === undefined || path === '' ? [] : [{ path, why: `tells the job what to do (${name})` }];
        }),
    ];
}
/** Paths that the agent may read but not change. */
function whenWritable({ home, environment, programs }) {
    const event = environment['GITHUB_EVENT_PATH'] ?? '';
    return [
        ...SYSTEM_DIRECTORIES.map((path) => ({ path, why: 'belongs to the system; omit :rw' })),
        ...programs.map((path) => ({ path, why: 'holds programs that run outside the sandbox; omit :rw' })),
        ...START_FILES.map((name) => ({
            path: (0,external_node_path_.join)(home, name),
            why: 'is read by programs outside the sandbox, which act on it; omit :rw',
        })),
        ...(event === '' ? [] : [{ path: event, why: 'is read by later steps; omit :rw' }]),
    ];
}
/** A socket in a directory, even if nobody listens on it now, or if it belongs to another network namespace. */
function socketIn(path) {
    if (!(0,external_node_fs_.statSync)(path).isDirectory())
        return undefined;
    try {
        const found = (0,external_node_fs_.readdirSync)(path, { withFileTypes: true }).find((entry) => entry.isSocket());
        return found && (0,external_node_path_.join)(path, found.name);
    }
    catch {
        // The command cannot read the directory either: it runs as the same user.
        return undefined;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/messages.js


/** What the configuration asks for and will not work. The user reads it before it fails. */
function configWarnings(config) {
    const name = (option) => optionName(config.frontEnd, option);
    const remedy = (host) => config.frontEnd === 'action' ? `Add the line "${host}" to allow-domains.` : `Add --allow-domains ${host}.`;
    const uncovered = config.providers
        .filter(({ isPermitted }) => !isPermitted)
        .map(({ provider, target }) => `${name(provider.targetInput)}: ${name('allow-domains')} does not cover ${target.host}, so Squid refuses it. ${remedy(target.host)}`);
    if (config.apiProxy && config.providers.length === 0)
        uncovered.push(NO_CREDENTIALS);
    return uncovered;
}
/** For a run whose budget refused requests. */
function budgetWarning({ frontEnd, budget }, usage) {
    const { maxRequests, maxTokens } = budget;
    const limits = [
        ...(maxRequests === undefined ? [] : [`${optionName(frontEnd, 'max-requests')} ${maxRequests}`]),
        ...(maxTokens === undefined ? [] : [`${optionName(frontEnd, 'max-tokens')} ${maxTokens}`]),
    ].join(', ');
    const used = `${usage.requests} requests and ${usage.inputTokens + usage.outputTokens} tokens`;
    return (`The budget of the run (${limits}) was exhausted after ${used}: ${usage.overBudget} further ` +
        'requests got 429 or were cut off. If the command needs more, raise the limit.');
}
/** For a command that `timeout-minutes` ended. */
function timeoutText({ frontEnd, timeoutMinutes = 0 }) {
    const minutes = `${timeoutMinutes} minute${timeoutMinutes === 1 ? '' : 's'}`;
    const option = optionName(frontEnd, 'timeout-minutes');
    return `The command ran longer than ${minutes} and was stopped. If it needs more time, raise ${option}.`;
}
/** For a command that was killed for its memory. */
function outOfMemoryText({ frontEnd, memory }) {
    return `The command was killed because it needed more memory than ${memory}. Raise ${optionName(frontEnd, 'memory')}.`;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/prepare.js









/**
 * Refuses what can be refused without the engine, and makes the run's own directories.
 *
 * @throws UserError naming what is wrong and the remedy
 */
function prepare(config, context, progress) {
    requireLinux(process.platform);
    const images = context.images();
    const user = caller();
    const workDirectory = makeWorkDirectory(workDirectoryOf(context.runId, context.temporary));
    progress.workDirectory = workDirectory;
    checkWorkspace(config, user.home, workDirectory);
    const owner = sidecarUser(user);
    const logs = createLogDirectories(config.proxyLogsDir, context.temporary, config.workspace, owner);
    progress.logs = logs;
    context.onLogs?.(logs);
    for (const warning of configWarnings(config))
        context.reporter.warning(warning);
    const prepared = {
        images,
        workDirectory,
        logs,
        agentUser: agentUser(user, config.workspace),
        sidecarUser: owner,
        home: user.home,
    };
    // Most mistakes show without the engine's own places, and then nothing has been started.
    checkedMounts(config, context, prepared, { dataRoot: undefined, socket: undefined });
    return prepared;
}
/**
 * The mounts that the user asks for.
 *
 * @param engine where the engine keeps what it has
 * @throws UserError for a source that would open the host to the command
 */
function checkedMounts({ mounts }, { environment, root }, { home, workDirectory }, engine) {
    if (mounts.length === 0)
        return [];
    const programs = hostPrograms(root, process.execPath, home, environment);
    return userMounts(mounts, { home, workDirectory, environment, programs, engine });
}
/** Mode 0700. Fails if the directory exists: it would not be ours. */
function makeWorkDirectory(path) {
    try {
        (0,external_node_fs_.mkdirSync)(path, { mode: 0o700 });
        return path;
    }
    catch (cause) {
        throw new errors/* UserError */.yo(`The directory for temporary files cannot be used: ${path} cannot be created.`, {
            hint: 'Point RUNNER_TEMP (on the command line TMPDIR) to a directory that exists and that you may write to.',
            cause,
        });
    }
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/run/signals.js
var signals = __nccwpck_require__(577);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/claim.js










/**
 * Claims the networks, makes sure of the images, and looks at the host, all at once: the engine takes most of the time.
 *
 * @throws UserError naming what cannot be had and the remedy
 */
async function claim_claim(config, secrets, prepared, context, progress) {
    const { engine, runId, reporter, signal } = context;
    const { timings } = progress;
    signal.throwIfAborted();
    progress.engineAsked = true;
    const [subnet, taken, agentImage, mounts, guards, host] = await settleAll([
        timings.measure('networks', () => claimNetworks(engine, runId)),
        timings.measure('names', () => engine.containerNames()),
        timings.measure('images', () => 
        // A build takes minutes; a cancelled step has seconds.
        Promise.race([ensureImages(engine, prepared.images, config.agentImage, context.root, reporter), (0,signals/* aborted */.Q)(signal)])),
        timings.measure('mounts', () => mountsOnEngine(config, prepared, context)),
        timings.measure('workspace', async () => {
            const own = ownFilesInWorkspace(context.root, config.workspace);
            const found = await guardWorkspace(config, secrets, own, prepared.workDirectory, limits/* SURVEY_LIMIT_MS */.sD);
            progress.baseline = found.baseline;
            return found;
        }),
        timings.measure('host', () => readAgentHost(config, prepared.agentUser, context.environment)),
    ]);
    for (const warning of [...guards.warnings, ...socketWarnings(config.workspace)])
        reporter.warning(warning);
    return { subnet, names: namesFor(runId, subnet, taken), agentImage, guards: guards.mounts, userMounts: mounts, host };
}
/** Asks the engine for its own places only if somebody wants a mount. */
async function mountsOnEngine(config, prepared, context) {
    return config.mounts.length === 0 ? [] : checkedMounts(config, context, prepared, await context.engine.places());
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/claude-json.js


/**
 * Composes `~/.claude.json` of Claude Code: it names the key helper and has no credentials. All other keys are kept.
 *
 * @param path the path of the user's file, for errors
 * @param present the content of the user's file, or undefined if there is none
 * @throws UserError if the file names another helper, or is not a JSON object
 */
function claudeJson(path, present) {
    let settings = {};
    if (present !== undefined && present.trim() !== '') {
        try {
            settings = JSON.parse(present);
        }
        catch (cause) {
            throw new errors/* UserError */.yo(`${path} is not valid JSON.`, { hint: 'Correct or remove the file.', cause });
        }
    }
    if (!claude_json_isObject(settings))
        throw new errors/* UserError */.yo(`${path} is not a JSON object.`, { hint: 'Correct or remove the file.' });
    const other = settings['apiKeyHelper'];
    if (other !== undefined && other !== CLAUDE_KEY_HELPER) {
        throw new errors/* UserError */.yo(`${path} names ${JSON.stringify(other)} as apiKeyHelper; the sandbox needs ${CLAUDE_KEY_HELPER}.`, {
            hint: `Remove apiKeyHelper from ${path}, or set it to ${CLAUDE_KEY_HELPER}.`,
        });
    }
    const withheld = [];
    const kept = membersOf(settings, [], withheld);
    return { content: `${JSON.stringify({ ...kept, apiKeyHelper: CLAUDE_KEY_HELPER }, null, 2)}\n`, withheld };
}
/** The last 20 characters of each key that Claude Code has asked its user about. (Claude Code 2.1.330) */
const KEY_PARTS = 'customApiKeyResponses';
/** Names of members with a credential, such as `primaryApiKey`. `oauthAccount` has none: it only names the account. */
const SECRET_NAME = /(api[-_]?key|token|secret|password|passphrase|authorization|credentials?)$/i;
/** Members that contain variables or headers, for MCP servers or for Claude Code itself. */
const SETTINGS_NAME = /^(env|headers)$/i;
/** Credentials in the arguments of a command or in a URL. */
const SECRET_FORM = /\b(sk|rk|pk)-[\w-]{16,}|\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[a-z]-[\w-]{10,}|\bAIza[\w-]{20,}|\bAKIA[A-Z0-9]{12,}|\beyJ[\w-]{10,}\.[\w-]{10,}|\b(Bearer|Basic) [^\s$]{8,}|:\/\/[^/\s@$]+@|[?&-](api[-_]?key|key|(access[-_]?)?token|secret|password)[= ][^\s$&]{4,}/i;
/** A shorter value is no credential. */
const MIN_SECRET_LENGTH = 8;
function membersOf(object, path, withheld) {
    const isSettings = SETTINGS_NAME.test(path.at(-1) ?? '');
    return Object.fromEntries(Object.entries(object).flatMap(([name, value]) => {
        const memberPath = [...path, name];
        if (name === 'apiKeyHelper' || !isSecret(name, value, isSettings))
            return [[name, keptOf(value, memberPath, withheld)]];
        withheld.push(memberPath.join('.'));
        return [];
    }));
}
function keptOf(value, path, withheld) {
    if (claude_json_isList(value))
        return value.map((item, index) => keptOf(item, [...path, String(index)], withheld));
    return claude_json_isObject(value) ? membersOf(value, path, withheld) : value;
}
/** A list is judged as a whole: without one of its arguments, a command would do something else. */
function isSecret(name, value, isSetting) {
    if (claude_json_isList(value))
        return value.some((item) => typeof item === 'string' && SECRET_FORM.test(item));
    if (claude_json_isObject(value))
        return name === KEY_PARTS;
    if (typeof value !== 'string' || value === '')
        return false;
    // A reference to a variable of the sandbox, which holds no credential.
    if (/^([\w ]*\$\{[^}]+\})+$/.test(value))
        return false;
    return SECRET_NAME.test(name) || SECRET_FORM.test(value) || (isSetting && mayBeSecret(value));
}
/** A variable or header of any name may hold a credential, unless it is a URL, a path or a short word. */
function mayBeSecret(value) {
    return value.length >= MIN_SECRET_LENGTH && !/^(https?:\/\/[^?]*|[~./].*)$/.test(value);
}
function claude_json_isList(value) {
    return Array.isArray(value);
}
function claude_json_isObject(value) {
    return typeof value === 'object' && value !== null && !claude_json_isList(value);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/environment-policy.js







/*
 * Which variables of the host's environment the command gets. A `*` in a name matches anything. A variable that is on
 * no list passes if `env` or `env-all` asks for it.
 */
/** Passed by default: facts about the job, the terminal's behaviour, and settings of tools. */
const PASSED = words(`
  LANG LANGUAGE LC_* TZ TERM COLORTERM NO_COLOR FORCE_COLOR COLUMNS LINES
  CI RUNNER_OS RUNNER_ARCH RUNNER_NAME RUNNER_ENVIRONMENT RUNNER_DEBUG RUNNER_WORKSPACE
  GITHUB_ACTIONS GITHUB_ACTION GITHUB_ACTION_REF GITHUB_ACTION_REPOSITORY GITHUB_ACTOR
  GITHUB_ACTOR_ID GITHUB_API_URL GITHUB_BASE_REF GITHUB_EVENT_NAME
  GITHUB_GRAPHQL_URL GITHUB_HEAD_REF GITHUB_JOB GITHUB_REF GITHUB_REF_NAME GITHUB_REF_PROTECTED
  GITHUB_REF_TYPE GITHUB_REPOSITORY GITHUB_REPOSITORY_ID GITHUB_REPOSITORY_OWNER
  GITHUB_REPOSITORY_OWNER_ID GITHUB_RETENTION_DAYS GITHUB_RUN_ATTEMPT GITHUB_RUN_ID
  GITHUB_RUN_NUMBER GITHUB_SERVER_URL GITHUB_SHA GITHUB_TRIGGERING_ACTOR GITHUB_WORKFLOW
  GITHUB_WORKFLOW_REF GITHUB_WORKFLOW_SHA GITHUB_WORKSPACE
  ACCEPT_EULA DEBIAN_FRONTEND BOOTSTRAP_HASKELL_NONINTERACTIVE POWERSHELL_DISTRIBUTION_CHANNEL
  DOTNET_NOLOGO DOTNET_MULTILEVEL_LOOKUP DOTNET_SKIP_FIRST_TIME_EXPERIENCE
  DOTNET_CLI_TELEMETRY_OPTOUT GOTOOLCHAIN HOMEBREW_NO_AUTO_UPDATE HOMEBREW_CLEANUP_PERIODIC_FULL_DAYS
`);
/**
 * Paths on the host. They are passed by default with the host's toolchain. With an image, they are only passed if `env`
 * names them: the image has its own `PATH`, and these paths lead nowhere there.
 */
const PLACES = [
    ...words(`
    PATH SHELL LD_LIBRARY_PATH PKG_CONFIG_PATH ImageOS ImageVersion
    RUNNER_TOOL_CACHE AGENT_TOOLSDIRECTORY
    JAVA_HOME JAVA_HOME_* ANT_HOME GRADLE_HOME MAVEN_HOME M2_HOME LEIN_HOME LEIN_JAR
    GOROOT GOROOT_* RUSTUP_HOME SWIFT_PATH GHCUP_INSTALL_BASE_PREFIX
    DOTNET_ROOT DOTNET_ROOT_* PSModulePath AZURE_EXTENSION_DIR VCPKG_INSTALLATION_ROOT
    pythonLocation Python_ROOT_DIR Python2_ROOT_DIR Python3_ROOT_DIR PYENV_ROOT CONDA
    PIPX_HOME PIPX_BIN_DIR NVM_DIR NVM_BIN NVM_INC
    ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK ANDROID_NDK_HOME ANDROID_NDK_LATEST_HOME ANDROID_NDK_ROOT
    CHROME_BIN EDGE_BIN CHROMEWEBDRIVER EDGEWEBDRIVER GECKOWEBDRIVER SELENIUM_JAR_PATH
  `),
    // The certificates of a company proxy.
    ...words(`
    NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO
  `),
];
/** Never passed, whatever the options say. */
const environment_policy_WITHHELD = [
    // Credentials for a model.
    ...CREDENTIAL_NAMES,
    ...CREDENTIAL_PATTERNS,
    // The means by which a step acts on the job. Which of ACTIONS_* are tokens changes with the runner, so all are
    // withheld.
    ...words('INPUT_* STATE_* ACTIONS_* GITHUB_ENV GITHUB_PATH GITHUB_STATE GITHUB_EVENT_PATH GITHUB_ACTION_PATH'),
    // Addresses of programs outside: the engine, agents that hold keys, the desktop's bus, the service manager.
    ...words(`
    DOCKER_* CONTAINER_HOST BUILDKIT_HOST SSH_AUTH_SOCK SSH_AGENT_PID GPG_AGENT_INFO
    DBUS_SESSION_BUS_ADDRESS DBUS_SYSTEM_BUS_ADDRESS NOTIFY_SOCKET LISTEN_PID LISTEN_FDS LISTEN_FDNAMES
  `),
];
/** Decided by the sandbox, in addition to the variables that it sets. */
const environment_policy_RESERVED = [
    ...PROXY_VARIABLES,
    ...words('AWF_* LD_PRELOAD LD_AUDIT HOME USER LOGNAME TMPDIR RUNNER_TEMP XDG_RUNTIME_DIR'),
    ...Object.keys(COMMAND_FILE_VARIABLES),
];
/** Set by a shell for itself. The host shell's values would be wrong in the sandbox. */
const SHELL_VARIABLES = words('PWD OLDPWD SHLVL _');
/** Variables that an image or the Docker client may set. The sandbox removes those that it does not set itself. */
const CLEARED = environment_policy_RESERVED.filter((name) => !name.includes('*'));
/**
 * Variables that the user may set although the sandbox sets or reserves them: the log of the one-shot-token library,
 * options of AddressSanitizer, and proxy settings of programs that ignore the usual variables.
 */
const LEFT_TO_USER = [ONE_SHOT_DEBUG_VARIABLE, 'ASAN_OPTIONS', ...PROXY_SETTINGS];
const isPassed = nameMatcher(PASSED);
/** @returns true for a place on the host, which means nothing in an image */
const isPlace = nameMatcher(PLACES);
/** True for a variable that passes by default. @param isImage whether the command runs in an image of its own */
function passesByDefault(name, isImage) {
    return isPassed(name) || (!isImage && isPlace(name));
}
const isWithheld = nameMatcher(environment_policy_WITHHELD);
const environment_policy_isOfSandbox = nameMatcher([...environment_policy_RESERVED, ...SHELL_VARIABLES]);
/** The proxy variables in any case of letters: Python takes `Http_Proxy` as well. */
function isReserved(name) {
    return environment_policy_isOfSandbox(name) || PROXY_VARIABLES.includes(name.toUpperCase());
}
/** True for a variable in which programs look for a model's credential. */
const isCredentialName = nameMatcher([...CREDENTIAL_NAMES, ...CREDENTIAL_PATTERNS]);

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/squid/config.js



/** Port of the loopback listener that reads the TLS server name inside a tunnel. */
const PEEK_PORT = SQUID_PORT + 1;
/**
 * A name that only the start-up check asks for. The front port lets it through and the peek port refuses it. Until both
 * ports are up and connected, Squid answers 500, so any other answer means that it is ready. RFC 6761 reserves
 * `.invalid`.
 */
const READINESS_NAME = 'ready.awf.invalid';
/** The peek port resolves a name before it applies any rule. With an entry in `/etc/hosts`, that takes no DNS query. */
const READINESS_HOST = { name: READINESS_NAME, address: '127.0.0.1' };
/** The annotation of a tunnel that the peek port cut. Its value is the reason. */
const VERDICT = 'awf_verdict';
/** The verdict on an allowed name that has no address: nobody refused the request, but it reached nothing. */
const UNRESOLVABLE = 'unresolvable';
/**
 * The fields of a record, which `access-log.ts` reads. A record is a line, its fields are separated by single spaces,
 * and a field without a value is `-`. `#` URL-encodes a value that the agent chooses, so that it cannot forge a field
 * or a line.
 */
const LOG_FIELDS = {
    time: '%ts.%03tu',
    durationMs: '%tr',
    client: '%>a',
    status: '%Ss/%03>Hs',
    bytesOut: '%>st',
    bytesIn: '%<st',
    method: '%#rm',
    target: '%#ru',
    route: '%Sh/%<a',
    serverName: '%#ssl::>sni',
    verdict: `%{${VERDICT}}note`,
};
/**
 * Destinations that no allowed name may lead to: private, loopback, link-local, shared, metadata, multicast and
 * reserved ranges (IANA special-purpose registries, RFC 6890). The ranges for documentation are left out: there is
 * nothing to protect.
 */
const PRIVATE_RANGES = words(`
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/3
  ::/128 ::1/128 64:ff9b::/96 100::/64 2001::/23 2001:db8::/32 2002::/16 fc00::/7 fe80::/10 ff00::/8
`);
/**
 * Returns `squid.conf` for a policy. The function is pure; in the tests, Squid itself judges the result (`squid -k
 * parse`).
 *
 * Squid listens on two ports. The front port decides by the client's address and the requested name, before it resolves
 * anything (`dstdomain -n` looks up no PTR records): a refused name gets an honest 403 and causes no DNS query. Tunnels
 * of the agent that it lets through continue to the peek port of the same process, which reads the TLS server name and
 * then splices or cuts the tunnel; nothing is decrypted. Tunnels of the api-proxy skip the peek port, because AWF
 * itself composes its requests.
 */
function squidConfig(policy) {
    const sections = [
        listeners(),
        callers(policy.addresses),
        names(policy),
        accessRules(policy),
        routing(),
        serverNameRules(policy),
        logging(),
        hardening(),
    ];
    return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
function listeners() {
    return [
        `http_port ${SQUID_PORT} name=front`,
        `http_port 127.0.0.1:${PEEK_PORT} name=peek ssl-bump generate-host-certificates=off tls-cert=${PEEK_CERTIFICATE}`,
        'acl front myportname front',
        'acl peek myportname peek',
    ];
}
function callers(addresses) {
    return [`acl agent src ${addresses.agent}`, `acl api_proxy src ${addresses['api-proxy']}`];
}
function names({ allow, targets, hosts }) {
    return [
        'acl https_port port 443',
        'acl http_port port 80',
        'acl http_scheme proto HTTP',
        `acl ready dstdomain -n ${READINESS_NAME}`,
        // Every spelling of an IPv4 address that resolvers accept, and every IPv6 address.
        'acl address_literal dstdom_regex -n -i ^(0x[0-9a-f]*|[0-9]+)([.](0x[0-9a-f]*|[0-9]+))*[.]?$ :',
        ...domainAcls('https', allow.https, 'dstdomain -n'),
        ...domainAcls('http', allow.http, 'dstdomain -n'),
        ...listAcl('provider_host', 'dstdomain -n', hostsOf(targets)),
        ...targets.flatMap(({ host, port }, index) => [
            `acl target_host_${index} dstdomain -n ${host}`,
            `acl target_port_${index} port ${port}`,
        ]),
        ...PRIVATE_RANGES.map((range) => `acl private_address dst ${range}`),
        // `all` covers every address, IPv6 included. A name without an address does not match.
        'acl resolvable dst all',
        `acl cut_unresolvable annotate_transaction ${VERDICT}=${UNRESOLVABLE}`,
        'deny_info 503:ERR_DNS_FAIL cut_unresolvable',
        // hosts_file pins these names to their addresses, so this exception cannot lead anywhere else.
        ...listAcl('added_host', 'dstdomain -n', [...new Set(hosts.map(({ name }) => name))]),
        'acl private_destination all-of private_address !added_host',
    ];
}
function accessRules({ targets }) {
    return [
        'http_access deny manager',
        'http_access deny address_literal',
        ...targets.flatMap(({ permitted }, index) => permitted
            ? `http_access allow front api_proxy CONNECT target_host_${index} target_port_${index} !private_destination`
            : []),
        'http_access deny api_proxy',
        'http_access deny front !agent',
        'http_access allow front CONNECT https_port ready',
        'http_access deny CONNECT !https_port',
        'http_access deny !CONNECT !http_port',
        'http_access deny !CONNECT !http_scheme',
        'http_access deny provider_host',
        'http_access deny CONNECT !https_allowed',
        'http_access deny !CONNECT !http_allowed',
        // Decided here: the peek port could only answer inside the tunnel, where clients would report broken TLS.
        'http_access deny !resolvable cut_unresolvable',
        'http_access deny private_destination',
        'http_access allow front',
        'http_access allow peek CONNECT',
        'http_access deny all',
    ];
}
function routing() {
    return [
        `cache_peer 127.0.0.1 parent ${PEEK_PORT} 0 no-query no-digest no-netdb-exchange default name=to_peek`,
        'acl agent_tunnel all-of front agent CONNECT',
        'cache_peer_access to_peek allow agent_tunnel',
        'cache_peer_access to_peek deny all',
        'never_direct allow agent_tunnel',
        'always_direct allow !agent_tunnel',
        // Squid probes the peer before its own peek port listens. The second attempt, 50 ms later, succeeds.
        'connect_retries 2',
    ];
}
function serverNameRules({ allow, targets }) {
    return [
        'acl client_hello_next at_step SslBump1',
        'acl client_hello_read at_step SslBump2',
        ...domainAcls('server_name', allow.https, 'ssl::server_name --client-requested'),
        ...listAcl('provider_server_name', 'ssl::server_name --client-requested', hostsOf(targets)),
        // ssl::server_name falls back to the host of CONNECT. A ClientHello without a server name must not pass as that
        // host.
        'acl note_server_name annotate_transaction awf_server_name="%ssl::>sni"',
        'acl no_server_name note awf_server_name -',
        `acl cut_no_server_name annotate_transaction ${VERDICT}=no-server-name`,
        `acl cut_server_name annotate_transaction ${VERDICT}=server-name`,
        `acl cut_not_tls annotate_transaction ${VERDICT}=not-tls`,
        'ssl_bump peek client_hello_next',
        'ssl_bump terminate client_hello_read note_server_name no_server_name cut_no_server_name',
        'ssl_bump terminate client_hello_read provider_server_name cut_server_name',
        'ssl_bump terminate client_hello_read !server_name_allowed cut_server_name',
        'ssl_bump splice client_hello_read',
        'ssl_bump terminate all',
        'on_unsupported_protocol respond cut_not_tls',
    ];
}
function logging() {
    return [
        `logformat awf ${Object.values(LOG_FIELDS).join(' ')}`,
        // Records of the peek port repeat those of the front port, unless they add a verdict.
        `acl has_verdict note ${VERDICT}`,
        `access_log stdio:${SQUID_LOG_DIR}/${ACCESS_LOG} logformat=awf front !ready`,
        `access_log stdio:${SQUID_LOG_DIR}/${ACCESS_LOG} logformat=awf peek has_verdict`,
        `cache_log stdio:${SQUID_LOG_DIR}/${CACHE_LOG}`,
    ];
}
function hardening() {
    return [
        'cache deny all',
        'cache_mem 0',
        'via off',
        'forwarded_for delete',
        'hosts_file /etc/hosts',
        'pinger_enable off',
        'icp_port 0',
        'htcp_port 0',
        'netdb_filename none',
        'pid_filename none',
        'coredump_dir none',
        'logfile_rotate 0',
        'email_err_data off',
        'httpd_suppress_version_string on',
        'visible_hostname awf-squid',
        'shutdown_lifetime 0 seconds',
    ];
}
function hostsOf(targets) {
    return [...new Set(targets.map(({ host }) => host))];
}
/** Defines `<name>_allowed`, true for the names of `set`. */
function domainAcls(name, set, type) {
    return [
        ...listAcl(`${name}_domain`, type, set.domains.map((domain) => `.${domain}`)),
        ...listAcl(`${name}_parent`, type, set.subdomainsOf),
        ...listAcl(`${name}_subdomain`, type, set.subdomainsOf.map((domain) => `.${domain}`)),
        `acl ${name}_below all-of ${name}_subdomain !${name}_parent`,
        `acl ${name}_allowed any-of ${name}_domain ${name}_below`,
    ];
}
/** An ACL with one line per value. Without values it matches nothing, because no listener has the name `nothing`. */
function listAcl(name, type, values) {
    if (values.length === 0)
        return [`acl ${name} myportname nothing`];
    return values.map((value) => `acl ${name} ${type} ${value}`);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/environment.js












/** The directory for sockets and the like. Only the user can access it, as the XDG specification demands. */
const RUNTIME_DIRECTORY = AGENT_PLACES.runtime;
/** A name that exists nowhere (RFC 6761). A resolver that denies it with certainty has asked a server outside. */
const RESOLVER_PROBE = 'probe.awf.invalid';
/**
 * Composes the environment of the command. It has the variables that pass by default and those that `env` and `env-all`
 * ask for, except those that are withheld because of their names or values. The sandbox's own variables override them,
 * apart from those that are left to the user.
 *
 * @param host the caller's environment
 * @param user the user's name and home directory inside the container
 * @throws UserError if `env` passes a credential, or sets a variable that the sandbox decides
 */
function agentEnvironment(config, secrets, addresses, host, user) {
    const home = { ...baseDirectories(user.home), ...toolHomes(user.home) };
    const sandbox = { ...sandboxVariables(config, addresses, user), ...home };
    const overridable = new Set([
        ...LEFT_TO_USER,
        ...PROVIDERS.flatMap((p) => p.agentVariables.filter((v) => v.overridable).map((v) => v.name)),
    ]);
    const isDecided = (name) => !overridable.has(name) && (isReserved(name) || Object.hasOwn(sandbox, name));
    const variables = {};
    const withheld = [];
    const giveUnlessCredential = (name, value) => {
        const credential = credentialIn(value, secrets);
        if (credential === undefined)
            variables[name] = value;
        else
            withheld.push({ name, reason: `its value contains that of ${credential}` });
    };
    const isImage = config.agentImage !== undefined;
    for (const [name, value] of Object.entries(host)) {
        if (value === undefined || isDecided(name) || !isVariableName(name))
            continue;
        if (isWithheld(name)) {
            if (config.envAll && isUnexpectedCredential(name, value))
                withheld.push({ name, reason: UNEXPECTED_CREDENTIAL });
            continue;
        }
        const chosen = passesByDefault(name, isImage) || overridable.has(name) || (config.envAll && !(isImage && isPlace(name)));
        if (chosen)
            giveUnlessCredential(name, value);
    }
    for (const { name, value = host[name] } of config.env) {
        if (value === undefined) {
            withheld.push({ name, reason: `${optionName(config.frontEnd, 'env')} names it, but it is not set` });
        }
        else if (isCredentialName(name) && ACCEPTED_PLACEHOLDERS.includes(value)) {
            if (sandbox[name] === undefined)
                variables[name] = value;
        }
        else if (isWithheld(name) || (isDecided(name) && !Object.hasOwn(home, name))) {
            throw new errors/* UserError */.yo(`${optionName(config.frontEnd, 'env')}: ${name} cannot be given to the command.`, {
                hint: whyNot(name, config.frontEnd),
            });
        }
        else {
            giveUnlessCredential(name, value);
        }
    }
    const isSet = (name) => (overridable.has(name) || Object.hasOwn(home, name)) && variables[name] !== undefined;
    const defaults = Object.entries(sandbox).filter(([name]) => !isSet(name));
    const java = javaOptions(variables, addresses);
    return {
        variables: { ...variables, ...Object.fromEntries(defaults), ...java.variables },
        withheld,
        warnings: java.warnings,
    };
}
/**
 * The reason for withholding a login token, an administrator's key or the like, which the api-proxy does not handle.
 */
const UNEXPECTED_CREDENTIAL = 'it is a credential for a model, which the command never gets';
/** No warning for credentials that the api-proxy handles: withholding those is the normal case. */
function isUnexpectedCredential(name, value) {
    const known = CREDENTIALS.some(({ variable }) => variable === name);
    return isCredentialName(name) && !known && value !== '' && !ACCEPTED_PLACEHOLDERS.includes(value);
}
/**
 * The base directories of the XDG specification, in the private home. Those of the host or an image may be elsewhere,
 * where the user cannot write. `env` may choose others, such as a cache in the workspace.
 */
function baseDirectories(home) {
    return {
        XDG_CONFIG_HOME: `${home}/.config`,
        XDG_CACHE_HOME: `${home}/.cache`,
        XDG_DATA_HOME: `${home}/.local/share`,
        XDG_STATE_HOME: `${home}/.local/state`,
    };
}
/** The variables that the sandbox sets, whatever the host has. */
function sandboxVariables(config, addresses, user) {
    const { http, https, none } = PROXY_VARIABLE;
    const proxy = squidUrl(addresses);
    const direct = `localhost,127.0.0.1,${addresses['api-proxy']}`;
    const variables = {
        HOME: user.home,
        USER: user.name,
        LOGNAME: user.name,
        TMPDIR: '/tmp',
        RUNNER_TEMP: '/tmp',
        XDG_RUNTIME_DIR: RUNTIME_DIRECTORY,
        ...Object.fromEntries(inBothCases([http, https]).map((name) => [name, proxy])),
        ...Object.fromEntries(inBothCases([none]).map((name) => [name, direct])),
        ...proxyVariables(addresses),
        AWF_API_PROXY_IP: addresses['api-proxy'],
        [ONE_SHOT_VARIABLE]: ONE_SHOT_TOKENS.join(','),
        LD_PRELOAD: ONE_SHOT_LIBRARY,
        // Programs with a shared AddressSanitizer refuse to start if another library is loaded before it. Ours replaces
        // none of the sanitizer's functions. (sanitizer_common, AsanCheckDynamicRTPrereqs)
        ASAN_OPTIONS: 'verify_asan_link_order=0',
        ...COMMAND_FILE_VARIABLES,
    };
    for (const { provider, variable } of activeVariables(config)) {
        const base = apiProxyUrl(addresses, provider.port);
        variables[variable.name] = variable.role === 'base-url' ? base + variable.value : variable.value;
    }
    return variables;
}
/** The variables of the provider table that apply to a run. */
function activeVariables(config) {
    if (!config.apiProxy)
        return [];
    return PROVIDERS.flatMap((provider) => {
        const configured = config.providers.find((candidate) => candidate.provider.id === provider.id);
        return provider.agentVariables
            .filter(({ when }) => {
            if (when === 'always')
                return true;
            if (when === 'configured')
                return configured !== undefined;
            return configured?.given.includes(when.credential) === true;
        })
            .map((variable) => ({ provider, variable }));
    });
}
/** The checks that must pass before the command starts, as lines for `api-proxy-health-check.sh`. */
function preflightChecks(config, addresses, environment) {
    const active = activeVariables(config);
    const placeholders = active.filter(({ variable }) => variable.role === 'placeholder');
    const expected = new Set(placeholders.map(({ variable }) => variable.name));
    const absent = CREDENTIAL_NAMES.filter((name) => !expected.has(name) && environment.variables[name] === undefined);
    const accepted = CREDENTIAL_NAMES.filter((name) => !expected.has(name) && environment.variables[name] !== undefined);
    return [
        ...absent.map((name) => `absent ${name}`),
        ...accepted.map((name) => `placeholder ${name} ${environment.variables[name] ?? ''}`),
        ...placeholders.map(({ variable }) => `placeholder ${variable.name} ${variable.value}`),
        ...shellCheck(config),
        `isolated ${addresses.gateway} ${RESOLVER_PROBE}`,
        `squid ${addresses.squid}:${SQUID_PORT} ${READINESS_NAME}`,
        ...active
            .filter(({ variable }) => variable.role === 'base-url')
            .map(({ variable }) => `listening ${variable.name}`),
    ];
}
/** A script needs its shell. The host has bash, but an image may have another shell, which the user has to name. */
function shellCheck({ agentImage, command }) {
    if (agentImage === undefined || command.kind === 'argv')
        return [];
    return command.shell.slice(0, 1).map((program) => `shell ${program} ${agentImage}`);
}
function whyNot(name, frontEnd) {
    if (isCredentialName(name)) {
        const where = frontEnd === 'action' ? 'as an input of the action' : 'in the environment of awf';
        return (`Pass the credential ${where}, and the api-proxy injects it. ` +
            `For a program that insists on ${name}, set ${name}=placeholder.`);
    }
    return isWithheld(name)
        ? 'It lets a step act on the job, or leads to a program outside the sandbox.'
        : 'The sandbox sets it itself. Leave it out.';
}
function isVariableName(name) {
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/start-document.js



/** The path at which the entrypoint writes the script. */
const SCRIPT_PATH = AGENT_PLACES.command;
/** The entrypoint's program for everything that a shell cannot do. */
const BUSYBOX = `"$${LIB_VARIABLE}/busybox"`;
/**
 * The document that the agent's entrypoint reads from standard input. It is a POSIX shell script that sets the
 * environment, writes the files, and makes the command the positional parameters. It goes through a pipe, so that
 * neither the environment nor the script appears in the engine's files, in `docker inspect` or in a file on the host.
 */
function startDocument(start) {
    const { command } = start;
    const argv = command.kind === 'argv' ? command.argv : command.shell.map((word) => word.replaceAll('{0}', SCRIPT_PATH));
    const inHome = (path) => `${start.environment['HOME'] ?? ''}/${path}`;
    const links = Map.groupBy(Object.entries(start.homeLinks), ([path]) => (0,external_node_path_.dirname)(inHome(path)));
    const directories = new Set([...start.directories, ...links.keys()]);
    const files = Object.entries(start.homeFiles).map(([path, content]) => writeFile(inHome(path), content));
    const cleared = start.cleared.filter((name) => start.environment[name] === undefined);
    if (command.kind === 'script')
        files.push(writeFile(SCRIPT_PATH, withNewline(command.script)));
    return [
        `${CHECKS_VARIABLE}=${start_document_quote(start.checks.join('\n'))}`,
        ...Object.entries(start.modes).map(([path, mode]) => `${BUSYBOX} chmod ${mode} ${start_document_quote(path)}`),
        'umask 077',
        ...(directories.size === 0 ? [] : [`${BUSYBOX} mkdir -p ${[...directories].map(start_document_quote).join(' ')}`]),
        ...[...links].map(([directory, all]) => start_document_link(directory, all.map(([, target]) => target))),
        ...files,
        'umask 022',
        ...(cleared.length === 0 ? [] : [`unset ${cleared.join(' ')}`]),
        ...Object.entries(start.environment).map(([name, value]) => `export ${name}=${start_document_quote(value)}`),
        `set -- ${argv.map(start_document_quote).join(' ')}`,
        '',
    ].join('\n');
}
/** Creates all links of a directory with a single process. Each has the name of its target. */
function start_document_link(directory, targets) {
    return `${BUSYBOX} ln -s ${[...targets, directory].map(start_document_quote).join(' ')}`;
}
function writeFile(path, content) {
    return `${BUSYBOX} mkdir -p ${start_document_quote((0,external_node_path_.dirname)(path))}; printf %s ${start_document_quote(content)} > ${start_document_quote(path)}`;
}
/** Quotes any text as one shell word. @throws UserError for a NUL, which the argument of a process cannot contain */
function start_document_quote(text) {
    if (text.includes('\0'))
        throw new errors/* UserError */.yo('The command or a variable contains a NUL character.');
    return `'${text.replaceAll("'", `'\\''`)}'`;
}
function withNewline(script) {
    return script.endsWith('\n') ? script : `${script}\n`;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/agent/plan.js










/**
 * Decides everything that the agent sees. Reads and writes nothing.
 *
 * @throws UserError if something from the user would bring a credential into the sandbox
 */
function planAgent(config, secrets, place) {
    const { addresses, user, host, userMounts } = place;
    refuseCredentialsInCommand(config, secrets);
    const environment = agentEnvironment(config, secrets, addresses, host.environment, user);
    // Nothing of ours goes into a mount of the user's: a link or a file would appear on the host.
    const mountsInHome = userMounts.map(({ target }) => target).filter((target) => isBelow(target, user.home));
    const tools = host.toolchain.filter(({ target }) => !mountsInHome.some((other) => isBelow(target, other)));
    const settings = Object.entries(homeSettings(config, addresses)).filter(([path]) => {
        const target = (0,external_node_path_.join)(user.home, path);
        return !mountsInHome.some((other) => target === other || isBelow(target, other));
    });
    const files = systemFiles(config, addresses, user);
    const claude = claudeFiles(config, secrets, place);
    const all = [...tools, ...systemFileMounts(place.directory, files), ...userMounts];
    const { mounts, links } = linkIntoHome(all, user.home, host.toolDirectories);
    return {
        mounts,
        systemFiles: files,
        document: startDocument({
            environment: environment.variables,
            command: config.command,
            checks: preflightChecks(config, addresses, environment),
            homeFiles: { ...Object.fromEntries(settings), ...claude.files },
            homeLinks: links,
            directories: [...Object.values(baseDirectories(user.home)), RUNTIME_DIRECTORY],
            cleared: CLEARED,
            modes: config.agentImage === undefined ? {} : { '/tmp': '1777', '/var/tmp': '1777', [user.home]: '700' },
        }),
        warnings: [
            ...claude.warnings,
            ...environment.withheld.map(({ name, reason }) => `${name} is withheld from the command: ${reason}.`),
            ...environment.warnings,
            ...(user.uid === 0 ? ['The command runs as root (without capabilities) because root owns the workspace.'] : []),
        ],
    };
}
/** Refuses a key in the script, which would bring it into the sandbox whatever the environment holds. */
function refuseCredentialsInCommand({ command }, secrets) {
    const text = command.kind === 'script' ? command.script : command.argv.join('\n');
    const found = credentialIn(text, secrets);
    if (found !== undefined) {
        throw new errors/* UserError */.yo(`The command contains the value of ${found}.`, {
            hint: 'Remove it: the api-proxy adds the credential to the requests to the provider.',
        });
    }
}
/** The sandbox's copy of `~/.claude.json`. The host's own file is never written. */
function claudeFiles(config, secrets, { user, host }) {
    if (!config.providers.some(({ provider }) => provider.id === 'anthropic')) {
        return { files: {}, warnings: [] };
    }
    const path = (0,external_node_path_.join)(user.home, CLAUDE_JSON);
    const { content, withheld } = claudeJson(path, host.claudeJson);
    const found = credentialIn(content, secrets);
    if (found !== undefined) {
        throw new errors/* UserError */.yo(`${path} contains the value of ${found}.`, { hint: 'Remove it from the file.' });
    }
    const warning = `Left out of the command's copy of ${path} because they may be credentials: ${withheld.join(', ')}.`;
    return { files: { [CLAUDE_JSON]: content }, warnings: withheld.length === 0 ? [] : [warning] };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/topology.js




/** Nothing resolves names inside the internal network. Otherwise engines before 26.0 would leak DNS queries from it. */
const NO_DNS = '127.0.0.1';
/** By default, a container on two networks forwards packets between them. */
const NO_FORWARDING = { 'net.ipv4.ip_forward': '0' };
function topology(config, claimed) {
    const { runId, names, addresses, images } = claimed;
    const sidecar = `${claimed.sidecarUser.uid}:${claimed.sidecarUser.gid}`;
    const common = { runId, network: networkNames(runId).internal };
    const squid = {
        ...common,
        name: names.container.squid,
        image: images.squid,
        address: addresses.squid,
        user: sidecar,
        limits: { memory: '512m', pids: 100 },
        mounts: [{ kind: 'bind', source: claimed.logs.squid, target: SQUID_LOG_DIR, writable: true }],
        tmpfs: [
            { target: SQUID_RUN_DIRECTORY, mode: '0700', owner: claimed.sidecarUser, executable: false, size: '16m' },
            { target: '/tmp', mode: '1777', executable: false, size: '16m' },
        ],
        environment: { [PEERS_VARIABLE]: `${addresses.agent} ${addresses['api-proxy']}` },
        hosts: [...config.addHosts, READINESS_HOST],
        sysctls: NO_FORWARDING,
    };
    const proxyUrl = squidUrl(addresses);
    const apiProxy = {
        ...common,
        name: names.container['api-proxy'],
        image: images['api-proxy'],
        address: addresses['api-proxy'],
        user: sidecar,
        limits: { memory: '512m', pids: 100 },
        mounts: [{ kind: 'bind', source: claimed.logs.apiProxy, target: API_PROXY_LOG_DIR, writable: true }],
        tmpfs: [],
        environment: {
            [PROXY_VARIABLE.http]: proxyUrl,
            [PROXY_VARIABLE.https]: proxyUrl,
            [PEERS_VARIABLE]: addresses.agent,
        },
        dns: NO_DNS,
    };
    return {
        squid,
        apiProxy: config.apiProxy ? apiProxy : undefined,
        agent: agentSpec(config, claimed),
        library: config.agentImage === undefined ? undefined : librarySpec(claimed),
    };
}
function agentSpec(config, { runId, names, addresses, images, agentUser, agentMounts, guards }) {
    const foreign = config.agentImage !== undefined;
    // Files in a tmpfs count as memory. These file systems are full before memory runs out: a program can report a full
    // disk, but not that it was killed. Inodes are limited too, because even an empty file takes about a kilobyte.
    const share = (part) => {
        const bytes = Math.floor(bytesOf(config.memory) * part);
        return { size: String(bytes), inodes: Math.max(1_024, Math.floor(bytes / PAGE)) };
    };
    // runc 1.0 gives a tmpfs the mode of the image's directory. In an image without /tmp, the engine creates one with
    // mode 0755 for the volume below it. The agent's user owns it, so that the entrypoint can correct the mode first of
    // all.
    const owner = foreign ? { owner: agentUser } : {};
    return {
        runId,
        network: networkNames(runId).internal,
        name: names.container.agent,
        image: config.agentImage ?? images.agent,
        address: addresses.agent,
        user: `${agentUser.uid}:${agentUser.gid}`,
        limits: { memory: config.memory, pids: config.pids },
        mounts: [
            ...agentMounts,
            { kind: 'bind', source: config.workspace, target: config.workspace, writable: true },
            ...guards,
            ...(foreign ? [] : [{ kind: 'image-files', target: AGENT_LIB }]),
        ],
        tmpfs: [
            { target: '/tmp', mode: '1777', ...owner, executable: true, ...share(1 / 3) },
            { target: '/var/tmp', mode: '1777', ...owner, executable: true, ...share(1 / 12) },
            { target: '/run', mode: '0755', executable: false, size: '16m' },
            { target: agentUser.home, mode: '0700', owner: agentUser, executable: true, ...share(1 / 3) },
        ],
        environment: {},
        dns: NO_DNS,
        // A health check of a foreign image would run programs beside the command, with the image's own environment.
        healthCheck: 'none',
        ...(foreign ? { volumesFrom: names.library } : {}),
        workingDirectory: config.workingDirectory,
        entrypoint: `${AGENT_LIB}/entrypoint`,
    };
}
/** The size of a page of memory, in bytes. */
const PAGE = 4096;
/** @param size as for Docker's `--memory` */
function bytesOf(size) {
    const exponent = ['k', 'm', 'g'].indexOf(size.at(-1) ?? '') + 1;
    return Number.parseInt(size, 10) * 1024 ** exponent;
}
function librarySpec({ runId, names, images, sidecarUser }) {
    return {
        runId,
        network: 'none',
        name: names.library,
        image: images.agent,
        user: `${sidecarUser.uid}:${sidecarUser.gid}`,
        limits: { memory: '16m', pids: 1 },
        mounts: [{ kind: 'image-files', target: AGENT_LIB }],
        tmpfs: [],
        environment: {},
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/plan.js









/**
 * Plans a run. Reads and writes nothing.
 *
 * @throws UserError when something that the user gave cannot work, or would put a credential into the sandbox
 */
function planRun(config, secrets, prepared, claimed, runId) {
    const { workDirectory, agentUser, sidecarUser, logs, images } = prepared;
    const addresses = addressesIn(claimed.subnet);
    const directory = (0,external_node_path_.join)(workDirectory, 'agent');
    const { host, userMounts, guards } = claimed;
    const agent = planAgent(config, secrets, { addresses, user: agentUser, host, directory, userMounts });
    const containers = topology(config, {
        ...{ runId, names: claimed.names, addresses, images, logs, sidecarUser, agentUser, guards },
        agentMounts: [...agent.mounts, ...commandFileMounts(workDirectory)],
    });
    refuseVolumes(config.agentImage, claimed.agentImage, containers.agent);
    return {
        addresses,
        containers,
        documents: {
            squid: squidConfig({
                addresses,
                allow: config.allow,
                targets: config.providers.map(({ target, isPermitted }) => ({ ...target, permitted: isPermitted })),
                hosts: config.addHosts,
            }),
            apiProxy: JSON.stringify(sidecarConfig(config, secrets, squidUrl(addresses))),
            agent: agent.document,
        },
        systemFiles: agent.systemFiles,
        systemFileDirectory: directory,
        warnings: agent.warnings,
    };
}
function sidecarConfig(config, secrets, proxyUrl) {
    return {
        proxyUrl,
        providers: Object.fromEntries(config.providers.map(({ provider, given, target }) => [
            provider.id,
            { credential: credentialOf(given[0], secrets), target },
        ])),
        ...(config.upstreamCa === undefined ? {} : { upstreamCa: config.upstreamCa }),
        maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
        allowEndpoints: config.allowEndpoints,
        budget: config.budget,
        logLevel: config.logLevel,
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/timings.js
/** The phases of a run, for `timings.json` and the output `startup-ms`. Milliseconds since the process started. */
class Timings {
    phases = [];
    /** From the start of the process to the command's first instruction; undefined until then. */
    startupMs;
    /** From the command's end to the removal of the last network. */
    teardownMs;
    /** Runs `work` as a phase. */
    async measure(phase, work) {
        const entry = { phase, startMs: now(), endMs: Number.NaN };
        this.phases.push(entry);
        try {
            return await work();
        }
        finally {
            entry.endMs = now();
        }
    }
    toJSON() {
        return { startupMs: this.startupMs, teardownMs: this.teardownMs, phases: this.phases };
    }
}
/** Milliseconds since the process started. */
function now() {
    return Math.round(performance.now() * 10) / 10;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/progress.js

/**
 * How far a run has come. Each field is set as soon as its thing exists, so that the end of a run that failed halfway
 * finds everything there is to remove and to report.
 */
class Progress {
    timings = new Timings();
    /** Milliseconds since the epoch. */
    since = Date.now();
    workDirectory;
    logs;
    /** True once the engine was asked for something that would outlive this process. */
    engineAsked = false;
    /** What the workspace was like before the command. */
    baseline;
    /** True once the workspace was searched while nothing of the command ran any more. */
    isSearched = false;
    /** The agent's address. */
    agentAddress;
    commandFiles;
    ending;
    #error;
    /** Why the run failed: the first error, which caused the others. */
    get error() {
        return this.#error;
    }
    fail(error) {
        this.#error ??= error;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/aftermath.js

/** The number of items that one warning names. A hostile command can leave any number. */
const MAX_NAMED = 10;
/** Warns about what the command left in the workspace, once for each kind. */
function aftermathWarnings({ disarmed, newRepository, changes, unread, left }) {
    const moved = disarmed.filter(({ movedTo }) => movedTo !== undefined);
    const stuck = disarmed.filter(({ movedTo }) => movedTo === undefined);
    const named = (list) => listed(list.map(({ path, what }) => `${path} (${listed(what)})`));
    return [
        ...(moved.length > 0
            ? [`The command left what a later git would follow. It was moved aside, to *.awf-*: ${named(moved)}.`]
            : []),
        ...(stuck.length > 0
            ? [
                `The command left what a later git would follow, and it could not be moved. Do not run git there: ${named(stuck)}.`,
            ]
            : []),
        ...(newRepository ? ['The command made the workspace a git repository: there was no .git before.'] : []),
        ...(changes.length > 0
            ? [`The command changed what protect-paths names: ${listed(changes.map(({ path, how }) => `${path} (${how})`))}.`]
            : []),
        ...(unread.length > 0
            ? [`What the command left could not be searched everywhere. Do not run git in: ${listed(unread)}.`]
            : []),
        ...(left > 0
            ? [
                'The command left so much in the workspace that it was not looked through to the end: at least ' +
                    `${left} directories are left. Do not run git there.`,
            ]
            : []),
    ];
}
/** A section of the job summary, as blocks. Empty if there is nothing to report. */
function aftermathMarkdown({ disarmed, newRepository, changes, unread, left }) {
    const notes = [
        ...(newRepository ? ['⚠️ The command made the workspace a git repository.'] : []),
        ...(left === 0 ? [] : [`⚠️ At least ${left} directories were not looked through: there were too many.`]),
    ];
    const tables = [
        tableOf(['Changed path of `protect-paths`', 'How'], changes.map(({ path, how }) => [code(path), how])),
        tableOf(['A later git would follow', 'because of', 'What became of it'], disarmed.map(({ path, what, movedTo }) => [
            code(path),
            code(what.join(', ')),
            movedTo === undefined ? '⚠️ it could not be moved' : `⛔ moved to ${code(movedTo)}`,
        ])),
        tableOf(['Could not be looked through'], unread.map((path) => [code(path)])),
    ].flat();
    return notes.length + tables.length === 0 ? [] : ['### Workspace', ...notes, ...tables];
}
function tableOf(head, rows) {
    return rows.length === 0 ? [] : [table(head, rows, '')];
}
function listed(items) {
    const rest = items.length - MAX_NAMED;
    return items.slice(0, MAX_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

;// CONCATENATED MODULE: external "node:fs/promises"
const external_node_fs_promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs/promises");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/lines.js


/** Characters of a line that are kept. Squid's and the api-proxy's longest lines have a tenth of that. */
const lines_MAX_LENGTH = 1024 * 1024;
/**
 * The lines of a log, in constant memory: the command decides how long a log becomes. Only LF ends a line, as in the
 * programs that write the logs; `node:readline` would also split at U+2028, which a JSON string may contain.
 *
 * The directory belongs to a sidecar. No link is followed, and a pipe that a sidecar has put there, which would keep its
 * reader for ever, is not waited for.
 *
 * @throws Error when the file cannot be opened or read, or is no regular file
 */
async function* lines_linesOf(path) {
    const file = await (0,external_node_fs_promises_namespaceObject.open)(path, external_node_fs_.constants.O_RDONLY | external_node_fs_.constants.O_NOFOLLOW | external_node_fs_.constants.O_NONBLOCK);
    try {
        if (!(await file.stat()).isFile())
            throw new Error(`${path} is not a regular file.`);
        const options = { encoding: 'utf8', highWaterMark: 256 * 1024, autoClose: false };
        let rest = '';
        for await (const chunk of file.createReadStream(options)) {
            const lines = (rest + String(chunk)).split('\n');
            rest = (lines.pop() ?? '').slice(0, lines_MAX_LENGTH);
            yield* lines;
        }
        if (rest !== '')
            yield rest;
    }
    finally {
        await file.close();
    }
}
/** What `reading` a log gives, or `nothing` where the log does not exist: a run may end before its containers make one. */
async function unlessMissing(reading, nothing) {
    try {
        return await reading;
    }
    catch (error) {
        if (error.code === 'ENOENT')
            return nothing;
        throw error;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/squid/access-log.js

const FIELD_NAMES = Object.keys(LOG_FIELDS);
/**
 * Reads one line of the access log.
 *
 * @returns `no-request` for a connection on which no request arrived, and undefined for a line that is not Squid's: the
 *   caller counts those, so that a request cannot hide behind octets that nothing here can read
 */
function parseAccessLine(line) {
    const values = line.split(' ');
    if (values.length !== FIELD_NAMES.length)
        return undefined;
    const field = (name) => values[FIELD_NAMES.indexOf(name)] ?? '-';
    const optional = (name) => {
        const value = field(name);
        return value === '-' ? undefined : value;
    };
    // Squid's own words for a connection that ended, or could not be read, before it had a request. A number after the colon
    // is a port: the agent asked for a host called "error".
    if (/^(-|error:(?!\d+$).*)$/.test(field('target')))
        return 'no-request';
    const endpoint = parseEndpoint(field('method'), field('target'));
    if (endpoint === undefined || !Number.isFinite(Number(field('time'))))
        return undefined;
    const [result = '-', status = '0'] = field('status').split('/');
    return {
        time: Number(field('time')),
        client: field('client'),
        method: field('method'),
        ...endpoint,
        result,
        status: Number(status),
        bytesSent: Number(field('bytesOut')),
        bytesReceived: Number(field('bytesIn')),
        serverName: optional('serverName')?.toLowerCase().replace(/\.$/, ''),
        verdict: optional('verdict'),
    };
}
/** True if the policy stopped the request, not the network. */
function isRefused(record) {
    return !isUnresolvable(record) && (record.verdict !== undefined || record.result.startsWith('TCP_DENIED'));
}
/** True if the name was allowed but has no address. */
function isUnresolvable(record) {
    return record.verdict === UNRESOLVABLE;
}
/**
 * The target of a CONNECT is an authority, that of any other request a URI (RFC 9112, section 3.2). Squid escapes what it
 * logs, and only the brackets of an IPv6 address are unescaped here: the agent chooses every other octet, and an escape
 * that cannot be decoded must not hide the request.
 */
function parseEndpoint(method, target) {
    const { scheme = 'https', authority } = method === 'CONNECT'
        ? { authority: target }
        : (/^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#]*)/i.exec(target)?.groups ?? {});
    const hostAndPort = authority?.replace(/^.*@/, '').replace(/%5B/gi, '[').replace(/%5D/gi, ']');
    const { host = '', port } = /^(?<host>\[.*\]|.*?)(?::(?<port>\d{1,5}))?$/.exec(hostAndPort ?? '')?.groups ?? {};
    const name = host.replace(/^\[|\]$|\.$/g, '').toLowerCase();
    if (name === '')
        return undefined;
    return { host: name, port: port === undefined ? (scheme.toLowerCase() === 'https' ? 443 : 80) : Number(port) };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/tally.js
/** Names that are counted one by one. The command can ask for any number of names. */
const MAX_NAMES = 10_000;
/** Counts requests by name in bounded memory. */
class Tally {
    #counts = new Map();
    #others = 0;
    add(name, requests = 1) {
        const count = this.#counts.get(name);
        if (count === undefined && this.#counts.size >= MAX_NAMES)
            this.#others += requests;
        else
            this.#counts.set(name, (count ?? 0) + requests);
    }
    /** Requests for the names that came after the first {@link MAX_NAMES}. */
    get others() {
        return Math.max(0, this.#others);
    }
    /** Most requested first. */
    ranked() {
        return [...this.#counts]
            .filter(([, requests]) => requests > 0)
            .map(([domain, requests]) => ({ domain, requests }))
            .sort((a, b) => b.requests - a.requests || a.domain.localeCompare(b.domain));
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/traffic.js





/** The domains of a run that asked for none. */
const NO_DOMAINS = {
    allowed: [],
    blocked: [],
    unresolvable: [],
    others: { allowed: 0, blocked: 0, unresolvable: 0 },
    unreadableLines: 0,
};
/**
 * Reads Squid's access log.
 *
 * @param agent the agent's address: the sidecar's requests are not the command's
 * @param since when the run began, in milliseconds since the epoch: a log directory that the user chose also holds the
 *   records of earlier runs
 * @throws Error when the log cannot be read
 */
async function readDomains({ squid }, agent, since = 0) {
    const counter = new DomainCounter(agent);
    for await (const line of lines_linesOf((0,external_node_path_.join)(squid, ACCESS_LOG))) {
        if (line === '')
            continue;
        const record = parseAccessLine(line);
        if (record === undefined)
            counter.unreadableLines += 1;
        else if (record !== 'no-request' && record.time * 1000 >= since)
            counter.add(record);
    }
    return counter.result();
}
/** Counts the records of Squid's log, one after the other. */
class DomainCounter {
    unreadableLines = 0;
    #agent;
    #allowed = new Tally();
    #blocked = new Tally();
    #unresolvable = new Tally();
    /** @param agent the agent's address */
    constructor(agent) {
        this.#agent = agent;
    }
    /**
     * A tunnel that the peek port cut has two records: the front port's, which says that a tunnel to an allowed name was
     * opened, and the peek port's with the verdict. Together they are one refused request.
     */
    add(record) {
        const { host, serverName, verdict, client } = record;
        if (isUnresolvable(record)) {
            this.#unresolvable.add(host);
        }
        else if (verdict !== undefined) {
            this.#blocked.add(serverName ?? host);
            this.#allowed.add(host, -1);
        }
        else if (client === this.#agent) {
            (isRefused(record) ? this.#blocked : this.#allowed).add(host);
        }
    }
    result() {
        return {
            allowed: this.#allowed.ranked(),
            blocked: this.#blocked.ranked(),
            unresolvable: this.#unresolvable.ranked(),
            others: {
                allowed: this.#allowed.others,
                blocked: this.#blocked.others,
                unresolvable: this.#unresolvable.others,
            },
            unreadableLines: this.unreadableLines,
        };
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/report/usage.js





/** What a run used of its providers, beside the api-proxy's log. */
const USAGE_FILE = 'usage.json';
/** Models that are counted one by one; the requests for further ones count under no name. */
const MAX_MODELS = 1_000;
/** Adds up the records of requests, one after the other. */
class UsageCounter {
    #models = new Map();
    #usage = NO_USAGE;
    #requests = 0;
    #overBudget = 0;
    #estimated = false;
    add({ provider, model, status, requests, error, usage }) {
        const used = usage ?? NO_USAGE;
        this.#usage = sumOfUsage(this.#usage, used);
        this.#estimated ||= usage?.estimated ?? false;
        this.#requests += requests;
        if (error === 'budget_exhausted')
            this.#overBudget += 1;
        const isCounted = this.#models.has(keyOf(provider, model)) || this.#models.size < MAX_MODELS;
        const name = isCounted ? model : null;
        const before = this.#models.get(keyOf(provider, name)) ?? { requests: 0, failed: 0, ...NO_USAGE };
        this.#models.set(keyOf(provider, name), {
            provider,
            model: name,
            // A refused request counts here, though not against the budget.
            requests: before.requests + Math.max(requests, 1),
            failed: before.failed + (status >= 400 ? 1 : 0),
            ...sumOfUsage(before, used),
        });
    }
    result() {
        return {
            requests: this.#requests,
            ...this.#usage,
            estimated: this.#estimated,
            overBudget: this.#overBudget,
            models: [...this.#models.values()],
        };
    }
}
function keyOf(provider, model) {
    return `${provider} ${model ?? ''}`;
}
/** The usage of a run that asked no model. */
const NO_MODEL_USAGE = new UsageCounter().result();
/**
 * Adds up the requests in the api-proxy's log.
 *
 * @param since when the run began, in milliseconds since the epoch: a log directory that the user chose also holds the
 *   records of earlier runs
 * @throws Error when the log cannot be read
 */
async function usage_readUsage({ apiProxy }, since = 0) {
    const counter = new UsageCounter();
    for await (const line of lines_linesOf((0,external_node_path_.join)(apiProxy, API_PROXY_LOG_FILE))) {
        const record = parseRecord(line);
        if (record !== undefined && Date.parse(record.time) >= since)
            counter.add(record);
    }
    return counter.result();
}
function parseRecord(line) {
    try {
        const record = JSON.parse(line);
        return record.event === 'request' ? record : undefined;
    }
    catch {
        return undefined; // the last line of a sidecar that was killed may be half a line
    }
}
/** Writes `usage.json`. */
function writeUsage({ apiProxy }, usage) {
    writeAnew(apiProxy, USAGE_FILE, usage);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/report.js









/**
 * Reads the logs, writes what belongs beside them, and removes the run's own files last. Each part has a guard of its own:
 * one that fails costs itself and a warning, never another part, the exit code or the outcome.
 */
async function report(config, sandbox, aftermath, context, progress) {
    const { reporter } = context;
    const { logs, timings, error, ending } = progress;
    const warnings = aftermath === undefined ? [] : aftermathWarnings(aftermath);
    for (const warning of warnings)
        reporter.warning(warning);
    const written = await readWritten(progress, reporter);
    const traffic = await readTraffic(config, sandbox, progress, reporter);
    if (logs !== undefined)
        await writeBesideLogs(logs, traffic, warnings.length > 0 ? aftermath : undefined, context, progress);
    if (traffic.usage !== undefined && traffic.usage.overBudget > 0) {
        reporter.warning(budgetWarning(config, traffic.usage));
    }
    await removeWorkDirectory(context, progress);
    const exitCode = ending?.exitCode ?? 1;
    return {
        outcome: outcomeOf(progress),
        // A sandbox that failed is no success, whatever the command's exit code.
        exitCode: error !== undefined && exitCode === 0 ? 1 : exitCode,
        ...{ error, traffic, aftermath, written, logs, timings },
    };
}
function outcomeOf({ error, ending }) {
    if (error !== undefined || ending === undefined)
        return 'error';
    if (ending.timedOut)
        return 'timeout';
    return ending.exitCode === 0 ? 'success' : 'failure';
}
async function readWritten({ commandFiles }, reporter) {
    const written = commandFiles &&
        (await attempt(reporter, 'read what the command wrote for outputs and summary', () => commandFiles.finish()));
    return written ?? { output: NOTHING_WRITTEN, summary: NOTHING_WRITTEN };
}
/** Once the command has started, a missing log is a lost one. Before that there is nothing to read, and nothing to miss. */
async function readTraffic({ apiProxy }, { commandStarted }, { logs, agentAddress, since }, reporter) {
    if (logs === undefined || agentAddress === undefined)
        return { domains: NO_DOMAINS, usage: NO_MODEL_USAGE };
    return {
        domains: await attempt(reporter, "read Squid's log", () => {
            const reading = readDomains(logs, agentAddress, since);
            return commandStarted ? reading : unlessMissing(reading, NO_DOMAINS);
        }),
        usage: await attempt(reporter, "read the api-proxy's log", () => {
            const reading = usage_readUsage(logs, since);
            return commandStarted && apiProxy ? reading : unlessMissing(reading, NO_MODEL_USAGE);
        }),
    };
}
async function writeBesideLogs(logs, { usage }, aftermath, { reporter }, { timings }) {
    await attempt(reporter, 'write timings.json', () => writeTimings(logs, timings));
    if (usage !== undefined)
        await attempt(reporter, 'write usage.json', () => writeUsage(logs, usage));
    if (aftermath !== undefined)
        await attempt(reporter, 'write workspace.json', () => writeAftermath(logs, aftermath));
}
/** The post step repeats a search that failed or came too early, and needs the baseline for it. */
async function removeWorkDirectory({ reporter, hasPostStep }, { workDirectory, baseline, isSearched }) {
    const isNeeded = hasPostStep && baseline !== undefined && !isSearched;
    if (workDirectory === undefined || isNeeded)
        return;
    await attempt(reporter, `remove ${workDirectory}`, () => rmRF(workDirectory));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/docker/attached-container.js



/** How much of the output an error quotes. */
const TAIL_LINES = 10;
const TAIL_CHARACTERS = 4_096;
/**
 * A container that must live as long as the run, such as a sidecar. {@link died} rejects, quoting the last lines of
 * output, when the container ends before {@link expectEnd} is called.
 */
class AttachedContainer {
    died;
    ended;
    #ending = false;
    #tail = '';
    /**
     * @param title its name in messages, such as "Squid"
     * @param input its configuration, written to standard input
     * @param start starts the container and resolves with its exit code
     */
    constructor(title, input, start) {
        const exit = start({ input, later: undefined, onStdout: this.#keeper(), onStderr: this.#keeper() });
        this.died = exit.then((code) => {
            if (this.#ending)
                return new Promise(() => undefined);
            throw new errors/* UserError */.yo(`${title} ended unexpectedly with exit code ${code}. Its last lines:\n${this.lastLines}`);
        });
        // A rejection that nobody awaits must not end the process. Callers that race on the promise still see the error.
        this.died.catch(() => undefined);
        this.ended = exit.then(() => undefined, () => undefined);
    }
    get lastLines() {
        const lines = nonEmptyLines(this.#tail);
        return lines.length === 0 ? '(no output)' : lines.slice(-TAIL_LINES).join('\n');
    }
    /** Call before removing the container: from now on its end is no failure. */
    expectEnd() {
        this.#ending = true;
    }
    /** Keeps the tail of one stream. Each stream has its own decoder, because a chunk may end within a character. */
    #keeper() {
        const decoder = new external_node_string_decoder_namespaceObject.StringDecoder();
        return (chunk) => {
            this.#tail = (this.#tail + decoder.write(chunk)).slice(-TAIL_CHARACTERS);
            return undefined;
        };
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/gate.js

/** The line on standard error that ends the pre-flight check's output. */
const MARKER = Buffer.from(COMMAND_MARKER);
/** The most that is kept of the check's output, in bytes. */
const LIMIT = 64 * 1024;
/**
 * Splits the agent container's standard error at the marker: everything before it comes from the pre-flight check,
 * everything after it from the command, whatever it looks like.
 */
class Gate {
    #before = Buffer.alloc(0);
    #passed = false;
    #onPassed;
    #relay;
    constructor(onPassed, relay) {
        this.#onPassed = onPassed;
        this.#relay = relay;
    }
    /** True once the command was started. */
    get passed() {
        return this.#passed;
    }
    /** The check's output, without the client's warning about a resolver that is meant not to work. */
    get message() {
        return this.#before
            .toString()
            .split('\n')
            .filter((line) => line.trim() !== '' && !line.startsWith('WARNING: Localhost DNS'))
            .join('\n');
    }
    /** @returns what to wait for before more is pushed */
    push(chunk) {
        if (this.#passed)
            return this.#relay(chunk);
        this.#before = Buffer.concat([this.#before, chunk]);
        const at = this.#before.indexOf(MARKER);
        if (at < 0) {
            this.#before = this.#before.subarray(-LIMIT);
            return undefined;
        }
        const rest = this.#before.subarray(at + MARKER.length);
        this.#before = this.#before.subarray(0, at);
        this.#passed = true;
        this.#onPassed();
        return rest.length > 0 ? this.#relay(rest) : undefined;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/removal.js






const remove = (engine, names) => engine.removeContainers(names);
const kill = (engine, names) => settleAll(names.map((name) => engine.signal(name, 'KILL')));
/**
 * Removes a run from memory, without asking the engine what is there.
 *
 * @param agentGone called when nothing of the command runs any more, while the sidecars are still being removed
 * @throws Error when something could not be removed; {@link removeRun} then finds what is left
 */
async function removeInOrder(engine, runId, containers, agentGone) {
    const { internal, outer } = networkNames(runId);
    await endContainers(engine, namesOf(containers), limits/* SQUID_GRACE_MS */.h1, remove, agentGone);
    await settleAll([engine.removeNetworks([internal]), engine.removeNetworks([outer])]);
}
function namesOf(containers) {
    return Object.values(containers).flatMap((container) => container?.name ?? []);
}
/**
 * Removes whatever carries the run's label, until nothing is left and nothing more can come.
 *
 * @param isSettled false while something may still be created
 * @param limitMs time limit
 * @returns how much was removed
 * @throws Error when something is left after the time limit
 */
async function removeRun(engine, runId, isSettled, limitMs = limits/* SWEEP_LIMIT_MS */.QB) {
    const limit = now() + limitMs;
    const removed = { containers: new Set(), networks: new Set() };
    let failure;
    for (;;) {
        // Asked before the look: the look then sees everything that was created until now.
        const settled = isSettled();
        const { containers, networks } = await engine.objectsOf(runId);
        const isGone = containers.length + networks.length === 0;
        if (isGone && (settled || now() > limit))
            break;
        if (now() > limit)
            throw failure ?? new errors/* UserError */.yo(`The containers of run ${runId} do not end.`);
        for (const name of containers)
            removed.containers.add(name);
        for (const name of networks)
            removed.networks.add(name);
        try {
            await endContainers(engine, containers, limits/* SWEEP_GRACE_MS */.Tt, remove);
            await engine.removeNetworks(networks);
        }
        catch (error) {
            // Somebody else is removing a container, or one has joined a network since. The next look tells.
            failure = error instanceof Error ? error : new Error(String(error));
        }
        await (0,promises_.setTimeout)(limits/* SWEEP_INTERVAL_MS */.Kr);
    }
    return { containers: removed.containers.size, networks: removed.networks.size };
}
/**
 * Ends every process of a run and keeps its containers to be looked at: nothing of the command runs on, and no sidecar
 * holds a key.
 *
 * @param agentGone called when nothing of the command runs any more
 * @throws Error when a container could not be ended
 */
async function stopRun(engine, runId, isSettled, agentGone) {
    const limit = now() + limits/* SWEEP_LIMIT_MS */.QB;
    for (;;) {
        const settled = isSettled();
        const { containers } = await engine.objectsOf(runId);
        await endContainers(engine, containers, limits/* SQUID_GRACE_MS */.h1, kill);
        if (settled || now() > limit)
            break;
        await (0,promises_.setTimeout)(limits/* SWEEP_INTERVAL_MS */.Kr);
    }
    agentGone();
}
/**
 * Ends the agent first and Squid last: Squid writes the record of a tunnel when the tunnel ends. An agent that does not end
 * saves no sidecar: they hold the keys, and without them the agent reaches nothing.
 */
async function endContainers(engine, names, graceMs, end, agentGone) {
    const sidecars = names.filter((name) => ['squid', 'api-proxy'].includes(roleOf(name) ?? ''));
    const others = names.filter((name) => !sidecars.includes(name));
    const agentEnd = end(engine, others).then(agentGone);
    await Promise.allSettled([
        agentEnd,
        // Asked to end, the api-proxy closes its tunnels and writes the last lines of its log. It is a courtesy: what cannot be
        // asked is ended all the same.
        ...sidecars.filter((name) => roleOf(name) === 'api-proxy').map((name) => engine.signal(name, 'TERM')),
    ]);
    if (sidecars.length > 0)
        await (0,promises_.setTimeout)(graceMs);
    await settleAll([agentEnd, end(engine, sidecars)]);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/time-limit.js

/** The exit code of a command that ran out of time; `timeout` of the GNU coreutils has the same. */
const TIMEOUT_EXIT_CODE = 124;
/** The clock of the command's run time. */
class TimeLimit {
    /** Resolves when the command has to end; undefined where there is no limit. */
    reached;
    /** Resolves when the grace after that is over too, and nobody waits for the command any longer. */
    exhausted;
    #limitMs;
    #graceMs;
    #timer;
    #isReached = false;
    #onReached = () => undefined;
    #onExhausted = () => undefined;
    /** @param limitMs undefined for no limit */
    constructor(limitMs, graceMs = limits/* TIMEOUT_GRACE_MS */.uA) {
        this.#limitMs = limitMs;
        this.#graceMs = graceMs;
        this.reached = limitMs === undefined ? undefined : new Promise((resolve) => (this.#onReached = resolve));
        this.exhausted = new Promise((resolve) => (this.#onExhausted = resolve));
    }
    get isReached() {
        return this.#isReached;
    }
    /** Call when the command starts. */
    start() {
        if (this.#limitMs === undefined)
            return;
        this.#timer = setTimeout(() => {
            this.#isReached = true;
            this.#onReached();
            this.#timer = setTimeout(this.#onExhausted, this.#graceMs);
        }, this.#limitMs);
    }
    /** Call when the command has ended. */
    stop() {
        clearTimeout(this.#timer);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/sandbox.js









/** The exit code of a command that SIGKILL ended. The kernel kills so for want of memory, and others may too. */
const KILLED_EXIT_CODE = 137;
/** The agent's entrypoint ends the command when it reads a line. Any line will do. */
const TIME_IS_OVER = 'the time is over\n';
/** The containers of one run: up, command, down. */
class Sandbox {
    #engine;
    #runId;
    #timings;
    #containers;
    #sidecars = [];
    #commandStarted = false;
    /** Calls of the engine that have not ended: each of them may still create something. */
    #running = 0;
    constructor(engine, runId, timings) {
        this.#engine = engine;
        this.#runId = runId;
        this.#timings = timings;
    }
    /** True once the engine was asked for the containers: until then nothing of the command can run. */
    get agentAsked() {
        return this.#containers !== undefined;
    }
    /** True once the pre-flight check let the command start: from then on both sidecars have logs. */
    get commandStarted() {
        return this.#commandStarted;
    }
    /**
     * Starts all containers at once; the agent's own pre-flight check is the gate.
     *
     * @param limit of the command's run time, which begins when the check has passed
     * @throws UserError when a container cannot be started, a sidecar dies, the check fails, or `signal` ends the run
     */
    async execute(containers, documents, output, limit, signal) {
        signal.throwIfAborted();
        this.#containers = containers;
        this.#startSidecars(containers, documents);
        const command = this.#command(containers, documents.agent, output, limit);
        for (const work of [command, ...this.#sidecars.map(({ ended }) => ended)])
            this.#count(work);
        const timeout = { exitCode: TIMEOUT_EXIT_CODE, timedOut: true };
        try {
            const died = this.#sidecars.map((sidecar) => sidecar.died);
            const ending = await Promise.race([command, limit.exhausted, ...died, (0,signals/* aborted */.Q)(signal)]);
            return limit.isReached ? timeout : (ending ?? timeout);
        }
        finally {
            limit.stop();
        }
    }
    /** Asks the engine why the command was killed. @throws Error when the engine does not tell */
    async ranOutOfMemory() {
        return this.#containers !== undefined && (await this.#engine.ranOutOfMemory(this.#containers.agent.name));
    }
    #startSidecars({ squid, apiProxy }, documents) {
        const { outer } = networkNames(this.#runId);
        this.#sidecars.push(new AttachedContainer('Squid', documents.squid, async (attachment) => {
            await this.#timings.measure('squid: create', () => this.#engine.create(squid));
            await this.#timings.measure('squid: connect', () => this.#engine.connect(squid.name, outer));
            return this.#timings.measure('squid', () => this.#engine.start(squid.name, attachment));
        }));
        if (apiProxy === undefined)
            return;
        this.#sidecars.push(new AttachedContainer('The api-proxy', documents.apiProxy, (attachment) => this.#timings.measure('api-proxy', () => this.#engine.run(apiProxy, attachment))));
    }
    async #command({ library, agent }, document, output, limit) {
        if (library !== undefined)
            await this.#timings.measure('library', () => this.#engine.create(library));
        const gate = new Gate(() => {
            this.#commandStarted = true;
            this.#timings.startupMs = now();
            limit.start();
        }, output.stderr);
        const exitCode = await this.#timings.measure('agent', () => this.#engine.run(agent, {
            input: `${Buffer.byteLength(document)}\n${document}`,
            later: limit.reached?.then(() => TIME_IS_OVER),
            onStdout: output.stdout,
            onStderr: (chunk) => gate.push(chunk),
        }));
        if (!gate.passed) {
            throw new errors/* UserError */.yo(`The command was not started: ${gate.message || `the sandbox ended with ${exitCode}`}`);
        }
        return { exitCode, timedOut: false };
    }
    #count(work) {
        this.#running += 1;
        const end = () => {
            this.#running -= 1;
        };
        work.then(end, end);
    }
    /**
     * Ends everything of this run, the agent first, and removes it, the networks last.
     *
     * @param how `interrupted`: containers may still be in the making, so they are looked for until nothing is left;
     *   `keep`: the containers stay, but nothing in them runs on
     * @param agentGone called when nothing of the command runs any more, while the sidecars are still being removed
     */
    async end(how, agentGone) {
        const from = now();
        const isSettled = () => this.#running === 0 && now() > from + limits/* ENGINE_SETTLING_MS */.HD;
        for (const sidecar of this.#sidecars)
            sidecar.expectEnd();
        await this.#timings.measure('remove', async () => {
            if (how.keep) {
                await stopRun(this.#engine, this.#runId, () => !how.interrupted || isSettled(), agentGone);
            }
            else if (how.interrupted || !(await this.#removeFromMemory(agentGone))) {
                await removeRun(this.#engine, this.#runId, isSettled);
            }
        });
        this.#timings.teardownMs = now() - from;
    }
    /** @returns false when something could not be removed */
    async #removeFromMemory(agentGone) {
        if (this.#containers === undefined)
            return false;
        try {
            await removeInOrder(this.#engine, this.#runId, this.#containers, agentGone);
            return true;
        }
        catch {
            return false;
        }
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/tear-down.js



/**
 * Removes the containers, and searches the workspace as soon as nothing of the command runs any more. What fails fails the
 * run: a sandbox that outlives its step is no success.
 *
 * @returns what the command left in the workspace; undefined when that is not known
 */
async function tearDown({ keepContainers }, sandbox, { signal }, progress) {
    let search;
    const startSearch = () => (search ??= searchWorkspace(progress));
    let agentGone = !sandbox.agentAsked;
    if (progress.engineAsked) {
        const interrupted = progress.error !== undefined || signal.aborted;
        try {
            await sandbox.end({ interrupted, keep: keepContainers }, () => {
                agentGone = true;
                void startSearch();
            });
            agentGone = true;
        }
        catch (error) {
            progress.fail(error);
        }
    }
    const aftermath = await startSearch();
    progress.isSearched = agentGone && aftermath !== undefined;
    return aftermath;
}
async function searchWorkspace(progress) {
    const { baseline, timings } = progress;
    if (baseline === undefined)
        return undefined;
    try {
        return await timings.measure('workspace: search', () => inspectWorkspace(baseline, limits/* SURVEY_LIMIT_MS */.sD));
    }
    catch (cause) {
        progress.fail(new errors/* UserError */.yo(`What the command left in ${baseline.workspace} could not be searched.`, {
            hint: 'Do not run git there.',
            cause,
        }));
        return undefined;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/run/run.js















/** Eight hexadecimal digits: part of names, unique among the runs of a host. */
function newRunId() {
    return (0,external_node_crypto_namespaceObject.randomBytes)(4).toString('hex');
}
/**
 * The whole story of a run: prepare, claim, plan, execute, tear down, report.
 *
 * It throws nothing: what failed is in the result, and whatever was made before is removed and reported.
 */
async function run(config, secrets, context) {
    const progress = new Progress();
    const sandbox = new Sandbox(context.engine, context.runId, progress.timings);
    try {
        const prepared = prepare(config, context, progress);
        const claimed = await claim_claim(config, secrets, prepared, context, progress);
        const plan = await progress.timings.measure('plan', () => planRun(config, secrets, prepared, claimed, context.runId));
        checkMountTargets(config.mounts, claimed.guards, plan.containers.agent, prepared.agentUser.home);
        await execute(config, plan, prepared, sandbox, context, progress);
    }
    catch (caught) {
        // A terminal's Ctrl-C also ends the docker clients; their errors are not the reason.
        progress.fail(context.signal.aborted ? context.signal.reason : caught);
    }
    const aftermath = await tearDown(config, sandbox, context, progress);
    return report(config, sandbox, aftermath, context, progress);
}
/**
 * Writes the planned files and runs the command.
 *
 * @throws UserError when the command could not be started, or the sandbox failed under it
 */
async function execute(config, plan, { workDirectory, agentUser }, sandbox, context, progress) {
    for (const warning of plan.warnings)
        context.reporter.warning(warning);
    progress.agentAddress = plan.addresses.agent;
    progress.commandFiles = new CommandFiles(workDirectory, agentUser);
    writeSystemFiles(plan.systemFileDirectory, plan.systemFiles);
    const limit = new TimeLimit(config.timeoutMinutes === undefined ? undefined : config.timeoutMinutes * 60_000);
    progress.ending = await sandbox.execute(plan.containers, plan.documents, context.output, limit, context.signal);
    if (progress.ending.timedOut)
        context.reporter.error(timeoutText(config));
    else if (progress.ending.exitCode === KILLED_EXIT_CODE && (await ranOutOfMemory(sandbox, context))) {
        context.reporter.error(outOfMemoryText(config));
    }
}
/** The command has ended, so an engine that does not tell costs the explanation, and not the exit code. */
async function ranOutOfMemory(sandbox, { reporter, signal }) {
    const asking = () => Promise.race([sandbox.ranOutOfMemory(), (0,signals/* aborted */.Q)(signal)]);
    return (await attempt(reporter, 'find out whether the command ran out of memory', asking)) ?? false;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/command-line/run.js







/** Names that a message lists. */
const run_MAX_NAMED = 50;
/**
 * Runs a command in a sandbox and reports the outcome on standard error.
 *
 * @param root the installation's directory
 * @param signal ends the run
 * @param engineWith makes the engine, given where its debug messages go
 * @returns the exit code of the process: the command's own
 */
async function runCommand({ config, secrets }, root, signal, engineWith = (debug) => new DockerCli(debug)) {
    const reporter = filtered(stderrReporter, config.logLevel);
    const runId = newRunId();
    const result = await run(config, secrets, {
        runId,
        engine: engineWith(reporter.debug),
        reporter,
        // Without the limit of a job's log: the output may be what the command is for.
        output: { stdout: (0,output/* writeTo */.jH)(process.stdout), stderr: (0,output/* writeTo */.jH)(process.stderr) },
        root,
        images: () => builtImageNames(`${root}/dist`),
        temporary: (0,external_node_os_namespaceObject.tmpdir)(),
        environment: process.env,
        signal,
        hasPostStep: false,
    });
    run_report(result, reporter);
    if (config.keepContainers) {
        reporter.info(`The containers are kept; find them with: docker ps -a --filter label=awf.run=${runId}`);
    }
    return result.exitCode;
}
function run_report({ error, traffic: { domains }, logs }, reporter) {
    if (error !== undefined)
        reporter.error((0,errors/* describeError */.Uc)(error));
    if (domains !== undefined && domains.allowed.length > 0)
        reporter.info(`allowed: ${named(domains.allowed)}`);
    if (domains !== undefined && domains.blocked.length > 0)
        reporter.info(`refused: ${named(domains.blocked)}`);
    if (logs !== undefined)
        reporter.info(`logs: ${logs.squid}, ${logs.apiProxy}`);
}
/** The most requested names; the command can ask for any number of them. */
function named(list) {
    const names = list.slice(0, run_MAX_NAMED).map(({ domain }) => domain);
    return names.join(', ') + (list.length > run_MAX_NAMED ? ' and more names, which are in the log' : '');
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/command-line/command-line.js




/** Exit code for a command line that was not understood; a sandbox that failed has 1. */
const USAGE = 2;
/**
 * `awf [options] -- COMMAND [ARG...]`.
 *
 * @param argv without the interpreter and the script
 * @param root the installation's directory
 * @param signal ends the run
 * @param engineWith makes the engine, given where its debug messages go; Docker's by default
 * @returns the exit code of the process
 */
async function commandLine(argv, root, signal, engineWith) {
    let request;
    try {
        request = loadCliArgs(argv);
    }
    catch (error) {
        stderrReporter.error((0,errors/* describeError */.Uc)(error));
        return USAGE;
    }
    if (!('text' in request))
        return runCommand(request, root, signal, engineWith);
    process.stdout.write(request.text);
    return 0;
}


/***/ }),

/***/ 400:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   CC: () => (/* binding */ networkArgs),
/* harmony export */   he: () => (/* binding */ containerArgs),
/* harmony export */   jQ: () => (/* binding */ RUN_LABEL)
/* harmony export */ });
/**
 * Every object of a run carries this label with the run's id, so that a clean-up can find it without knowing its name.
 */
const RUN_LABEL = 'awf.run';
/**
 * The arguments of `docker create` and `docker run` for `spec`, including image and command.
 *
 * Hardening is the same for every container, and a spec cannot turn it off: no capabilities, no new privileges, a
 * read-only root, no core files, limits, and no copy of the output on the engine's disk.
 */
function containerArgs(spec) {
    const option = (name, value) => `--${name}=${value}`;
    return [
        option('name', spec.name),
        option('label', `${RUN_LABEL}=${spec.runId}`),
        '--pull=never',
        '--interactive',
        '--cap-drop=ALL',
        '--security-opt=no-new-privileges',
        '--read-only',
        '--ulimit=core=0',
        '--log-driver=none',
        '--ipc=private',
        '--restart=no',
        option('memory', spec.limits.memory),
        option('pids-limit', String(spec.limits.pids)),
        option('user', spec.user),
        option('network', spec.network),
        ...(spec.address === undefined ? [] : [option('ip', spec.address)]),
        ...(spec.dns === undefined ? [] : [option('dns', spec.dns)]),
        ...Object.entries(spec.sysctls ?? {}).map(([name, value]) => option('sysctl', `${name}=${value}`)),
        ...(spec.hosts ?? []).map(({ name, address }) => option('add-host', `${name}:${address}`)),
        ...Object.entries(spec.environment).map(([name, value]) => option('env', `${name}=${value}`)),
        ...spec.tmpfs.map((tmpfs) => option('tmpfs', tmpfsValue(tmpfs))),
        ...spec.mounts.map((mount) => option('mount', mountValue(mount))),
        ...(spec.volumesFrom === undefined ? [] : [option('volumes-from', `${spec.volumesFrom}:ro`)]),
        ...(spec.healthCheck === undefined ? [] : ['--no-healthcheck']),
        ...(spec.workingDirectory === undefined ? [] : [option('workdir', spec.workingDirectory)]),
        ...(spec.entrypoint === undefined ? [] : [option('entrypoint', spec.entrypoint)]),
        spec.image,
        ...(spec.command ?? []),
    ];
}
function tmpfsValue({ target, mode, owner, executable, size, inodes }) {
    const options = ['rw', 'nosuid', 'nodev', executable ? 'exec' : 'noexec', `mode=${mode}`, `size=${size}`];
    if (inodes !== undefined)
        options.push(`nr_inodes=${inodes}`);
    if (owner)
        options.push(`uid=${owner.uid}`, `gid=${owner.gid}`);
    return `${target}:${options.join(',')}`;
}
/** Docker reads `--mount` as a CSV record, so a field with a comma or a quote has to be quoted (RFC 4180). */
function mountValue(mount) {
    const fields = mount.kind === 'bind'
        ? ['type=bind', `source=${mount.source}`, `target=${mount.target}`, ...(mount.writable ? [] : ['readonly'])]
        : ['type=volume', `target=${mount.target}`];
    return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}
/**
 * The arguments of `docker network create`.
 *
 * `--internal` alone leaves the host's own addresses reachable. Engines of the 20.10 line need `inhibit_ipv4` to
 * prevent that, and newer ones offer `gateway_mode_ipv4=isolated`. An engine ignores an option that it does not know,
 * so an internal network gets both.
 */
function networkArgs(spec) {
    return [
        '--driver=bridge',
        `--subnet=${spec.subnet}`,
        `--label=${RUN_LABEL}=${spec.runId}`,
        ...(spec.internal
            ? [
                '--internal',
                '--opt=com.docker.network.bridge.inhibit_ipv4=true',
                '--opt=com.docker.network.bridge.gateway_mode_ipv4=isolated',
            ]
            : []),
        spec.name,
    ];
}


/***/ }),

/***/ 739:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Jh: () => (/* binding */ throwProblems),
/* harmony export */   Uc: () => (/* binding */ describeError),
/* harmony export */   mu: () => (/* binding */ withHint),
/* harmony export */   vX: () => (/* binding */ collectProblems),
/* harmony export */   yo: () => (/* binding */ UserError)
/* harmony export */ });
/* unused harmony export ConfigError */
/* harmony import */ var _shared_value_error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(12);

/** An error that a user can act on: what failed, and what to do about it. It never carries a secret. */
class UserError extends Error {
    hint;
    constructor(message, options = {}) {
        super(message, options.cause === undefined ? undefined : { cause: options.cause });
        this.name = 'UserError';
        this.hint = options.hint;
    }
}
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
        problems.push(error);
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
        if (!(cause instanceof _shared_value_error_js__WEBPACK_IMPORTED_MODULE_0__/* .ValueError */ .Q))
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

/***/ 110:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   n: () => (/* binding */ exitWith)
/* harmony export */ });
/* harmony import */ var _output_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(211);
/* harmony import */ var _signals_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(577);


/**
 * How every entry ends: with the exit code of `main`, whatever other code has set by then, after the readers of the output
 * have everything.
 *
 * @param main gets a signal that fires when the process is asked to end
 */
async function exitWith(main) {
    const signal = (0,_signals_js__WEBPACK_IMPORTED_MODULE_1__/* .cancellation */ .W)();
    const exitCode = await main(signal);
    await (0,_output_js__WEBPACK_IMPORTED_MODULE_0__/* .flush */ .bX)(signal);
    process.exit(exitCode);
}


/***/ }),

/***/ 870:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   AO: () => (/* binding */ FLUSH_LIMIT_MS),
/* harmony export */   HD: () => (/* binding */ ENGINE_SETTLING_MS),
/* harmony export */   Kr: () => (/* binding */ SWEEP_INTERVAL_MS),
/* harmony export */   QB: () => (/* binding */ SWEEP_LIMIT_MS),
/* harmony export */   Tt: () => (/* binding */ SWEEP_GRACE_MS),
/* harmony export */   cD: () => (/* binding */ SECOND_SIGNAL_AFTER_MS),
/* harmony export */   h1: () => (/* binding */ SQUID_GRACE_MS),
/* harmony export */   sD: () => (/* binding */ SURVEY_LIMIT_MS),
/* harmony export */   uA: () => (/* binding */ TIMEOUT_GRACE_MS)
/* harmony export */ });
/* unused harmony exports KILLED_STEP_SETTLING_MS, OUTPUT_LIMIT_BYTES, DOMAINS_OUTPUT_LIMIT, UPLOAD_LIMIT_MS */
/** The waits and limits of the runner's side; the sidecar's are in `containers/api-proxy/src/limits.ts`. */
/** Squid writes the record of a tunnel when the tunnel ends. Killed at once, it would lose the last ones. Milliseconds. */
const SQUID_GRACE_MS = 50;
/** The same wait where nobody waits for a result: long enough for a slow machine. Milliseconds. */
const SWEEP_GRACE_MS = 300;
/** How long leftovers are looked for before the removal fails. Milliseconds. */
const SWEEP_LIMIT_MS = 15_000;
/** Between two looks at what is left. Milliseconds. */
const SWEEP_INTERVAL_MS = 100;
/** How long the engine may still create what a client asked for that has ended. Milliseconds. */
const ENGINE_SETTLING_MS = 300;
/** The same after a main step that was killed: nobody knows what it had just asked for. Milliseconds. */
const KILLED_STEP_SETTLING_MS = 2_000;
/** Between SIGTERM at the end of the command's time and the removal of its container. Milliseconds. */
const TIMEOUT_GRACE_MS = 10_000;
/**
 * How long the workspace is searched after the command. A cancelled step has seconds; the post step then repeats the
 * search. Milliseconds.
 */
const SURVEY_LIMIT_MS = 120_000;
/** How long a cancelled run waits for a reader of its output that may be gone. Milliseconds. */
const FLUSH_LIMIT_MS = 1_000;
/** Bytes of the command's output that the job's log gets, both streams together. */
const OUTPUT_LIMIT_BYTES = (/* unused pure expression or super */ null && (64 * 1024 * 1024));
/** Longest JSON document in the output for allowed or refused domains. Characters. */
const DOMAINS_OUTPUT_LIMIT = (/* unused pure expression or super */ null && (32 * 1024));
/** The artifact client retries for minutes; a job must not wait that long for logs. Milliseconds. */
const UPLOAD_LIMIT_MS = 60_000;
/** A terminal's Ctrl-C can arrive twice at once: from the terminal, and from a wrapper such as npm. Milliseconds. */
const SECOND_SIGNAL_AFTER_MS = 300;


/***/ }),

/***/ 211:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   bX: () => (/* binding */ flush),
/* harmony export */   jH: () => (/* binding */ writeTo)
/* harmony export */ });
/* unused harmony export limited */
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(500);
/* harmony import */ var _limits_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(870);
/* harmony import */ var _signals_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(577);



/** Writes to `stream`, and makes the writer wait while its reader is behind. */
function writeTo(stream) {
    return (chunk) => (stream.write(chunk) ? undefined : drained(stream));
}
/**
 * Waits until the readers of standard output and standard error have everything: a pipe takes what is written only when it
 * has room, and `process.exit` drops the rest.
 */
async function flush(signal) {
    const written = [process.stdout, process.stderr].map((stream) => new Promise((resolve) => {
        stream.write('', () => {
            resolve();
        });
    }));
    await Promise.race([Promise.all(written), (0,_signals_js__WEBPACK_IMPORTED_MODULE_1__/* .aborted */ .Q)(signal).catch(() => (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(_limits_js__WEBPACK_IMPORTED_MODULE_2__/* .FLUSH_LIMIT_MS */ .AO))]);
}
/** Resolves too when the stream ends or fails instead; its own error event reports that. */
function drained(stream) {
    return new Promise((resolve) => {
        const end = () => {
            for (const event of EVENTS)
                stream.off(event, end);
            resolve();
        };
        for (const event of EVENTS)
            stream.on(event, end);
    });
}
const EVENTS = ['drain', 'close', 'error'];
/**
 * Relays `output` up to a number of bytes, then one line that says so, then nothing: a job's log must not grow without end.
 * The command goes on; what it writes is read and dropped.
 */
function limited(output, limitBytes = OUTPUT_LIMIT_BYTES) {
    let left = limitBytes;
    const limit = (sink) => (chunk) => {
        if (left < 0)
            return undefined;
        left -= chunk.length;
        if (left >= 0)
            return sink(chunk);
        const note = `\nThe command wrote more than ${limitBytes / 1024 / 1024} MiB. The rest is not shown; the command goes on.\n`;
        return sink(Buffer.concat([chunk.subarray(0, chunk.length + left), Buffer.from(note)]));
    };
    return { stdout: limit(output.stdout), stderr: limit(output.stderr) };
}


/***/ }),

/***/ 577:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ aborted),
/* harmony export */   W: () => (/* binding */ cancellation)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(24);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(739);
/* harmony import */ var _docker_spec_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(400);
/* harmony import */ var _limits_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(870);




/** The exit code of a process that SIGINT ended, as shells have it. */
const INTERRUPTED = 130;
/**
 * A signal that fires when the process is asked to end. The runner sends SIGINT, SIGTERM 7.5 s later, and SIGKILL another
 * 2.5 s later: enough time to remove the containers, which the first signal starts. A second Ctrl-C ends the process at
 * once. The signal also fires when the output cannot be written any more: a command at the head of a pipe ends with the
 * pipe.
 */
function cancellation() {
    const controller = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.on(name, () => {
            controller.abort(new _errors_js__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo(`The run was cancelled (${name}).`));
        });
    }
    process.once('SIGINT', endAtSecondInterrupt);
    for (const stream of [process.stdout, process.stderr]) {
        stream.on('error', (cause) => {
            controller.abort(new _errors_js__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo('The run was ended: nobody reads its output any more.', { cause }));
        });
    }
    return controller.signal;
}
function endAtSecondInterrupt() {
    const first = performance.now();
    process.on('SIGINT', () => {
        if (performance.now() - first < _limits_js__WEBPACK_IMPORTED_MODULE_2__/* .SECOND_SIGNAL_AFTER_MS */ .cD)
            return;
        const filter = `--all --filter label=${_docker_spec_js__WEBPACK_IMPORTED_MODULE_3__/* .RUN_LABEL */ .jQ}`;
        try {
            // Not by the stream, which would keep the message until the pipe has room.
            (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.writeSync)(process.stderr.fd, `awf: ended at once. Containers may be left; find them with: docker ps ${filter}\n`);
        }
        catch {
            // Nobody reads it.
        }
        process.exit(INTERRUPTED);
    });
}
/** Rejects with the reason of `signal` as soon as it fires; never resolves. */
function aborted(signal) {
    return new Promise((_, reject) => {
        const end = () => {
            reject(signal.reason instanceof Error ? signal.reason : new _errors_js__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo('The run was ended.'));
        };
        if (signal.aborted)
            end();
        else
            signal.addEventListener('abort', end, { once: true });
    });
}


/***/ }),

/***/ 12:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ ValueError)
/* harmony export */ });
/**
 * A value that cannot be used, whoever gave it. The parsers on both sides of the container boundary throw it; it names the
 * value's place and never quotes a secret.
 */
class ValueError extends Error {
    name = 'ValueError';
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
/******/ var __webpack_exports__ = __nccwpck_require__(192);
/******/ __webpack_exports__ = await __webpack_exports__;
/******/ 

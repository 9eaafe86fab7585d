/** What nobody sees, or what a terminal or an editor obeys. JSON itself escapes only what is below U+0020. */
const UNSEEN = /[\p{Cf}\u007f-\u009f\u2028\u2029]/gu;

/**
 * JSON that can be looked at: characters that are invisible, or that turn or hide what stands around them, are escaped. The
 * command chooses names of hosts, models and files, and these end up in the files beside the logs.
 *
 * @param indent spaces for each level; without them, the text is one line
 */
export function harmlessJson(value: object, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(UNSEEN, escaped);
}

/** Characters beyond U+FFFF have two escapes. */
function escaped(character: string): string {
  return character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The parts of a step's output on which a runner acts. */

/** A command in today's syntax starts a line, behind what .NET takes for spaces. One in the old syntax can be anywhere in it. */
const COMMAND =
  /^[\s\u0085]*::(?<name>[^\s:]+)(?: [^:]*)?::(?<value>.*)$|##\[(?<oldName>[^\s\]]+)[^\]]*\](?<oldValue>.*)$/;

/**
 * The log commands that a runner carries out, in order, without `stop-commands` and its end. Source:
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs
 */
export function logCommands(output: string): { name: string; value: string }[] {
  const found: { name: string; value: string }[] = [];
  let token: string | undefined;
  for (const line of output.split(/\r\n|\n|\r/)) {
    const { name, value = '', oldName = '', oldValue = '' } = COMMAND.exec(line)?.groups ?? {};
    const command = name === undefined ? { name: oldName, value: oldValue } : { name, value };
    if (command.name === '') continue;
    if (token !== undefined) {
      if (command.name === token) token = undefined;
    } else if (command.name === 'stop-commands') {
      token = command.value;
    } else {
      found.push(command);
    }
  }
  return found;
}

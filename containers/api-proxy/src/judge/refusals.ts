import { PROVIDER_TOOLS, type ProviderTool } from '../../../../src/shared/provider-tools.ts';
import type { AnswerCode } from '../../../../src/shared/request-record.ts';
import { NO_RETRY, ProxyError } from '../errors.ts';

/** 403 for a request that would make the provider fetch or connect. */
export class ToolRefusal extends ProxyError {
  /** The line that would allow it, for whoever has no room for the whole message. */
  readonly line: string;

  constructor(code: AnswerCode, reason: string, tools: readonly ProviderTool[]) {
    const line = `allow-provider-tools: ${tools.join(', ')}`;
    super(code, `${reason} If the workflow needs it, its author can allow it with this line: ${line}`, {
      headers: NO_RETRY,
    });
    this.line = line;
  }
}

/** @param tool undefined if AWF does not know what it is */
export function toolNotAllowed(what: string, tool: ProviderTool | undefined): ToolRefusal {
  const why = tool
    ? 'It makes the provider fetch, connect or run something for the command, past allow-domains.'
    : 'AWF does not know what that makes the provider do.';
  const reason = `The api-proxy does not forward ${what} to the provider. ${why}`;
  return new ToolRefusal('provider_tool_not_allowed', reason, tool ? [tool] : PROVIDER_TOOLS);
}

/** @param what "request body" or "WebSocket message" */
export function bodyUnreadable(what: string): ToolRefusal {
  const reason =
    `The ${what} is compressed or not JSON in UTF-8, so the api-proxy cannot see what it makes the provider do. ` +
    'Send JSON without compression, with the type application/json.';
  return new ToolRefusal('body_unreadable', reason, PROVIDER_TOOLS);
}

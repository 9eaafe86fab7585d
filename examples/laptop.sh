#!/bin/sh
# Title: Claude Code on your own machine, in a checkout, with the packages of npm
#
# Set up: Node 24 or later, and a running Docker engine. No root, no sudo.
# Write the key into your environment, and never into a command line: other users can read arguments.
: "${ANTHROPIC_API_KEY:?Set ANTHROPIC_API_KEY.}"

# The current directory is the workspace: all that the agent can read and change of your files.
# Until the first release, set AWF to the path of bin/awf.js in a checkout: nobody holds the name on npm yet.
${AWF:-npx awf} \
  --allow-domains npm \
  --max-cost-usd 2 \
  --timeout-minutes 15 \
  -- claude --permission-mode acceptEdits --allowedTools Bash --print \
  "${1:-Run the tests. If one fails, fix its cause.}"

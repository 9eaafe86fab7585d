#!/bin/sh
# Claude Code calls this to get its API key. It gets a placeholder, which the api-proxy replaces with the real key.
echo "get-claude-key.sh: called, answering with the placeholder" >&2
echo 'sk-ant-placeholder-key-for-credential-isolation'

#!/bin/sh
# Claude Code calls this for its API key. The key that it gets is a placeholder: the api-proxy replaces it.
echo "get-claude-key.sh: called, answering with the placeholder" >&2
echo 'sk-ant-placeholder-key-for-credential-isolation'

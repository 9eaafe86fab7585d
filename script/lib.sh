# shellcheck shell=bash
# Shared by the scripts: run from the repository's root, with Node 24, and print messages in one format.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
PATH="$PWD/node_modules/.bin:$PATH"

say() { printf '==> %s\n' "$*"; }

fail() {
  printf '%s: %s\n' "script/$(basename "$0")" "$*" >&2
  exit 1
}

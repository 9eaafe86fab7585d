# shellcheck shell=bash
# What the scripts share: they start in the repository's root, speak one way, and run Node 24 whatever the machine has.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
PATH="$PWD/node_modules/.bin:$PATH"

say() { printf '==> %s\n' "$*"; }

fail() {
  printf '%s: %s\n' "script/$(basename "$0")" "$*" >&2
  exit 1
}

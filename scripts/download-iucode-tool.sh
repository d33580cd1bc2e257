#!/usr/bin/env bash
# Brings Debian's iucode_tool into .cache and prints its path, for the tests that run beside it (XENLEVEL_IUCODE_TOOL). The program is under
# its own licence, and is never committed.
set -euo pipefail
cd "$(dirname "$0")/.."
target=.cache/iucode-tool
program=$target/usr/sbin/iucode_tool
if [ ! -x "$program" ]; then
  mkdir -p "$target"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  (cd "$work" && { apt-get download iucode-tool || { apt-get update && apt-get download iucode-tool; }; }) >&2
  dpkg-deb -x "$work"/iucode-tool_*.deb "$target"
fi
printf '%s\n' "$PWD/$program"

#!/usr/bin/env bash
# Brings Debian's headless Chromium, with whatever of its libraries the machine lacks, into .cache and prints the path of a program that
# starts it, for the tests that look at pages (XENLEVEL_CHROMIUM). The browser is under its own licence, and is never committed.
set -euo pipefail
cd "$(dirname "$0")/.."
target=.cache/chromium
program=$target/headless-chromium
if [ ! -x "$program" ]; then
  mkdir -p "$target"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  mkdir -p "$work/partial"
  # Nothing is installed: the packages that an installation would need are fetched into a folder of our own.
  fetch() {
    apt-get install --download-only --yes --no-install-recommends -o Debug::NoLocking=1 \
      -o Dir::Cache::archives="$work" chromium-headless-shell
  }
  { fetch || { apt-get update && fetch; }; } >&2
  for package in "$work"/*.deb; do dpkg-deb -x "$package" "$target"; done
  binary=$(find "$PWD/$target/usr" -type f -name 'chromium-headless-shell' -path '*/lib/*' | head -n 1)
  [ -n "$binary" ] || { echo 'the packages hold no chromium-headless-shell' >&2; exit 1; }
  # The file that says the browser is there is made last, so a broken download is begun again.
  cat >"$work/start" <<START
#!/bin/sh
export LD_LIBRARY_PATH="$PWD/$target/usr/lib/x86_64-linux-gnu:$PWD/$target/usr/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "$binary" "\$@"
START
  chmod 755 "$work/start"
  mv "$work/start" "$program"
fi
printf '%s\n' "$PWD/$program"

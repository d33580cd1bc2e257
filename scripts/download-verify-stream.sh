#!/usr/bin/env bash
# Brings Xen's own verify-stream-v2, of Debian's xen-utils, into .cache and prints its path, for the tests and timings that run beside it
# (XENLEVEL_VERIFY_STREAM). The program is Xen's, under its own licence, and is never committed. It needs python3 alone.
set -euo pipefail
cd "$(dirname "$0")/.."
target=.cache/xen-utils
library=$target/usr/lib/xen-4.17
program=$target/verify-stream-v2
if [ ! -x "$program" ]; then
  command -v python3 >/dev/null || { echo 'verify-stream-v2 needs python3, which is not here' >&2; exit 1; }
  mkdir -p "$target"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  (cd "$work" && { apt-get download xen-utils-4.17 || { apt-get update && apt-get download xen-utils-4.17; }; }) >&2
  dpkg-deb -x "$work"/xen-utils-4.17_*.deb "$target"
  # Debian's installs its library where Python looks for it; here it has to be told. Its compiled modules are not needed.
  cat >"$work/program" <<END
#!/bin/sh
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='$PWD/$library/lib/python' exec python3 '$PWD/$library/bin/verify-stream-v2' "\$@"
END
  chmod 755 "$work/program"
  mv "$work/program" "$program"
fi
printf '%s\n' "$PWD/$program"

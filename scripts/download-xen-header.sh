#!/usr/bin/env bash
# Brings the header of feature bits of Debian's libxen-dev (Xen 4.17.7) into .cache and prints its path. The header is Xen's, under its
# own licence, and is never committed.
set -euo pipefail
cd "$(dirname "$0")/.."
target=.cache/libxen-dev
header=$target/usr/include/xen/arch-x86/cpufeatureset.h
if [ ! -f "$header" ]; then
  mkdir -p "$target"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  (cd "$work" && { apt-get download libxen-dev || { apt-get update && apt-get download libxen-dev; }; }) >&2
  dpkg-deb -x "$work"/libxen-dev_*.deb "$target"
fi
printf '%s\n' "$PWD/$header"

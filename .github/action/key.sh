#!/usr/bin/env bash
# Names what a binary built from these sources is cached under: the sources' own checksum, for a
# branch of the action moves on under the same name.
set -euo pipefail
cd "$GITHUB_ACTION_PATH"
sources=$(find Cargo.toml Cargo.lock Makefile .cargo checkers harness reports scenarios docker \
  -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16)
echo "key=stormglass-$(uname -s)-$(uname -m)-$sources" >>"$GITHUB_OUTPUT"

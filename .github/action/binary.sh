#!/usr/bin/env bash
# Puts a `stormglass` into the folder BIN, and says where it comes from: a file of the user's, a
# release of Stormglass with its checksum, or the sources of this action.
set -euo pipefail

stop() {
  echo "::error title=Stormglass::$1"
  exit 4
}

mkdir -p "$BIN"
if [ -n "$BINARY" ]; then
  [ -f "$BINARY" ] && [ -x "$BINARY" ] || stop "\`binary\` is $BINARY, and no program is there"
  cp "$BINARY" "$BIN/stormglass"
  from="the file $BINARY"
elif [ -n "$VERSION" ]; then
  asset=stormglass-$(uname -m)-linux
  gh release download "$VERSION" --repo "$GITHUB_ACTION_REPOSITORY" --dir "$BIN" --clobber \
    --pattern "$asset" --pattern "$asset.sha256" ||
    stop "release $VERSION of $GITHUB_ACTION_REPOSITORY has no $asset that could be fetched"
  (cd "$BIN" && sha256sum --check --quiet "$asset.sha256") ||
    stop "$asset of release $VERSION does not have the checksum beside it"
  mv "$BIN/$asset" "$BIN/stormglass"
  from="release $VERSION of $GITHUB_ACTION_REPOSITORY, whose checksum it has"
elif [ -x "$BIN/stormglass" ]; then
  from="the sources of this action, built in an earlier run and cached"
else
  command -v cargo >/dev/null 2>&1 ||
    stop "there is no Rust to build it with: install one, or give \`version\` or \`binary\`"
  make -C "$GITHUB_ACTION_PATH" static
  cp "$GITHUB_ACTION_PATH/target/static/stormglass" "$BIN/stormglass"
  from="the sources of this action, built here"
fi
chmod +x "$BIN/stormglass"
version=$("$BIN/stormglass" --version) || stop "$from: it does not start on this machine"
echo "$version comes from $from"

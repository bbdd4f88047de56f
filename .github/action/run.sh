#!/usr/bin/env bash
# Runs a scenario as the inputs say. The exit code is Stormglass's own; an unknown verdict is a
# warning only where the workflow allows it.
set -uo pipefail

args=(run)
[ -z "$SCENARIO" ] || args+=("$SCENARIO")
if [ -n "$ENDPOINTS" ]; then
  args+=(--target external --endpoints "$ENDPOINTS")
elif [ -n "$IMAGE" ]; then
  args+=(--target docker --image "$IMAGE")
fi
[ -z "$ETCD" ] || args+=(--etcd "$ETCD")
[ -z "$SEED" ] || args+=(--seed "$SEED")
[ -z "$DURATION" ] || args+=(--duration "$DURATION")
while IFS= read -r line; do
  [ -z "$line" ] || args+=("$line")
done <<<"$ARGS"
args+=(--progress plain --ci github)

# Namespaces, clocks and disks of members take root where the kernel refuses them to others; a
# cluster that runs already takes none.
as_root=()
if [ -z "$ENDPOINTS" ] && [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then
  as_root=(sudo -n --preserve-env)
fi

"${as_root[@]}" "$BIN/stormglass" "${args[@]}"
code=$?

run_dir=$(sed -n '/^run-dir<</{n;p;q;}' "$GITHUB_OUTPUT")
if [ -d "$run_dir" ]; then
  # The artifact is made by the runner's user.
  [ "${#as_root[@]}" = 0 ] || "${as_root[@]}" chown -R "$(id -u):$(id -g)" "$run_dir"
  echo "the run directory has $(du -sh "$run_dir" | cut -f 1): $run_dir"
fi
if [ "$code" = 3 ] && [ "$ALLOW_UNKNOWN" = true ]; then
  exit 0
fi
exit "$code"

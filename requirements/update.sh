#!/usr/bin/env bash
#
# Makes the lock files anew from the .in files: requirements/update.sh [pip-compile option...]
#
# With no option the versions that are locked stay, and only what the .in files changed moves; --upgrade takes the
# newest of everything, --upgrade-package NAME of one. Run it with the oldest Python that the project supports, so that
# every version it picks works on all of them: PYTHON=python3.11 is the default.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"${PYTHON:-python3.11}" -m venv "$tools"
"$tools/bin/pip" install --quiet pip-tools

# In this order: each takes the versions of those before it (the -c lines of the .in files).
for name in compiler test convert size tvm bench example; do
  CUSTOM_COMPILE_COMMAND=requirements/update.sh "$tools/bin/pip-compile" --quiet --generate-hashes --allow-unsafe \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras "$@" \
    --output-file "$name.txt" "$name.in"
done

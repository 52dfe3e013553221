#!/bin/sh
# Resolve pyproject.toml (run-time and dev) into requirements.lock, and the clients that tests use,
# Dask among them, into requirements-clients.lock, and what an image has into
# deploy/requirements.lock: exact versions and hashes for every Python >= 3.11 and platform, and
# neither index nor host. Called by `make lock`; extra arguments go to the resolver, such as
# `--upgrade-package numpy`.
set -eu
cd "$(dirname "$0")/.."

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    home=.cache/uv-venv
    [ -x "$home/bin/uv" ] || {
        python3 -m venv "$home"
        "$home/bin/python" -m pip install --quiet --disable-pip-version-check uv
    }
    uv=$home/bin/uv
fi

resolve() {
    # Existing pins are kept unless they no longer fit or an --upgrade argument says otherwise.
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate "$@" pyproject.toml >/dev/null
}
resolve --extra dev --extra postgresql --extra redis --output-file requirements.lock "$@"
resolve --extra clients --extra dask --extra postgresql --extra redis --extra containers --extra mcp \
    --constraint requirements.lock --output-file requirements-clients.lock "$@"
resolve --extra postgresql --extra redis --extra image \
    --constraint requirements.lock --output-file deploy/requirements.lock "$@"

if grep -nE '://|^-' requirements.lock requirements-clients.lock deploy/requirements.lock; then
    echo "a lock names an index or a URL (above); it must not" >&2
    exit 1
fi

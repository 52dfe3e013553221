#!/bin/sh
# Make .venv: Python >= 3.11, the locked dependencies with their hashes checked, ecp itself
# editable. Uses uv when it is on the PATH, else pip. Needs no root. Called by `make setup`.
# `setup.sh clients` adds to it the clients that the tests drive the cluster with.
set -eu
cd "$(dirname "$0")/.."

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

pick() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null 2>&1 && new_enough "$name"; then
            echo "$name"
            return
        fi
    done
    echo "ecp needs Python 3.11 or newer and finds none on the PATH." >&2
    echo "Install it (Debian: apt-get install python3 python3-venv), or say where it is:" >&2
    echo "  make setup PYTHON=/path/to/python3" >&2
    exit 1
}

# An environment that no longer runs (moved clone, removed interpreter) is made anew.
if [ -d .venv ] && ! new_enough .venv/bin/python; then
    rm -rf .venv
fi

if command -v uv >/dev/null 2>&1; then
    if [ ! -d .venv ]; then
        python=$(pick)
        uv venv --quiet --python "$(command -v "$python")" .venv
    fi
    install() { uv pip install --quiet --python .venv/bin/python "$@"; }
else
    if [ ! -d .venv ]; then
        python=$(pick)
        if ! "$python" -m venv .venv; then
            rm -rf .venv
            echo "$python cannot make a virtual environment (Debian: apt-get install python3-venv)." >&2
            exit 1
        fi
    fi
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }
fi

if [ "${1:-}" = clients ]; then
    echo "adding the clients of requirements-clients.lock to .venv" >&2
    install --require-hashes -r requirements-clients.lock
    exit
fi

echo "setting up .venv ($(.venv/bin/python --version)) from requirements.lock" >&2
install --require-hashes -r requirements.lock
# hatchling and editables are in the lock, so that nothing unhashed is fetched to build with.
install --no-deps --no-build-isolation -e .
# Compiled once here: `ecp validate` is called a file at a time, and where Python is told to keep no
# bytecode (PYTHONDONTWRITEBYTECODE) every call would compile the sources anew.
.venv/bin/python -m compileall -q src/ecp

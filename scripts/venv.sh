#!/bin/sh
# Makes a virtual environment from locked requirements and installs the project into it, editable.
# usage: scripts/venv.sh FOLDER LOCK...
set -eu

old_enough='import sys; sys.exit(sys.version_info < (3, 11))'
complete='import ensurepip, venv'

say() { printf '%s\n' "$*" >&2; }

# A name alone proves nothing: version managers leave names behind that start no Python.
find_python() {
    found=""
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        "$name" -c "$old_enough" >/dev/null 2>&1 || continue
        found=${found:-$name}
        "$name" -c "$complete" >/dev/null 2>&1 || continue
        printf '%s\n' "$name"
        return 0
    done
    explain "$found"
    return 1
}

explain() {
    if [ -n "$1" ]; then
        version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        say "pumpbridge: $1 has no venv or ensurepip module, so no environment can be made."
        say "  Debian, Ubuntu: apt install python3-venv   (or: apt install python$version-venv)"
        say "  elsewhere: install the package that holds ensurepip, then run make again."
    else
        here=$(python3 --version 2>/dev/null) || here="none that starts as python3"
        say "pumpbridge: Python 3.11 or newer is needed; here is $here."
        say "  Debian 12, Ubuntu 24.04 and newer: apt install python3 python3-venv"
        say "  or name one: make PYTHON=/path/to/python3.12 demo"
    fi
}

folder=$1
shift
locks=""
for lock in "$@"; do locks="$locks -r $lock"; done

# An environment whose making was interrupted has no pip yet, and is made again.
if ! "$folder/bin/python" -c "import pip; $old_enough" >/dev/null 2>&1; then
    python=$(find_python)
    say "pumpbridge: setting up $folder with $("$python" --version)"
    "$python" -m venv --clear "$folder"
fi

pip() { "$folder/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
# shellcheck disable=SC2086 # a list of options
pip install --require-hashes $locks
pip install --no-deps --no-build-isolation --editable .

#!/bin/sh
# Make (or mend) a virtual environment: scripts/environment.sh FOLDER WHAT..
# WHAT is passed to the installer: `.` for users, `-e . GROUP:dev` for developers. Where uv is installed it is
# used; else python3 -m venv and pip. CONSTRAINTS names a file of pins, when set.
set -eu

folder=$1
shift

say() { printf '%s\n' "$*" >&2; }

python_of_our_age() {
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    found=$(python3 --version 2>/dev/null || echo "no python3")
    say "gleanset needs Python 3.11 or newer; here is $found. Install python3.12 (or uv), then run make again."
    exit 1
}

# The dev group of pyproject.toml as words, for a pip that does not know groups (before 25.1).
group() {
    "$folder/bin/python" -c '
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    print("\n".join(tomllib.load(file)["dependency-groups"][sys.argv[1]]))' "$1"
}

make_folder() {
    if command -v uv >/dev/null 2>&1 && [ -z "${PYTHON:-}" ]; then
        uv venv --quiet --allow-existing --python '>=3.11' "$folder" && return
        say "uv could not make an environment; trying python3 -m venv."
    fi
    python=$(python_of_our_age)
    if ! "$python" -m venv "$folder" 2>/dev/null; then
        rm -rf "$folder/bin"
        say "$python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv."
        exit 1
    fi
}

install() {
    if command -v uv >/dev/null 2>&1 && [ -z "${PYTHON:-}" ]; then
        VIRTUAL_ENV=$folder uv pip install --quiet "$@"
    else
        "$folder/bin/python" -m pip install -qq --disable-pip-version-check "$@"
    fi
}

[ -x "$folder/bin/python" ] || make_folder
say "Installing into $folder (about a minute the first time) .."

pins=""
[ -z "${CONSTRAINTS:-}" ] || pins="--constraint $CONSTRAINTS"
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
plain=""
for what in "$@"; do
    case $what in
        GROUP:*) group "${what#GROUP:}" >>"$wanted" ;;
        *) plain="$plain $what" ;;
    esac
done
[ ! -s "$wanted" ] || plain="--requirement $wanted $plain"
# shellcheck disable=SC2086 # pins and plain are words on purpose
install $pins $plain

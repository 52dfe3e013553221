#!/bin/sh
# Install what web/ is built with and build it into src/ecp/web. Instant where nothing has changed.
# `web.sh packages` only installs; `web.sh run` says what is missing and goes on without.
set -eu
cd "$(dirname "$0")/../web"

new_enough() {
    command -v npm >/dev/null 2>&1 &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' 2>/dev/null
}

if ! new_enough; then
    case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    ko*) echo "콘솔을 빌드하지 않습니다. node 20.19 이상과 npm이 필요합니다. 간단한 페이지로 계속합니다." >&2 ;;
    *) echo "The console is not built: that needs node 20.19 or newer, and npm. The plain pages are shown." >&2 ;;
    esac
    [ "${1:-}" = run ] && exit 0
    exit 1
fi

packages=$(cat package.json package-lock.json packages/*/package.json apps/*/package.json | cksum)
if [ "$(cat node_modules/.installed 2>/dev/null)" != "$packages" ]; then
    echo "installing the packages of web/" >&2
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    echo "$packages" >node_modules/.installed
fi
[ "${1:-}" = packages ] && exit 0

sources=$(find packages apps public build vite.config.ts tsconfig.json package-lock.json -type f \
    -not -path '*/node_modules/*' -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum)
if [ "$(cat ../src/ecp/web/.built 2>/dev/null)" != "$sources" ]; then
    echo "building the consoles" >&2
    if ! npm run --silent build >node_modules/.build.log 2>&1; then
        cat node_modules/.build.log >&2
        [ "${1:-}" = run ] && exit 0
        exit 1
    fi
    echo "$sources" >../src/ecp/web/.built
fi

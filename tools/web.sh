#!/bin/sh
# Install what web/ is built with and build it into src/ecp/web. Instant where nothing has changed.
# `web.sh packages` only installs; `web.sh run` says what is missing and goes on without.
set -eu
cd "$(dirname "$0")/../web"

new_enough() {
    command -v npm >/dev/null 2>&1 &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' 2>/dev/null
}

OLD="The console is not built: that needs node 20.19 or newer, and npm. The plain pages are shown."
OLD_KO="콘솔을 빌드하지 않습니다. node 20.19 이상과 npm이 필요합니다. 간단한 페이지로 계속합니다."
UNREACHED="The console is not built: npm could not install its packages. The plain pages are shown."
UNREACHED_KO="콘솔을 빌드하지 않습니다. npm이 패키지를 설치하지 못했습니다. 간단한 페이지로 계속합니다."
BROKEN="The console is not built: see above. The plain pages are shown."
BROKEN_KO="콘솔을 빌드하지 못했습니다. 위의 내용을 확인하세요. 간단한 페이지로 계속합니다."

# Say why there is no console (in Korean, in English); the services start all the same.
without() {
    case "${ECP_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" in
    ko*) echo "$1" >&2 ;;
    *) echo "$2" >&2 ;;
    esac
    exit 0
}

if ! new_enough; then
    (without "$OLD_KO" "$OLD")
    [ "${1:-}" = run ] && exit 0
    exit 1
fi

packages=$(cat package.json package-lock.json packages/*/package.json apps/*/package.json | cksum)
if [ "$(cat node_modules/.installed 2>/dev/null)" != "$packages" ]; then
    echo "installing the packages of web/" >&2
    if ! npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
        [ "${1:-}" = run ] && without "$UNREACHED_KO" "$UNREACHED"
        exit 1
    fi
    echo "$packages" >node_modules/.installed
fi
[ "${1:-}" = packages ] && exit 0

sources=$(find packages apps public build vite.config.ts tsconfig.json package-lock.json -type f \
    -not -path '*/node_modules/*' -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum)
if [ "$(cat ../src/ecp/web/.built 2>/dev/null)" != "$sources" ]; then
    echo "building the consoles" >&2
    if ! npm run --silent build >node_modules/.build.log 2>&1; then
        cat node_modules/.build.log >&2
        [ "${1:-}" = run ] && without "$BROKEN_KO" "$BROKEN"
        exit 1
    fi
    echo "$sources" >../src/ecp/web/.built
fi

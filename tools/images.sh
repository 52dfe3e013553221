#!/bin/sh
# Build both images with buildah, no engine and no daemon, and start what is in them:
#
#   tools/images.sh        (also: make images)
#
# Needs root, buildah and mmdebstrap (Debian packages). The base is a Debian of this machine's
# sources, made once and kept in .cache/images; a few minutes the first time. What is built is
# started inside its own file system by `buildah run`, as the user of the image, and asked for its
# health as the image's HEALTHCHECK asks.
set -eu
cd "$(dirname "$0")/.."

for program in buildah mmdebstrap; do
    command -v "$program" >/dev/null 2>&1 || {
        echo "$program is not here (Debian: apt-get install $program)" >&2
        exit 1
    }
done
[ "$(id -u)" = 0 ] || { echo "buildah needs root here" >&2; exit 1; }

cache=$PWD/.cache/images
mkdir -p "$cache"
export STORAGE_DRIVER="${STORAGE_DRIVER:-overlay}" BUILDAH_ISOLATION=chroot
export STORAGE_ROOT="${STORAGE_ROOT:-$cache/storage}"
build() { buildah --root "$STORAGE_ROOT" --runroot "$cache/run" "$@"; }

if [ ! -s "$cache/base.tar" ]; then
    echo "making the base (a few minutes, once)" >&2
    mmdebstrap --quiet --variant=minbase \
        --include=python3,python3-venv,ca-certificates,curl,nginx-light \
        bookworm "$cache/base.tar.new"
    mv "$cache/base.tar.new" "$cache/base.tar"
fi
if ! build inspect --type image localhost/base >/dev/null 2>&1; then
    # nginx's own image has the user 101; Debian's package has it under another number.
    printf 'FROM scratch\nADD base.tar /\n' > "$cache/Dockerfile"
    build bud --quiet -f "$cache/Dockerfile" -t localhost/base "$cache" >/dev/null
fi

# pip's and the machine's certificates, where somebody stands between it and the index.
mounts="--volume /etc/ssl/certs:/etc/ssl/certs:ro"
[ ! -f /etc/pip.conf ] || mounts="$mounts --volume /etc/pip.conf:/etc/pip.conf:ro"
for image in Dockerfile:ecp web.Dockerfile:ecp-web; do
    # shellcheck disable=SC2086
    build bud --format docker --layers $mounts --build-arg BASE=localhost/base \
        --build-arg NODE_BASE=localhost/base --build-arg WEB=prebuilt \
        --ignorefile .dockerignore -f "deploy/${image%%:*}" -t "localhost/${image##*:}" .
done

smoke() { # IMAGE PORT PATH COMMAND…: starts it and asks until it answers
    image=$1 port=$2 path=$3
    shift 3
    container=$(build from "localhost/$image")
    # An engine gives the pipe of a container's output to its user; here the user makes one.
    setsid buildah --root "$STORAGE_ROOT" --runroot "$cache/run" run --isolation chroot \
        "$container" -- sh -c '"$@" 2>&1 | cat' sh "$@" >"$cache/$image.log" 2>&1 &
    started=$!
    answer=
    for _ in $(seq 100); do
        if answer=$(curl -fsS "http://127.0.0.1:$port$path" 2>/dev/null); then break; fi
        kill -0 "$started" 2>/dev/null || break
        sleep 0.2
    done
    who=$(build run --isolation chroot "$container" -- id -u)
    for process in $(ps -o pid= -s "$started"); do kill "$process" 2>/dev/null || true; done
    wait "$started" 2>/dev/null || true
    build rm "$container" >/dev/null
    [ -n "$answer" ] || { cat "$cache/$image.log" >&2; echo "$image: no answer" >&2; exit 1; }
    echo "$image: runs as $who, answers $path: $answer"
}
smoke ecp "${ECP_SMOKE_PORT:-18000}" /health ecp serve k8s-simulator-backend \
    --port "${ECP_SMOKE_PORT:-18000}"
smoke ecp-web 8080 /nginx-health nginx -e stderr -c /etc/nginx/ecp/nginx.conf

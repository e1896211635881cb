#!/bin/sh
# usage: tools/check_install.sh BUILD_FOLDER
# Installs into a temporary folder and builds a program outside the tree against it: through the
# CMake package, shared and static, and through pkg-config where that is installed.
set -eu
build=$(cd "$1" && pwd -P)
cd "$(dirname "$0")/.."
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

quietly() {
    "$@" >"$temp/log" 2>&1 || {
        cat "$temp/log"
        echo "check_install: failed: $*"
        exit 1
    }
}

quietly cmake --install "$build" --prefix "$temp/usr local" # with a blank, as users have them
prefix="$temp/usr local"
quietly "$prefix/bin/inference-optimizer" --version
quietly "$prefix/bin/iopt" --version
for name in iopt transform_graph summarize_graph compare_graphs benchmark_model; do
    [ -L "$prefix/bin/$name" ] || { echo "check_install: bin/$name is no link"; exit 1; }
done

quietly cmake -S tests/install -B "$temp/build" -DCMAKE_PREFIX_PATH="$prefix"
quietly cmake --build "$temp/build"
quietly "$temp/build/shared_consumer"
quietly "$temp/build/static_consumer"

if ! command -v pkg-config >/dev/null; then
    echo "check_install: iopt.pc not tried, pkg-config is not installed"
    exit 0
fi
pc=$(find "$prefix" -name iopt.pc)
ln -s "$prefix" "$temp/installed" # the file's prefix is the build's; pkg-config is told of ours
flags() {
    PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --define-variable=prefix="$temp/installed" "$@" iopt
}
# shellcheck disable=SC2046 # one word each
quietly cc tests/install/consumer.c -o "$temp/consumer" $(flags --cflags --libs)
library=$(dirname "$(find "$prefix" -name libiopt.so)")
quietly env LD_LIBRARY_PATH="$library" "$temp/consumer"
static=$(flags --static --cflags --libs | sed 's/-liopt/-l:libiopt.a/')
# shellcheck disable=SC2086
quietly cc tests/install/consumer.c -o "$temp/consumer" $static
quietly "$temp/consumer"

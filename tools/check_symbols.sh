#!/bin/sh
# usage: tools/check_symbols.sh BUILD_FOLDER
# Every global symbol of libiopt.a begins with iopt_ (the generated protobuf code keeps its
# package's name), and libiopt.so exports such symbols only.
set -eu
build=$1

complain() {
    awk -v what="$2" '{ print what ": " $0 " does not begin with iopt_"; failed = 1 }
                      END { exit failed }' <<END || failed=1
$1
END
}

# "libiopt.a:member.o: name type address size"
strays=$(nm -A -P -g --defined-only "$build/libiopt.a" |
    awk '$1 !~ /\.pb-c\.c\.o/ && $2 !~ /^iopt_/ { print $2 " (" $1 ")" }')
[ -z "$strays" ] || complain "$strays" libiopt.a
strays=$(nm -D -P -g --defined-only "$build/libiopt.so" | awk '$1 !~ /^iopt_/ { print $1 }')
[ -z "$strays" ] || complain "$strays" libiopt.so

exit "${failed-0}"

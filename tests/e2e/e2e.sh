# For the scripts beside it: `. e2e.sh` with $1 the program and $2 the source folder; they then
# stand in an empty folder that is removed at the end.  POSIX sh.
set -eu
iopt=$1
source=$2
wrong=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/work" "$folder/out"
cd "$folder/work"
unset IOPT_CPU IOPT_DUMP IOPT_PASS_LIMIT IOPT_TRACE NO_COLOR || true

complain() {
    printf '%s\n' "$*"
    wrong=1
}

# run STATUS WORDS...: runs the program, which has to exit with STATUS; its streams are then in the
# files $out and $err.
out=$folder/out/stdout
err=$folder/out/stderr
run() {
    want=$1
    shift
    status=0
    "$iopt" "$@" >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -eq "$want" ] ||
        complain "iopt $*: exit status $status, want $want: $(head -n 1 "$err")"
}

# refuse STATUS LINE WORDS...: it has to fail with exactly this line on stderr, nothing on stdout
# and no new file.
refuse() {
    want=$1 line=$2
    shift 2
    files=$(ls -A)
    run "$want" "$@"
    [ ! -s "$out" ] || complain "iopt $*: wrote to stdout: $(head -n 1 "$out")"
    [ "$(cat "$err")" = "$line" ] || {
        complain "iopt $*: want '$line'"
        complain "  got '$(cat "$err")'"
    }
    [ "$(ls -A)" = "$files" ] || complain "iopt $*: left files behind"
}

# same NAME: $out has to be the text on stdin.
same() {
    cat >"$folder/out/want"
    cmp -s "$out" "$folder/out/want" || {
        complain "$1: not the text that was wanted (-), but this (+):"
        diff -u "$folder/out/want" "$out" || true
    }
}

# has TEXT: a line of $out has to hold it.
has() {
    grep -q -F -e "$1" "$out" || complain "no '$1' in the output of the last run"
}

# node NAME OP [FIELDS]: a NodeDef as text.
node() {
    printf 'node { name: "%s" op: "%s" %s }\n' "$1" "$2" "${3-}"
}
float='attr { key: "T" value { type: DT_FLOAT } }'
dtype='attr { key: "dtype" value { type: DT_FLOAT } }'
row4="$dtype"' attr { key: "shape" value { shape { dim { size: 1 } dim { size: 4 } } } }'

# small_graph: x [1,4] -> Identity -> Relu -> Softmax.
small_graph() {
    node x Placeholder "$row4"
    node same Identity "input: \"x\" $float"
    node y Relu "input: \"same\" $float"
    node softmax Softmax "input: \"y\" $float"
}

# Help teaches: every command has a sentence, a usage line, options and examples.  The exact texts
# are in expected/help_COMMAND.txt; IOPT_RENEW=1 writes them anew.
. "$(dirname "$0")/e2e.sh"
expected=$source/tests/e2e/expected

run 0
cp "$out" "$folder/out/bare"
run 0 help
cmp -s "$out" "$folder/out/bare" || complain "'iopt' and 'iopt help' differ"
run 0 --help
cmp -s "$out" "$folder/out/bare" || complain "'iopt' and 'iopt --help' differ"
commands=$(awk '/^Commands/ { on = 1; next }
    /^$/ { on = 0 }
    on && /^  [a-z]/ && $1 != "help" { print $1 }' "$folder/out/bare")
[ -n "$commands" ] || complain "'iopt' lists no commands"

for command in $commands; do
    run 0 help "$command"
    cp "$out" "$folder/out/help"
    run 0 "$command" --help
    cmp -s "$out" "$folder/out/help" || complain "help of $command: two ways, two texts"
    has "usage: iopt $command "
    grep -q '^Examples$' "$out" || complain "iopt help $command: no examples"
    has "--json"
    awk 'length($0) > 100 { exit 1 }' "$out" || complain "iopt help $command: a line is too long"
    [ -z "${IOPT_RENEW-}" ] || cp "$out" "$expected/help_$command.txt"
    [ ! -f "$expected/help_$command.txt" ] ||
        same "iopt help $command" <"$expected/help_$command.txt"
done

# The examples work as typed, in the source folder or a copy of its models, with a photo and
# an array.
ln -s "$source/models" models
tail -c +2 "$source/fuzz/corpus/fuzz_image/jpeg_rgb" >photo.jpg # its first byte is an option
{
    printf '\223NUMPY\001\000v\000'
    printf "%-117s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 28, 28, 3), }"
    head -c 9408 /dev/zero
} >x.npy
for command in $commands; do
    "$iopt" help "$command" | sed '1,/^Examples$/d' | grep models/demo >"$folder/out/examples" ||
        continue
    while read -r example; do
        (
            iopt() { "$iopt" "$@"; }
            eval "$example"
        ) >"$out" 2>"$err" </dev/null || complain "'$example' does not work: $(tail -n 1 "$err")"
    done <"$folder/out/examples"
done

run 0 --version
has "compiler"
run 0 --version --json
has '"isa":'
run 0 list knobs
has "IOPT_CPU"
IOPT_CPU=c run 0 list kernels
grep -E "^gemm_f32 +c +used$" "$out" >/dev/null || complain "IOPT_CPU=c is not heeded"
run 0 list ops --json
has '"name":	"Conv2D"'

exit "$wrong"

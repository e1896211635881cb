# transform_graph: TensorFlow's flags, messages and exit status, under its own name and as a word.
. "$(dirname "$0")/e2e.sh"
tool=$folder/out/transform_graph
ln -s "$iopt" "$tool"
small_graph >net.pbtxt

# tells STATUS TEXT FLAGS...: it exits so, and says so first.
tells() {
    want=$1 text=$2
    shift 2
    status=0
    "$tool" "$@" >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -eq "$want" ] || complain "transform_graph $*: exit status $status, want $want"
    [ "$(head -n 1 "$err")" = "$text" ] ||
        complain "transform_graph $*: want '$text', got '$(head -n 1 "$err")'"
}

tells 255 "" --help
grep -q "^usage: transform_graph" "$err" || complain "no usage"
grep -q "^Transforms are:" "$err" || complain "no list of transforms"
tells 255 "in_graph graph can't be empty."
tells 255 "out_graph graph can't be empty." --in_graph=net.pbtxt
tells 255 "You must specify at least one transform." --in_graph=net.pbtxt --out_graph=o.pb
tells 255 "You must specify at least one transform." --in_graph=net.pbtxt --out_graph=o.pb \
    --transforms=' '
tells 255 "Unknown argument --in_graph." --in_graph net.pbtxt
tells 255 "Failed to parse --transform argument, error was Looking for =, but found ) [column 6]" \
    --in_graph=net.pbtxt --out_graph=o.pb --transforms='foo(a)'
tells 255 "Transform 'remove_node' not recognized. Did you mean 'remove_nodes'?" \
    --in_graph=net.pbtxt --out_graph=o.pb --transforms='remove_node(op=Identity)'
[ ! -e o.pb ] || complain "a file after an error"

tells 0 "" --in_graph=net.pbtxt --out_graph=o.pbtxt --inputs=x --outputs=softmax \
    --transforms='remove_nodes(op=Identity)' --output_as_text
grep -q '"same"' o.pbtxt && complain "the Identity is still there"
grep -q 'input: "x"' o.pbtxt || complain "nothing reads x"
tells 0 "set_device has no parameter 'devise': ignored; did you mean 'device'?" \
    --in_graph=net.pbtxt --out_graph=o.pb --transforms='set_device(devise=a)' --nooutput_as_text
run 0 transform_graph --in_graph=o.pb --out_graph=again.pb --transforms=remove_device
cmp -s o.pb again.pb || complain "a round trip changed the file"
exit "$wrong"

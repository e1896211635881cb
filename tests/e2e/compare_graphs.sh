# compare_graphs: equal 0, different 1 with the first difference, anything else 255.
. "$(dirname "$0")/e2e.sh"
tool=$folder/out/compare_graphs
ln -s "$iopt" "$tool"
small_graph >net.pbtxt
run 0 transform_graph --in_graph=net.pbtxt --out_graph=net.pb --transforms=remove_device

# tells STATUS LINE WORDS...: it exits so, and prints this line.
tells() {
    want=$1 line=$2
    shift 2
    status=0
    "$tool" "$@" >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -eq "$want" ] || complain "compare_graphs $*: exit status $status, want $want"
    [ "$(cat "$out" "$err" | head -n 1)" = "$line" ] ||
        complain "compare_graphs $*: want '$line', got '$(cat "$out" "$err" | head -n 1)'"
}

tells 0 "Graphs are equal." net.pb net.pbtxt
sort -r net.pbtxt | sed 's/"same"/"same:0"/; s/name: "same:0"/name: "same"/' >turned.pbtxt
tells 0 "Graphs are equal." net.pbtxt turned.pbtxt
sed 's/"Relu"/"Relu6"/' net.pbtxt >six.pbtxt
tells 1 "Node named 'y' has op 'Relu6' that is not expected 'Relu'" six.pbtxt net.pb
grep -v softmax net.pbtxt >short.pbtxt
tells 1 "Did not find expected node '{{node softmax}} = Softmax[T=DT_FLOAT](y)'" short.pbtxt net.pb
tells 1 "Found unexpected node '{{node softmax}} = Softmax[T=DT_FLOAT](y)'" net.pb short.pbtxt

tells 255 "compare_graphs expects two file names as arguments" net.pb
tells 255 "compare_graphs expects two file names as arguments" net.pb net.pb net.pb
tells 255 "Loading graph 'absent.pb' failed with 'absent.pb': No such file or directory" \
    net.pb absent.pb
run 1 compare_graphs six.pbtxt net.pb
exit "$wrong"

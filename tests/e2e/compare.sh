# compare: nodes, attributes, outputs, layers, and the bound that a script can ask for.
. "$(dirname "$0")/e2e.sh"
demo=$source/models/demo/fashion.pb
images=$source/models/demo/fashion-test.tfrecord

run 0 compare "$demo" "$demo" --tolerance 0 --layers --quiet
has "302 nodes are the same, 0 only in A, 0 only in B; other op 0, other inputs 0, other attributes 0"
has "no layer differs"
has "inf  1.00000000             0         0"

run 0 optimize "$demo" --out fast.pb --quiet
run 0 compare "$demo" fast.pb --tolerance 1e-4 --layers --data "$images" --images 3 --color never
has "only in A"
has "on 3 images:"
has "softmax:0"
has "other weights"
has "no layer differs"
run 4 compare "$demo" fast.pb --tolerance 1e-12 --quiet
grep -q "^iopt: the outputs differ by .* of the largest value; --tolerance is 1e-12$" "$err" ||
    complain "the missed bound is not told: $(cat "$err")"
has "softmax:0" # the table comes all the same
run 0 compare "$demo" fast.pb --json
has '"relative_difference":'
has '"layers":	[]'

# One node differs, and all that comes behind it.
small_graph >a.pbtxt
small_graph | sed 's/op: "Relu"/op: "Relu6"/' >b.pbtxt
run 0 compare a.pbtxt b.pbtxt --no-run --color never --quiet
same "compare" <<'END'
A  a.pbtxt: 4 nodes
B  b.pbtxt: 4 nodes
3 nodes are the same, 0 only in A, 0 only in B; other op 1, other inputs 0, other attributes 0

node  differs in  how
y     op          Relu -> Relu6
END
small_graph | sed 's/op: "Relu"/op: "Neg"/' >c.pbtxt
run 0 compare a.pbtxt c.pbtxt --layers --quiet
has "the first layer that differs by more than 0.0001: y:0"
run 4 compare a.pbtxt c.pbtxt --tolerance 0.01 --quiet
run 1 compare a.pbtxt nowhere.pbtxt
run 2 compare a.pbtxt b.pbtxt --outputs nothing

exit "$wrong"

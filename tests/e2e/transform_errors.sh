# What goes wrong in transforms: who says what at which place, and that no file is written.
. "$(dirname "$0")/e2e.sh"
tool=$folder/out/transform_graph
ln -s "$iopt" "$tool"
small_graph >net.pbtxt

# wrong_transforms STRING MESSAGE: `optimize` exits with 1 to 3, `transform_graph` with 255; both say
# so, and neither writes.
wrong_transforms() {
    rm -f o.pb
    status=0
    "$iopt" optimize "$graph" --out o.pb --inputs x --outputs "$output" --transforms "$1" --quiet \
        --no-check >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -ge 1 ] && [ "$status" -le 3 ] || complain "optimize '$1': exit status $status"
    grep -q -F -e "$2" "$err" || complain "optimize '$1': want '$2', got '$(cat "$err")'"
    status=0
    "$tool" --in_graph="$graph" --out_graph=o.pb --inputs=x --outputs="$output" --transforms="$1" \
        >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -eq 255 ] || complain "transform_graph '$1': exit status $status"
    grep -q -F -e "$2" "$err" || complain "transform_graph '$1': want '$2', got '$(head -n 3 "$err")'"
    [ ! -e o.pb ] || complain "'$1': a file after an error"
}

graph=net.pbtxt output=softmax

# --- the string: the column is counted from 1 --------------------------------------------------------
wrong_transforms "fold_constants(x)" "Looking for =, but found ) [column 17]"
refuse 2 "iopt: Looking for ), but the text ends [column 39]" optimize net.pbtxt --out o.pb --quiet \
    --transforms "remove_device remove_nodes(op=Identity"
run 0 optimize net.pbtxt --out o.pb --strict-compat --no-check --quiet \
    --transforms "remove_device remove_nodes(op=Identity"
"$tool" --in_graph=net.pbtxt --out_graph=o.pb --transforms="remove_device remove_nodes(op=Identity" \
    2>"$err" || complain "TensorFlow drops a transform that is cut off"
[ "$(cat "$err")" = "The last transform is dropped: its ) is missing [column 39]" ] ||
    complain "nothing is said of a transform that is cut off"
wrong_transforms 'set_device(device="a)' "[column"
wrong_transforms "remove_device )" "[column"

# --- names: the nearest one is told -----------------------------------------------------------------
wrong_transforms "remove_nods(op=Identity)" "Did you mean 'remove_nodes'?"
wrong_transforms "remove_device fold_batch_norm" "Did you mean 'fold_batch_norms'?"
wrong_transforms "remove_device(ignore_errors=yes)" "ignore_errors should be true or false, found yes"
run 0 optimize net.pbtxt --out o.pb --transforms "remove_nodes(op=Identity, max_input=2)" --no-check
grep -q "has no parameter 'max_input': ignored; did you mean 'max_inputs'?" "$err" "$out" ||
    complain "nothing is said of a parameter that is none: $(cat "$err" "$out")"

# --- a transform that fails: the node is told --------------------------------------------------------
scaled_graph() {
    node x Placeholder "$row4"
    node w Const "$dtype"' attr { key: "value" { tensor { dtype: DT_FLOAT tensor_shape {
        dim { size: 4 } dim { size: 2 } } float_val: 1 } } }'
    node p MatMul "input: \"x\" input: \"w\" $float"
    node s Const "$dtype"' attr { key: "value" { tensor { dtype: DT_FLOAT tensor_shape {
        dim { size: 3 } } float_val: 1 } } }'
    node y Mul "input: \"p\" input: \"s\" $float"
}
scaled_graph | sed 's/key: "value" {/key: "value" value {/' >scaled.pbtxt
graph=scaled.pbtxt output=y
wrong_transforms "fold_batch_norms" \
    "Mul constant input to batch norm has bad shape: [3] [Mul 'y']"
"$tool" --in_graph=scaled.pbtxt --out_graph=o.pb --inputs=x --outputs=y \
    --transforms="fold_batch_norms(ignore_errors=true)" >"$out" 2>"$err" </dev/null ||
    complain "an ignored error is none"
grep -q "^fold_batch_norms did nothing, all 5 nodes stay; Ignoring error Mul constant" "$err" ||
    complain "what an ignored error cost: '$(cat "$err")'"
[ -e o.pb ] || complain "no file although the error is ignored"

graph=net.pbtxt output=nobody
wrong_transforms "strip_unused_nodes" "nobody"
output=softmax
wrong_transforms "fold_constants(max_constant_size_in_bytes=x)" "max_constant_size_in_bytes"
wrong_transforms "round_weights(num_steps=many)" "num_steps"
wrong_transforms "rename_op(old_op_name=Relu)" "rename_op expects exactly one"

# --- a graph that cannot be is not written ----------------------------------------------------------
{
    node x Placeholder "$row4"
    node k Identity "input: \"x\" $float"
    node a AddN "input: \"x\" input: \"k\" $float"' attr { key: "N" value { i: 2 } }'
    node y Add "input: \"a\" input: \"k\" $float"
} >shared.pbtxt
graph=shared.pbtxt output=y
wrong_transforms "remove_nodes(op=AddN, max_inputs=2)" \
    "Invalid graph with inputs referring to nonexistent nodes"
wrong_transforms "remove_nodes(op=AddN, max_inputs=2, ignore_errors=true)" \
    "Invalid graph with inputs referring to nonexistent nodes"
exit "$wrong"

# summarize_graph: TensorFlow's lines, flags, messages and exit status.
. "$(dirname "$0")/e2e.sh"
tool=$folder/out/summarize_graph
ln -s "$iopt" "$tool"

# tells STATUS LINE FLAGS...: it exits so, and this is the first line on stderr.
tells() {
    want=$1 line=$2
    shift 2
    status=0
    "$tool" "$@" >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -eq "$want" ] || complain "summarize_graph $*: exit status $status, want $want"
    [ "$(head -n 1 "$err")" = "$line" ] ||
        complain "summarize_graph $*: want '$line', got '$(head -n 1 "$err")'"
}
blank= # a line that ends with a blank keeps it

{
    node x Placeholder "$dtype"' attr { key: "shape" value { shape { dim { size: 1 } dim { size: 2 } } } }'
    node y Relu "input: \"x\" $float"
} >two.pbtxt
tells 0 "" --in_graph=two.pbtxt
same "two nodes" <<END
Found 1 possible inputs: (name=x, type=float(1), shape=[1,2]) $blank
No variables spotted.
Found 1 possible outputs: (name=y, op=Relu) $blank
Found 0 (0) const parameters, 0 (0) variable parameters, and 0 control_edges
Op types used: 1 Placeholder, 1 Relu
To use with tensorflow/tools/benchmark:benchmark_model try these arguments:
bazel run tensorflow/tools/benchmark:benchmark_model -- --graph=two.pbtxt --show_flops --input_layer=x --input_layer_type=float --input_layer_shape=1,2 --output_layer=y
END

{
    node open Placeholder "$dtype"' attr { key: "shape" value { shape { dim { size: -1 } dim { size: 3 } } } }'
    node free Placeholder 'attr { key: "dtype" value { type: DT_INT32 } } attr { key: "shape" value { shape { unknown_rank: true } } }'
    node bare Placeholder
    node v VariableV2 'attr { key: "dtype" value { type: DT_FLOAT_REF } } device: "/cpu:1"'
    node w Const "$dtype"' attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 2 } dim { size: 600 } } float_val: 0.5 } } } device: "/cpu:0"'
    node mm MatMul 'input: "open" input: "w" input: "^free" device: "/cpu:0"'
    node init NoOp 'input: "^v"'
    printf 'library { function { signature { name: "F" } node_def { name: "r" op: "Relu" } node_def { name: "s" op: "Const" } } }\n'
} >more.pbtxt
tells 0 "Decoding Tensor failed for nodev" --in_graph=more.pbtxt --print_structure
same "shapes, variables, devices, functions, structure" <<END
Found 3 possible inputs: (name=open, type=float(1), shape=[?,3]) (name=free, type=int32(3), shape=<unknown>) (name=bare, type=INVALID(0), shape=None) $blank
Found 1 variables: (name=v, type=float_ref(101), shape=None) $blank
Found 1 possible outputs: (name=mm, op=MatMul) $blank
Found 1200 (1.20k) const parameters, 0 (0) variable parameters, and 2 control_edges
2 nodes assigned to device '/cpu:0'1 nodes assigned to device '/cpu:1'Op types used: 3 Placeholder, 2 Const, 1 MatMul, 1 NoOp, 1 Relu, 1 VariableV2
To use with tensorflow/tools/benchmark:benchmark_model try these arguments:
bazel run tensorflow/tools/benchmark:benchmark_model -- --graph=more.pbtxt --show_flops --input_layer=open,free,bare,v --input_layer_type=float,int32,INVALID,float_ref --input_layer_shape=-1,3::: --output_layer=mm
w (Const): [], value=Tensor<type: float shape: [2,600] values: [0.5 0.5 0.5...]...>
v (VariableV2): []
init (NoOp): [^v]
bare (Placeholder): []
free (Placeholder): []
open (Placeholder): []
mm (MatMul): [open, w, ^free]
END

node y Relu 'input: "nowhere:1"' >lost.pbtxt
tells 255 "Invalid graph with inputs referring to nonexistent nodes" --in_graph=lost.pbtxt
[ "$(tail -n 1 "$out")" = "Invalid input nowhere:1 for node y" ] || complain "invalid input: not said"
{
    node a Relu 'input: "b"'
    node b Relu 'input: "a"'
} >ring.pbtxt
tells 0 "" --in_graph=ring.pbtxt
has "No outputs spotted."
tells 255 "2 nodes in a cycle" --in_graph=ring.pbtxt --print_structure

tells 255 "" --help
grep -q "^usage: summarize_graph" "$err" || complain "no usage"
grep -q '^	--in_graph=""                    	string	input graph file name$' "$err" ||
    complain "the line of --in_graph is another one"
tells 255 "in_graph graph can't be empty."
tells 255 "Unknown argument two.pbtxt." two.pbtxt
tells 255 "Couldn't interpret the value of flag --print_structure=maybe" --print_structure=maybe
tells 255 "Loading graph 'absent.pb' failed with 'absent.pb': No such file or directory" \
    --in_graph=absent.pb
run 0 summarize_graph --in_graph=two.pbtxt --noprint_structure
has "Op types used: 1 Placeholder, 1 Relu"
exit "$wrong"

# benchmark_model: flags, tables and records; figures of time are not looked at.
. "$(dirname "$0")/e2e.sh"
tool=$folder/out/benchmark_model
ln -s "$iopt" "$tool"
{
    node x Placeholder "$row4"
    node w Const "$dtype"' attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 4 } dim { size: 3 } } float_val: 1 } } }'
    node mm MatMul "input: \"x\" input: \"w\" $float"
    node y Softmax "input: \"mm\" $float"
} >net.pbtxt

# bench STATUS FLAGS...: it exits so; its log is then in $err.
bench() {
    want=$1
    shift
    status=0
    "$tool" --graph=net.pbtxt --input_layer=x:0 --output_layer=y:0 --max_num_runs=3 "$@" \
        >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -eq "$want" ] ||
        complain "benchmark_model $*: exit status $status, want $want: $(tail -n 1 "$err")"
    [ ! -s "$out" ] || complain "benchmark_model $*: wrote to stdout"
}
says() {
    grep -q -e "$1" "$err" || complain "the log lacks '$1'"
}

bench 0 --input_layer_shape=1,4 --show_flops --show_sizes
says "^Average inference timings in us: Warmup: [0-9]*, no stats: [0-9]*, with stats: [0-9]*$"
grep -o "^=.*=$\|^Number.*\|^[0-9]* nodes.*\|^FLOPs estimate.*\|^Memory.*" "$err" >"$out"
same "sections" <<END
============================== Run Order ==============================
============================== Top by Computation Time ==============================
============================== Top by Memory Use ==============================
Number of nodes executed: 2
============================== Summary by node type ==============================
Memory (bytes): count=3 curr=24(all same)
2 nodes observed
============ Node output tensor sizes in run order ========
FLOPs estimate: 24
END
says "^	                  MatMul	            0.000	.*	     0.012	        1	mm$"
says "^mm	1	float	2	1	3$"
says "^Running benchmark for max 3 iterations, max 10 seconds with detailed stat logging, with -1s "

# What is fed decides the shapes; sections can be left out; names of older versions are known.
bench 0 --input_layer_shape=5,4 --num_runs=2 --run_delay=0 --num_threads=1 --noshow_run_order \
    --show_time=false --noshow_memory --noshow_type --show_flops --warmup_runs=0
says "^FLOPs estimate: 120$"
says "^Timings (microseconds): count=2 "
grep -q "^===" "$err" && complain "sections that were not wanted"
bench 0 --input_layer=mm,w --input_layer_shape=2,3:4,3 --input_layer_type=float,float \
    --input_layer_values=1,2,3 --target_layer=y

bench 0 --input_layer_shape=1,4 --benchmark_name=a/b --output_prefix=rec_
[ "$(ls | tr '\n' ' ')" = "net.pbtxt rec_a__b rec_a__b_MatMul rec_a__b_Softmax rec_a__b_meta-first-inference \
rec_a__b_meta-init rec_a__b_meta-init-plus-first-inference " ] || complain "records: $(ls)"
bench 255 --input_layer_shape=1,4 --benchmark_name=a/b --output_prefix=rec_
says "^Cannot create TestReporter, file exists: rec_a__b$"

bench 255 --help
says "^usage: benchmark_model"
says '^	--max_time="10.0"                	string	length to run max$'
bench 255 --input_layer_shape=1,4 rest
says "^Unknown argument rest$"
bench 255 --input_layer=a,b --input_layer_shape=1,4
says "^--input_layer=a,b (2 items)$"
bench 255 --input_layer_shape=-1,4
says "^Any unknown sizes in the shapes (-1's) must be replaced with the size you want to benchmark"
bench 255 --input_layer_shape=1,4 --input_layer_type=flaot
says "^flaot was an invalid type$"
bench 255 --input_layer_shape=1,4 --input_layer_type=int32
says "input 'x:0': want float\[1,4\]; got int32\[1,4\]"
bench 255 --input_layer_shape=1,4 --input_layer_values=1,2,3,4,5
says "^5 values for an input that is float\[1,4\]$"
bench 255 --input_layer_shape=1,4 --output_layer=z
says "^Could not create TensorFlow Graph: "
bench 255 --input_layer_shape=1,5
says "MatMul 'mm'"
bench 255 --input_layer_shape=1,4 --max_num_runs=0 --max_time=0
says "neither --max_num_runs nor --max_time bounds the benchmark"
bench 255 --input_layer_shape=1,4 --graph=absent.pb
says "^Could not create TensorFlow Graph: 'absent.pb': No such"
exit "$wrong"

# Models that cannot be used: one clear line, exit status 1 (it is the input), nothing written.
. "$(dirname "$0")/e2e.sh"

# Both commands that read a whole model say the same.
broken() {
    refuse 1 "iopt: $2" optimize "$1" --out out.pb
    refuse 1 "iopt: $2" run "$1"
}

# --- files that are no graph ----------------------------------------------------------------------
: >empty.pb
broken empty.pb "'empty.pb' is empty"
head -c 200000 "$source/models/demo/fashion.pb" >truncated.pb
broken truncated.pb \
    "'truncated.pb': not a whole GraphDef: the bytes end, or make no sense, at 142642 of 200000"
printf '\001\002\003\004no graph\377\376' >magic.pb
broken magic.pb "'magic.pb' is no GraphDef: its bytes are no protocol buffer and no text"
printf '<!DOCTYPE html>\n<html><body>404</body></html>\n' >page.pb
broken page.pb "'page.pb' is an HTML page, not a graph: the download went wrong"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 95\n' >pointer.pb
broken pointer.pb "'pointer.pb' is a Git LFS pointer, not the model: fetch it with 'git lfs pull'"
printf '\010\007\022\007pytorch\072\003abc' >net.onnx
broken net.onnx "'net.onnx' is an ONNX model: give the TensorFlow graph that it was made from"
printf '\034\000\000\000TFL3\024\000' >net.tflite
broken net.tflite \
    "'net.tflite' is a TensorFlow Lite model: give the TensorFlow graph that it was made from"
printf '\211HDF\r\n\032\n\000\000' >net.h5
broken net.h5 \
    "'net.h5' is a Keras HDF5 file: load it in Keras, save it as a SavedModel and freeze that"
printf 'PK\003\004\024\000' >net.keras
broken net.keras \
    "'net.keras' is a zip archive (.keras or PyTorch): export a frozen TensorFlow graph from it"
printf 'hello, world\n' >hello.pb
broken hello.pb "'hello.pb' is a text, but no graph: it begins with 'hello'"
mkdir empty_folder
broken empty_folder "'empty_folder' is a directory without saved_model.pb"
broken absent.pb "'absent.pb': No such file or directory"
small_graph >secret.pbtxt
chmod 000 secret.pbtxt
if [ -r secret.pbtxt ]; then
    echo "skipped: an unreadable file (this user reads everything)"
else
    refuse 3 "iopt: 'secret.pbtxt': Permission denied" optimize secret.pbtxt --out out.pb
fi

# --- graphs that are broken -----------------------------------------------------------------------
{ node x Placeholder "$row4"; node y Relu "input: \"z\" $float"; } >absent.pbtxt
broken absent.pbtxt "'absent.pbtxt': Relu 'y': its input 'z' is not in the graph"
{
    node x Placeholder "$row4"
    node a Add "input: \"x\" input: \"b\" $float"
    node b Relu "input: \"a\" $float"
} >cycle.pbtxt
broken cycle.pbtxt "'cycle.pbtxt': Relu 'b' is part of a cycle"
{ node x Placeholder "$row4"; node x Relu "input: \"x\" $float"; } >twice.pbtxt
broken twice.pbtxt "'twice.pbtxt': two nodes are called 'x'"

# constant TYPE TENSOR_FIELDS: a graph of one constant.
constant() {
    node c Const "attr { key: \"dtype\" value { type: $1 } }
        attr { key: \"value\" value { tensor { dtype: $1 $2 } } }"
}
constant DT_FLOAT 'tensor_shape { dim { size: 4 } } tensor_content: "abc"' >content.pbtxt
in_c="Const 'c': attribute 'value':"
broken content.pbtxt "'content.pbtxt': $in_c tensor_content has 3 bytes, float[4] wants 16"
constant DT_FLOAT 'tensor_shape { dim { size: -4 } } float_val: 1' >negative.pbtxt
broken negative.pbtxt "'negative.pbtxt': $in_c a shape has dimension -4"
constant DT_FLOAT 'tensor_shape { dim { size: 4611686018427387904 } dim { size: 16 } }' >huge.pbtxt
broken huge.pbtxt "'huge.pbtxt': $in_c float[4611686018427387904,16] is larger than any memory"
constant 99 'tensor_shape { dim { size: 4 } }' >type.pbtxt
broken type.pbtxt "'type.pbtxt': Const 'c': attribute 'dtype': type number 99 is not known"

# An unknown op is carried along by optimize and named by run.
{
    node x Placeholder "$row4"
    node y Frobnicate 'input: "x"'
    node z Relu "input: \"y\" $float"
} >op.pbtxt
run 0 optimize op.pbtxt --out op.pb --quiet
hint="choose --inputs behind it or --outputs before it, 'summarize' shows where"
refuse 1 "iopt: op 'Frobnicate' (node 'y') is not known to this build; $hint" run op.pb --quiet

exit "$wrong"

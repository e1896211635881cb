# The way from a graph to a smaller one and to its results, on the demo model and on made ones.
. "$(dirname "$0")/e2e.sh"
demo=$source/models/demo/fashion.pb

# --- optimize -------------------------------------------------------------------------------------
run 0 optimize "$demo" --out a.pb
has "fold_batch_norms"
guess="inputs (guessed): input float[?,28,28,3]; outputs (guessed): softmax float[?,10]"
grep -q -F "iopt: $demo: $guess" "$err" ||
    complain "the guess is not told: $(cat "$err")"
run 0 optimize "$demo" --out b.pb --threads 1 --quiet
[ ! -s "$err" ] || complain "--quiet is not quiet: $(cat "$err")"
cmp -s a.pb b.pb || complain "the same command gave other bytes"
[ "$(wc -c <a.pb)" -lt "$(wc -c <"$demo")" ] || complain "the optimized graph is not smaller"
run 0 optimize "$demo" --out c.pbtxt --text --no-check --json
has '"recipe":	"float"'
has '"difference":	null'
run 0 optimize c.pbtxt --out d.pb
cmp -s a.pb d.pb || complain "the way through .pbtxt gave other bytes"
run 0 summarize a.pb --text
has "softmax = Softmax("
grep -q -E "= (FusedBatchNorm|Switch|Identity)" "$out" && complain "switches are left"
mkdir dumps
IOPT_DUMP=dumps run 0 optimize "$demo" --out e.pb
[ -n "$(ls dumps)" ] || complain "IOPT_DUMP wrote nothing"
cmp -s a.pb e.pb || complain "IOPT_DUMP changed the result"

# --- transforms: the list of nodes as the tool of old leaves it -------------------------------------
run 0 list transforms
for name in add_default_attributes fold_constants quantize_nodes remove_ema sparsify_gather; do
    has "$name"
done
run 0 optimize "$demo" --out h.pb --recipe historic --color never
for name in strip_unused_nodes remove_nodes fold_old_batch_norms quantize_weights; do
    has "$name"
done
run 0 summarize h.pb --text
has "= QuantizedConv2D("
cp h.pb i.pb
run 0 optimize "$demo" --out i.pb --no-check --transforms "strip_unused_nodes remove_nodes(\
op=Identity, op=CheckNumerics) fold_constants(ignore_errors=true) fold_batch_norms
fold_old_batch_norms quantize_weights quantize_nodes" --inputs input --outputs softmax --quiet
cmp -s h.pb i.pb || complain "the transform string gave other bytes than the recipe"
refuse 2 "iopt: Looking for =, but found ) [column 17]" \
    optimize "$demo" --out j.pb --quiet --transforms "fold_constants(x)"
refuse 2 "iopt: fold_constant: Transform 'fold_constant' not recognized. Did you mean 'fold_constants'?" \
    optimize "$demo" --out j.pb --quiet --transforms "fold_constant"
refuse 2 "iopt: optimize: --recipe or --transforms, not both" \
    optimize "$demo" --out j.pb --recipe float --transforms "fold_constants"

# --- run ------------------------------------------------------------------------------------------
# A .npy of [1,4] floats: -1, 0, 1, 2.
{
    printf '\223NUMPY\001\000v\000'
    printf "%-117s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4), }"
    printf '\000\000\200\277\000\000\000\000\000\000\200\077\000\000\000\100'
} >x.npy
small_graph >net.pbtxt
run 0 run net.pbtxt --input x:0=x.npy --output y=y.npy --output softmax:0=s.npy --color never
same "run" <<'END'
output     type              min       max  mean  file
y:0        float[1,4]          0         2  0.75  y.npy
softmax:0  float[1,4]  0.0825945  0.610296  0.25  s.npy
END
run 0 run net.pbtxt --input x=x.npy --output y=r.npy --engine reference --quiet
cmp -s y.npy r.npy || complain "the engines disagree"
run 0 run net.pbtxt --input x=x.npy --json --quiet
has '"name":	"softmax:0"'
run 0 run net.pbtxt --input same=x.npy --output y=z.npy --quiet # fed in the middle
cmp -s y.npy z.npy || complain "feeding the middle gave something else"

# --- large graphs ---------------------------------------------------------------------------------
# 100,000 nodes in one chain, and 100,000 beside each other.
{
    node n0 Placeholder "$row4"
    awk -v t="$float" 'BEGIN { for (i = 1; i < 100000; i++)
        printf "node { name: \"n%d\" op: \"Relu\" input: \"n%d\" %s }\n", i, i - 1, t }'
} >deep.pbtxt
run 0 optimize deep.pbtxt --out deep.pb --no-check --quiet
run 0 summarize deep.pb --json
has '"nodes":	2,'
run 0 run deep.pbtxt --input n0=x.npy --output n99999=deep.npy --engine reference --quiet
cmp -s y.npy deep.npy || complain "100,000 times Relu is not Relu"
{
    node x Placeholder "$row4"
    awk -v t="$float" 'BEGIN { for (i = 0; i < 100000; i++)
        printf "node { name: \"n%d\" op: \"Neg\" input: \"x\" %s }\n", i, t }'
} >wide.pbtxt
run 0 optimize wide.pbtxt --out wide.pb --outputs n7 --no-check --quiet
run 0 summarize wide.pb --json
has '"nodes":	2,'

exit "$wrong"

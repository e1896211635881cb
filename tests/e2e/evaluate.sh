# Evaluation says image by image what TensorFlow says: the demo model always, and where the shared
# models are, a net with ImageNet's weights; as trained and optimized.
. "$(dirname "$0")/e2e.sh"
demo=$source/models/demo
images=$demo/fashion-test.tfrecord

# agrees ANSWERS: the lines of out.csv have the label and the class that TensorFlow's have.
agrees() {
    awk 'NR == FNR { if (FNR > 1) { label[$1] = $2; top1[$1] = $3 } next }
        FNR == 1 { FS = ","; next }
        { split($0, field, ",") }
        field[2] != label[field[1]] || field[3] != top1[field[1]] {
            print "image " field[1] ": TensorFlow says " top1[field[1]] ", we say " field[3]
            wrong = 1
        }
        END { exit wrong || FNR < 2 }' "$1" out.csv || complain "out.csv is not $1"
}

# --- the demo model ---------------------------------------------------------------------------------
run 0 optimize "$demo/fashion.pb" --out fast.pb --quiet
run 0 evaluate "$demo/fashion.pb" --data "$images" --images 100 --predictions out.csv --json
agrees "$demo/top1.tsv"
has '"images":	100'
has '"correct":	92'
has '"top1":	0.92'
run 0 evaluate fast.pb --data "$images" --predictions out.csv --color never # 2000 = 62 * 32 + 16
agrees "$demo/top1.tsv"
[ "$(wc -l <out.csv)" -eq 2001 ] || complain "out.csv has $(wc -l <out.csv) lines, want 2001"
has "Accuracy (top-1)    93.65 %  1873 of 2000  (95 % CI 92.50 .. 94.64)"
has "2000 images, batch 32"
grep -q "labels 0..9, 10 classes: offset 0 (guessed)" "$err" || complain "the offset is not told"
mv out.csv want.csv
run 0 evaluate fast.pb --data "$images" --predictions out.csv --batch-size 7 --threads 1 --quiet
cmp -s want.csv out.csv || complain "batches of 7 on one thread give other bits"

# Without labels: times, and null where accuracy would be.
mkdir photos
tail -c +2 "$source/fuzz/corpus/fuzz_image/jpeg_rgb" >photos/a.jpg # its first byte is an option
run 0 evaluate fast.pb --data photos --json
has '"top1":	null'
has '"images":	1,'
grep -q "no labels" "$err" || complain "it is not told that there are no labels"

# Labels that mean something else.
run 0 evaluate fast.pb --data "$images" --images 3 --no-labels --predictions out.csv --json
has '"top1":	null'
[ "$(sed -n 2p out.csv | cut -d, -f2)" = "" ] || complain "--no-labels, but a label is told"

# --- what cannot be ---------------------------------------------------------------------------------
refuse 2 "iopt: evaluate: --data DATA is missing: on which images?" evaluate fast.pb
run 1 evaluate fast.pb --data nowhere --predictions other.csv
run 1 evaluate fast.pb --data "$demo/labels.txt" --predictions other.csv
run 3 evaluate fast.pb --data "$images" --images 10 --predictions nowhere/other.csv
small_graph >net.pbtxt
run 1 evaluate net.pbtxt --data "$images"
[ ! -e other.csv ] || complain "predictions of nothing were written"

# --- a net with ImageNet's weights ------------------------------------------------------------------
shared=$source/../shared
if [ -f "$shared/models/efficientnet_lite0.pb" ] && [ -d "$shared/imagenet-sample" ]; then
    run 0 optimize "$shared/models/efficientnet_lite0.pb" --out lite0.pb --no-check --quiet
    for model in "$shared/models/efficientnet_lite0.pb" lite0.pb; do
        run 0 evaluate "$model" --data "$shared/imagenet-sample" --images 40 --predictions out.csv
        agrees "$shared/models/golden/efficientnet_lite0.top1.tsv"
    done
else
    echo "skipped: no shared models"
fi

exit "$wrong"

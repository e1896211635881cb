# The benchmark's table and JSON: what is in them, not how fast it was.
. "$(dirname "$0")/e2e.sh"
demo=$source/models/demo
images=$demo/fashion-test.tfrecord

run 0 optimize "$demo/fashion.pb" --out fast.pb --quiet
run 0 benchmark "$demo/fashion.pb" fast.pb --data "$images" --images 100 --color never
for line in "fashion  28x28x3 -> 10 classes" "100 images, batch 32" "before" "change" \
    "Inference time" "Images per second" "Graph size" "smaller" "Latency p50" "Latency p90" \
    "Latency p99" "Load" "First run" "Peak memory" "Preprocessing" \
    "92.00 %" "+0.00 points  (95 % CI -2.72 .. +2.72; 0 lost, 0 won)" \
    "100 of 100 images; outputs differ by"; do
    has "$line"
done

run 0 benchmark "$demo/fashion.pb" fast.pb --data "$images" --images 70 --runs 2 --json
for key in machine settings verdict before after change model size_bytes images top1 top5 correct \
    inference_s images_per_s latency_ms min p50 p90 p99 max mean std load_ms first_run_ms \
    peak_rss_bytes preprocess_s speedup top1_points top1_ci95_points flips_lost flips_won \
    size_ratio commit cpu isa threads; do
    has "\"$key\":"
done
has '"images":	70,'
has '"samples":	4' # two whole batches, twice
has '"flips_lost":	0'

# Labels that mean something else: agreement, and nothing about accuracy.
run 0 benchmark "$demo/fashion.pb" fast.pb --data "$images" --images 70 --no-labels --json
has '"top1":	null'
has '"agreement":	1'

# Without data: times on seeded input, nothing about accuracy.
run 0 benchmark "$demo/fashion.pb" fast.pb --runs 4 --warmup 0 --json
has '"top1":	null'
has '"top1_ci95_points":	null'
has '"batch":	1,'
has '"samples":	4'
has '"data":	null'

# A graph with a fixed batch: the other one follows.
run 0 optimize "$demo/fashion.pb" --out one.pb --input-shape 1,28,28,3 --quiet
run 0 benchmark "$demo/fashion.pb" one.pb --data "$images" --images 6 --json
has '"batch":	1,'

# A flag that is set in the first and gone from the second.
run 0 benchmark "$demo/fashion.pb" fast.pb --set is_training=false --runs 3 --json

run 1 benchmark "$demo/fashion.pb" nowhere.pb --runs 1
[ ! -s "$out" ] || complain "wrote a table about nothing"
small_graph >net.pbtxt
run 1 benchmark net.pbtxt fast.pb --data "$images"
run 2 benchmark net.pbtxt net.pbtxt --runs 0
run 0 benchmark net.pbtxt net.pbtxt --runs 3 # no images; its time can be taken
has "seeded input"

exit "$wrong"

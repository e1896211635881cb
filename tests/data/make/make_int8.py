#!/usr/bin/env python3
"""Makes tests/data/int8: small quantized graphs and what TensorFlow computes with them.

    make_int8.py PROGRAM        (numpy and TensorFlow; the committed values are of 2.15, on a CPU)

The nets of NETS are built in TensorFlow's graph mode, then quantized by PROGRAM (our optimizer, by
recipe int8 or weights8, calibrated on seeded images); those of TRAINED are what training with
quantization leaves behind.  A case is a folder:

    graph.pb        the quantized graph
    values.npz      TensorFlow's values: "x" is the input, the others are "1", "2", ...
    case.json       "layers": what one layer gives: "want" names its values, "step" is the distance
                    of two codes (0: floats), "feed" what is fed.  Fed is what stands before the
                    quantizers of the layer's inputs, with the values that these made: a value that
                    is quantized already stays as it is.
                    "outputs": the values of the whole net for x
"""
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf1

tf = tf1.compat.v1
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "int8"
QUANTIZERS = {"FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxArgs", "QuantizeAndDequantizeV2",
              "QuantizeAndDequantizeV3"}
BATCH, SIZE = 2, 10
rng = np.random.default_rng(0)


# --- layers -----------------------------------------------------------------------------------

def weights(*shape):
    """[.., C]"""
    fan_in = np.prod(shape[:-1])
    spread = rng.uniform(0.4, 1.6, shape[-1])  # channels of different sizes
    return (rng.normal(0, np.sqrt(2 / fan_in), shape) * spread).astype("f4")


def bias(x, n):
    return tf.nn.bias_add(x, rng.normal(0, 0.2, n).astype("f4"))


def batch_norm(x):
    n = int(x.shape[-1])
    gamma, variance = rng.uniform(0.5, 1.5, (2, n)).astype("f4")
    beta, mean = rng.normal(0, 0.2, (2, n)).astype("f4")
    return tf.nn.fused_batch_norm(x, gamma, beta, mean, variance, is_training=False)[0]


def conv(x, n, size=3, stride=1, padding="SAME"):
    w = weights(size, size, int(x.shape[-1]), n)
    return tf.nn.conv2d(x, w, strides=stride, padding=padding)


def depthwise(x, stride=1, multiplier=1, padding="SAME"):
    w = rng.normal(0, 0.4, (3, 3, int(x.shape[-1]), multiplier)).astype("f4")
    return tf.nn.depthwise_conv2d(x, w, [1, stride, stride, 1], padding)


def dense(x, n):
    x = tf.reshape(x, [-1, int(np.prod(x.shape[1:]))])
    return bias(tf.matmul(x, weights(int(x.shape[1]), n)), n)


def pool(x, padding="SAME", stride=1, op=tf.nn.max_pool):
    return op(x, 3, stride, padding)


# --- nets that our optimizer quantizes ----------------------------------------------------------

def chain(x):
    x = tf.nn.relu(batch_norm(conv(x, 8, stride=2)))
    x = tf.nn.relu(bias(conv(x, 12, padding="VALID"), 12))
    x = pool(x, stride=2, padding="VALID")
    x = tf.nn.relu6(bias(conv(x, 10, size=1), 10))
    return tf.nn.softmax(dense(x, 6))


def residual(x):
    x = tf.nn.relu(bias(conv(x, 8, stride=2), 8))
    for _ in range(2):
        y = tf.nn.relu(batch_norm(conv(x, 8)))
        x = tf.nn.relu(x + bias(conv(y, 8, size=1), 8))
    return dense(tf.reduce_mean(x, [1, 2]), 5)


def residual_before_norm(x):
    """ResNet V2: the stream of sums is read through batch norms only."""
    x = bias(conv(x, 8, stride=2), 8)
    for _ in range(3):
        y = tf.nn.relu(batch_norm(x))
        y = tf.nn.relu(batch_norm(conv(y, 4, size=1)))
        x = x + bias(conv(y, 8), 8)
    return dense(tf.reduce_mean(tf.nn.relu(batch_norm(x)), [1, 2]), 5)


def mobile(x):
    x = tf.nn.relu6(batch_norm(conv(x, 8, stride=2)))
    x = tf.nn.relu6(batch_norm(depthwise(x)))
    shortcut = x = batch_norm(conv(x, 6, size=1))
    x = tf.nn.relu6(batch_norm(conv(x, 12, size=1)))
    x = tf.nn.relu6(batch_norm(depthwise(x)))
    x = shortcut + batch_norm(conv(x, 6, size=1))
    x = tf.nn.relu6(bias(depthwise(x, stride=2, multiplier=2), 12))
    x = tf.nn.relu6(bias(depthwise(x, padding="VALID"), 12))
    return dense(x, 5)


def branches(x, factor=1.0):
    x = tf.nn.relu(bias(conv(x, 6, stride=2), 6))
    a = tf.nn.relu(bias(conv(x, 4, size=1), 4))
    b = tf.nn.relu(bias(conv(tf.nn.relu(bias(conv(x, 4, size=1), 4)), 6), 6) * factor)
    c = tf.nn.relu(bias(conv(pool(x, op=tf.nn.avg_pool), 4, size=1), 4))
    x = tf.concat([a, b, c, pool(x)], 3)
    return tf.nn.softmax(dense(tf.nn.relu(bias(conv(x, 8, size=1), 8)), 5))


def unlike_branches(x):
    return branches(x, 5.0)


def averages(x):
    x = tf.nn.relu(bias(conv(x, 8), 8))
    x = pool(x, op=tf.nn.avg_pool, padding="VALID", stride=2)
    x = tf.nn.relu(bias(conv(x, 8), 8))
    x = pool(x, op=tf.nn.avg_pool)
    x = tf.pad(x, [[0, 0], [1, 0], [0, 1], [0, 0]])
    x = tf.nn.relu(bias(conv(x, 10, padding="VALID"), 10))
    return dense(tf.reduce_mean(x, [1, 2], keepdims=True), 5)


def excited(x):
    """What stays float in the middle: a squeeze-and-excite block."""
    x = tf.nn.relu(bias(conv(x, 8, stride=2), 8))
    y = tf.reduce_mean(x, [1, 2], keepdims=True)
    y = tf.sigmoid(bias(conv(tf.nn.relu(bias(conv(y, 4, size=1), 4)), 8, size=1), 8))
    return tf.nn.softmax(dense(bias(conv(x * y, 6), 6), 5))


# name: the net, the recipe's options
NETS = {
    "chain": (chain, []),
    "residual": (residual, []),
    "residual_wide": (residual, ["--wide-streams", "on"]),
    "residual_before_norm": (residual_before_norm, []),
    "mobile": (mobile, []),
    "concat_shared": (branches, []),
    "concat_unlike": (unlike_branches, ["--no-range-unification"]),
    "averages": (averages, []),
    "excited": (excited, []),
    "mobile_weights8": (mobile, None),
}


# --- nets trained with quantization ------------------------------------------------------------

def fake(x, low, high, bits=8):
    return tf.quantization.fake_quant_with_min_max_vars(x, low, high, num_bits=bits)


def trained_per_tensor(x):
    def quantized(w):
        top = np.abs(w).max()
        return tf.quantization.fake_quant_with_min_max_vars(w, -top, top * 0.98,
                                                            narrow_range=True)

    x = fake(x, 0.0, 1.0)
    y = bias(tf.nn.conv2d(x, quantized(weights(3, 3, 3, 8)), 2, "SAME"), 8)
    x = fake(tf.nn.relu(y), 0.0, 2.5)
    y = bias(tf.nn.depthwise_conv2d(x, quantized(weights(3, 3, 8, 1)), [1, 1, 1, 1], "SAME"), 8)
    x = fake(x + fake(y, -3.0, 3.1), -2.9, 4.2)
    x = tf.reshape(x, [-1, 5 * 5 * 8])
    return bias(tf.matmul(x, quantized(weights(5 * 5 * 8, 5))), 5)


def trained_per_channel(x):
    def quantized(w):
        top = np.abs(w).max(axis=(0, 1, 2)) * 0.95
        return tf.quantization.fake_quant_with_min_max_vars_per_channel(w, -top, top,
                                                                        narrow_range=True)

    x = tf.quantization.fake_quant_with_min_max_args(x, -0.1, 1.1)
    y = bias(tf.nn.conv2d(x, quantized(weights(3, 3, 3, 8)), 2, "SAME"), 8)
    x = fake(tf.nn.relu6(y), 0.0, 6.0)
    y = bias(tf.nn.conv2d(x, quantized(weights(3, 3, 8, 8)), 1, "SAME"), 8)
    x = fake(tf.nn.relu(x + y), 0.0, 5.0)
    x = fake(tf.nn.avg_pool(x, 5, 1, "VALID"), 0.0, 3.0)
    y = bias(tf.nn.conv2d(x, quantized(weights(1, 1, 8, 5)), 1, "SAME"), 5)
    return tf.squeeze(fake(y, -4.0, 4.0), [1, 2])


def there_and_back(x, low, high, signed=True, **more):
    return tf1.raw_ops.QuantizeAndDequantizeV2(input=x, input_min=low, input_max=high,
                                               signed_input=signed, num_bits=8, range_given=True,
                                               **more)


def there_and_back_v2(x):
    def quantized(w):
        top = np.abs(w).max(axis=tuple(range(w.ndim - 1)))
        return there_and_back(w, -top, top, narrow_range=True, axis=w.ndim - 1)

    x = there_and_back(x, 0.0, 1.0, signed=False, round_mode="HALF_UP")
    y = bias(tf.nn.conv2d(x, quantized(weights(3, 3, 3, 8)), 2, "SAME"), 8)
    x = there_and_back(tf.nn.relu(y), -2.5, 2.5, round_mode="HALF_TO_EVEN")
    y = bias(tf.nn.conv2d(x, quantized(weights(3, 3, 8, 12)), 1, "VALID"), 12)
    x = there_and_back(y, -2.0, 2.0, round_mode="HALF_UP", narrow_range=True)
    x = tf.reshape(x, [-1, 3 * 3 * 12])
    return bias(tf.matmul(x, quantized(weights(3 * 3 * 12, 5))), 5)


def there_and_back_v3(x):
    def values(x, top):
        return tf1.raw_ops.QuantizeAndDequantizeV3(input=x, input_min=-top, input_max=top,
                                                   num_bits=8, signed_input=True,
                                                   range_given=True)

    def quantized(w):
        return values(w, np.abs(w).max())

    y = bias(tf.nn.conv2d(values(x, 1.0), quantized(weights(3, 3, 3, 8)), 2, "SAME"), 8)
    x = values(tf.nn.relu(y), 2.0)
    x = pool(x)
    y = bias(tf.nn.conv2d(x, quantized(weights(1, 1, 8, 8)), 1, "SAME"), 8)
    x = values(tf.nn.relu(x + y), 4.0)
    x = tf.reshape(x, [-1, 5 * 5 * 8])
    return bias(tf.matmul(x, quantized(weights(5 * 5 * 8, 5))), 5)


def contrib_quantize(x):
    """What tf.contrib.quantize of TensorFlow 1 makes of convolutions with batch norms: the norm's
    factor is multiplied into the weights, these are quantized, and the rest is added."""
    def folded_norm(n):
        gamma, variance = rng.uniform(0.5, 1.5, (2, n)).astype("f4")
        beta, mean = rng.normal(0, 0.2, (2, n)).astype("f4")
        scale = tf.math.rsqrt(tf.constant(variance) + np.float32(1e-3)) * gamma
        return scale, tf.constant(beta) - mean * scale

    def quantized(w, top):
        return tf.quantization.fake_quant_with_min_max_vars(w, -top, top, narrow_range=True)

    x = fake(x, 0.0, 1.0)
    scale, rest = folded_norm(8)
    y = tf.nn.conv2d(x, quantized(weights(3, 3, 3, 8) * scale, np.float32(1.4)), 2, "SAME") + rest
    x = fake(tf.nn.relu6(y), 0.0, 4.0)
    scale, rest = folded_norm(8)
    w = weights(3, 3, 8, 1) * tf.reshape(scale, [8, 1])
    y = tf.nn.depthwise_conv2d(x, quantized(w, np.float32(0.8)), [1, 1, 1, 1], "SAME") + rest
    x = fake(tf.nn.relu6(y), 0.0, 6.0)
    scale, rest = folded_norm(8)
    y = tf.nn.conv2d(x, quantized(weights(1, 1, 8, 8) * scale, np.float32(2.0)), 1, "SAME") + rest
    x = fake(x + fake(y, -5.0, 6.0), -5.0, 10.0)
    x = fake(tf.reduce_mean(x, [1, 2]), -2.0, 4.0)
    y = bias(tf.matmul(x, quantized(weights(8, 5), np.float32(1.5))), 5)
    return tf.nn.softmax(fake(y, -6.0, 6.0))


TRAINED = {f.__name__: f for f in (trained_per_tensor, trained_per_channel, there_and_back_v2,
                                   there_and_back_v3, contrib_quantize)}


# --- running them ------------------------------------------------------------------------------

def images(count):
    """Blobs and noise, 0..1."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    made = []
    for _ in range(count):
        image = np.zeros((SIZE, SIZE, 3))
        for _ in range(4):
            cx, cy, r = rng.uniform(0, 1, 3)
            spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (0.02 + 0.2 * r))
            image += spot[..., None] * rng.uniform(-1, 1, 3)
        image += rng.normal(0, 0.1, image.shape)
        made.append(np.clip(image * 0.5 + 0.5, 0, 1))
    return np.array(made, "f4")


def build(net):
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3], "x")
        tf.identity(net(x), name="y")
    return graph.as_graph_def()


def quantize(graph_def, options, program):
    with tempfile.TemporaryDirectory() as folder:
        before, after, data = (os.path.join(folder, f) for f in ("b.pb", "a.pb", "x.npy"))
        pathlib.Path(before).write_bytes(graph_def.SerializeToString())
        np.save(data, images(64))
        recipe = ["--recipe", "weights8"]
        if options is not None:
            recipe = ["--recipe", "int8", "--calibrate", data] + options
        subprocess.run([program, "optimize", before, "--out", after, "--outputs", "y", "--quiet",
                        "--no-check"] + recipe, check=True, stdout=subprocess.DEVNULL)
        return pathlib.Path(after).read_bytes()


def step_of(op, session):
    """Distance of two codes."""
    bits = 8
    if op.type == "FakeQuantWithMinMaxArgs":
        low, high = op.get_attr("min"), op.get_attr("max")
    else:
        low, high = session.run([op.inputs[1], op.inputs[2]])
    if op.type.startswith("FakeQuant"):
        return float((high - low) / (2 ** op.get_attr("num_bits") - 1))
    signed = op.get_attr("signed_input")
    narrow = "narrow_range" in op.node_def.attr and op.get_attr("narrow_range")
    top = 2 ** (bits - signed) - 1
    bottom = -(top if narrow else top + 1) if signed else 0
    scales = [q / v for q, v in ((bottom, low), (top, high)) if q * v > 0]
    return float(1 / min(scales))


def computed_from_x(graph):
    """The ops that depend on x."""
    found = set()
    for op in graph.get_operations():  # in the order of the file, which is topological
        if op.name == "x" or any(i.op.name in found for i in op.inputs):
            found.add(op.name)
    return found


def quantized_inputs(op, live):
    """The nearest quantizers before the op; the placeholder if there is none."""
    found, seen, todo = [], set(), [i.op for i in op.inputs]
    while todo:
        at = todo.pop()
        if at.name in seen or at.name not in live:
            continue
        seen.add(at.name)
        if at.type in QUANTIZERS or at.type == "Placeholder":
            found.append(at)
        else:
            todo += [i.op for i in at.inputs]
    return sorted(found, key=lambda op: op.name)


class Case:
    def __init__(self, name, graph_bytes, x):
        self.folder = FOLDER / name
        self.folder.mkdir(parents=True)
        (self.folder / "graph.pb").write_bytes(graph_bytes)
        self.arrays = {"x": x}
        self.names = {"x": "x"}
        self.graph = tf.Graph()
        with self.graph.as_default():
            graph_def = tf.GraphDef()
            graph_def.ParseFromString(graph_bytes)
            tf.import_graph_def(graph_def, name="")
        self.x = x
        self.json = {"case": name, "tf": tf1.__version__, "input": "x:0", "layers": [],
                     "outputs": {}}

    def save(self, name, value):
        if name not in self.names:
            self.names[name] = str(len(self.names))
            self.arrays[self.names[name]] = value
        return self.names[name]

    def layer(self, op, session, values, live):
        quantizers = quantized_inputs(op, live)
        feeds = {q.outputs[0] if q.type == "Placeholder" else q.inputs[0]: values[q.name]
                 for q in quantizers}
        if len(feeds) < len(quantizers):
            return  # one value with two ranges
        got = session.run(op.outputs[0], feeds)
        assert np.array_equal(got, values[op.name]), op.name
        step = step_of(op, session) if op.type in QUANTIZERS else 0
        names = {t.name: self.save(q.name, values[q.name]) for q, t in zip(quantizers, feeds)}
        self.json["layers"].append({"value": op.outputs[0].name, "step": step,
                                    "want": self.save(op.name, got), "feed": names})

    def write(self):
        live = computed_from_x(self.graph)
        ops = [op for op in self.graph.get_operations()
               if op.name in live and (op.type in QUANTIZERS or op.name == "y")]
        config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        with tf.Session(graph=self.graph, config=config) as session:
            tensors = [op.outputs[0] for op in ops]
            got = session.run(tensors, {"x:0": self.x})
            values = {op.name: value for op, value in zip(ops, got)}
            values["x"] = self.x
            for op in ops:
                self.layer(op, session, values, live)
            self.json["outputs"]["y:0"] = self.save("y", values["y"])
        (self.folder / "case.json").write_text(json.dumps(self.json, indent=1) + "\n")
        self.write_arrays()

    def write_arrays(self):
        """np.savez_compressed with a fixed date, so that the bytes stay the same."""
        path = self.folder / "values.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, value in self.arrays.items():
                raw = io.BytesIO()
                np.save(raw, value)
                info = zipfile.ZipInfo(name + ".npy", (2000, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, raw.getvalue(), compresslevel=9)


def main():
    global rng
    program = sys.argv[1]
    shutil.rmtree(FOLDER, ignore_errors=True)
    for seed, (name, (net, options)) in enumerate(NETS.items()):
        rng = np.random.default_rng(seed)
        graph = quantize(build(net), options, program)
        Case(name, graph, images(BATCH)).write()
    for seed, (name, net) in enumerate(TRAINED.items()):
        rng = np.random.default_rng(100 + seed)
        graph = build(net).SerializeToString()
        Case(name, graph, images(BATCH)).write()


main()

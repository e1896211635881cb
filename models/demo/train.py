"""Trains the demo classifier on Fashion-MNIST and writes everything this folder holds.

    python3 models/demo/train.py [FOLDER_OF_FASHION_MNIST [OUTPUT_FOLDER]]

Made with Python 3.11, TensorFlow 2.15.1 (its compat.v1 interface) and numpy 1.26; the images are
those of Debian's package dataset-fashion-mnist.  Nothing else of this repository needs Python.

The network is written as the TensorFlow 1 tutorials and TF-Slim wrote theirs, and is frozen with
what training leaves behind in such a graph, so that the optimizer has its everyday work to do:
  - batch norms as FusedBatchNorm, one copy for training and one for inference, chosen by Switch and
    Merge on `is_training` (a PlaceholderWithDefault, false);
  - batch norms in single steps (Sub, Rsqrt, Mul, Add), with the moments chosen the same way;
  - dropout, Identity, CheckNumerics, an Assert tied on by a control edge.

Seeds are fixed and one machine repeats its own result; other CPUs round differently.
"""
import gzip
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow as tf

SEED = 1
EPOCHS = 12
BATCH = 128
PEAK_RATE = 0.1
WEIGHT_DECAY = 3e-4
IMAGES_KEPT = 2000
LABELS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
          "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
BN_DECAY = 0.97
BN_EPSILON = 1e-3

v1 = tf.compat.v1


def read_idx(path, header_bytes):
    with gzip.open(path, "rb") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header_bytes)


def load(folder, part):
    images = read_idx(os.path.join(folder, part + "-images-idx3-ubyte.gz"), 16)
    labels = read_idx(os.path.join(folder, part + "-labels-idx1-ubyte.gz"), 8)
    return images.reshape(-1, 28, 28), labels.astype(np.int32)


# --- The network ---------------------------------------------------------------------------------

def weights(name, shape, fan_in):
    return v1.get_variable(name, shape, initializer=v1.random_normal_initializer(
        stddev=(2.0 / fan_in) ** 0.5))


def moving_averages(channels):
    mean = v1.get_variable("moving_mean", [channels], trainable=False,
                           initializer=v1.zeros_initializer())
    variance = v1.get_variable("moving_variance", [channels], trainable=False,
                               initializer=v1.ones_initializer())
    return mean, variance


def update_averages(averages, moments):
    for average, value in zip(averages, moments):
        v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, v1.assign_sub(
            average, (average - value) * (1 - BN_DECAY)))


def scale_and_shift(channels):
    gamma = v1.get_variable("gamma", [channels], initializer=v1.ones_initializer())
    beta = v1.get_variable("beta", [channels], initializer=v1.zeros_initializer())
    return gamma, beta


def fused_batch_norm(x, is_training):
    """As TF-Slim with fused=True: one op for each case, behind a cond."""
    channels = x.shape[-1]
    with v1.variable_scope("BatchNorm"):
        gamma, beta = scale_and_shift(channels)
        averages = moving_averages(channels)

        def train():
            y, mean, variance, _, _ = tf.raw_ops.FusedBatchNorm(
                x=x, scale=gamma, offset=beta, mean=tf.constant([]), variance=tf.constant([]),
                epsilon=BN_EPSILON, is_training=True)
            return y, mean, variance

        def infer():
            y, _, _, _, _ = tf.raw_ops.FusedBatchNorm(
                x=x, scale=gamma, offset=beta, mean=averages[0], variance=averages[1],
                epsilon=BN_EPSILON, is_training=False)
            return y, tf.identity(averages[0]), tf.identity(averages[1])

        y, mean, variance = v1.cond(is_training, train, infer)
        update_averages(averages, (mean, variance))
        return y


def plain_batch_norm(x, is_training):
    """As tf.nn.batch_normalization writes it: Add, Rsqrt, Mul, Mul, Mul, Sub, Add."""
    channels = x.shape[-1]
    with v1.variable_scope("BatchNorm"):
        gamma, beta = scale_and_shift(channels)
        averages = moving_averages(channels)
        moments = v1.cond(is_training,
                          lambda: tuple(v1.nn.moments(x, [0, 1, 2], name="moments")),
                          lambda: (tf.identity(averages[0]), tf.identity(averages[1])))
        update_averages(averages, moments)
        return tf.nn.batch_normalization(x, moments[0], moments[1], beta, gamma, BN_EPSILON)


def conv(x, name, channels, size, is_training, norm, stride=1, activate=True):
    with v1.variable_scope(name):
        taken = x.shape[-1]
        w = weights("weights", [size, size, taken, channels], size * size * taken)
        y = norm(v1.nn.conv2d(x, w, strides=[1, stride, stride, 1], padding="SAME", name="Conv2D"),
                 is_training)
        return tf.nn.relu(y, name="Relu") if activate else y


def depthwise(x, name, is_training, norm):
    with v1.variable_scope(name):
        w = weights("depthwise_weights", [3, 3, x.shape[-1], 1], 9)
        y = norm(v1.nn.depthwise_conv2d(x, w, strides=[1, 1, 1, 1], padding="SAME",
                                        name="depthwise"), is_training)
        return tf.nn.relu6(y, name="Relu6")


def residual(x, name, is_training):
    channels = x.shape[-1]
    with v1.variable_scope(name):
        y = conv(x, "conv1", channels, 3, is_training, plain_batch_norm)
        y = conv(y, "conv2", channels, 3, is_training, fused_batch_norm, activate=False)
        return tf.nn.relu(x + y, name="Relu")


def dropout(x, keep, is_training):
    """As tf.layers.dropout: Switch and Merge around the random mask."""
    with v1.variable_scope("Dropout"):
        return v1.cond(is_training, lambda: v1.nn.dropout(x, keep_prob=keep, seed=SEED),
                       lambda: tf.identity(x))


def network(images, is_training):
    """images [N,28,28,3] in 0..1 -> logits [N,10]"""
    in_range = tf.reduce_all(tf.less_equal(tf.abs(images), 1e6), name="in_range")
    guard = tf.raw_ops.Assert(condition=in_range, data=["input out of range"])
    with tf.control_dependencies([guard]):
        x = tf.identity(images, name="checked_input")
    x = conv(x, "stem", 24, 3, is_training, fused_batch_norm)
    x = conv(x, "down", 48, 3, is_training, plain_batch_norm, stride=2)
    x = residual(x, "block1", is_training)
    x = v1.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME", name="pool")
    x = depthwise(x, "block2/depthwise", is_training, plain_batch_norm)
    x = conv(x, "block2/pointwise", 128, 1, is_training, fused_batch_norm)
    x = depthwise(x, "block3/depthwise", is_training, fused_batch_norm)
    x = conv(x, "block3/pointwise", 160, 1, is_training, plain_batch_norm)
    x = tf.reduce_mean(x, [1, 2], name="global_pool")
    x = dropout(x, 0.8, is_training)
    with v1.variable_scope("logits"):
        w = weights("weights", [x.shape[-1], len(LABELS)], x.shape[-1])
        b = v1.get_variable("biases", [len(LABELS)], initializer=v1.zeros_initializer())
        x = v1.nn.bias_add(tf.matmul(x, w), b)
    return v1.check_numerics(x, "logits", name="checked_logits")


# --- Training ------------------------------------------------------------------------------------

def augment(images, rng):
    """Mirrors half of the images and moves each batch by up to 1 pixel."""
    flip = rng.random(len(images)) < 0.5
    images = np.where(flip[:, None, None], images[:, :, ::-1], images)
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1)])
    dy, dx = rng.integers(0, 3, 2)
    return padded[:, dy:dy + 28, dx:dx + 28]


def to_input(images):
    """What the default preprocessing makes of a gray image: three equal channels in 0..1."""
    return np.repeat(images[..., None].astype(np.float32) / np.float32(255), 3, axis=3)


def train(session, graph_ends, images, labels, test_images, test_labels):
    x, is_training, target, rate, train_op, loss, softmax = graph_ends
    rng = np.random.default_rng(SEED)
    steps = len(images) // BATCH
    for epoch in range(EPOCHS):
        order, losses = rng.permutation(len(images)), []
        for step in range(steps):
            at = order[step * BATCH:(step + 1) * BATCH]
            done = (epoch * steps + step) / (EPOCHS * steps)
            warm = min(1.0, done * EPOCHS * 2) # half an epoch
            now = PEAK_RATE * warm * 0.5 * (1 + np.cos(np.pi * done))
            _, value = session.run([train_op, loss], {
                x: to_input(augment(images[at], rng)), target: labels[at], rate: now,
                is_training: True})
            losses.append(value)
        guesses = predict(session, x, softmax, test_images).argmax(axis=1)
        print("epoch %d: loss %.4f, test accuracy %.2f %%" % (
            epoch + 1, np.mean(losses), 100 * np.mean(guesses == test_labels)), flush=True)


def predict(session, x, softmax, images):
    return np.concatenate([session.run(softmax, {x: to_input(images[i:i + 500])})
                           for i in range(0, len(images), 500)])


# --- Writing -------------------------------------------------------------------------------------

def freeze(session, path):
    graph = v1.graph_util.convert_variables_to_constants(
        session, session.graph.as_graph_def(), ["softmax"])
    for node in graph.node: # attributes that TensorFlow 1 did not know yet, at their defaults
        node.attr.pop("exponential_avg_factor", None)
    graph.versions.producer = 27
    with open(path, "wb") as file:
        file.write(graph.SerializeToString(deterministic=True))
    return graph


def write_images(path, images, labels):
    def feature(**kind):
        return v1.train.Feature(**kind)

    with v1.Session(graph=tf.Graph()) as session, tf.io.TFRecordWriter(path) as writer:
        pixels = v1.placeholder(tf.uint8, [28, 28, 1])
        encode = tf.io.encode_png(pixels, compression=9)
        for image, label in zip(images, labels):
            png = session.run(encode, {pixels: image[..., None]})
            example = v1.train.Example(features=v1.train.Features(feature={
                "image/encoded": feature(bytes_list=v1.train.BytesList(value=[png])),
                "image/format": feature(bytes_list=v1.train.BytesList(value=[b"png"])),
                "image/class/label": feature(
                    int64_list=v1.train.Int64List(value=[int(label)]))}))
            writer.write(example.SerializeToString(deterministic=True))


def write_predictions(path, graph, images, labels):
    """What TensorFlow itself answers, from the frozen file: the truth that our engine is held to."""
    with v1.Session(graph=tf.Graph()) as session:
        x, softmax = tf.import_graph_def(graph, return_elements=["input:0", "softmax:0"], name="")
        probabilities = predict(session, x, softmax, images)
    two = np.sort(probabilities, axis=1)[:, -2:]
    guesses = probabilities.argmax(axis=1)
    with open(path, "w") as file:
        file.write("index\tlabel\ttop1\tmargin\n")
        for i, (label, guess) in enumerate(zip(labels, guesses)):
            file.write("%d\t%d\t%d\t%.6f\n" % (i, label, guess, two[i, 1] - two[i, 0]))
    print("%d of the %d images kept are right (%.2f %%)" % (
        np.sum(guesses == labels), len(labels), 100 * np.mean(guesses == labels)))


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist"
    target_folder = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.path.abspath(__file__))
    v1.disable_eager_execution()
    v1.disable_resource_variables()
    v1.disable_control_flow_v2()
    tf.config.experimental.enable_op_determinism()
    v1.set_random_seed(SEED)

    images, labels = load(source, "train")
    test_images, test_labels = load(source, "t10k")

    x = v1.placeholder(tf.float32, [None, 28, 28, 3], name="input")
    is_training = v1.placeholder_with_default(False, [], name="is_training")
    logits = network(x, is_training)
    softmax = tf.nn.softmax(logits, name="softmax")

    target = v1.placeholder(tf.int32, [None], name="target")
    rate = v1.placeholder(tf.float32, [], name="rate")
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits))
    decay = tf.add_n([tf.nn.l2_loss(w) for w in v1.trainable_variables() if "weights" in w.name])
    with tf.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
        train_op = v1.train.MomentumOptimizer(rate, 0.9, use_nesterov=True).minimize(
            loss + WEIGHT_DECAY * decay)

    config = v1.ConfigProto(intra_op_parallelism_threads=2, inter_op_parallelism_threads=1)
    with v1.Session(config=config) as session:
        session.run(v1.global_variables_initializer())
        train(session, (x, is_training, target, rate, train_op, loss, softmax), images, labels,
              test_images, test_labels)
        graph = freeze(session, os.path.join(target_folder, "fashion.pb"))

    kept = test_images[:IMAGES_KEPT], test_labels[:IMAGES_KEPT]
    write_images(os.path.join(target_folder, "fashion-test.tfrecord"), *kept)
    write_predictions(os.path.join(target_folder, "top1.tsv"), graph, *kept)
    with open(os.path.join(target_folder, "labels.txt"), "w") as file:
        file.write("\n".join(LABELS) + "\n")


if __name__ == "__main__":
    main()

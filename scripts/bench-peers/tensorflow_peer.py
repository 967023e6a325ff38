"""The same EfficientNet-B0 in TensorFlow, written with functions, with the same kernels and in-place updates, as one tf.function."""
import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import numpy as np
import tensorflow as tf

CLASSES = 10
EPSILON = 1e-3
#         kernel, stride, expand, channels, repeats
STAGES = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1)]


def open_peer(intra, inter):
    tf.config.threading.set_intra_op_parallelism_threads(intra)
    tf.config.threading.set_inter_op_parallelism_threads(inter)
    works = {"step": step_of, "label": label_of}
    return lambda work, model, images, size: works[work](Network(), images, size)


class Network:
    """Variables by name; `forward` computes logits and the new running statistics."""

    def __init__(self):
        self.random = np.random.default_rng(1)
        self.weights, self.statistics, self.blocks = {}, {}, []
        self.convolution("stem", 3, 3, 32)
        self.norm("bn1", 32)
        channels = 32
        for kernel, first, expand, out, repeats in STAGES:
            for position in range(repeats):
                name, stride, middle = f"b{len(self.blocks)}", first if position == 0 else 1, channels * expand
                if expand > 1:
                    self.convolution(f"{name}.expand", 1, channels, middle)
                    self.norm(f"{name}.bn1", middle)
                self.weight(f"{name}.filter", (kernel, kernel, middle, 1), (2 / kernel**2) ** 0.5)
                self.norm(f"{name}.bn2", middle)
                self.convolution(f"{name}.reduce", 1, middle, channels // 4)
                self.weight(f"{name}.reduce.bias", (channels // 4,), 0)
                self.convolution(f"{name}.restore", 1, channels // 4, middle)
                self.weight(f"{name}.restore.bias", (middle,), 0)
                self.convolution(f"{name}.project", 1, middle, out)
                self.norm(f"{name}.bn3", out)
                self.blocks.append((name, stride, expand, stride == 1 and channels == out))
                channels = out
        self.convolution("head", 1, channels, 1280)
        self.norm("bn2", 1280)
        self.weight("classifier", (1280, CLASSES), 0.1)
        self.weight("classifier.bias", (CLASSES,), 0)

    def weight(self, name, shape, deviation):
        self.weights[name] = tf.Variable(self.random.normal(0, 1, shape).astype(np.float32) * np.float32(deviation))

    def convolution(self, name, kernel, channels, out):
        self.weight(name, (kernel, kernel, channels, out), (2 / (kernel**2 * out)) ** 0.5)

    def norm(self, name, channels):
        self.weights[f"{name}.scale"] = tf.Variable(tf.ones(channels))
        self.weights[f"{name}.shift"] = tf.Variable(tf.zeros(channels))
        self.statistics[f"{name}.mean"] = tf.Variable(tf.zeros(channels))
        self.statistics[f"{name}.variance"] = tf.Variable(tf.ones(channels))

    def forward(self, x, masks=None):
        """`masks` = (drop-path [blocks, n], dropout [n, 1280]) for training, None for inference."""
        weights, updates = self.weights, {}

        def norm(x, name):
            mean, variance = self.statistics[f"{name}.mean"], self.statistics[f"{name}.variance"]
            given = dict(x=x, scale=weights[f"{name}.scale"], offset=weights[f"{name}.shift"], mean=mean, variance=variance, epsilon=EPSILON)
            if masks is None:
                return tf.raw_ops.FusedBatchNormV3(**given, is_training=False).y
            normal = tf.raw_ops.FusedBatchNormV3(**given, is_training=True, exponential_avg_factor=0.1)
            updates[f"{name}.mean"], updates[f"{name}.variance"] = normal.batch_mean, normal.batch_variance
            return normal.y

        x = tf.nn.silu(norm(tf.nn.conv2d(x, weights["stem"], 2, "SAME"), "bn1"))
        for i, (name, stride, expand, skip) in enumerate(self.blocks):
            before = x
            if expand > 1:
                x = tf.nn.silu(norm(tf.nn.conv2d(x, weights[f"{name}.expand"], 1, "SAME"), f"{name}.bn1"))
            x = tf.nn.silu(norm(tf.nn.depthwise_conv2d(x, weights[f"{name}.filter"], [1, stride, stride, 1], "SAME"), f"{name}.bn2"))
            mean = tf.reduce_mean(x, [1, 2], keepdims=True)
            mean = tf.nn.silu(tf.nn.bias_add(tf.nn.conv2d(mean, weights[f"{name}.reduce"], 1, "SAME"), weights[f"{name}.reduce.bias"]))
            x *= tf.sigmoid(tf.nn.bias_add(tf.nn.conv2d(mean, weights[f"{name}.restore"], 1, "SAME"), weights[f"{name}.restore.bias"]))
            x = norm(tf.nn.conv2d(x, weights[f"{name}.project"], 1, "SAME"), f"{name}.bn3")
            if skip:
                x = before + (x if masks is None else x * tf.reshape(masks[0][i], [-1, 1, 1, 1]))
        x = tf.nn.silu(norm(tf.nn.conv2d(x, weights["head"], 1, "SAME"), "bn2"))
        x = tf.reduce_mean(x, [1, 2])
        return (x if masks is None else x * masks[1]) @ weights["classifier"] + weights["classifier.bias"], updates


def step_of(network, images, size):
    names = list(network.weights)
    square = {name: tf.Variable(tf.ones_like(weight)) for name, weight in network.weights.items()}
    momentum = {name: tf.Variable(tf.zeros_like(weight)) for name, weight in network.weights.items()}
    average = {name: tf.Variable(tensor) for name, tensor in {**network.weights, **network.statistics}.items()}

    @tf.function
    def step(x, y, drop_path, dropout, rate):
        with tf.GradientTape() as tape:
            logits, statistics = network.forward(x, (drop_path, dropout))
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, logits))
        for name, gradient in zip(names, tape.gradient(loss, [network.weights[name] for name in names])):
            weight = network.weights[name]
            if len(weight.shape) > 1:
                gradient += 1e-5 * weight
            tf.raw_ops.ResourceApplyRMSProp(
                var=weight.handle, ms=square[name].handle, mom=momentum[name].handle, lr=rate, rho=0.9, momentum=0.9, epsilon=EPSILON, grad=gradient
            )
        for name, value in statistics.items():
            network.statistics[name].assign(value)
        for name, held in average.items():
            current = network.weights[name] if name in network.weights else network.statistics[name]
            held.assign(0.9999 * held + (1 - 0.9999) * current)
        return loss

    inputs = [tf.random.normal([images, size, size, 3]), tf.fill([images, CLASSES], 1 / CLASSES), tf.ones([len(network.blocks), images]), tf.ones([images, 1280])]
    return lambda: step(*inputs, tf.constant(1e-4)).numpy()


def label_of(network, images, size):
    label = tf.function(lambda x: network.forward(x)[0])
    x = tf.random.normal([images, size, size, 3])
    return lambda: label(x).numpy()

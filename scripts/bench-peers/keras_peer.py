"""Keras' own EfficientNetB0, RMSprop and moving average, in one tf.function."""
import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import keras
import tensorflow as tf

CLASSES = 10


def open_peer(intra, inter):
    tf.config.threading.set_intra_op_parallelism_threads(intra)
    tf.config.threading.set_inter_op_parallelism_threads(inter)
    works = {"step": step_of, "label": label_of}
    return lambda work, model, images, size: works[work](images, size)


def network_of(size):
    return keras.applications.EfficientNetB0(weights=None, input_shape=(size, size, 3), classes=CLASSES, classifier_activation=None)


def step_of(images, size):
    model = network_of(size)
    optimiser = keras.optimizers.RMSprop(1e-4, rho=0.9, momentum=0.9, epsilon=1e-3, weight_decay=1e-5, use_ema=True, ema_momentum=0.9999)
    optimiser.build(model.trainable_variables)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, model(x, training=True)))
        optimiser.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    x, y = tf.random.uniform([images, size, size, 3], 0, 255), tf.fill([images, CLASSES], 1 / CLASSES)
    return lambda: step(x, y).numpy()


def label_of(images, size):
    model = network_of(size)
    label = tf.function(lambda x: model(x, training=False))
    x = tf.random.uniform([images, size, size, 3], 0, 255)
    return lambda: label(x).numpy()

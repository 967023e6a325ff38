"""timm's RandAugment on Pillow images: 2 operations of magnitude 9, each applied."""
import random

import numpy as np
from PIL import Image
from timm.data.auto_augment import rand_augment_transform


def open_peer(intra, inter):
    return lambda work, images, size: augment_of(images, size)


def augment_of(images, size):
    random.seed(1)
    np.random.seed(1)
    augment = rand_augment_transform("rand-m9-n2-p1", {"img_mean": (124, 116, 104)})
    pictures = [Image.fromarray(picture(size, i)) for i in range(16)]

    def run():
        for i in range(images):
            augment(pictures[i % 16])

    return run


def picture(size, seed):
    """A soft blob on black with some grain, as bench/picture.ts makes it."""
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    grain = np.random.default_rng(seed).random((size, size, 3))
    distance = np.hypot(x, y)[..., None]
    return np.where(distance > 0.4, 0, 230 * (1 - distance) * (0.8 + 0.2 * grain)).astype(np.uint8)

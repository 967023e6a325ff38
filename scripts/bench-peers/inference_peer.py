"""timm's inference script in one function: a folder of images through its loader and a model in inference mode, to top-5 rows in a file."""
import csv
import os

import timm
import torch
from timm.data import create_dataset, create_loader

CLASSES = 10


def open_peer(intra, inter, workers):
    torch.set_num_threads(intra)
    torch.set_num_interop_threads(inter)
    return lambda work, model, folder, size: inference_of(model, folder, size, workers)


def inference_of(name, folder, size, workers):
    model = timm.create_model(name, num_classes=CLASSES).to(memory_format=torch.channels_last).eval()
    dataset = create_dataset("", root=folder)
    loader = create_loader(
        dataset,
        input_size=(3, size, size),
        batch_size=64,
        use_prefetcher=False,
        interpolation="bicubic",
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        num_workers=workers,
        crop_pct=1.0,
    )
    out = os.path.join(folder, "..", "timm.csv")

    def run():
        rows = []
        with torch.inference_mode():
            for images, _ in loader:
                probabilities = model(images.to(memory_format=torch.channels_last)).softmax(-1)
                values, indices = probabilities.topk(5)
                rows += [[*i, *v] for i, v in zip(indices.tolist(), values.tolist())]
        names = dataset.filenames(basename=True)
        assert len(rows) == len(names)
        with open(out, "w", newline="") as file:
            csv.writer(file).writerows([name, *row] for name, row in zip(names, rows))

    return run

"""PyTorch + timm: the step of timm's train.py (RMSpropTF, ModelEmaV3, soft targets), and a forward pass in inference mode."""
import timm
import torch
from timm.loss import SoftTargetCrossEntropy
from timm.optim import RMSpropTF
from timm.utils import ModelEmaV3

CLASSES = 10


def open_peer(intra, inter, layout):
    torch.set_num_threads(intra)
    torch.set_num_interop_threads(inter)
    torch.manual_seed(1)
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    works = {"step": step_of, "label": label_of}
    return lambda work, model, images, size: works[work](model, images, size, memory_format)


def step_of(name, images, size, memory_format):
    model = timm.create_model(name, num_classes=CLASSES, drop_rate=0.2, drop_path_rate=0.2).to(memory_format=memory_format).train()
    optimiser = RMSpropTF(timm.optim.param_groups_weight_decay(model, 1e-5), lr=1e-4, alpha=0.9, momentum=0.9, eps=1e-3)
    average = ModelEmaV3(model, decay=0.9999)
    loss_of = SoftTargetCrossEntropy()
    x = torch.randn(images, 3, size, size).to(memory_format=memory_format)
    y = torch.full((images, CLASSES), 1 / CLASSES)

    def step():
        optimiser.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimiser.step()
        average.update(model)
        loss.item()

    return step


def label_of(name, images, size, memory_format):
    model = timm.create_model(name, num_classes=CLASSES).to(memory_format=memory_format).eval()
    x = torch.randn(images, 3, size, size).to(memory_format=memory_format)

    def label():
        with torch.inference_mode():
            model(x).numpy()

    return label

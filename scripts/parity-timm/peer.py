"""
timm's side of scripts/parity-timm.ts. Reads one line of JSON per task and answers with one.

{"load": folder, "images": file, "shape": [n, h, w, c]}   logits of timm's model of that folder, loaded strictly
{"save": folder, "name": name, "seed": n, "classes": n, "images": file, "shape": [...]}
                                                          a model of timm's with random numbers into the folder, and its logits
{"serve": folder, "images": file, "shape": [...]}         logits of a SavedModel by TensorFlow
Images are float32, NHWC, little-endian; logits are a list of rows.
"""
import json
import os
import sys

import numpy as np


def main():
    for line in sys.stdin:
        task = json.loads(line)
        images = np.fromfile(task["images"], dtype="<f4").reshape(task["shape"])
        answer = serve(task["serve"], images) if "serve" in task else timm_logits(task, images)
        print(json.dumps(answer), flush=True)


def timm_logits(task, images):
    import safetensors.torch
    import timm
    import torch

    torch.set_num_threads(os.cpu_count())
    if "load" in task:
        model = timm.create_model("local-dir:" + task["load"], pretrained=True).eval()
        # create_model is lenient where heads differ; this is not.
        model.load_state_dict(safetensors.torch.load_file(os.path.join(task["load"], "model.safetensors")), strict=True)
    else:
        torch.manual_seed(task["seed"])
        model = timm.create_model(task["name"], num_classes=task["classes"]).eval()
        for name, tensor in model.state_dict().items():
            if name.endswith("running_mean"):
                tensor.normal_(0, 0.1)
            elif name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
        timm.models.save_for_hf(model, task["save"], safe_serialization=True)
    with torch.inference_mode():
        return model(torch.from_numpy(images.transpose(0, 3, 1, 2).copy())).tolist()


def serve(folder, images):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    function = tf.saved_model.load(folder).signatures["serving_default"]
    return function(images=tf.constant(images))["logits"].numpy().tolist()


main()

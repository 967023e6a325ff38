"""Writes what this project knows of timm's weights and of ImageNet's classes, from an installed timm. For developers only.

    python scripts/timm-facts.py RESULTS

RESULTS is the folder `results/` of a clone of huggingface/pytorch-image-models: the scores are not in timm's package. Writes
  test/golden/timm-catalogue.json  every set of weights of the family, the old names, scores and multiply-accumulates
  lib/models/imagenet-1k.json      synset and WordNet lemmas of the 1000 classes
"""
import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import timm
from timm.models import get_pretrained_cfg, list_models
from timm.models._registry import _deprecated_models, _model_default_cfgs

ROOT = Path(__file__).resolve().parent.parent
FAMILY = re.compile(r'(tf_)?efficientnet_(b[0-8]|l2)')
SCORES = 'results-imagenet.csv'
SPEED = 'benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv'
FACTS = ('tag', 'hf_hub_id', 'input_size', 'test_input_size', 'interpolation', 'crop_pct', 'test_crop_pct', 'crop_mode',
         'mean', 'std', 'num_classes', 'pool_size', 'first_conv', 'classifier', 'license')


def main(results):
    commit = subprocess.run(['git', '-C', results, 'rev-parse', 'HEAD'], capture_output=True, text=True).stdout.strip()[:8] or 'unknown commit'
    write_catalogue(Path(results), commit)
    write_classes()


def write_catalogue(results, commit):
    architectures = [name for name in list_models() if FAMILY.fullmatch(name)]
    weights = [{'architecture': name, **facts(name, tag)} for name in architectures for tag in _model_default_cfgs[name].tags]
    aliases = {old: new for old, new in _deprecated_models.items() if FAMILY.fullmatch(new.split('.')[0])}
    scores = [[row['model'], int(row['img_size']), float(row['crop_pct']), float(row['top1']), float(row['top5'])]
              for row in rows(results / SCORES) if FAMILY.fullmatch(row['model'].split('.')[0])]
    gmacs = [[row['model'], int(row['infer_img_size']), float(row['infer_gmacs'])]
             for row in rows(results / SPEED) if FAMILY.fullmatch(row['model'])]
    source = (f'timm {timm.__version__}, get_pretrained_cfg() of every model of the family and its table of deprecated names, in its order; '
              f'scores [model, size, crop, top-1, top-5] and gmacs [model, size, giga multiply-accumulates] from results/{SCORES} and '
              f'results/{SPEED} of huggingface/pytorch-image-models at {commit}. Written by scripts/timm-facts.py.')
    lists = ',\n'.join(f'  {json.dumps(key)}: [\n{lines(values)}\n  ]' for key, values in (('weights', weights), ('scores', scores), ('gmacs', gmacs)))
    text = f'{{\n  "source": {json.dumps(source)},\n  "aliases": {json.dumps(aliases)},\n{lists}\n}}\n'
    (ROOT / 'test/golden/timm-catalogue.json').write_text(text)


def facts(name, tag):
    written = get_pretrained_cfg(f'{name}.{tag}').to_dict(remove_null=True)
    return {key: written[key] for key in FACTS if key in written}


def rows(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def lines(values):
    return ',\n'.join(f'    {json.dumps(value)}' for value in values)


def write_classes():
    info = Path(timm.__file__).parent / 'data/_info'
    lemmas = dict(line.split('\t') for line in (info / 'imagenet_synset_to_lemma.txt').read_text().splitlines())
    classes = [[synset, lemmas[synset]] for synset in (info / 'imagenet_synsets.txt').read_text().splitlines()]
    path = ROOT / 'lib/models/imagenet-1k.json'
    head = {**json.loads(path.read_text()), 'classes': []}  # The words around the list are written by hand.
    text = json.dumps(head, indent=2, ensure_ascii=False).replace('"classes": []', f'"classes": [\n{lines(classes)}\n  ]')
    path.write_text(f'{text}\n')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])

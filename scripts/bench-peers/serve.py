"""
One peer as a process: reads a line of JSON for each piece of work, and answers with one.

    python serve.py PEER INTRA INTER      PEER is a key of PEERS

{"prepare": {...}} builds the work and does it once; {"run": n} does it n times and answers {"ms": of all together}.
{"memory": true} answers with the peak resident memory of the process, in bytes.
"""
import importlib
import json
import resource
import sys
import time

PEERS = {
    "torch": ("torch_peer", {"layout": "channels_last"}),
    "torch_nchw": ("torch_peer", {"layout": "contiguous"}),
    "tensorflow": ("tensorflow_peer", {}),
    "keras": ("keras_peer", {}),
    "timm_augment": ("augment_peer", {}),
    "timm_inference": ("inference_peer", {"workers": 2}),
}


def main(peer, intra, inter):
    module, options = PEERS[peer]
    prepare = importlib.import_module(module).open_peer(int(intra), int(inter), **options)
    work = None
    for line in sys.stdin:
        asked = json.loads(line)
        if "prepare" in asked:
            work = prepare(**asked["prepare"])
            work()
            answer = {}
        elif "run" in asked:
            start = time.perf_counter()
            for _ in range(asked["run"]):
                work()
            answer = {"ms": 1000 * (time.perf_counter() - start)}
        else:
            answer = {"bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        print(json.dumps(answer), flush=True)


main(*sys.argv[1:])

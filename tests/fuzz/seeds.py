"""Writes the seed corpora: small valid inputs for every target. `python3 seeds.py`; needs nothing but Python.

Archives and arrays come from tests/fixtures/readers, where NumPy and Pillow wrote them. The seeds of run_config and event_lines
are cut from run folders of searches with 4 channels and one step.
"""

import gzip
import hashlib
import itertools
import json
import struct
import tarfile
import io
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "readers"

DARTS_V2 = {
    "normal": [("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 1),
               ("skip_connect", 0), ("skip_connect", 0), ("dil_conv_3x3", 2)],
    "reduce": [("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 1), ("max_pool_3x3", 0),
               ("skip_connect", 2), ("skip_connect", 2), ("max_pool_3x3", 1)],
}
OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]


def seed(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def nodes(edges):
    inputs = [{"from": source, "operation": operation} for operation, source in edges]
    return {"nodes": [inputs[i : i + 2] for i in range(0, 8, 2)], "concat": [2, 3, 4, 5]}


def genotypes():
    darts = {"normal": nodes(DARTS_V2["normal"]), "reduction": nodes(DARTS_V2["reduce"])}
    seed("genotype_json", "darts", json.dumps({"version": 1, "space": "darts", "cells": darts}))
    python = "Genotype(normal={}, normal_concat=[2, 3, 4, 5], reduce={}, reduce_concat=range(2, 6))"
    seed("genotype_python", "darts", python.format(DARTS_V2["normal"], DARTS_V2["reduce"]))
    nb201 = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|"
    seed("genotype_nb201", "full", nb201)
    darts_v2 = python.format(DARTS_V2["normal"], DARTS_V2["reduce"])
    line = f"2024-05-06 07:01:01,000 genotype = {darts_v2}\n2024-05-06 07:01:59,000 valid_acc 61.25\n"
    seed("genotype_text", "log", 2 * line)
    head = "from collections import namedtuple\n\nGenotype = namedtuple('Genotype', 'normal reduce')\n"
    seed("genotype_text", "genotypes.py", f"{head}FIRST = {darts_v2}\n# OLD = {darts_v2}\nSECOND = {darts_v2}\nBEST = SECOND\n")
    by_node = {kind: [inputs[i : i + 2] for i in range(0, 8, 2)] for kind, inputs in DARTS_V2.items()}
    nodes_text = python.format(by_node["normal"], by_node["reduce"]).replace(" 0)", " np.int64(0))")
    seed("genotype_text", "nodes", nodes_text.encode("utf-16"))
    both = {"normal_concat": [2, 3, 4, 5], "reduce_concat": [2, 3, 4, 5]}
    seed("genotype_text", "dictionary", f"> {DARTS_V2 | both}")
    seed("genotype_text", "parts", darts_v2.removeprefix("Genotype("))
    seed("genotype_text", "info", f"Structure(4 nodes with {nb201})\ndatasets : ['cifar10']\n| 93.2 | {nb201[1:-1]} |\n")
    structure = "[(('nor_conv_3x3', 0),), (('none', 0), ('skip_connect', 1))]"
    seed("genotype_text", "structure", f"\x1b[32mResNet_CODE = Structure({structure})\x1b[0m")
    seed("genotype_nb201", "small", "|nor_conv_3x3~0|+|none~0|skip_connect~1|")
    triples = [[("nor_conv_3x3", 0)], [("none", 0), ("skip_connect", 1)]]
    inputs = [[{"from": s, "operation": o} for o, s in node] for node in triples]
    small = {"version": 1, "space": "nas-bench-201-small", "cells": {"normal": {"nodes": inputs, "concat": [2]}}}
    seed("genotype_json", "small", json.dumps(small))


def tables():
    rows = ["ArchitectureString,valid,UniqueString,test"]
    for n, (a, b, c) in enumerate(itertools.product(OPERATIONS, repeat=3)):
        rows.append(f"|{a}~0|+|{b}~0|{c}~1|,{n * 0.5},x,{100 - n / 3:.3f}")
    text = "\n".join(rows) + "\n"
    seed("table", "small.csv", text)
    seed("table", "small.csv.gz", gzip.compress(text.encode(), mtime=0))
    rows = [";arch;acc_run1;acc_run2;acc_run3;acc_stderr;Params;test-777;test-888"]
    for n, (a, b, c) in enumerate(itertools.product(OPERATIONS, repeat=3)):
        third = "" if n % 5 == 0 else f"{60 + n / 5:.2f} %"
        row = f"{n};|{a}~0|+|{b}~0|{c}~1|;{59 + n / 5:.2f} %;{60 + n / 8:.2f} %;{third};0,5;1.234.567;{n / 130:.4f};\"{n / 125:.4f}\""
        rows.append(row.replace("1.234.567", "T").replace(".", ",").replace("T", "1.234.567"))
    text = "\r\n".join(rows) + "\r\n"
    seed("table", "runs.csv", text.encode("utf-8-sig"))
    seed("table", "runs-utf16.csv.gz", gzip.compress(text.encode("utf-16"), mtime=0))
    seed("table", "list", "[0, 1, 2, 3, 4, 0],93.5\n[0, 1, 2, 3, 4, 1],10\n")


def npy(descr, shape, data, fortran=False, version=1):
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + data


def idx(code, shape, data):
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + data


def tar(files, form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as file:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out.getvalue()


def data():
    labels, images = idx(8, [4], bytes([1, 2, 1, 2])), idx(8, [4, 3, 2], bytes(range(24)))
    seed("data_idx", "bytes", bytes([len(labels)]) + labels + images)
    labels = idx(0x0C, [4], struct.pack(">4i", 1, 2, 1, 2))
    seed("data_idx", "wide", bytes([len(labels)]) + labels + images + b"1 65 97\n2 66 98\n".ljust(24, b"\n"))
    seed("data_idx", "gzip", bytes([len(labels)]) + labels + gzip.compress(images, mtime=0))
    for descr, code in [("|u1", "B"), ("<i4", "i"), ("<i8", "q"), ("<f4", "f"), ("<f8", "d")]:
        for fortran in [False, True]:
            labels = npy(descr, "(4,)", struct.pack(f"<4{code}", 1, 2, 1, 2))
            images = npy(descr, "(4, 3, 2)", struct.pack(f"<24{code}", *range(24)), fortran, 2)
            seed("data_npy", f"{code}{int(fortran)}", bytes([len(labels)]) + labels + images)
    labels = npy("|u1", "(2, 1)", b"\0\1", version=3)
    seed("data_npy", "colour", bytes([len(labels)]) + labels + npy("|u1", "(2, 2, 2, 3)", bytes(range(24))))
    seed("data_cifar", "ten", (b"\x03" + bytes(3072)) + (b"\x09" + bytes(3072)))
    seed("data_cifar", "hundred", (b"\x03\x63" + bytes(3072)) + (b"\x13\x00" + bytes(3072)))
    with zipfile.ZipFile(FIXTURES / "pets.zip") as file:
        for name in file.namelist():
            if name.endswith(("png", "jpg", "jpeg")):
                seed("data_image", name.replace("/", "-"), file.read(name))
        pictures = {name: file.read(name) for name in file.namelist() if "train" in name}
    for name in ["medmnist.npz", "fortran.npz", "pets.zip", "multilabel.npz"]:
        seed("data_zip", name, (FIXTURES / name).read_bytes())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in pictures.items():
            file.writestr(name, content)
    seed("data_zip", "stored", out.getvalue())
    long = {"a/" + "b" * 120 + ".png": next(iter(pictures.values())), **pictures}
    for name, form in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
        seed("data_tar", name, tar(pictures if name == "ustar" else long, form)[: 512 * 40])
    for name in ["pets-pax.tar.gz", "pets-gnu.tar.gz", "cifar10.tar.gz", "medmnist.npz", "pets.zip"]:
        seed("data_file", name, (FIXTURES / name).read_bytes())
    for number, name in enumerate(["a/b#size=32,grey", "c#coarse", "d.tar.gz#set=letters,transpose", "../x", "e#size=24x32", "mnist5k#size=14#grey"]):
        seed("data_name", str(number), name)


def checkpoint(position, tensors):
    entries, data = {}, b""
    for name, (shape, values) in tensors.items():
        packed = struct.pack(f"<{len(values)}f", *values)
        entries[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    dense = {"separators": (",", ":")}
    state = json.dumps({"sha256": "0" * 64, "version": 1, "position": position}, **dense)
    header = json.dumps({"__metadata__": {"plateau": state}, **entries}, **dense).encode()
    header += b" " * (-len(header) % 8)
    whole = struct.pack("<Q", len(header)) + header + data
    return whole.replace(b"0" * 64, hashlib.sha256(whole).hexdigest().encode(), 1)


def checkpoints():
    read = lambda name: json.loads((HERE / "corpus" / "run_config" / name).read_text())
    device = {"name": "CPU", "backend": "cpu", "driver": "", "software": False, "max_binding": 0}
    genotype = read("training")["genotype"]
    position = {
        "plateau": "0.1.0", "config": read("small"), "device": device, "dataset": "91f8", "events": 4, "phase": "search",
        "step": 1, "steps": 2, "genotype": None, "generators": {"search-augmentation": 718, "neighbors": 16},
        "batches": {"weight-batches": 1, "alpha-batches": 1}, "adam_steps": 1, "totals": [0.0, 0.5],
        "watch": {"evaluations": [{"step": 1, "sharpness": 0.5, "genotype": genotype}], "collapsed": False},
    }
    alpha = ([1, 3, 5], [n / 8 for n in range(15)])
    seed("checkpoint", "search", checkpoint(position, {"supernet.alpha": alpha, "supernet.weights": ([4], [0, 1, -1, 0.5])}))
    position.update(config=read("training"), phase="train", genotype=genotype, batches={"train-batches": 3})
    seed("checkpoint", "train", checkpoint(position, {"derived.weights": ([2], [float("nan"), 1])}))
    seed("checkpoint", "empty", checkpoint(position, {}))


def events():
    seed("event_lines", "huge", '{"seconds":1.5,"event":"train-step","step":1,"loss":1e39,"accuracy":0.5}\n')


def links():
    cell = "d0414041414030326-0111231101232311"
    choices = f"preset=teach&strategy=a2m&space=darts&seed={2**64 - 1}&data=mnist5k&device=gpu"
    seed("link", "full", f"v=1&{choices}&cell={cell}")
    seed("link", "small", "#v=1&preset=quick&space=nas-bench-201-small&cell=s333")
    seed("link", "options", "v=1&data=mnist5k%23size=14,grey")
    seed("link", "lesson", "v=1&at=3&lesson=flat")
    seed("link", "bare", "v=1")


genotypes()
tables()
data()
checkpoints()
events()
links()

"""Holds exported networks against the answers of Plateau itself: what tests/session/exported.rs runs.

    python tests/peers/answers.py onnx|pytorch FOLDER

FOLDER has a folder for each network, with the exported files, `pixels.bin` (bytes) and `logits.bin` (32-bit floats).
Prints a line for each network whose answers agree.
"""

import importlib.util
import json
import pathlib
import sys

import numpy as np


def by_onnx(case):
    import onnx
    import onnxruntime

    for name in ["model.onnx", "raw.onnx"]:
        model = onnx.load(case / name)
        onnx.checker.check_model(model, full_check=True)
        about = {entry.key: entry.value for entry in model.metadata_props}
        assert json.loads(about["genotype"])["version"] == 1, about
        assert json.loads(about["classes"]) == ["heron", "kingfisher", "dipper"], about
        providers = ["CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(case / name, providers=providers)
        shape = session.get_inputs()[0].shape
        assert shape[0] == "N", shape
        mean, deviation = (np.float32(json.loads(about[key])).reshape(1, -1, 1, 1) for key in ["mean", "deviation"])

        def answer(pixels):
            images = (pixels - mean) / deviation if name == "raw.onnx" else pixels
            return session.run(["logits"], {"images": images})[0]

        yield shape[1:], answer


def by_pytorch(case):
    import torch

    place = importlib.util.spec_from_file_location("network", case / "network.py")
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    network = module.load()
    assert network.classes == ["heron", "kingfisher", "dipper"], network.classes

    def answer(pixels):
        with torch.no_grad():
            return network(torch.from_numpy(pixels)).numpy()

    yield network.description["input"], answer


kind, folder = sys.argv[1:]
for case in sorted(pathlib.Path(folder).iterdir()):
    for shape, answer in {"onnx": by_onnx, "pytorch": by_pytorch}[kind](case):
        pixels = np.fromfile(case / "pixels.bin", dtype="uint8").astype("float32").reshape(-1, *shape)
        logits = np.fromfile(case / "logits.bin", dtype="<f4").reshape(len(pixels), -1)
        assert len(pixels) == 5 and np.ptp(logits) > 0.01, logits
        for batch in (1, 5):
            np.testing.assert_allclose(answer(pixels[:batch]), logits[:batch], rtol=1e-4, atol=1e-4, err_msg=case.name)
    print(case.name, "agrees")

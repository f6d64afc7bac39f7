"""A network that Plateau found and trained, in PyTorch. It needs torch and the file weights.safetensors beside it.

    python network.py PICTURE...        says what is in pictures (needs Pillow)

    from network import load
    network = load()                    ready to predict; network.train() goes on training it
    logits = network(pixels)            [N, classes] for pixels [N, channels, height, width] from 0 to network.white

The normalisation of the pixels is part of the network. Its names are those of the authors' code, so that the weights fit there too:
NetworkCIFAR or NetworkImageNet of DARTS (without auxiliary head), TinyNetwork of NAS-Bench-201. Where the two differ, the network is
Plateau's: it takes images of any size and number of channels, pads odd sizes where the resolution is halved, and the classifier reads
the mean over the whole image.
"""

import json
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F


def conv(inputs, outputs, kernel, stride=1, dilation=1, groups=1):
    padding = dilation * (kernel // 2)
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)


class Operation(nn.Module):
    """Layers one after the other."""

    def __init__(self, *layers):
        super().__init__()
        self.op = nn.Sequential(*layers)

    def forward(self, x):
        return self.op(x)


def relu_conv_norm(inputs, outputs, kernel, stride=1):
    return Operation(nn.ReLU(), conv(inputs, outputs, kernel, stride), nn.BatchNorm2d(outputs))


def separable(channels, kernel, stride, dilation=1):
    """The layers of a dilated convolution, or of half a separable one."""
    depthwise = conv(channels, channels, kernel, stride, dilation, channels)
    return [nn.ReLU(), depthwise, conv(channels, channels, 1), nn.BatchNorm2d(channels)]


class Zero(nn.Module):
    def forward(self, x):
        return torch.zeros_like(x)


class FactorizedReduce(nn.Module):
    """Halves the resolution without losing pixels to the stride."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_1 = conv(inputs, outputs // 2, 1, 2)
        self.conv_2 = conv(inputs, outputs // 2, 1, 2)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        x = F.relu(x)
        shifted = F.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        return self.bn(torch.cat([self.conv_1(x), self.conv_2(shifted)], 1))


def operation(name, channels, stride):
    kernel = int(name[-1]) if name[-1].isdigit() else 0
    if name == "none":
        return Zero()
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels)
    if name == "max_pool_3x3":
        return nn.MaxPool2d(3, stride, 1)
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride, 1, count_include_pad=False)
    if name.startswith("sep_conv"):
        return Operation(*separable(channels, kernel, stride), *separable(channels, kernel, 1))
    if name.startswith("dil_conv"):
        return Operation(*separable(channels, kernel, stride, dilation=2))
    if name.startswith("nor_conv"):
        return relu_conv_norm(channels, channels, kernel, stride)
    raise ValueError(f"unknown operation {name}")


class DartsCell(nn.Module):
    def __init__(self, cell, before, last, channels, reduction, reduction_before):
        super().__init__()
        self.cell = cell
        if reduction_before:
            self.preprocess0 = FactorizedReduce(before, channels)
        else:
            self.preprocess0 = relu_conv_norm(before, channels, 1)
        self.preprocess1 = relu_conv_norm(last, channels, 1)
        edges = [edge for node in cell["nodes"] for edge in node]
        strides = [2 if reduction and edge["from"] < 2 else 1 for edge in edges]
        self._ops = nn.ModuleList(
            operation(edge["operation"], channels, stride) for edge, stride in zip(edges, strides)
        )

    def forward(self, before, last):
        states = [self.preprocess0(before), self.preprocess1(last)]
        operations = iter(self._ops)
        for node in self.cell["nodes"]:
            states.append(sum(next(operations)(states[edge["from"]]) for edge in node))
        return torch.cat([states[state] for state in self.cell["concat"]], 1)


class Network(nn.Module):
    """What the networks of both spaces share: they take pixels as they are."""

    def __init__(self, description):
        super().__init__()
        self.description = description
        self.classes = description["classes"]
        self.white = description["white"]
        # They are no parameters: they are not in the file of the weights.
        for name in ["mean", "deviation"]:
            values = torch.tensor(description["normalisation"][name])
            self.register_buffer(name, values.reshape(1, -1, 1, 1), persistent=False)

    def forward(self, pixels):
        return self.logits((pixels - self.mean) / self.deviation)


class Darts(Network):
    def __init__(self, description):
        super().__init__(description)
        image_channels = description["input"][0]
        channels, layers = description["channels"], description["layers"]
        cells = description["genotype"]["cells"]
        self.imagenet_stem = description["imagenet_stem"]
        if self.imagenet_stem:
            before = last = channels
            self.stem0 = nn.Sequential(
                conv(image_channels, channels // 2, 3, 2),
                nn.BatchNorm2d(channels // 2),
                nn.ReLU(),
                conv(channels // 2, channels, 3, 2),
                nn.BatchNorm2d(channels),
            )
            self.stem1 = nn.Sequential(nn.ReLU(), conv(channels, channels, 3, 2), nn.BatchNorm2d(channels))
        else:
            before = last = 3 * channels
            self.stem = nn.Sequential(conv(image_channels, last, 3), nn.BatchNorm2d(last))
        self.cells = nn.ModuleList()
        reduction_before = self.imagenet_stem
        for layer in range(layers):
            reduction = layer in (layers // 3, 2 * layers // 3)
            channels *= 2 if reduction else 1
            cell = cells["reduction" if reduction else "normal"]
            self.cells.append(DartsCell(cell, before, last, channels, reduction, reduction_before))
            before, last = last, channels * len(cell["concat"])
            reduction_before = reduction
        self.classifier = nn.Linear(last, len(self.classes))

    def logits(self, x):
        if self.imagenet_stem:
            before = self.stem0(x)
            last = self.stem1(before)
        else:
            before = last = self.stem(x)
        for cell in self.cells:
            before, last = last, cell(before, last)
        return self.classifier(last.mean((2, 3)))


class NasBench201Cell(nn.Module):
    def __init__(self, cell, channels):
        super().__init__()
        self.cell = cell
        self.layers = nn.ModuleList(
            operation(edge["operation"], channels, 1) for node in cell["nodes"] for edge in node
        )

    def forward(self, x):
        states = [x]
        operations = iter(self.layers)
        for node in self.cell["nodes"]:
            states.append(sum(next(operations)(states[edge["from"]]) for edge in node))
        return states[-1]


class ResidualBlock(nn.Module):
    """Doubles the channels and halves the resolution."""

    def __init__(self, channels):
        super().__init__()
        self.conv_a = relu_conv_norm(channels, 2 * channels, 3, 2)
        self.conv_b = relu_conv_norm(2 * channels, 2 * channels, 3)
        # An odd size is padded by a row or column that the mean leaves out.
        pool = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)
        self.downsample = nn.Sequential(pool, conv(channels, 2 * channels, 1))

    def forward(self, x):
        return self.conv_b(self.conv_a(x)) + self.downsample(x)


class NasBench201(Network):
    def __init__(self, description):
        super().__init__(description)
        image_channels = description["input"][0]
        channels, layers = description["channels"], description["layers"]
        cells = description["genotype"]["cells"]
        self.stem = nn.Sequential(conv(image_channels, channels, 3), nn.BatchNorm2d(channels))
        self.cells = nn.ModuleList()
        for stage in range(3):
            if stage > 0:
                self.cells.append(ResidualBlock(channels))
                channels *= 2
            self.cells.extend(NasBench201Cell(cells["normal"], channels) for _ in range(layers))
        self.lastact = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.classifier = nn.Linear(channels, len(self.classes))

    def logits(self, x):
        x = self.stem(x)
        for cell in self.cells:
            x = cell(x)
        return self.classifier(self.lastact(x).mean((2, 3)))


def build(description):
    """The network of a description, with new weights."""
    return (Darts if description["space"] == "darts" else NasBench201)(description)


def read(path):
    """The description and the tensors of a safetensors file."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    description = json.loads(header.pop("__metadata__")["network"])
    tensors = {}
    for name, place in header.items():
        start, end = place["data_offsets"]
        values = torch.frombuffer(data[start:end], dtype=torch.float32)
        tensors[name] = values.reshape(place["shape"])
    return description, tensors


def load(path=pathlib.Path(__file__).with_name("weights.safetensors")):
    """The trained network, ready to predict."""
    description, tensors = read(path)
    network = build(description)
    network.load_state_dict(tensors)
    return network.eval()


def pixels(path, description):
    """A picture as the network takes it, [1, channels, height, width]."""
    from PIL import Image, ImageOps

    channels, height, width = description["input"]
    if channels not in (1, 3):
        raise SystemExit(f"the network takes images of {channels} channels: a picture has 1 or 3")
    picture = Image.open(path)
    with open(path, "rb") as file:
        head = file.read(25)
    deep_png = picture.format == "PNG" and head[24] == 16
    if deep_png or picture.mode.startswith(("I", "F")):
        raise SystemExit(f"{path} has more than 8 bits a value: save it with 8")
    # Upright, and on white where it is transparent.
    picture = ImageOps.exif_transpose(picture).convert("RGBA")
    on_white = Image.new("RGB", picture.size, "white")
    on_white.paste(picture, mask=picture)
    # The longer side is cut.
    columns, rows = picture.size
    ratio = max(width / columns, height / rows)
    columns, rows = (max(int(side * ratio + 0.5), 1) for side in (columns, rows))
    scaled = on_white.resize((columns, rows), Image.Resampling.BILINEAR)
    left, top = (columns - width) // 2, (rows - height) // 2
    scaled = scaled.crop((left, top, left + width, top + height))
    values = torch.frombuffer(bytearray(scaled.tobytes()), dtype=torch.uint8).long()
    values = values.reshape(1, height, width, 3).permute(0, 3, 1, 2)
    if channels == 1:
        weights = torch.tensor([2126, 7152, 722]).reshape(1, 3, 1, 1)
        values = ((values * weights).sum(1, keepdim=True) + 5000) // 10000
    return ((values * description["white"] + 127) // 255).float()


def main(paths):
    if not paths:
        raise SystemExit("usage: python network.py PICTURE...")
    network = load()
    for path in paths:
        with torch.no_grad():
            probabilities = network(pixels(path, network.description)).softmax(1)[0]
        best = probabilities.topk(min(5, len(network.classes)))
        answers = [f"{network.classes[k]} {p:.1%}" for p, k in zip(*map(torch.Tensor.tolist, best))]
        print(f"{path}: {', '.join(answers)}")


if __name__ == "__main__":
    main(sys.argv[1:])

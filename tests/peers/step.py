"""A step of a benchmark case in PyTorch: what `plateau bench --peer PYTHON` times beside its own.

Own code, from the published definitions of DARTS (arXiv 1806.09055), NA-DARTS (2105.06369) and NAS-Bench-201 (2001.00326). The program
hands this file to `PYTHON - --space ...`; without arguments it says which PyTorch there is. It prints one line of JSON: the
milliseconds of every timed step, and the weights of the network, which must be as many as Plateau's.

As the published programs do, the backward pass of an α-step computes the gradients of the weights, too. The operation `none`
contributes nothing and is left away. TF32 is off: Plateau computes in f32.
"""

import argparse
import json
import sys
import time

try:
    import torch
except ImportError as error:
    sys.exit(f"no torch: {error}")
import torch.nn.functional as F
from torch import nn

AFFINE = True  # Whether the normalisations inside cells have a scale and a shift: in derived networks.


def norm(channels, affine=None):
    return nn.BatchNorm2d(channels, affine=AFFINE if affine is None else affine)


def dense(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


def relu_conv_norm(inputs, outputs, kernel, stride=1, affine=None):
    return nn.Sequential(nn.ReLU(), dense(inputs, outputs, kernel, stride), norm(outputs, affine))


class FactorizedReduce(nn.Module):
    """Halves an image with two strided 1×1 convolutions, one of them a pixel further."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.even = dense(inputs, outputs // 2, 1, 2)
        self.odd = dense(inputs, outputs - outputs // 2, 1, 2)
        self.norm = norm(outputs)

    def forward(self, x):
        x = F.relu(x)
        shifted = F.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        return self.norm(torch.cat([self.even(x), self.odd(shifted)], 1))


def separable(channels, kernel, stride, dilation, twice):
    layers = []
    for step in [stride, 1] if twice else [stride]:
        padding = dilation * (kernel // 2)
        depthwise = nn.Conv2d(channels, channels, kernel, step, padding, dilation, channels, bias=False)
        layers += [nn.ReLU(), depthwise, dense(channels, channels, 1), norm(channels)]
    return nn.Sequential(*layers)


def darts_operation(name, channels, stride):
    """One operation of the DARTS space; in the supernet, pooling is followed by a normalisation."""
    pools = {
        "max_pool_3x3": nn.MaxPool2d(3, stride, 1),
        "avg_pool_3x3": nn.AvgPool2d(3, stride, 1, count_include_pad=False),
    }
    if name in pools:
        return pools[name] if AFFINE else nn.Sequential(pools[name], norm(channels))
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels)
    kernel = int(name[-1])
    is_separable = name.startswith("sep")
    return separable(channels, kernel, stride, 1 if is_separable else 2, is_separable)


DARTS_OPERATIONS = [
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
]


class DartsCell(nn.Module):
    """A cell of either DARTS network: inputs are brought to its channels, then every node sums what enters it."""

    def __init__(self, before, previous, channels, after_reduction):
        super().__init__()
        if after_reduction:
            self.first = FactorizedReduce(before, channels)
        else:
            self.first = relu_conv_norm(before, channels, 1)
        self.second = relu_conv_norm(previous, channels, 1)


class MixedCell(DartsCell):
    def __init__(self, before, previous, channels, reduction, after_reduction):
        super().__init__(before, previous, channels, after_reduction)
        self.edges = nn.ModuleList()
        for node in range(4):
            for source in range(2 + node):
                stride = 2 if reduction and source < 2 else 1
                operations = [darts_operation(name, channels, stride) for name in DARTS_OPERATIONS]
                self.edges.append(nn.ModuleList(operations))

    def forward(self, before, previous, mix):
        states = [self.first(before), self.second(previous)]
        edge = 0
        for node in range(4):
            total = 0
            for state in states[: 2 + node]:
                # Column 0 is `none`.
                for index, operation in enumerate(self.edges[edge], start=1):
                    total = total + mix[edge][index] * operation(state)
                edge += 1
            states.append(total)
        return torch.cat(states[2:], 1)


class DerivedCell(DartsCell):
    def __init__(self, before, previous, channels, reduction, after_reduction, wiring):
        super().__init__(before, previous, channels, after_reduction)
        self.wiring = wiring
        self.operations = nn.ModuleList()
        for node in wiring["nodes"]:
            for name, source in node:
                stride = 2 if reduction and source < 2 else 1
                self.operations.append(darts_operation(name, channels, stride))

    def forward(self, before, previous):
        states = [self.first(before), self.second(previous)]
        place = 0
        for node in self.wiring["nodes"]:
            total = 0
            for _, source in node:
                total = total + self.operations[place](states[source])
                place += 1
            states.append(total)
        return torch.cat([states[output] for output in self.wiring["concat"]], 1)


class Darts(nn.Module):
    """The supernet, or the network of a genotype."""

    def __init__(self, planes, channels, layers, classes, genotype=None):
        super().__init__()
        width = 3 * channels
        self.stem = nn.Sequential(dense(planes, width, 3), norm(width, True))
        before, previous, after_reduction = width, width, False
        self.cells = nn.ModuleList()
        self.reductions = [layers // 3, 2 * layers // 3]
        for layer in range(layers):
            reduction = layer in self.reductions
            channels *= 2 if reduction else 1
            if genotype is None:
                cell = MixedCell(before, previous, channels, reduction, after_reduction)
                outputs = 4 * channels
            else:
                wiring = genotype["reduction" if reduction else "normal"]
                cell = DerivedCell(before, previous, channels, reduction, after_reduction, wiring)
                outputs = len(wiring["concat"]) * channels
            self.cells.append(cell)
            before, previous, after_reduction = previous, outputs, reduction
        self.classifier = nn.Linear(previous, classes)

    def forward(self, x, *mixes):
        before = previous = self.stem(x)
        for layer, cell in enumerate(self.cells):
            mix = [mixes[layer in self.reductions]] if mixes else []
            before, previous = previous, cell(before, previous, *mix)
        return self.classifier(previous.mean((2, 3)))


class BenchCell(nn.Module):
    """The supernet's cell of NAS-Bench-201: none, skip, 1×1, 3×3 and average pooling on each of six edges."""

    def __init__(self, channels):
        super().__init__()
        self.small = nn.ModuleList([relu_conv_norm(channels, channels, 1) for _ in range(6)])
        self.large = nn.ModuleList([relu_conv_norm(channels, channels, 3) for _ in range(6)])

    def forward(self, x, mix):
        states = [x]
        edge = 0
        for node in range(1, 4):
            total = 0
            for state in states[:node]:
                # Column 0 is `none`.
                weights = mix[edge]
                pooled = F.avg_pool2d(state, 3, 1, 1, count_include_pad=False)
                total = total + weights[1] * state + weights[2] * self.small[edge](state)
                total = total + weights[3] * self.large[edge](state) + weights[4] * pooled
                edge += 1
            states.append(total)
        return states[-1]


class Residual(nn.Module):
    """The block between two stages, which halves the image and doubles the channels."""

    def __init__(self, channels):
        super().__init__()
        doubled = 2 * channels
        self.first = relu_conv_norm(channels, doubled, 3, 2, True)
        self.second = relu_conv_norm(doubled, doubled, 3, 1, True)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, 2), dense(channels, doubled, 1))

    def forward(self, x):
        return self.shortcut(x) + self.second(self.first(x))


class Bench(nn.Module):
    """The supernet of NAS-Bench-201: three stages of cells."""

    def __init__(self, planes, channels, cells, classes):
        super().__init__()
        self.stem = nn.Sequential(dense(planes, channels, 3), norm(channels, True))
        self.stages = nn.ModuleList()
        for stage in range(3):
            if stage:
                self.stages.append(Residual(channels))
                channels *= 2
            self.stages.extend(BenchCell(channels) for _ in range(cells))
        self.norm = norm(channels, True)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x, mix):
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x, mix) if isinstance(stage, BenchCell) else stage(x)
        return self.classifier(F.relu(self.norm(x)).mean((2, 3)))


class Training:
    """Steps of SGD on a network."""

    def __init__(self, options, network, inputs):
        self.network, (self.images, self.labels) = network, inputs
        self.weights = [weight for weight in network.parameters()]
        self.plain = getattr(network, "_orig_mod", network)
        nesterov = options.space != "darts"
        decay = 5e-4 if nesterov else 3e-4
        self.rate = 0.025
        self.optimizer = torch.optim.SGD(
            self.weights, self.rate, 0.9, weight_decay=decay, nesterov=nesterov
        )

    def loss(self, *mixes):
        return F.cross_entropy(self.network(self.images, *mixes), self.labels)

    def descend(self, *mixes):
        self.optimizer.zero_grad()
        loss = self.loss(*mixes)
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, 5.0)
        self.optimizer.step()
        return loss

    def step(self):
        return self.descend()


class Search(Training):
    """Steps of a search: of α, then of the weights."""

    def __init__(self, options, network, inputs):
        super().__init__(options, network, inputs)
        shapes = [(14, 8), (14, 8)] if options.space == "darts" else [(6, 5)]
        device = self.images.device
        self.alphas = [(1e-3 * torch.randn(shape, device=device)).requires_grad_() for shape in shapes]
        self.of_alphas = torch.optim.Adam(self.alphas, 3e-4, (0.5, 0.999), weight_decay=1e-3)
        self.neighbors = options.neighbors if options.strategy.startswith("na-") else 0
        self.second_order = options.strategy.endswith("-2nd")

    def mixes(self, neighbor=False):
        """softmax(α); of a neighbor, with one edge rotated by a random shift."""
        mixes = [alpha.softmax(-1) for alpha in self.alphas]
        if neighbor:
            edges, operations = mixes[0].shape
            edge = torch.randint(len(mixes) * edges, (1,)).item()
            shift = torch.randint(1, operations, (1,)).item()
            kind, edge = divmod(edge, edges)
            rows = list(mixes[kind])
            rows[edge] = rows[edge].roll(shift)
            mixes[kind] = torch.stack(rows)
        return mixes

    def outer(self):
        """The gradients of the mean loss of the architecture and its neighbors, added up lane by lane."""
        lanes = 1 + self.neighbors
        for lane in range(lanes):
            (self.loss(*self.mixes(lane > 0)) / lanes).backward()

    def alpha_gradients(self):
        return torch.autograd.grad(self.loss(*self.mixes()), self.alphas)

    def look_ahead(self):
        """The outer gradient after one step of the weights, with the curvature by a two-sided difference."""
        self.optimizer.zero_grad()
        gradients = torch.autograd.grad(self.loss(*self.mixes()), self.weights)
        before = [weight.detach().clone() for weight in self.weights]
        decay = self.optimizer.param_groups[0]["weight_decay"]
        with torch.no_grad():
            for weight, gradient in zip(self.weights, gradients):
                momentum = self.optimizer.state[weight].get("momentum_buffer")
                step = gradient + decay * weight
                weight -= self.rate * (step if momentum is None else step + 0.9 * momentum)
        self.outer()
        direction = [weight.grad.clone() for weight in self.weights]
        norm_of_all = torch.sqrt(sum(part.square().sum() for part in direction))
        epsilon = (0.01 / norm_of_all).item()
        sides = []
        for sign in (1, -1):
            with torch.no_grad():
                for weight, start, part in zip(self.weights, before, direction):
                    weight.copy_(start + sign * epsilon * part)
            sides.append(self.alpha_gradients())
        with torch.no_grad():
            for weight, start in zip(self.weights, before):
                weight.copy_(start)
            for alpha, above, below in zip(self.alphas, *sides):
                alpha.grad -= self.rate / (2 * epsilon) * (above - below)

    def step(self):
        self.of_alphas.zero_grad()
        if self.second_order:
            self.look_ahead()
        else:
            self.outer()
        self.of_alphas.step()
        # With α's gradient, which nobody reads: compiled without it, the network would be compiled twice.
        return self.descend(*self.mixes())


def measure(step, options):
    """Milliseconds of every timed step: as many as were asked for, or at least one until the seconds are spent."""

    def run():
        began = time.perf_counter()
        # The loss comes after all work before it, which is done in order.
        step().item()
        if options.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began

    untimed = options.warmup
    if untimed or options.way == "compiled":
        # Compiles, and has all the time that the program grants.
        run()
        untimed -= 1
    start = time.perf_counter()
    left = lambda: options.seconds - (time.perf_counter() - start)
    while untimed > 0 and left() > options.seconds / 2:
        run()
        untimed -= 1
    times = []
    while len(times) < options.steps and (left() > 0 or not times):
        times.append(1e3 * run())
    return times


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--space", choices=["darts", "nas-bench-201"])
    searches = ["darts", "darts-2nd", "na-darts", "na-darts-2nd"]
    parser.add_argument("--strategy", choices=searches + ["train"])
    parser.add_argument("--genotype", type=json.loads, help="of --strategy train, as JSON")
    for name in ["channels", "layers", "planes", "height", "width", "classes", "batch"]:
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--neighbors", type=int, default=4)
    parser.add_argument("--way", choices=["eager", "channels-last", "compiled"], default="eager")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60, help="timing ends after them")
    options = parser.parse_args()
    cuda = torch.cuda.is_available()
    told = {"version": torch.__version__, "threads": torch.get_num_threads(), "cuda": cuda}
    if options.space is None:
        print(json.dumps(told))
        return
    if options.device == "cuda" and not cuda:
        sys.exit("this PyTorch finds no GPU")
    global AFFINE
    AFFINE = options.strategy == "train"
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    size = [options.planes, options.channels, options.layers, options.classes]
    network = Darts(*size, options.genotype) if options.space == "darts" else Bench(*size)
    network = network.to(options.device)
    shape = (options.batch, options.planes, options.height, options.width)
    images = torch.randn(shape, device=options.device)
    labels = torch.randint(options.classes, (options.batch,), device=options.device)
    if options.way == "channels-last":
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    parameters = sum(weight.numel() for weight in network.parameters())
    if options.way == "compiled":
        network = torch.compile(network)
    work = Training if options.strategy == "train" else Search
    times = measure(work(options, network, (images, labels)).step, options)
    name = torch.cuda.get_device_name() if options.device == "cuda" else "CPU"
    print(json.dumps({**told, "device": name, "parameters": parameters, "ms": times}))


main()

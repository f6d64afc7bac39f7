"""Packs the sources of the embedded data sets: one byte a label, then the pixels, image after image, in one gzip.

Usage: python3 pack.py FOLDER   (the folder that holds digits.csv.gz and mnist_5k.csv.gz, label in the last column, and fashion-mnist)
The output depends only on the input (no time stamp), so packing again changes nothing.
"""

import gzip
import pathlib
import sys

source = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent


def pack(name, labels, pixels):
    (here / name).write_bytes(gzip.compress(labels + pixels, 9, mtime=0))


for csv, name in (("digits.csv.gz", "digits.gz"), ("mnist_5k.csv.gz", "mnist5k.gz")):
    with gzip.open(source / csv, "rt") as lines:
        rows = [[int(value) for value in line.split(",")] for line in lines]
    pack(name, bytes(row[-1] for row in rows), b"".join(bytes(row[:-1]) for row in rows))

# The first 300 training images of each class, in the order of the file.
A_CLASS, SIDE = 300, 28
labels = gzip.open(source / "fashion-mnist/train-labels-idx1-ubyte.gz").read()[8:]
pixels = gzip.open(source / "fashion-mnist/train-images-idx3-ubyte.gz").read()[16:]
taken = [[] for _ in range(10)]
for place, label in enumerate(labels):
    if len(taken[label]) < A_CLASS:
        taken[label].append(place)
places = sorted(place for of_class in taken for place in of_class)
pack(
    "fashion.gz",
    bytes(labels[place] for place in places),
    b"".join(pixels[place * SIDE * SIDE : (place + 1) * SIDE * SIDE] for place in places),
)

"""Packs the CSV sources of the embedded data sets: one byte a label, then the pixels, image after image, in one gzip.

Usage: python3 pack.py FOLDER   (the folder that holds digits.csv.gz and mnist_5k.csv.gz, label in the last column)
The output depends only on the input (no time stamp), so packing again changes nothing.
"""

import gzip
import pathlib
import sys

source = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent
for csv, packed in (("digits.csv.gz", "digits.gz"), ("mnist_5k.csv.gz", "mnist5k.gz")):
    with gzip.open(source / csv, "rt") as lines:
        rows = [[int(value) for value in line.split(",")] for line in lines]
    labels = bytes(row[-1] for row in rows)
    pixels = b"".join(bytes(row[:-1]) for row in rows)
    (here / packed).write_bytes(gzip.compress(labels + pixels, 9, mtime=0))

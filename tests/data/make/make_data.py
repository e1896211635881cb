#!/usr/bin/env python3
"""Makes tests/data/arrays and tests/data/records (numpy and the standard library only).

Run it in this folder.  The images in the records are those of tests/data/decode, whose pixels are
TensorFlow 1.15's.
"""
import gzip
import io
import pathlib
import struct
import zipfile
import zlib

import numpy as np

DATA = pathlib.Path(__file__).resolve().parent.parent
ARRAYS = DATA / "arrays"
RECORDS = DATA / "records"


def arrays():
    ARRAYS.mkdir(exist_ok=True)
    grid = np.arange(24).reshape(2, 3, 4)
    for dtype in "u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8 c8 c16 b1".split():
        np.save(ARRAYS / f"{dtype}.npy", grid.astype(dtype))
    np.save(ARRAYS / "fortran.npy", np.asfortranarray(grid.astype("f4")))
    np.save(ARRAYS / "big_endian.npy", grid.astype(">f4"))
    np.save(ARRAYS / "big_fortran.npy", np.asfortranarray(grid.astype(">c8") * (1 + 2j)))
    np.save(ARRAYS / "scalar.npy", np.float32(2.5))
    np.save(ARRAYS / "empty.npy", np.zeros((3, 0), "i4"))
    np.save(ARRAYS / "strings.npy", np.array([b"a", b"bcd", b""]))
    np.save(ARRAYS / "string.npy", np.frombuffer(b"a\0b\0", "S4").reshape(()))
    np.save(ARRAYS / "no_string.npy", np.array(b""))
    np.save(ARRAYS / "unicode.npy", np.array(["text"]))
    np.save(ARRAYS / "struct.npy", np.zeros(2, [("x", "f4"), ("y", "i4")]))
    for version in (2, 3):
        with open(ARRAYS / f"version{version}.npy", "wb") as f:
            np.lib.format.write_array(f, grid.astype("f4"), version=(version, 0))
    images = np.arange(2 * 4 * 4 * 3, dtype="u1").reshape(2, 4, 4, 3)
    labels = np.array([1, 0], "i8")
    fixed_zip(ARRAYS / "stored.npz", zipfile.ZIP_STORED, images=images, labels=labels)
    fixed_zip(ARRAYS / "deflated.npz", zipfile.ZIP_DEFLATED, images=images, labels=labels)


def fixed_zip(path, method, **members):
    """np.savez with a fixed date, so that the bytes stay the same; zip64 fields as numpy has."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, value in members.items():
            raw = io.BytesIO()
            np.save(raw, value)
            info = zipfile.ZipInfo(name + ".npy", (2000, 1, 1, 0, 0, 0))
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as member:
                member.write(raw.getvalue())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data):
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(value):
    value &= 2**64 - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def example(image, label):
    def feature(key, kind, values):
        return field(1, field(1, key.encode()) + field(2, field(kind, values)))

    features = feature("image/class/label", 3, field(1, varint(label)))
    features += feature("image/encoded", 1, field(1, image))
    features += feature("image/class/text", 1, field(1, b"a thing"))
    return field(1, features)


def records():
    RECORDS.mkdir(exist_ok=True)
    names = ["DecodeJpeg-rgb420_ch3", "DecodePng-rgb_ch1", "DecodeJpeg-gray_ch0"]
    images = [np.load(DATA / "decode" / f"{name}.in.npy").tobytes() for name in names]
    plain = b"".join(record(example(image, i + 1)) for i, image in enumerate(images))
    (RECORDS / "plain.tfrecord").write_bytes(plain)
    (RECORDS / "gzip.tfrecord").write_bytes(gzip.compress(plain, mtime=0))
    (RECORDS / "zlib.tfrecord").write_bytes(zlib.compress(plain))
    small = b"".join(record(example(b"pixels", i)) for i in range(3))
    (RECORDS / "small.tfrecord").write_bytes(small)
    (RECORDS / "small_gzip.tfrecord").write_bytes(gzip.compress(small, mtime=0))


arrays()
records()

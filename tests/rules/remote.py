"""Samples that OpenMetrics text cannot say: staleness markers and native histograms, through remote write.

A server of its own takes them in order and writes them out as blocks, which are moved into a history. The message is
protocol buffers in a snappy envelope; both are simple enough to be written by hand (snappy as one literal after another).
"""

from __future__ import annotations

import http.client
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.real import History, Prometheus

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0_0000_0000_0002))[0]
"""What a server writes when a series ends: one particular NaN."""

RECEIVER: dict[str, Any] = {
    "flags": ["--web.enable-remote-write-receiver"],
    "config": {"storage": {"tsdb": {"out_of_order_time_window": "10y"}}},
}
"""Options of a server that takes samples of any time."""

_SCRATCH = (*RECEIVER["flags"], "--web.enable-admin-api", "--enable-feature=native-histograms")
_BATCH = 5_000
_LITERAL = 60_000


@dataclass(frozen=True, slots=True)
class Histogram:
    """A native histogram with exponential buckets: schema, and the count of each bucket by its index."""

    schema: int
    buckets: Mapping[int, int]
    sum: float


@dataclass(frozen=True, slots=True)
class Written:
    """One sample, at a Unix time in milliseconds."""

    labels: Mapping[str, str]
    at: int
    value: float | Histogram


def store(history: History, samples: Iterable[Written]) -> None:
    """Add the samples to a history on which no server runs."""
    in_order = sorted(samples, key=lambda sample: sample.at)
    with (
        TemporaryDirectory(dir=history.folder) as folder,
        Prometheus(history.install, Path(folder), flags=_SCRATCH) as server,
    ):
        for first in range(0, len(in_order), _BATCH):
            send(server, in_order[first : first + _BATCH])
        name = server.ask("admin/tsdb/snapshot", skip_head="false")["name"]
        for block in (Path(folder) / "data" / "snapshots" / name).iterdir():
            block.rename(history.folder / "data" / block.name)


def send(server: Prometheus, samples: Sequence[Written]) -> None:
    """Give samples to a server that was started as a RECEIVER, or in order to an empty one."""
    request = b"".join(_field(1, _time_series(sample)) for sample in samples)
    connection = http.client.HTTPConnection("127.0.0.1", server.connections.port, timeout=60)
    try:
        connection.request("POST", "/api/v1/write", _snappy(request), {"Content-Encoding": "snappy"})
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    assert answer.status == http.client.NO_CONTENT, body


def _snappy(content: bytes) -> bytes:
    pieces = [_varint(len(content))]
    for first in range(0, len(content), _LITERAL):
        piece = content[first : first + _LITERAL]
        pieces += [b"\xf4", struct.pack("<H", len(piece) - 1), piece]
    return b"".join(pieces)


def _time_series(sample: Written) -> bytes:
    labels = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, value.encode()))
        for name, value in sorted(sample.labels.items())
    )
    if isinstance(sample.value, Histogram):
        return labels + _field(4, _histogram(sample.value, sample.at))
    return labels + _field(2, _double(1, sample.value) + _integer(2, sample.at))


def _histogram(histogram: Histogram, at: int) -> bytes:
    indices = sorted(histogram.buckets)
    counts = [histogram.buckets[index] for index in indices]
    spans = b"".join(_field(11, _integer(1, _zigzag(offset)) + _integer(2, 1)) for offset in _gaps(indices))
    deltas = b"".join(
        _varint(_zigzag(count - before)) for before, count in zip([0, *counts], counts, strict=False)
    )
    return (
        _integer(1, sum(counts))
        + _double(3, histogram.sum)
        + _integer(4, _zigzag(histogram.schema))
        + _double(5, 1e-128)
        + _integer(6, 0)
        + spans
        + _field(12, deltas)
        + _integer(15, at)
    )


def _gaps(indices: Sequence[int]) -> list[int]:
    """Offsets of spans of one bucket each: the first from zero, the others from the end of the one before."""
    return [index if place == 0 else index - indices[place - 1] - 1 for place, index in enumerate(indices)]


def _zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _integer(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)

"""Chance, by name: each purpose and day has its own stream, so that parts can run in any order and any subset."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rng = np.random.Generator

DAY_S = 86_400


def stream(seed: int, *names: object) -> Rng:
    """The random stream of `seed` for what `names` say; equal arguments give equal draws on every machine.

    >>> stream(1, "calls", 3).integers(0, 100, 3).tolist() == stream(1, "calls", 3).integers(0, 100, 3).tolist()
    True
    """
    name = "/".join(str(part) for part in (seed, *names)).encode()
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(name).digest()[:16], "big")))


def scattered(values: Ints, salt: int) -> Ints:
    """Each value as a pseudo-random non-negative int64 (splitmix64), for choices that must stay the same every day.

    >>> scattered(np.array([1, 2]), 7).tolist() == scattered(np.array([1, 2]), 7).tolist()
    True
    """
    z = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt * 0x632BE59B + 0x1234567)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(1)).astype(np.int64)


def lognormal(rng: Rng, median: float, sigma: float, n: int) -> Floats:
    """`n` draws of a log-normal law given by its median and the standard deviation of its logarithm."""
    return np.exp(rng.normal(np.log(median), sigma, n))


def seconds_in(rng: Rng, hours: Any, n: int) -> Ints:
    """`n` seconds of the day, whole, uniform between `hours[0]` and `hours[1]`."""
    return rng.integers(int(hours[0] * 3600), int(hours[1] * 3600), n)

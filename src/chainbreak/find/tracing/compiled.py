"""Kernels: functions over arrays that numba compiles where it is there; without it they run as they are, slower."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])

try:
    from numba import njit
except ImportError:
    COMPILED = False

    def kernel(function: F) -> F:
        """The function itself."""
        return function

else:
    COMPILED = True

    def kernel(function: F) -> F:
        """The function, compiled when it is first called; the machine code is kept on disk for the next process."""
        return cast(F, njit(cache=True)(function))

"""Two engines on one lake."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chainbreak.store.duck import Duck
from chainbreak.store.spark import Spark

QUIET = pytest.mark.filterwarnings(
    # pyspark leaves the closing of the socket that carried a result to the garbage collector.
    r"ignore:unclosed <socket.*127\.0\.0\.1:ResourceWarning",
)


@dataclass(frozen=True)
class Engines:
    """Both engines on one snapshot."""

    duck: Duck
    spark: Spark

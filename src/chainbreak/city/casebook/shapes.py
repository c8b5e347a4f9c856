"""What a casebook is like: the parameters of `data/casebook.yaml`, with a person's overrides in their place."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from chainbreak.base.errors import InputError
from chainbreak.city.override import override

KINDS = ("line", "account", "chat", "domain", "app")
MOST_DAYS = 3_650


@dataclass(frozen=True)
class Rotation:
    """How identifiers of one kind come and go. Shares but for `days`, how long one is in use, and `uses`, the reports
    that one of a busy gang collects; the file says what each means.
    """

    present: float
    told: float
    days: float
    uses: float
    whole_gang: float
    rented: float
    rented_use: float


@dataclass(frozen=True)
class Shape:
    """All parameters, named as in `data/casebook.yaml`, which explains each. `dataclasses.replace` sweeps one."""

    start: date
    days: int
    singletons: float
    exponent: float
    largest_power: float
    span_days: tuple[float, float]
    span_power: float
    sub_gangs: float
    local: float
    script_noise: float
    quoted: float
    copycats: float
    public_scripts: int
    switches: float
    changed_kind: float
    sub_script: float
    line: Rotation
    account: Rotation
    chat: Rotation
    domain: Rotation
    app: Rotation
    second_account: float
    service_reports: float
    number_reports: float
    held_by_renter: int
    zipf: float
    hotline: dict[str, float]
    platform: dict[str, float]
    meeting: float
    host: float
    own_line: float
    own_card: float
    repeat_victims: float
    repeat_same_gang: float
    form_only: float
    text_only: float
    empty_form: float
    typo: float
    masked: float
    missing: dict[str, float]
    officers_per_report: float
    habit: float
    report_delay_h: tuple[float, float]
    on_the_way_min: tuple[float, float]
    late: float
    late_days: tuple[float, float]
    detected: dict[str, float]

    def rotation(self, kind: str) -> Rotation:
        """The rotation of a kind of identifier: line, account, chat, domain or app."""
        found: Rotation = getattr(self, kind)
        return found

    def renting(self, share: float) -> Shape:
        """This shape with `share` of the gangs renting mule accounts, and as many numbers in proportion: the sweep.

        >>> shape().renting(0.0).line.rented
        0.0
        """
        lines = self.line.rented * share / self.account.rented if self.account.rented else share
        return replace(
            self, account=replace(self.account, rented=share), line=replace(self.line, rented=min(lines, 1.0))
        )


@cache
def _shipped() -> dict[str, Any]:
    text = resources.files("chainbreak.city").joinpath("data/casebook.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def shape(path: Path | None = None) -> Shape:
    """The shipped shape, with the parameters of the YAML file `path` in place of its own.

    >>> shape().days
    365

    Raises:
        InputError: the file is no YAML mapping, or names or shapes a parameter otherwise (CB-CI-007).
    """
    tree = _shipped()
    if path is not None:
        tree = override(tree, path, _checked, code="CB-CI-007", named="shape file")
    values: dict[str, Any] = {}
    for one in fields(Shape):
        value = tree[one.name]
        if one.type == "Rotation":
            value = Rotation(**value)
        elif isinstance(value, list):
            value = (float(value[0]), float(value[1]))
        values[one.name] = value
    if not 7 <= values["days"] <= MOST_DAYS:
        raise InputError("CB-CI-007", "out of range", given=f"days: {values['days']}", allowed=f"7..{MOST_DAYS}")
    for kind in KINDS:
        if values[kind].days < 1:
            raise InputError(
                "CB-CI-007", "out of range", given=f"{kind}.days: {values[kind].days}", allowed="1 or more"
            )
    return Shape(**values)


def _checked(where: str, known: Any, value: Any) -> Any:
    """A value of the shape and range of the shipped one: counts from 1, shares from 0 to 1, anything else above 0."""
    number = isinstance(known, (int, float))
    if number and isinstance(value, (int, float)) and not isinstance(value, bool):
        count, share = isinstance(known, int), known <= 1
        fits = isinstance(value, int) and value >= 1 if count else 0 <= value <= 1 if share else value > 0
        if fits and value <= 1_000_000:
            return value if count else float(value)
        allowed = "a whole number from 1" if count else "0..1" if share else "above 0"
        raise InputError("CB-CI-007", "out of range", given=f"{where}: {value}", allowed=allowed)
    pair = isinstance(known, list) and isinstance(value, list) and len(value) == 2
    if (pair and all(isinstance(v, (int, float)) and v > 0 for v in value)) or type(known) is type(value) is date:
        return value
    raise InputError("CB-CI-007", "parameter of another shape", given=where, allowed=f"as in {known}")

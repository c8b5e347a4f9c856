"""A centre: a directory with settings.toml, keys/, lake/, vault/, quarantine/, log/ and the desk's database.

Found by `--centre DIR`, else CHAINBREAK_CENTRE, else the current directory.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, ValidationError

from chainbreak.base.errors import SetupError

SETTINGS_FILE = "settings.toml"


class Tracing(BaseModel):
    """How money is followed here: which accounts are exits, whose ledgers are held, whose clocks are off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sink_kinds: tuple[str, ...] = ("sink", "cash", "overseas", "merchant", "coin")
    """Kinds of account, as the register names them, in which money has left: what enters is an exit."""
    sinks: tuple[str, ...] = ()
    """Further accounts of that sort, as written tokens (`account:` and 16 hex digits)."""
    coverage: dict[str, StrictBool | AwareDatetime] = {}
    """Bank -> whether its ledger is held (`true`), or until when; banks not named are not held. Empty: every account
    in the register is held."""
    skew_s: dict[str, int] = {}
    """Bank -> seconds that its clock is ahead; what it books as payer is set back by so much."""


class Settings(BaseModel):
    """What a centre may set; unknown keys are refused so that a typo is not silently a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "chainbreak"
    """Shown on pages, notices and exports."""
    zone: str = "Asia/Shanghai"
    """IANA zone of local days and hours."""
    country: str = "CN"
    """ISO 3166 code that numbers without a country code belong to."""
    area_code: str = ""
    """Area code, without the leading 0, of local numbers written without one (`571` for Hangzhou)."""
    language: Literal["zh", "en"] = "zh"
    """First language of pages and notices."""
    desk_url: str = ""
    """SQLAlchemy address of the desk; empty: SQLite in the centre's directory."""
    memory_limit_mib: int = Field(default=1024, ge=256)
    """What the query engine may use before it spills to disk, in MiB."""
    threads: int = Field(default=2, ge=1)
    """Worker threads of the query engine."""
    spark_master: str = ""
    """Address of a Spark cluster's master for `--engine spark`; empty: this machine."""
    hotline: str = "96110"
    """The published number people call, as printed on notices."""
    tiers: Literal["three", "four"] = "four"
    """Which preset of warning tiers holds as long as no change of them was approved."""
    trigger_floor: float = Field(default=0.3, ge=0, le=1)
    """Share of confirmed fraud below which, with its whole interval, a trigger of warnings is to be looked at again."""
    visit_address_min: int = Field(default=90, ge=10, le=480)
    """Minutes for which the address of a visit is shown to who has taken it on; they may open them again."""
    public_url: str = ""
    """Where status pages are reached from outside, as printed on notices; empty: this machine."""
    tracing: Tracing = Tracing()
    """How money is followed."""


@dataclass(frozen=True)
class Centre:
    """The paths of one centre and its settings."""

    root: Path
    settings: Settings

    @property
    def lake(self) -> Path:
        """Delta tables, one folder a record kind."""
        return self.root / "lake"

    @property
    def vault(self) -> Path:
        """Sealed segments token -> value."""
        return self.root / "vault"

    @property
    def quarantine(self) -> Path:
        """Sealed segments of rejected rows."""
        return self.root / "quarantine"

    @property
    def keys(self) -> Path:
        """Secret keys, one file each, readable by the owner alone."""
        return self.root / "keys"

    @property
    def log(self) -> Path:
        """Published checkpoints of the audit log."""
        return self.root / "log"

    @property
    def out(self) -> Path:
        """What delivery wrote for partners: zone files, number lists, hold lists."""
        return self.root / "out"

    @property
    def scratch(self) -> Path:
        """Spill and temporary files; may be emptied while nothing runs."""
        return self.root / "scratch"

    @property
    def watch(self) -> Path:
        """What `detect watch` keeps standing, a folder a detector; it may be removed and is computed again."""
        return self.root / "state" / "watch"

    @property
    def readings(self) -> Path:
        """What was read in reports for linking, tokens only; it may be removed and is read again."""
        return self.root / "state" / "readings"

    @property
    def desk_url(self) -> str:
        """SQLAlchemy address of the desk."""
        return self.settings.desk_url or f"sqlite:///{self.root / 'desk.db'}"


def find_centre(given: str | Path | None = None) -> Centre:
    """The centre named by `given`, the environment, or the current directory.

    Raises:
        SetupError: no settings.toml there (CB-ST-001), or it cannot be read (CB-ST-002).
    """
    root = Path(given or os.environ.get("CHAINBREAK_CENTRE") or ".").resolve()
    path = root / SETTINGS_FILE
    if not path.is_file():
        raise SetupError(
            "CB-ST-001", "no centre here", given=str(root), allowed=f"a directory with {SETTINGS_FILE}",
            next_step="chainbreak init DIR, then --centre DIR or CHAINBREAK_CENTRE=DIR",
        )  # fmt: skip
    try:
        return Centre(root, Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as e:
        first = e.errors()[0] if isinstance(e, ValidationError) else None
        where = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(e)
        raise SetupError(
            "CB-ST-002", "the settings file cannot be read", given=where,
            allowed=f"the keys {', '.join(Settings.model_fields)}", next_step=f"correct {path}",
        ) from None  # fmt: skip


def create_centre(root: Path, settings: Settings) -> Centre:
    """Make the directory tree and settings.toml of a new centre; keys and desk are made by `app.init_centre`.

    Raises:
        SetupError: the directory already holds a centre (CB-ST-003).
    """
    path = root / SETTINGS_FILE
    if path.exists():
        raise SetupError("CB-ST-003", "the directory already holds a centre", given=str(root))
    centre = Centre(root.resolve(), settings)
    for folder in (centre.lake, centre.vault, centre.quarantine, centre.keys, centre.log, centre.out, centre.scratch):
        folder.mkdir(parents=True, exist_ok=True)
    centre.keys.chmod(0o700)
    path.write_text("\n".join(_lines(settings.model_dump())) + "\n", encoding="utf-8")
    return centre


def _lines(values: Mapping[str, object]) -> Iterator[str]:
    """Settings as lines of TOML; groups come last, as tables, so that a person can write below each."""
    groups = {name: of for name, of in values.items() if isinstance(of, Mapping)}
    yield from (f"{name} = {_toml(of)}" for name, of in values.items() if name not in groups)
    for group, of in groups.items():
        yield ""
        yield f"[{group}]"
        yield from (f"{name} = {_toml(value)}" for name, value in of.items())


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(name)} = {_toml(of)}" for name, of in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

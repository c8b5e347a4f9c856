"""The repository keeps its own rules: locks without addresses, no machine paths, licences on an allow-list."""

from __future__ import annotations

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PERMISSIVE = re.compile(
    r"MIT|BSD|Apache|ISC|MPL[- ]2|Mozilla Public License 2|PSF|Python Software Foundation|0BSD|CC0|Unlicense|OFL|LGPL",
    re.I,
)
LGPL_ALLOWED = {"psycopg", "psycopg-binary"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: " + listed.stderr.strip())
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("lock", ["core", "dev"])
def test_locks_hold_names_versions_and_hashes_only(lock: str) -> None:
    text = (ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|--index-url|--extra-index-url|--find-links|@ file|^-e ", text, re.M)
    pins = re.split(r"\n(?=\S)", text.strip())
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)


def test_no_file_names_a_registry_or_a_machine_path() -> None:
    hosts = re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", r"deb\." + "debian"]))
    paths = re.compile(r"(?<![\w.])/(?:wo" + "rk|ro" + r"ot)/")
    bad = []
    for path in tracked():
        if path.suffix not in {".png", ".parquet", ".gz", ".woff2", ".pdf", ".xlsx"} and "vendor" not in path.parts:
            text = path.read_text(encoding="utf-8", errors="replace")
            bad += [str(path.relative_to(ROOT))] if hosts.search(text) or paths.search(text) else []
    assert bad == []


def test_every_installed_dependency_has_a_permissive_licence() -> None:
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "locks" / "core.txt").read_text(encoding="utf-8"), re.M)
    unknown = []
    for name in {*pinned, *LGPL_ALLOWED}:
        try:
            meta = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue  # a marker keeps it off this machine
        said = " ".join(
            [meta.get("License-Expression") or "", meta.get("License") or "", *(meta.get_all("Classifier") or [])]
        )
        if not PERMISSIVE.search(said) or ("LGPL" in said and name not in LGPL_ALLOWED):
            unknown.append((name, said[:80]))
    assert unknown == []


def test_no_file_is_larger_than_a_megabyte() -> None:
    assert [p.name for p in tracked() if p.stat().st_size > 1_000_000] == []

"""What partners send beside records: a register in GB18030 with Chinese headers, local times and the mapping that reads
it; and what banks declare of their ledgers.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa

from chainbreak.base.clock import from_us
from chainbreak.city.accounts import INSTITUTIONS
from chainbreak.city.world import ZONE, World
from chainbreak.city.writing import write_bytes

HEADERS = {"msisdn": "手机号码", "imsi": "IMSI", "activated_at_us": "开户时间", "closed_at_us": "销户时间",
           "outlet_id": "开卡网点", "holder": "证件号码", "plan": "套餐"}  # fmt: skip
MAPPING = """# Reads lines.csv, as a partner sends its register of lines.
kind: line
zone: Asia/Shanghai
encoding: gb18030
"null": ["", "-"]
columns:
  msisdn: 手机号码
  imsi: IMSI
  activated_at_us: {from: 开户时间, time: "%Y/%m/%d %H:%M:%S"}
  closed_at_us: {from: 销户时间, time: "%Y/%m/%d %H:%M:%S"}
  outlet_id: 开卡网点
  holder: 证件号码
  plan: 套餐
"""


def write_partner_lines(folder: Path, lines: pa.Table) -> None:
    """The register `lines` as `folder`/lines.csv with lines.yml beside it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADERS.values())
    for row in lines.select(list(HEADERS)).to_pylist():
        for key in ("activated_at_us", "closed_at_us"):
            row[key] = f"{from_us(row[key], ZONE):%Y/%m/%d %H:%M:%S}" if row[key] is not None else "-"
        writer.writerow(row.values())
    write_bytes(folder / "lines.csv", text.getvalue().encode("gb18030"))
    write_bytes(folder / "lines.yml", MAPPING.encode())


def write_declared(folder: Path, world: World) -> None:
    """Whose ledgers are held and how far their clocks are ahead, as `folder`/tracing.toml: lines for a centre's
    settings.toml.
    """
    banks = list(zip(INSTITUTIONS, world.gives_ledger.tolist(), world.ahead_s.tolist(), strict=True))
    held = [f'"{name}" = {str(is_held).lower()}' for name, is_held, _ in banks]
    ahead = [f'"{name}" = {seconds}' for name, _, seconds in banks if seconds]
    lines = ["[tracing.coverage]", *held, "", "[tracing.skew_s]", *ahead, ""]
    write_bytes(folder / "tracing.toml", "\n".join(lines).encode())

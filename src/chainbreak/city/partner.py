"""One register as a partner would send it: GB18030, Chinese headers, local times; with the mapping that reads it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa

from chainbreak.base.clock import from_us
from chainbreak.city.world import ZONE
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

"""One victim's report, as the centre received it."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

REPORT = Kind(
    name="report",
    en="one report of a fraud",
    zh="一份报案",
    time="reported_at_us",
    key=("report_id",),
    columns=(
        Column("report_id", Type.STRING, "", "id at the source, unique", "报案编号", required=True),
        Column("reported_at_us", Type.INT64, "µs UTC", "when it was reported", "报案时间", required=True),
        Column("occurred_at_us", Type.INT64, "µs UTC", "when it happened", "案发时间"),
        Column("district", Type.STRING, "", "district that took it", "受理区县"),
        Column("narrative", Type.STRING, "", "story, with each identifier as its masked token", "案情（标识已掩码）", text=True),
        Column("loss_fen", Type.INT64, "fen", "loss as reported", "损失（分）", low=0, high=10**15),
        Column("victim", Type.STRING, "", "victim", "被害人", identifier=Identifier.PERSON),
        Column("identifiers", Type.STRINGS, "", "identifiers named in the report, as kind:token in hex; domains, and apps as app:name, in clear", "涉案标识（kind:token；域名与应用名明文）"),
    ),
)

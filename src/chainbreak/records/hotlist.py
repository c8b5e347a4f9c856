"""One hit of a hot list: a test call that arrived, a blacklisted card or handset, a reported number."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

HOT_LISTS = ("test_call", "blacklist", "reported")

HOTLIST = Kind(
    name="hotlist",
    en="one hit of a hot list: it names a number, a card, a handset or only a type of handset; a hint, never proof",
    zh="一条热名单命中：指向号码、卡、终端或仅设备型号；只是线索，不是证明",
    time="at_us",
    columns=(
        Column("at_us", Type.INT64, "µs UTC", "when the test call arrived, or the entry was made", "测试呼叫到达或登记的时间", required=True),
        Column("list", Type.STRING, "", "what list it is on", "名单类别", required=True, allowed=HOT_LISTS),
        Column("msisdn", Type.STRING, "", "number, as it was shown to the called party or reported", "号码（来电显示或举报所见）", identifier=Identifier.LINE),
        Column("imsi", Type.STRING, "", "SIM", "IMSI", identifier=Identifier.IMSI),
        Column("imei", Type.STRING, "", "handset or port", "终端 IMEI", identifier=Identifier.IMEI),
        Column("tac", Type.STRING, "", "type of handset, 8 digits, where the list names no single one", "设备型号核准号 TAC（名单不指具体终端时）"),
        Column("source", Type.STRING, "", "who drew the list up", "名单来源"),
    ),
)  # fmt: skip

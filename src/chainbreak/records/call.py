"""One served leg of a call, message or attachment, in the style of 3GPP TS 32.298 call detail records."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

CALL_KINDS = ("mo_call", "mt_call", "mo_sms", "mt_sms", "attach", "detach")

CALL = Kind(
    name="call",
    en="one served leg: the operator's own subscriber calls, is called, sends, receives, or attaches; an on-net call gives two rows",
    zh="一条服务侧话单：本网用户主叫、被叫、收发短信或附着；网内通话产生两条",
    time="at_us",
    columns=(
        Column("at_us", Type.INT64, "µs UTC", "start of the event", "事件开始时间", required=True),
        Column("duration_s", Type.INT32, "s", "answered time; 0 when not answered", "通话时长（未接为 0）", low=0, high=86_400),
        Column("kind", Type.STRING, "", "what happened, from the served party's side", "事件类型", required=True, allowed=CALL_KINDS),
        Column("msisdn", Type.STRING, "", "number of the served line", "服务号码", identifier=Identifier.LINE),
        Column("imsi", Type.STRING, "", "SIM of the served line", "服务卡 IMSI", identifier=Identifier.IMSI),
        Column("imei", Type.STRING, "", "handset or port that held the SIM", "终端 IMEI", identifier=Identifier.IMEI),
        Column("peer", Type.STRING, "", "the other party", "对端号码", identifier=Identifier.LINE),
        Column("cell_id", Type.STRING, "", "serving cell; joins to `cell`", "服务小区"),
        Column("answered", Type.BOOL, "", "the call was answered", "是否接通"),
        Column("ta", Type.INT32, "step", "timing advance, about 554 m a step in GSM, 78 m in LTE", "时间提前量", low=0, high=1_282),
        Column("auth_ms", Type.FLOAT64, "ms", "latency of authentication; remote SIM banks are slow", "鉴权时延", low=0, high=600_000),
        Column("roaming", Type.BOOL, "", "the served line was roaming", "是否漫游"),
    ),
)

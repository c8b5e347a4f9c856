"""One text message, its text kept with identifiers masked."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

MESSAGE = Kind(
    name="message",
    en="one text message",
    zh="一条短信",
    time="at_us",
    columns=(
        Column("at_us", Type.INT64, "µs UTC", "sending; empty when the source has none", "发送时间"),
        Column("sender", Type.STRING, "", "sending line", "发送方", identifier=Identifier.LINE),
        Column("recipient", Type.STRING, "", "receiving line", "接收方", identifier=Identifier.LINE),
        Column("text", Type.STRING, "", "text with each identifier as its masked token", "正文（标识已掩码）", required=True, text=True),
    ),
)

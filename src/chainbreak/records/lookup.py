"""One DNS query by a subscriber."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

LOOKUP = Kind(
    name="lookup",
    en="one name look-up by a client",
    zh="一次域名查询",
    time="at_us",
    columns=(
        Column("at_us", Type.INT64, "µs UTC", "query", "查询时间", required=True),
        Column("client", Type.STRING, "", "subscriber line that asked", "查询用户", identifier=Identifier.LINE),
        Column("domain", Type.STRING, "", "name asked for, lower case, IDNA", "域名", required=True),
    ),
)

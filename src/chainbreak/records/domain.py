"""One registered domain name."""

from chainbreak.records.kind import Column, Kind, Type

DOMAIN = Kind(
    name="domain",
    en="one registrable domain",
    zh="一个注册域名",
    key=("domain",),
    columns=(
        Column("domain", Type.STRING, "", "registrable name, lower case, IDNA", "域名", required=True),
        Column("registered_at_us", Type.INT64, "µs UTC", "registration", "注册时间"),
        Column("registrar", Type.STRING, "", "registrar", "注册商"),
        Column("first_seen_us", Type.INT64, "µs UTC", "first time any source saw it", "首次出现时间"),
    ),
)

"""One bank, card or payment account, as its institution's register holds it."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

ACCOUNT = Kind(
    name="account",
    en="one account",
    zh="一个账户",
    key=("account",),
    columns=(
        Column("account", Type.STRING, "", "account", "账户", required=True, identifier=Identifier.ACCOUNT),
        Column("bank", Type.STRING, "", "institution that keeps it", "开户机构"),
        Column("opened_at_us", Type.INT64, "µs UTC", "opening", "开户时间"),
        Column("opening_balance_fen", Type.INT64, "fen", "balance before the first booked transfer held", "期初余额（分）"),
        Column("holder", Type.STRING, "", "registered holder", "户主", identifier=Identifier.PERSON),
        Column("outlet_id", Type.STRING, "", "branch; joins to `outlet`", "开户网点"),
        Column("kind", Type.STRING, "", "register class (personal, merchant, payroll, sink …)", "账户类别"),
    ),
)

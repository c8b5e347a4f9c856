"""One subscription of a telephone line, as the operator's register holds it."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

LINE = Kind(
    name="line",
    en="one subscription: a number on a SIM from activation to closing",
    zh="一份入网登记：号码与卡自开户至销户",
    key=("msisdn", "imsi", "activated_at_us"),
    columns=(
        Column("msisdn", Type.STRING, "", "number", "号码", required=True, identifier=Identifier.LINE),
        Column("imsi", Type.STRING, "", "SIM", "IMSI", identifier=Identifier.IMSI),
        Column("activated_at_us", Type.INT64, "µs UTC", "activation", "开户时间"),
        Column("closed_at_us", Type.INT64, "µs UTC", "closing; empty while open", "销户时间（在用为空）"),
        Column("outlet_id", Type.STRING, "", "outlet that sold it; joins to `outlet`", "开卡网点"),
        Column("holder", Type.STRING, "", "registered holder", "登记机主", identifier=Identifier.PERSON),
        Column("plan", Type.STRING, "", "tariff or register class (consumer, iot, call_centre, hospital …)", "套餐或登记类别"),
    ),
)

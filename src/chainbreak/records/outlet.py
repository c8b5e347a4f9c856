"""One shop or branch that sells cards or opens accounts."""

from chainbreak.records.kind import Column, Kind, Type

OUTLET = Kind(
    name="outlet",
    en="one outlet of an operator or a bank",
    zh="一个营业网点",
    key=("outlet_id",),
    columns=(
        Column("outlet_id", Type.STRING, "", "outlet", "网点编号", required=True),
        Column("operator_or_bank", Type.STRING, "", "institution", "所属机构"),
        Column("district", Type.STRING, "", "district", "区县"),
        Column("opened_at_us", Type.INT64, "µs UTC", "opening", "开业时间"),
    ),
)

"""One booked movement of money between two accounts."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

TRANSFER = Kind(
    name="transfer",
    en="one booked transfer; order is total over (booked_at_us, seq)",
    zh="一笔已记账转账；以（记账时间, 序号）全序排列",
    time="booked_at_us",
    key=("transfer_id",),
    columns=(
        Column("transfer_id", Type.STRING, "", "id at the source, unique", "流水号", required=True),
        Column("booked_at_us", Type.INT64, "µs UTC", "booking time", "记账时间", required=True),
        Column("seq", Type.INT64, "", "order among equal booking times, declared by the source", "同一时刻内的顺序号"),
        Column("payer", Type.STRING, "", "account debited", "付款账户", required=True, identifier=Identifier.ACCOUNT),
        Column("payee", Type.STRING, "", "account credited; cash and sinks have account names too", "收款账户", required=True, identifier=Identifier.ACCOUNT),
        Column("amount_fen", Type.INT64, "fen", "amount, above 0", "金额（分）", required=True, low=1, high=10**15),
        Column("currency", Type.STRING, "", "ISO 4217", "币种"),
        Column("channel", Type.STRING, "", "how it was ordered (app, counter, atm, merchant …)", "渠道"),
        Column("kind", Type.STRING, "", "what it is", "类型", allowed=("payment", "cash_out", "return")),
        Column("link", Type.STRING, "", "for a return: the original transfer_id", "退汇所对应的原流水号"),
        Column("device", Type.STRING, "", "device that ordered it, as the bank's channel knows it", "发起交易的设备", identifier=Identifier.DEVICE),
    ),
)

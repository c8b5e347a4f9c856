"""One opening of a platform account."""

from chainbreak.records.kind import Column, Identifier, Kind, Type

REGISTRATION = Kind(
    name="registration",
    en="one registration of an account on a platform",
    zh="一次平台账号注册",
    time="at_us",
    columns=(
        Column("at_us", Type.INT64, "µs UTC", "registration", "注册时间", required=True),
        Column("platform", Type.STRING, "", "platform", "平台", required=True),
        Column("platform_account", Type.STRING, "", "account opened", "平台账号", identifier=Identifier.CHAT),
        Column("msisdn", Type.STRING, "", "number it was verified with", "注册手机号", identifier=Identifier.LINE),
        Column("device", Type.STRING, "", "device fingerprint", "设备指纹", identifier=Identifier.DEVICE),
        Column("ip", Type.STRING, "", "address it came from", "注册 IP", identifier=Identifier.IP),
        Column("user_agent", Type.STRING, "", "client program", "客户端标识"),
    ),
)

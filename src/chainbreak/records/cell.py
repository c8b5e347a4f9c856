"""One radio cell and where its site stands."""

from chainbreak.records.kind import Column, Kind, Type

TECHNOLOGIES = ("gsm", "lte", "nr")

CELL = Kind(
    name="cell",
    en="one radio cell",
    zh="一个无线小区",
    key=("cell_id",),
    columns=(
        Column("cell_id", Type.STRING, "", "name of the cell in call records", "小区标识", required=True),
        Column("site_id", Type.STRING, "", "mast that carries it", "基站标识"),
        Column("lat", Type.FLOAT64, "degree", "latitude of the site, WGS 84", "纬度", low=-90, high=90),
        Column("lon", Type.FLOAT64, "degree", "longitude of the site, WGS 84", "经度", low=-180, high=180),
        Column("district", Type.STRING, "", "administrative district", "区县"),
        Column("azimuth", Type.FLOAT64, "degree", "where the sector's beam points, clockwise from north", "扇区方位角（正北起顺时针）", low=0, high=360),
        Column("technology", Type.STRING, "", "radio technology; it says how long a step of timing advance is", "无线制式（决定时间提前量的步长）", allowed=TECHNOLOGIES),
    ),
)

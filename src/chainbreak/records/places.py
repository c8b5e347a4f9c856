"""Records of the two neighbours: incidents and posts for grid patrol, sites and inspections for safety."""

from chainbreak.records.kind import Column, Kind, Type

INCIDENT = Kind(
    name="incident",
    en="one incident, or a count of incidents of one place and hour",
    zh="一起警情，或某地某时的警情数",
    time="at_us",
    columns=(
        Column("at_us", Type.INT64, "µs UTC", "when", "时间", required=True),
        Column("category", Type.STRING, "", "category at the source", "类别"),
        Column("lat", Type.FLOAT64, "degree", "latitude, WGS 84", "纬度", low=-90, high=90),
        Column("lon", Type.FLOAT64, "degree", "longitude, WGS 84", "经度", low=-180, high=180),
        Column("area", Type.STRING, "", "area at the source", "区域"),
        Column("title", Type.STRING, "", "short description at the source", "摘要"),
        Column("n", Type.INT32, "incident", "how many incidents the row counts; 1 for a single one", "起数", low=0),
    ),
)

POST = Kind(
    name="post",
    en="one patrol post",
    zh="一个巡防岗点",
    key=("post_id",),
    columns=(
        Column("post_id", Type.STRING, "", "post", "岗点编号", required=True),
        Column("lat", Type.FLOAT64, "degree", "latitude, WGS 84", "纬度", low=-90, high=90),
        Column("lon", Type.FLOAT64, "degree", "longitude, WGS 84", "经度", low=-180, high=180),
        Column("district", Type.STRING, "", "district", "区县"),
        Column("staff", Type.INT32, "person", "staff on duty", "值守人数", low=0),
    ),
)

SITE = Kind(
    name="site",
    en="one place that is inspected (school, shop, hall)",
    zh="一处检查场所",
    key=("site_id",),
    columns=(
        Column("site_id", Type.STRING, "", "site", "场所编号", required=True),
        Column("name", Type.STRING, "", "name", "名称"),
        Column("category", Type.STRING, "", "category", "类别"),
        Column("lat", Type.FLOAT64, "degree", "latitude, WGS 84", "纬度", low=-90, high=90),
        Column("lon", Type.FLOAT64, "degree", "longitude, WGS 84", "经度", low=-180, high=180),
        Column("district", Type.STRING, "", "district", "区县"),
    ),
)

INSPECTION = Kind(
    name="inspection",
    en="one inspection of a site",
    zh="一次检查",
    time="at_us",
    columns=(
        Column("at_us", Type.INT64, "µs UTC", "inspection", "检查时间", required=True),
        Column("site_id", Type.STRING, "", "site; empty when the source names none", "场所编号"),
        Column("area", Type.STRING, "", "area at the source", "区域"),
        Column("result", Type.STRING, "", "outcome", "结果", required=True, allowed=("pass", "fail")),
        Column("hazards", Type.INT32, "hazard", "hazards found", "隐患数", low=0),
        Column("lat", Type.FLOAT64, "degree", "latitude, WGS 84", "纬度", low=-90, high=90),
        Column("lon", Type.FLOAT64, "degree", "longitude, WGS 84", "经度", low=-180, high=180),
    ),
)

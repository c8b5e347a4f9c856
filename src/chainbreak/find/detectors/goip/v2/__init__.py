"""goip@2: candidate SIMs are paired as in record linkage, joined into devices, and each device is weighed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from chainbreak.find.contract.detector import Keep, Need, Rows, Screen, Standing, Suspicion, Tables, Words
from chainbreak.find.contract.weights import Weights, read_weights
from chainbreak.find.detectors.goip.v2.exhibits import exhibits_of
from chainbreak.find.detectors.goip.v2.measures import REMEASURE
from chainbreak.find.detectors.goip.v2.params import GoipParams
from chainbreak.find.detectors.goip.v2.reduce import reduce_calls, screened
from chainbreak.find.detectors.goip.v2.standing import standing
from chainbreak.records.finding import Action
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    import pyarrow as pa


class Goip:
    """GOIP boxes, remote SIM banks and audio-cable kits (spec/goip.md 3, levels L0 to L6): the device and its site."""

    name = "goip"
    version = "2"
    subject_kind = "device_cluster"
    unit = Identifier.IMSI
    story = Words(
        zh="境外诈骗电话经机房或出租屋里的 GOIP 设备换成本地号码呼出，卡被封就换，设备和地点不换。"
        "同一设备里的卡待在同一处、轮流进出同一端口、共用串号、拨打同一份名单，彼此的关系藏不住。"
        "本检测逐对衡量这些关系，把卡归并为设备，再按外呼行为、设备与地点的证据和反证逐条计分。",
        en="Calls from abroad are re-originated by a box in a rented room: its cards are replaced when they are "
        "blocked, the box and the room stay. Cards of one box stand in one place, take turns in ports, share handset "
        "identities and work through one list. Every pair is weighed by such ties, cards are joined into devices, and "
        "each device is weighed by its calling, its ports and its place, reasons for and against stated.",
    )
    limits = Words(
        zh="可能误伤：登记缺失的外呼中心、催收、销售办公室与同址办公的外勤；宿舍里行为相近的人。"
        "没有小区时多数设备找不到；没有串号与开关机记录时，轮换（L2、L3）与远程卡池（L4）证据变弱；"
        "仿真（L5）与音频线对接（L6）有相当部分漏检。登记的合同网关只靠登记区分。",
        en="Wrongly hit: call centres, debt collection and sales offices missing from the register, field staff who "
        "share an office, people of one dormitory who live alike. Without cells most devices are missed; without IMEI "
        "and attach records rotation (L2, L3) and remote banks (L4) show less; mimicry (L5) and audio-cable kits (L6) "
        "are missed in good part. Gateways under contract are told apart by the register alone.",
    )
    judges: tuple[Identifier, ...] = (Identifier.IMSI, Identifier.LINE, Identifier.IMEI)
    needs: tuple[Need, ...] = (
        Need(
            "call", ("at_us", "kind", "peer"), any_of=("imsi", "msisdn"),
            optional=("duration_s", "imei", "imei_tac", "cell_id", "answered", "msisdn_class", "peer_class", "ta",
                      "auth_ms"),
        ),
        Need("line", (), optional=("msisdn", "imsi", "activated_at_us", "outlet_id", "plan"), required=False),
        Need("cell", (), optional=("cell_id", "lat", "lon", "district", "azimuth", "technology"),
             required=False),
        Need("hotlist", (), optional=("at_us", "list", "msisdn", "imsi", "imei", "tac"), required=False),
    )  # fmt: skip
    params = GoipParams()
    remeasure = REMEASURE
    two_kinds = (frozenset({"behaviour"}), frozenset({"device", "place"}))
    watch_places = 5
    ladder = (Action.VERIFY, Action.RESTRICT, Action.VISIT)

    @cached_property
    def weights(self) -> Weights:
        """The fitted table of this version."""
        return read_weights(__name__)

    def standing(self, tables: Tables) -> dict[str, Standing]:
        """Contacts and uses by day."""
        return standing(tables["call"], self.params)

    def reduce(self, tables: Tables, as_of_us: int, keep: Keep) -> dict[str, Any]:
        """What is known of each candidate SIM and of pairs of them."""
        return reduce_calls(tables, self.params, keep)

    def group(self, reduced: Rows) -> pa.Table | None:
        """The devices, and the strongest cards that belong to none."""
        from chainbreak.find.detectors.goip.v2.group import group_sims, link_tables

        return group_sims(reduced, self.params, link_tables())

    def exhibits(self, tables: Tables, groups: Any, keep: Keep) -> dict[str, Any]:
        """The records behind each device."""
        return exhibits_of(tables, groups, self.params, keep)

    def screen(self, tables: Tables, kind: str, token: int) -> Screen:
        """Strangers that a card, line or handset called, against the first sieve."""
        return screened(tables, self.params, kind, token)

    def baselines(self, tables: Tables) -> dict[str, Any]:
        """The shared-IMEI rule and the fan-out rule."""
        from chainbreak.find.detectors.goip.v2.baselines import fan_out_rule, shared_imei_rule

        return {"shared IMEI": shared_imei_rule(tables), "fan-out": fan_out_rule(tables)}

    def judge(self, reduced: Rows, as_of_us: int) -> list[Suspicion]:
        """Devices and single cards with their measures."""
        from chainbreak.find.detectors.goip.v2.judge import judge_groups

        return judge_groups(reduced, self.params)

"""goip@1: candidate SIMs by behaviour, grouped by shared port and crowded place, weighed by a fitted table."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from chainbreak.find.contract.detector import Keep, Need, OneStage, Rows, Screen, Suspicion, Tables, Words
from chainbreak.find.contract.weights import Weights, read_weights
from chainbreak.find.detectors.goip.v1.measures import REMEASURE
from chainbreak.find.detectors.goip.v1.params import GoipParams
from chainbreak.find.detectors.goip.v1.reduce import reduce_calls, screened
from chainbreak.records.finding import Action
from chainbreak.records.kind import Identifier


class Goip(OneStage):
    """GOIP boxes on one machine's records; levels L0 to L2 (spec/goip.md 3), with room for the deeper ones."""

    name = "goip"
    version = "1"
    subject_kind = "device_cluster"
    unit = Identifier.IMSI
    story = Words(
        zh="境外诈骗电话经机房或出租屋里的 GOIP 设备换成本地号码呼出，被害人看到的是本地来电。"
        "设备里的卡整天向陌生号码连续外呼，几乎没有人回拨，位置不动，且多张卡轮流占用同一端口或同型号模块。"
        "本检测先按外呼行为筛出候选卡，再按共用端口与同址聚集归并为设备，逐条给出证据与反证。",
        en="Calls from abroad are re-originated by a box in a rented room, so that the victim sees a local "
        "number. Its SIMs call strangers one after another, are hardly ever called back, never move, and "
        "take turns in ports or sit in modules of one model. Candidates are found by calling behaviour, "
        "joined into devices by shared port and crowded place, and every reason for and against is "
        "stated.",
    )
    limits = Words(
        zh="可能误伤：登记缺失的外呼中心、催收、房产与保险销售，以及同址办公的外勤人员。"
        "没有 IMEI 与小区时只能给出关注级；远程卡池（L4）、仿真行为（L3、L5）与音频线对接（L6）目前多半漏检。",
        en="Wrongly hit: call centres missing from the register, debt collection, estate and insurance "
        "sales, field staff who share an office. Without IMEI and cell nothing rises above watch; remote "
        "SIM banks (L4), mimicry (L3, L5) and audio-cable kits (L6) are mostly missed.",
    )
    judges: tuple[Identifier, ...] = (Identifier.IMSI, Identifier.LINE, Identifier.IMEI)
    needs: tuple[Need, ...] = (
        Need(
            "call", ("at_us", "kind", "peer"), any_of=("imsi", "msisdn"),
            optional=("duration_s", "imei", "imei_tac", "cell_id", "answered", "msisdn_class"),
        ),
        Need("line", (), optional=("msisdn", "imsi", "activated_at_us", "plan"), required=False),
        Need("cell", (), optional=("cell_id", "site_id", "lat", "lon", "district"), required=False),
    )  # fmt: skip
    params = GoipParams()
    remeasure = REMEASURE
    two_kinds = (frozenset({"behaviour"}), frozenset({"device", "place"}))
    watch_places = 5
    action = Action.VERIFY

    @cached_property
    def weights(self) -> Weights:
        """The fitted table of this version."""
        return read_weights(__name__)

    def reduce(self, tables: Tables, as_of_us: int, keep: Keep) -> dict[str, Any]:
        """Legs of each candidate's busiest day, and counts of its devices, places and contacts."""
        return reduce_calls(tables, self.params, keep)

    def screen(self, tables: Tables, kind: str, token: int) -> Screen:
        """The busiest day of a card, line or handset against the first sieve."""
        return screened(tables, self.params, kind, token)

    def baselines(self, tables: Tables) -> dict[str, Any]:
        """The shared-IMEI rule and the fan-out rule."""
        from chainbreak.find.detectors.goip.v1.baselines import fan_out_rule, shared_imei_rule

        return {"shared IMEI": shared_imei_rule(tables), "fan-out": fan_out_rule(tables)}

    def judge(self, reduced: Rows, as_of_us: int) -> list[Suspicion]:
        """Groups of candidates with their measures."""
        from chainbreak.find.detectors.goip.v1.judge import judge_sims

        return judge_sims(reduced, self.params, self.weights)

"""mules@2: accounts whose inflow leaves at once, where they stand in reported money, and the rings they form."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from chainbreak.find.contract.detector import Keep, Need, OneStage, Rows, Screen, Suspicion, Tables, Words
from chainbreak.find.contract.weights import Weights, read_weights
from chainbreak.find.detectors.mules.v2.measures import REMEASURE
from chainbreak.find.detectors.mules.v2.params import MulesParams
from chainbreak.find.detectors.mules.v2.reduce import reduce_transfers, screened
from chainbreak.records.finding import Action
from chainbreak.records.kind import Identifier


class Mules(OneStage):
    """Mule accounts one by one, each with the ring it works in and its layer there."""

    name = "mules"
    version = "2"
    subject_kind = "account"
    unit = Identifier.ACCOUNT
    story = Words(
        zh="诈骗款先打入收购或租借来的他人账户，拆分后转给下一层，最后取现或付往别处，账户本身几乎不留余额。"
        "这样的账户往往久未使用或新开，突然收到陌生人的款项又立即转出，并与同伙账户互转、共用设备，报案所涉付款几手之内就会到达。"
        "本检测衡量转出比、停留时间、与报案付款的距离、同伙与设备，并用固定往来、日常消费、开户时长与账户类别作反证，再把彼此往来的账户归为团伙、分出层级。",
        en="Fraud money first enters bought or rented accounts, is split on to the next layer and leaves as cash or "
        "elsewhere, so that almost nothing stays. Such an account is new or long unused, suddenly receives from "
        "strangers and pays on at once, pays others of its gang, is worked from their devices, and lies a few "
        "transfers behind a reported payment. Measured are what passes through, how long it stays, that distance, "
        "partners and devices; regular counterparties, daily life, age and register class speak against. Accounts that "
        "pay one another are joined into rings, with their layers.",
    )
    limits = Words(
        zh="可能误伤：团购团长、包工头、摊主收款、二房东、社团与募捐代收、中介；误伤率见更新日志。"
        "有日常消费的账户被租借后多半漏检；放慢到一周以上、混入大量正常往来的也会漏检。没有报案、没有设备时证据变弱；互借账户的团伙会并成一个。",
        en="Wrongly hit: group buyers, foremen, tills, sub-landlords, those who collect for clubs or the sick, agents; "
        "the rates are in the changelog. Mostly missed: lent accounts on which their owner still lives, money that "
        "waits for a week or is mixed with much ordinary traffic. Without reports or devices the evidence is weaker; "
        "gangs that lend one another accounts come out as one ring.",
    )
    judges: tuple[Identifier, ...] = (Identifier.ACCOUNT,)
    needs: tuple[Need, ...] = (
        Need(
            "transfer", ("booked_at_us", "payer", "payee", "amount_fen"),
            optional=("transfer_id", "seq", "channel", "kind", "device"),
        ),
        Need("account", (), optional=("account", "opened_at_us", "outlet_id", "kind"), required=False),
        Need("report", (), optional=("reported_at_us", "identifiers"), required=False),
    )  # fmt: skip
    params = MulesParams()
    remeasure = REMEASURE
    two_kinds = (frozenset({"money"}), frozenset({"behaviour", "register", "report", "ring", "device"}))
    watch_places = 5
    ladder = (Action.HOLD, Action.HOLD, Action.HOLD)

    @cached_property
    def weights(self) -> Weights:
        """The fitted table of this version."""
        return read_weights(__name__)

    def reduce(self, tables: Tables, as_of_us: int, keep: Keep) -> dict[str, Any]:
        """Recent entries of accounts through which money passed within a day or a week."""
        return reduce_transfers(tables, self.params, keep)

    def screen(self, tables: Tables, kind: str, token: int) -> Screen:
        """The account's best day against the first sieve."""
        return screened(tables, self.params, token)

    def baselines(self, tables: Tables) -> dict[str, Any]:
        """The rule 'nine tenths of what came in went out within the day'."""
        from chainbreak.find.detectors.mules.v2.baselines import pass_through_rule

        return {"pass-through > 0.9": pass_through_rule(tables)}

    def judge(self, reduced: Rows, as_of_us: int) -> list[Suspicion]:
        """One suspicion a candidate account."""
        from chainbreak.find.detectors.mules.v2.judge import judge_accounts

        return judge_accounts(reduced, self.params, self)

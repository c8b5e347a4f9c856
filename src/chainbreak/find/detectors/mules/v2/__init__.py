"""mules@2: accounts whose inflow leaves at once, against regular payers, tenure and register."""

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
    """Mule accounts one by one; chains and rings are the tracing part's."""

    name = "mules"
    version = "2"
    subject_kind = "account"
    unit = Identifier.ACCOUNT
    story = Words(
        zh="诈骗款先打入收购或租借来的他人账户，几分钟内拆分转出或取现，账户本身几乎不留余额。"
        "这样的账户往往新开或久未使用，突然在一天内收到多个陌生付款人的款项，又立即付给陌生收款人。"
        "本检测衡量转出比、停留分钟数、付款人与收款人数量，并用固定付款人、开户时长与账户类别作反证。",
        en="Fraud money first enters bought or rented accounts and leaves within minutes, split or as cash, "
        "so that almost nothing stays. Such an account is new or long unused, suddenly receives from "
        "several strangers in a day, and pays strangers at once. Measured are what passes through, how "
        "many minutes it stays, and how many pay and are paid; regular payers, age and register class "
        "speak against.",
    )
    limits = Words(
        zh="可能误伤：二房东、小店收款人、社团代收、发工资的个人账户和年底集中结算者。"
        "放慢到一周以上、或混入大量正常消费的账户多半漏检；单看一个账户，看不到上下游。",
        en="Wrongly hit: sub-letting landlords, shop owners' private accounts, club treasurers, people who "
        "pay wages from a private account. Accounts that wait longer than a week or mix in much ordinary "
        "spending are mostly missed; one account alone shows nothing of the chain.",
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

        return judge_accounts(reduced, self.params)

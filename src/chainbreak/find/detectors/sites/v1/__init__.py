"""sites@1: young sites to which strangers' calls and texts lead people, and which victims name."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from chainbreak.find.contract.detector import Keep, Need, OneStage, Rows, Screen, Suspicion, Tables, Words
from chainbreak.find.contract.weights import Weights, read_weights
from chainbreak.find.detectors.sites.v1.measures import REMEASURE
from chainbreak.find.detectors.sites.v1.params import SitesParams
from chainbreak.find.detectors.sites.v1.reduce import reduce_lookups, screened
from chainbreak.records.finding import Action


class Sites(OneStage):
    """Fraud sites by name, judged by how people came to them and what came of it, never by their looks."""

    name = "sites"
    version = "1"
    subject_kind = "domain"
    unit = "domain"
    story = Words(
        zh="诈骗分子用刚注册几天的域名搭建假贷款、假认证和假投资网站，用过几天就换一个。"
        "被害人接到陌生人的长通话或群发短信后，不久就打开网站，过后不再访问，也有人报案并提到它。"
        "本检测衡量域名年龄、访问人数、访问前的陌生来电与短信、访问者事后报案，并用访问天数、回访与人群广泛作反证。",
        en="Fraud runs on sites whose names are days old: false loans, false certificates, false investments, each "
        "dropped within days. Victims open one soon after a stranger's long call or a mass text, never again, "
        "and some later report and name it. Measured are the name's age, how many look it up, strangers' "
        "calls and texts just before, and reports by its visitors afterwards; many days, returning and diverse "
        "visitors speak against.",
    )
    limits = Words(
        zh="可能误伤：新开的店铺、由业务员电话推介的网站、学校和社区刚启用的平台，以及报案中误提的正规新站。"
        "被入侵的老域名、加密或境外域名解析、只在聊天软件里传播的网站查不到；同一域名下的各主机分别计算。",
        en="Wrongly hit: new shops, sites that sellers name on the telephone, pages that a school or a community has "
        "just opened, new sites that a report names by mistake. Missed: old names that were broken into, clients who "
        "ask a resolver elsewhere, sites that spread in chats only; hosts below one name are counted apart.",
    )
    judges: tuple[str, ...] = ("domain",)
    needs: tuple[Need, ...] = (
        Need("lookup", ("at_us", "client", "domain")),
        Need("domain", (), optional=("domain", "registered_at_us", "first_seen_us"), required=False),
        Need("report", (), optional=("reported_at_us", "victim", "identifiers"), required=False),
        Need("call", (), optional=("at_us", "duration_s", "kind", "msisdn", "peer"), required=False),
        Need("message", (), optional=("at_us", "sender_class", "recipient", "text"), required=False),
        Need("line", (), optional=("msisdn", "holder"), required=False),
    )
    params = SitesParams()
    remeasure = REMEASURE
    two_kinds = (frozenset({"register", "behaviour"}), frozenset({"report", "contact"}))
    watch_places = 5
    ladder = (Action.BLOCK, Action.BLOCK, Action.BLOCK)

    @cached_property
    def weights(self) -> Weights:
        """The fitted table of this version."""
        return read_weights(__name__)

    def reduce(self, tables: Tables, as_of_us: int, keep: Keep) -> dict[str, Any]:
        """Look-ups of young names, and the calls, texts, lines and reports of those who looked."""
        return reduce_lookups(tables, self.params, keep)

    def screen(self, tables: Tables, kind: str, token: Any) -> Screen:
        """The name's age against the first sieve; `token` is the name itself."""
        return screened(tables, self.params, str(token))

    def baselines(self, tables: Tables) -> dict[str, Any]:
        """The rule 'younger than a month'."""
        from chainbreak.find.detectors.sites.v1.baselines import young_rule

        return {"young domain < 30 d": young_rule(tables)}

    def judge(self, reduced: Rows, as_of_us: int) -> list[Suspicion]:
        """One suspicion a candidate name."""
        from chainbreak.find.detectors.sites.v1.judge import judge_sites

        return judge_sites(reduced, self.params)

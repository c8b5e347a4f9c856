"""Text messages from confirmed senders, with a confirmed link, or worded like theirs; and who answered one."""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.find.contacts.hosts import sites_of

WORDS_AT_LEAST = 12
"""Characters that a wording has at least, marks and figures as one each; shorter ones are anybody's."""
SENT_AT_LEAST = 3
"""Different recipients whom confirmed senders, or texts with a confirmed link, sent a wording; project default."""
CONTRACTED = ("service", "short")
"""Classes of senders under contract with the operators: what they send too is nobody's template."""
TEXT_COLUMNS = ("recipient", "recipient_class", "indicator_kind", "line", "site", "wording", "at_us", "record_ref")


def worded(message: Any) -> Any:
    """`message` with `wording`: its masked text in which marks, figures and names of hosts are one sign each."""
    bare = (
        message.text.lower().re_replace(r"\[[a-z]+:[0-9a-f]{16}\]", "#")
        .re_replace(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[a-z0-9/._?=&%-]*)?", "@").re_replace(r"[0-9]+", "#")
        .re_replace(r"\s+", "")
    )  # fmt: skip
    return message.mutate(wording=bare)


def direct_texts(message: Any, fraud: Any, site: Any, known: Any) -> Any:
    """One row a text that a line of `fraud` (column line) sent, or that names a site of `site` (column name), to a line
    that is not of `known` (column line, all lines of fraud); columns `TEXT_COLUMNS`. A contracted sender's text with
    the name counts for nothing: it may be the warning itself.
    """
    told = worded(message.filter(message.recipient.notnull()))
    sent = told.semi_join(fraud, [("sender", "line")]).mutate(indicator_kind=ibis.literal("line"), site=_none())
    others = told.filter(~_contracted(told)).anti_join(fraud, [("sender", "line")])
    named = _naming(others, site).mutate(indicator_kind=ibis.literal("domain"))
    both = sent.mutate(line=sent.sender).select(*TEXT_COLUMNS).union(
        named.mutate(line=ibis.null().cast("int64")).select(*TEXT_COLUMNS)
    )  # fmt: skip
    return both.anti_join(known, [("recipient", "line")])


def templates(message: Any, direct: Any) -> Any:
    """One row a wording that is taken for a template, columns wording, line and site: what it was learnt from (the
    smallest of several). `direct`: rows of `direct_texts`.
    """
    learnt = direct.filter(direct.wording.length() >= WORDS_AT_LEAST)
    common = learnt.group_by("wording").agg(
        reached=learnt.recipient.nunique(), line=learnt.line.min(), site=learnt.site.min()
    )
    common = common.filter(common.reached >= SENT_AT_LEAST)
    honest = worded(message.filter(_contracted(message))).select("wording").distinct()
    return common.anti_join(honest, "wording").select("wording", "line", "site")


def alike_texts(message: Any, template: Any, direct: Any) -> Any:
    """One row a text worded like a template of `template` that is not among `direct`, columns `TEXT_COLUMNS`."""
    told = worded(message.filter(message.recipient.notnull(), ~_contracted(message)))
    alike = told.inner_join(template, "wording").mutate(indicator_kind=ibis.literal("template"))
    return alike.anti_join(direct, "record_ref").select(*TEXT_COLUMNS)


def answers(message: Any, fraud: Any, known: Any) -> Any:
    """One row a text that somebody, not of `known`, sent to a line of `fraud`: recipient (who answered),
    recipient_class, line, at_us, record_ref.
    """
    mine = message.filter(message.sender.notnull())
    rows = mine.semi_join(fraud, [("recipient", "line")]).select(
        recipient="sender", recipient_class="sender_class", line="recipient", at_us="at_us", record_ref="record_ref"
    )
    return rows.anti_join(known, [("recipient", "line")])


def _contracted(message: Any) -> Any:
    return ibis.coalesce(message.sender_class.isin(CONTRACTED), False)


def _none() -> Any:
    return ibis.null().cast("string")


def _naming(told: Any, site: Any) -> Any:
    """Rows of `told` whose text names a site or a host below it, with `site`; of several the smallest."""
    words = told.select("record_ref", host=told.text.lower().re_replace(r"[^a-z0-9.-]+", " ").split(" ").unnest())
    hosts = words.filter(words.host.contains("."))
    hosts = hosts.mutate(host=hosts.host.re_replace(r"^[.-]+|[.-]+$", ""))
    met = hosts.inner_join(sites_of(hosts, site), "host")
    return told.inner_join(met.group_by("record_ref").agg(site=met.site.min()), "record_ref")

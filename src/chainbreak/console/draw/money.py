"""The money canvas: a trace as one river from the victim to where the money lies, drawn as SVG.

Left to right by hop and minute, width = yuan. Neutral: passing through; accent: lies there now; red: gone; dashed: lost
from sight, and why. Every account is a link, so the picture is walked by keyboard and works without a script.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from markupsafe import Markup

from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.units import format_fen
from chainbreak.console.draw.money_place import BAR, Placed, place, ticks
from chainbreak.console.draw.money_shape import Edge, Node, Shape

WIDTH, LEFT, RIGHT, TOP = 792.0, 96.0, 246.0, 40.0
CURVE = 64.0
"""Px over which a ribbon leaves its row for the next; longer where it goes far up or down."""
AMOUNT_END, NAME_AT = 122.0, 130.0
"""Of the column at the right edge: where amounts end and names begin."""
MARKED = 20
"""Proposals that bear their rank in the picture."""
CROWDED = 30
"""From so many nodes on a name stands once, in the column where there is one."""
SINKS = ("cash", "overseas", "merchant", "coin")
Words = Callable[..., str]


def money(
    shape: Shape, t: Words, link: Callable[..., str], *, proposed: Mapping[str, int] | None = None,
    chosen: str = "", width: float = WIDTH,
) -> Markup:  # fmt: skip
    """The picture of a run. `t`: words; `link(account=…)`, `link(open=…)`: addresses; `proposed`: account -> rank."""
    if not shape.nodes:
        return Markup("")
    placed = place(shape, width, LEFT, RIGHT, TOP)
    paint = _Paint(shape, placed, t, link, proposed or {}, chosen)
    return Markup('<svg class="money" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" '
                  'height="{1:.0f}" role="group" aria-label="{2}">{3}{4}{5}</svg>').format(
        placed.frame.width, placed.frame.height, t("console_money.said", n=shape.accounts), paint.axis(),
        paint.ribbons(), paint.nodes(),
    )  # fmt: skip


class _Paint:
    """One picture being drawn."""

    def __init__(
        self, shape: Shape, placed: Placed, t: Words, link: Callable[..., str], proposed: Mapping[str, int], chosen: str
    ) -> None:
        self.shape, self.placed, self.t, self.link = shape, placed, t, link
        self.proposed, self.chosen = proposed, chosen
        self.outs: dict[str, list[Edge]] = defaultdict(list)
        self.ins: dict[str, list[Edge]] = defaultdict(list)
        for edge in shape.edges:
            self.outs[edge.src].append(edge)
            self.ins[edge.dst].append(edge)
        self.leaves: dict[Edge, float] = {}
        self.enters: dict[Edge, float] = {}
        self.middle: dict[str, float] = {}
        self.tall: dict[str, float] = {}
        for key in shape.nodes:
            self._stack(key)

    def _stack(self, key: str) -> None:
        """Where on the bar of `key` each ribbon ends and begins: those that go up on top, what stays in between."""
        y, thick, node = self.placed.y, self.placed.thick, self.shape.nodes[key]
        out = sorted(self.outs[key], key=lambda e: (y[e.dst], e.at_us))
        come = sorted(self.ins[key], key=lambda e: (y[e.src], e.at_us))
        stay = thick(node.stays) if node.stays else 0.0
        above = sum(thick(e.fen) for e in out if y[e.dst] < y[key])
        leaving, coming = sum(thick(e.fen) for e in out) + stay, sum(thick(e.fen) for e in come)
        top = y[key] - (above + stay / 2 if stay else leaving / 2)  # what stays goes straight on
        self.tall[key] = max(leaving, coming, 5.0)
        self.middle[key] = middle = top + leaving / 2
        at = top
        for edge in out:
            if stay and y[edge.dst] >= y[key]:
                at = max(at, y[key] + stay / 2)
            self.leaves[edge] = at + thick(edge.fen) / 2
            at += thick(edge.fen)
        at = middle - coming / 2
        for edge in come:
            self.enters[edge] = at + thick(edge.fen) / 2
            at += thick(edge.fen)

    def axis(self) -> Markup:
        """Minutes since the first payment, a line each, and the moment of the trace at the right edge."""
        frame = self.placed.frame
        line = Markup('<path class="grid" d="M{0:.1f} 27V{1:.0f}"/><text class="tick" x="{0:.1f}" y="20">{2}</text>')
        marks = [
            line.format(at, frame.height, self._since(minute))
            for minute, at in ticks(self.placed, self.shape.start_us, self.shape.end_us)
            if at < frame.right - 40
        ]
        head = Markup('<text class="tick is-head" x="0" y="20">{}</text>').format(self.t("console_money.axis"))
        end = Markup(
            '<path class="grid is-end" d="M{0:.1f} 8V{1:.0f}"/><text class="tick is-end" x="{2:.1f}" y="20">{3}</text>'
        )
        mark = self.t("console_money.as_of_mark", since=self._span(self.shape.end_us))
        return Markup("").join([head, *marks, end.format(frame.right, frame.height, frame.right + 8, mark)])

    def _since(self, minute: int) -> str:
        hours, minutes = divmod(minute, 60)
        parts = [("hours", hours)] * (hours > 0) + [("minutes", minutes)] * (minutes > 0 or not hours)
        return " ".join(self.t(f"console_money.{unit}", n=n) for unit, n in parts)

    def _span(self, at_us: int) -> str:
        return self._since((at_us - self.shape.start_us) // US_PER_MIN)

    def ribbons(self) -> Markup:
        """Every transfer, the widest first, so that no narrow one is hidden."""
        made = [self._ribbon(edge) for edge in sorted(self.shape.edges, key=lambda e: (-e.fen, e.at_us, e.dst))]
        return Markup('<g class="ribbons">{}</g>').format(Markup("").join(made))

    def _ribbon(self, edge: Edge) -> Markup:
        src, dst = self.shape.nodes[edge.src], self.shape.nodes[edge.dst]
        x0, x1 = self.placed.x[edge.src] + BAR, self.placed.x[edge.dst]
        y0, y1, thick = self.leaves[edge], self.enters[edge], self.placed.thick(edge.fen)
        said = self.t("console_money.flow_said", src=self._name(src), dst=self._name(dst), n=edge.n,
                      fen=self._amount(edge.fen), since=self._span(edge.at_us))  # fmt: skip
        if x1 <= x0:
            down = (y1 - y0) / 2
            path = f"M{x0:.1f} {y0:.1f}c22 0 22 {down:.1f} 0 {down:.1f}H{x1:.1f}c-22 0-22 {down:.1f} 0 {down:.1f}"
            sort = "is-back"
        else:
            path, sort = _river(x0, y0, x1, y1, thick), {"exit": "is-exit", "end": f"is-{dst.kind}"}.get(dst.sort, "")
        return Markup('<path class="flow {}" d="{}" data-src="{}" data-dst="{}"><title>{}</title></path>').format(
            sort, path, edge.src, edge.dst, said
        )

    def _stay(self, node: Node) -> Markup:
        x, y, thick = self.placed.x[node.key] + BAR, self.placed.y[node.key], self.placed.thick(node.stays)
        return Markup('<path class="stay" d="M{:.1f} {:.1f}H{:.1f}v{:.1f}H{:.1f}z" data-src="{}"/>').format(
            x, y - thick / 2, self.placed.frame.right, thick, x, node.key
        )

    def nodes(self) -> Markup:
        """Every account with its words."""
        return Markup('<g class="nodes">{}</g>').format(
            Markup("").join(self._node(node) for node in self.shape.nodes.values())
        )

    def _node(self, node: Node) -> Markup:
        x, y, tall = self.placed.x[node.key], self.middle[node.key], self.tall[node.key]
        bar = Markup('<rect class="hit" x="{:.1f}" y="{:.1f}" width="{}" height="{:.1f}"/>'
                     '<rect class="stem" x="{:.1f}" y="{:.1f}" width="{}" height="{:.1f}" rx="1"/>').format(
            x - 9, y - max(tall, 24) / 2, BAR + 18, max(tall, 24), x, y - tall / 2, BAR, tall)  # fmt: skip
        inner = (
            (self._stay(node) if node.stays else Markup("")) + bar + self._words(node, x, y, tall) + self._column(node)
        )
        if node.sort == "end":
            return Markup('<g class="node is-end is-{}" data-node="{}">{}</g>').format(node.kind, node.key, inner)
        of, about = ("open", node.parent) if node.sort == "group" else ("account", node.account)
        more = " is-chosen" if node.account and node.account == self.chosen else ""
        more += " is-wanted" if node.is_wanted else ""
        return Markup('<a class="node is-{}{}" href="{}" data-{}="{}" data-node="{}" aria-label="{}">{}</a>').format(
            node.sort, more, self.link(**{of: about}), of, about, node.key, self._said(node), inner
        )

    def _words(self, node: Node, x: float, y: float, tall: float) -> Markup:
        """The words at a bar: above it where ribbons leave it, beside it where nothing does and no column tells."""
        if node.sort == "victim":
            said = _text("victim", x - 8, y - 2, self.t("console_money.victim"))
            return said + _text("sum", x - 8, y + 13, self._amount(node.in_fen))
        if node.sort == "exit":
            return Markup('<path class="out" d="M{:.1f} {:.1f}v9l7-4.5z"/>').format(x + BAR + 1, y - 4.5)
        if node.sort == "end" or (node.stays and (len(self.shape.nodes) > CROWDED or not self.outs[node.key])):
            return Markup("")
        at = (x, y - tall / 2 - 4) if self.outs[node.key] else (x + BAR + 5, y + 4)
        return _text("name", *at, self._name(node, mark=True))

    def _column(self, node: Node) -> Markup:
        """What came of the money, in the column at the right edge: lies there, left, or lost from sight."""
        fen = node.stays if node.sort not in ("exit", "end") else node.in_fen
        if not fen:
            return Markup("")
        edge, y = self.placed.frame.right, self.placed.y[node.key]
        parts = []
        if node.sort in ("exit", "end"):
            begin = self.placed.x[node.key] + BAR + (12 if node.sort == "exit" else 3)
            if begin < edge:
                parts.append(Markup('<path class="leader" d="M{:.1f} {:.1f}H{:.1f}"/>').format(begin, y, edge))
        else:
            thick = self.placed.thick(fen) + 2
            parts.append(Markup('<path class="cap" d="M{:.1f} {:.1f}v{:.1f}"/>').format(edge, y - thick / 2, thick))
        if (rank := self.proposed.get(node.account, MARKED + 1)) <= MARKED:
            parts.append(Markup('<circle class="rank" cx="{:.1f}" cy="{:.1f}" r="8"/>').format(edge + 16, y))
            parts.append(_text("rank-n", edge + 16, y + 3.5, rank))
        parts.append(_text("fen end", edge + AMOUNT_END, y + 4, self._amount(fen)))
        parts.append(_text("who", edge + NAME_AT, y + 4, self._name(node, mark=True)))
        return Markup("").join(parts)

    def _name(self, node: Node, *, mark: bool = False) -> Markup:
        """An account in a few characters: its bank and the head of its token; with `mark`, as tspans."""
        t = self.t
        if node.sort == "group":
            first, last = node.hops
            key = "console_money.more" if first == last else "console_money.more_hops"
            return Markup("{}").format(t(key, n=node.n, first=first, last=last))
        if node.sort == "end":
            return Markup("{}").format(
                t(f"console_money.{'reason' if node.reason else 'end'}.{node.reason or node.kind}")
            )
        if node.sort == "exit":
            return Markup("{}").format(
                t(f"console_money.sink.{node.kind}" if node.kind in SINKS else "console_money.exit")
            )
        token = node.account.rpartition(":")[2][:6]
        if not mark:
            return Markup("{} {}").format(node.bank, token) if node.bank else Markup("{}").format(token)
        return Markup('{} <tspan class="mono">{}</tspan>').format(node.bank, token)

    def _amount(self, fen: int) -> str:
        return format_fen(fen) if self.shape.has_amounts else ""

    def _said(self, node: Node) -> str:
        return self.t("console_money.node_said", name=self._name(node), hop=node.hops[0], fen=self._amount(node.in_fen),
                      stays=self._amount(node.stays), since=self._span(node.first_us))  # fmt: skip


def _text(name: str, x: float, y: float, words: object) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(name, x, y, words)


def _river(x0: float, y0: float, x1: float, y1: float, thick: float) -> str:
    """The outline of a ribbon: level, then one bend into the other row."""
    bend = min(max(CURVE, abs(y1 - y0) * 0.45), x1 - x0)
    turn, h = x1 - bend, thick / 2
    m = (turn + x1) / 2
    return (
        f"M{x0:.1f} {y0 - h:.1f}H{turn:.1f}C{m:.1f} {y0 - h:.1f} {m:.1f} {y1 - h:.1f} {x1:.1f} {y1 - h:.1f}"
        f"v{thick:.1f}C{m:.1f} {y1 + h:.1f} {m:.1f} {y0 + h:.1f} {turn:.1f} {y0 + h:.1f}H{x0:.1f}z"
    )

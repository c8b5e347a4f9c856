"""What falls with an annulled order is exactly what has no way left to solid ground."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.orders.cascade import fallout

ORDERS = [f"o{i}" for i in range(7)]
refs = st.sampled_from([f"order:{o}" for o in [*ORDERS, "gone", "ended"]] + [f"finding:f{i}" for i in range(5)])
graphs = st.dictionaries(st.sampled_from(ORDERS), st.sets(refs, min_size=1, max_size=4))


def has_a_way_down(order: str, graph: dict[str, set[str]], lost: set[str], path: tuple[str, ...] = ()) -> bool:
    """Whether some chain of supports, without turning in a circle, ends in something that still stands."""
    for ref in graph[order]:
        above = ref.removeprefix("order:")
        if above in graph and ref.startswith("order:"):
            if above not in path and above != order and has_a_way_down(above, graph, lost, (*path, order)):
                return True
        elif ref not in lost:
            return True
    return False


def is_touched(order: str, graph: dict[str, set[str]], lost: set[str], path: tuple[str, ...] = ()) -> bool:
    """Whether something it rests on directly is lost, or is an order that falls for that reason."""
    return any(
        ref in lost
        or (
            (above := ref.removeprefix("order:")) in graph
            and ref.startswith("order:")
            and above not in (*path, order)
            and not has_a_way_down(above, graph, lost)
            and is_touched(above, graph, lost, (*path, order))
        )
        for ref in graph[order]
    )


@given(graphs, st.sets(st.sampled_from(["order:gone", "finding:f0", "finding:f1", "finding:f2"])))
def test_the_fallen_are_those_with_no_remaining_support(graph: dict[str, set[str]], lost: set[str]) -> None:
    found = fallout(graph, lost)
    touched = {o for o in graph if is_touched(o, graph, lost)}
    assert found.fallen == {o for o in touched if not has_a_way_down(o, graph, lost)}
    assert found.weakened == {o for o in touched if has_a_way_down(o, graph, lost)}


def test_two_orders_that_only_rest_on_each_other_rest_on_nothing() -> None:
    graph = {"a": {"order:b", "finding:f"}, "b": {"order:a"}}
    assert fallout(graph, {"finding:f"}).fallen == {"a", "b"}

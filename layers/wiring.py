"""How a graph's nodes are wired: names that exist and are used, no cycle, and an order to compute in."""

from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush


def name_list(what, names):
    """The names as a list; a single one may stand for itself."""
    if not isinstance(names, (str, list, tuple)) or not names:
        raise ValueError(f"Graph: {what} expected a name or a list of names, got {names!r}{quotes(names)}")
    names = [names] if isinstance(names, str) else list(names)
    for place, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise ValueError(f"Graph: {what} expected names, got {name!r}{quotes(name)}")
        if "." in name:
            raise ValueError(f"Graph: {what} expected names without dots, got {name!r}")
        if what == "inputs" and name in names[:place]:
            raise ValueError(f"Graph: {what} names {name!r} twice")
    return names


def quotes(value):
    """What to do where a name was read as something else: YAML takes on, off, yes and no for true and false."""
    return ": put it in quotes" if isinstance(value, (bool, int, float)) else ""


def check_wiring(inputs, nodes, outputs):
    """{node: the names that it takes}; ValueError for names that are unknown or given twice."""
    sources = {}
    for name, node in nodes.items():
        name_list("nodes", [name])
        if name in inputs:
            raise ValueError(f"Graph: {name!r} is an input and a node: give one of them another name")
        if not isinstance(node, (tuple, list)) or len(node) != 2:
            raise ValueError(f"Graph: node {name!r} expected (from, layer), got {node!r}")
        sources[name] = name_list(f"node {name!r}: from", node[0])
    known = [*inputs, *nodes]
    users = {f"node {name!r} takes": taken for name, taken in sources.items()} | {"outputs name": outputs}
    for user, names in users.items():
        for name in names:
            if name not in known:
                advice = suggestion(name, known)
                raise ValueError(
                    f"Graph: {user} {name!r}, which is no input or node: {advice}There are {', '.join(known)}"
                )
    return sources


def suggestion(name, known):
    """What may have been meant by an unknown name, as a sentence; "" where nothing is near."""
    from difflib import get_close_matches  # here, so that `import layers` stays short

    close = get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}? "
    return "several names are a list. " if "," in name else ""


def in_order(inputs, sources, outputs):
    """The nodes, each after all that it takes, otherwise in the order given; ValueError for a cycle or a loose end."""
    sorter = TopologicalSorter(sources)
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"Graph: nodes in a cycle: {' -> '.join(error.args[1])}") from None
    used = {name for taken in sources.values() for name in taken} | set(outputs)
    for name in [*inputs, *sources]:
        if name not in used:
            kind = "input" if name in inputs else "node"
            raise ValueError(f"Graph: {kind} {name!r} is taken by no node and is no output: connect it or remove it")
    given = {name: place for place, name in enumerate([*inputs, *sources])}
    order, ready = [], []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, (given[name], name))
        order.append(heappop(ready)[1])
        sorter.done(order[-1])
    return [name for name in order if name in sources]

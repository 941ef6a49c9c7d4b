"""Which column each node of a graph stands in, and in which order, so that edges are short and few of them cross."""

from bisect import bisect_right, insort
from collections import defaultdict
from itertools import pairwise


class Bend:
    """An edge's passage through a column between its ends."""


def columns_of(wires):
    """(the columns, each a list of nodes and bends; {edge: its bends}).

    A node's column is the length of the longest path to it; outputs are in the last. What is fed by inputs of its own
    only is moved right, up to its user, so that edges are short.
    """
    column, free = {}, set()
    for node in wires.nodes:
        column[node] = 1 + max((column[edge.source] for edge in node.takes), default=-1)
        if all(edge.source in free and sum(map(len, edge.source.gives)) == 1 for edge in node.takes):
            free.add(node)
    column.update(dict.fromkeys(wires.outputs, max(column.values())))
    for node in reversed(wires.nodes):
        if node in free and any(node.gives):
            column[node] = min(column[edge.target] for edges in node.gives for edge in edges) - 1
    columns = [[] for _ in range(max(column.values()) + 1)]
    for node, place in column.items():
        columns[place].append(node)
    bends = {edge: [Bend() for _ in range(column[edge.source] + 1, column[edge.target])] for edge in wires.edges}
    for edge, own in bends.items():
        for place, bend in enumerate(own, start=column[edge.source] + 1):
            columns[place].append(bend)
    return columns, bends


def neighbours(wires, bends):
    """For each node and bend: what its edges lead to in the column before, and in the column after."""
    before, after = defaultdict(list), defaultdict(list)
    for edge in wires.edges:
        stations = [edge.source, *bends[edge], edge.target]
        for left, right in pairwise(stations):
            before[right].append(left)
            after[left].append(right)
    return before, after


def untangle(columns, before, after):
    """Sorts each column so that few edges cross: barycentres in sweeps to and fro, then swaps of neighbours."""
    place = {item: i for column in columns for i, item in enumerate(column)}

    def crossings(upper, lower, near):
        return sum(place[a] > place[b] for a in near[upper] for b in near[lower])

    def total():
        count = 0
        for column in columns:
            passed = []  # where the edges so far begin, in order
            for start in (place[a] for item in column for a in sorted(before[item], key=place.get)):
                count += len(passed) - bisect_right(passed, start)
                insort(passed, start)
        return count

    fewest, best = total(), [list(column) for column in columns]
    for sweep in range(8):
        near = after if sweep % 2 else before
        for column in reversed(columns) if sweep % 2 else columns:
            middle = {item: sum(place[n] for n in near[item]) / len(near[item]) for item in column if near[item]}
            column.sort(key=lambda item: middle.get(item, place[item]))
            place.update({item: i for i, item in enumerate(column)})
        if (now := total()) < fewest:
            fewest, best = now, [list(column) for column in columns]
    columns[:] = best
    place.update({item: i for column in columns for i, item in enumerate(column)})
    better = True
    while better:
        better = False
        for column in columns:
            for i in range(len(column) - 1):
                u, v = column[i : i + 2]
                if sum(crossings(u, v, near) - crossings(v, u, near) for near in (before, after)) > 0:
                    column[i : i + 2] = v, u
                    place[u], place[v], better = i + 1, i, True

"""Where the nodes of a graph stand and how its edges run: layered drawing from left to right.

Columns and the order within them come first (see columns.py), then heights, each near those of the neighbours, then the
places from left to right. An edge that skips columns bends there, and its bends are given room as nodes are, so that no
edge runs through a node.

Between two columns there are three strips. In the first, values leave their nodes, and fan out at its end; in the
second, edges curve and may cross; in the third they run straight into the nodes. Labels stand in the first and the
third, where nothing crosses.

Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures", 1981.
"""

from collections import defaultdict
from itertools import pairwise

from .columns import Bend, columns_of, neighbours, untangle

GAP = 26  # between neighbours in a column
THIN = 8  # the height that a bend takes
SLIGHT = 1e-6  # the weight of what gives way to everything else


class Layout:
    """The geometry of some wires.

    Args:
        wires: the nodes and edges. sizes: {node: (width, height)}.
        trunks: {(node, which of its values): the room that a value needs before it fans out}.
        landings: {edge: the room that it needs where it arrives}. pitch: between edges that arrive at one node.

    Attributes:
        boxes: {node: (x, y, width, height)}; x and y are the least. dots: {(node, which of its values): (x, y)}.
        routes: {edge: [(x, y), ...]}: straight from point 0 to 1, a curve from 1 to 2, straight from 2 to 3, and so on.
        width, height: of the whole.
    """

    def __init__(self, wires, sizes, trunks, landings, pitch):
        self.columns, self.bends = columns_of(wires)
        before, after = neighbours(wires, self.bends)
        untangle(self.columns, before, after)
        self.heights = defaultdict(lambda: THIN, {node: height for node, (_, height) in sizes.items()})
        self.y = place_in_columns(self.columns, before, after, self.heights)
        self.straighten(before, after)
        self.y = {item: round(y) for item, y in self.y.items()}
        top = min(y - self.heights[item] / 2 for item, y in self.y.items())
        self.y = {item: y - top for item, y in self.y.items()}
        self.height = max(y + self.heights[item] / 2 for item, y in self.y.items())
        self.arrivals = self.spread_arrivals(wires, pitch)
        self.place_across(wires, sizes, trunks, landings, pitch)

    def straighten(self, before, after):
        """Puts each run of items that lead to each other only at one height, where every column has room for it."""
        around = {}  # {item: those above and below it}
        for column in self.columns:
            around.update((item, (column[:i][-1:], column[i + 1 :][:1])) for i, item in enumerate(column))
        follows = {u: v[0] for u, v in after.items() if len(v) == 1 and before[v[0]] == [u]}
        inner = set(follows.values())
        for run in [[item] for item in around if item not in inner]:
            while run[-1] in follows:
                run.append(follows[run[-1]])
            low = [self.y[other] + distance(other, item, self.heights) for item in run for other in around[item][0]]
            high = [self.y[other] - distance(item, other, self.heights) for item in run for other in around[item][1]]
            low, high = max(low, default=float("-inf")), min(high, default=float("inf"))
            if low <= high:
                y = min(max(sum(self.y[item] for item in run) / len(run), low), high)
                self.y.update(dict.fromkeys(run, y))

    def spread_arrivals(self, wires, pitch):
        """{edge: the height at which it arrives}: a pitch apart about the node's middle, or about a straight edge."""
        arrivals = {}
        for node in wires.nodes:
            comes = {edge: self.y[[edge.source, *self.bends[edge]][-1]] for edge in node.takes}
            edges = sorted(node.takes, key=comes.get)
            offsets = [(place - (len(edges) - 1) / 2) * pitch for place in range(len(edges))]
            straight = [offset for edge, offset in zip(edges, offsets, strict=True) if comes[edge] == self.y[node]]
            room = self.heights[node] / 2 - 6 - max(offsets, default=0)
            shift = min(max(-straight[0], -room), room) if len(straight) == 1 else 0
            for edge, offset in zip(edges, offsets, strict=True):
                y = self.y[node] + offset + shift
                arrivals[edge] = comes[edge] if abs(comes[edge] - y) < 4 else y  # better straight than just so
        return arrivals

    def place_across(self, wires, sizes, trunks, landings, pitch):
        """Fills boxes, dots and routes, column by column and strip by strip."""
        self.boxes, self.dots, self.routes = {}, {}, {edge: [] for edge in wires.edges}
        leaves = {}  # {(node, which of its values): the height at which the value leaves}
        for node in wires.nodes:
            for number in range(len(node.gives)):
                leaves[node, number] = self.y[node] + (number - (len(node.gives) - 1) / 2) * pitch
        curves = defaultdict(list)  # {column: (edge, from which height, to which) for the edges that leave or pass it}
        column_of = {item: place for place, column in enumerate(self.columns) for item in column}
        for edge, bends in self.bends.items():
            heights = [leaves[edge.source, edge.number], *(self.y[bend] for bend in bends), self.arrivals[edge]]
            for place, (old, new) in enumerate(pairwise(heights), start=column_of[edge.source]):
                curves[place].append((edge, old, new))
        x = 0
        for place, column in enumerate(self.columns):
            nodes = [item for item in column if item in sizes]
            width = max(sizes[node][0] for node in nodes)
            for node in nodes:
                own, height = sizes[node][0] if node.layer is None else width, self.heights[node]
                left = x + width - own if node in wires.inputs else x
                self.boxes[node] = (left, self.y[node] - height / 2, own, height)
            self.width = x + width
            start = self.width + max((room for value, room in trunks.items() if value[0] in nodes), default=0)
            rise = max((abs(new - old) for _, old, new in curves[place]), default=0)
            stop = start + 30 + round(min(0.4 * rise, 130))
            self.dots.update((value, (start, leaves[value])) for value in trunks if value[0] in nodes)
            for edge, old, new in curves[place]:
                self.routes[edge] += [(start, old), (stop, new)]
            arriving = [landings[edge] for edge, _, _ in curves[place] if column_of[edge.target] == place + 1]
            x = stop + max(arriving, default=0)
        for edge, route in self.routes.items():
            left, _, width, _ = self.boxes[edge.source]
            value = edge.source, edge.number
            self.routes[edge] = [
                self.dots.get(value, (left + width, leaves[value])),
                *route,
                (self.boxes[edge.target][0], self.arrivals[edge]),
            ]


def place_in_columns(columns, before, after, heights):
    """{item: height of its middle}: in sweeps to and fro, each item as near as can be to the mean of its neighbours.

    Bends give way to nodes, so a chain with edges that skip parts of it stays one straight line.
    """
    y = {}
    for column in columns:
        gaps = [0, *(distance(u, v, heights) for u, v in pairwise(column))]
        places = [sum(gaps[: i + 1]) - sum(gaps) / 2 for i in range(len(column))]
        y.update(zip(column, places, strict=True))
    for sweep in range(1, 10):
        near = after if sweep % 2 == 0 else before
        for column in reversed(columns) if sweep % 2 == 0 else columns:
            wished, weights = [], []
            for item in column:
                pulls = [(y[other], SLIGHT if isinstance(other, Bend) else 1) for other in near[item]] or [(y[item], 1)]
                wished.append(sum(at * weight for at, weight in pulls) / sum(weight for _, weight in pulls))
                weights.append(SLIGHT if isinstance(item, Bend) else 1)
            gaps = [distance(u, v, heights) for u, v in pairwise(column)]
            y.update(zip(column, settle(wished, weights, gaps), strict=True))
    return y


def distance(upper, lower, heights):
    """Between the middles of two neighbours in a column."""
    return (heights[upper] + heights[lower]) / 2 + GAP


def settle(wished, weights, gaps):
    """The numbers nearest to those wished, by weighted least squares, of which each is a gap above the one before.

    Less the gaps so far that is isotonic regression: neighbours that get too near share their weighted mean.
    """
    starts = [sum(gaps[:i]) for i in range(len(wished))]
    groups = []  # [sum of weights, weighted sum of wishes, how many]
    for wish, weight, start in zip(wished, weights, starts, strict=True):
        groups.append([weight, weight * (wish - start), 1])
        while len(groups) > 1 and groups[-2][1] / groups[-2][0] > groups[-1][1] / groups[-1][0]:
            last = groups.pop()
            groups[-1] = [a + b for a, b in zip(groups[-1], last, strict=True)]
    means = [total / weight for weight, total, count in groups for _ in range(count)]
    return [mean + start for mean, start in zip(means, starts, strict=True)]

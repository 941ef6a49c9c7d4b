"""draw_graph: a model as a picture of its computational graph."""

import copy

from layers.guards import admit_input, batch, example_shape

from .gradient import require_layer
from .layout import Layout
from .wires import Wires, several
from .words import addition, count, count_flops, entries, width_of, written

FORWARD, BACKWARD, INK, GREY = "#1f6fb2", "#c2570c", "#20262e", "#6b7480"
SMALL, LARGE, LINE = 11, 14, 15  # sizes of text, and from line to line
MARGIN = 24


class Drawing(str):
    """SVG text, which a notebook shows as the picture."""

    def _repr_svg_(self):
        return str(self)


def draw_graph(model, input_shape=None, x=None):
    """A picture of a model's computational graph, from left to right, as SVG text.

    Every layer is a box: its class, its place in the model, the shape that it gives, its parameters and flops. Where a
    value goes to several layers a dot marks that the gradients which come back are added. With x the edges carry
    numbers: above the line the value that flows forward, below it the gradient of the sum of the model's outputs that
    comes back on this edge. They are those of a copy in evaluation mode: the model stays as it is.

        Path("model.svg").write_text(draw_graph(model, x=np.array([[0.5]])), encoding="utf-8")

    Args:
        model: a layer. input_shape: one example's, or a tuple of several; needed where the model is not built.
        x: what forward takes; best one example of few numbers.

    Raises TypeError for something that is no layer, ValueError where no shape is known or input_shape is not that of x,
    and what the layers raise.

    Source: slides "Computational graph: Ex. 1" to "Ex. 3" and "Backpropagation".
    """
    require_layer("draw_graph", model)
    if not model.built and input_shape is None and x is None:
        raise ValueError(f"{model.label} is not built yet: give draw_graph an input_shape (one example's) or x")
    model = copy.deepcopy(model).eval()
    if input_shape is not None:
        input_shape = example_shape(model, input_shape)
        if model.built:
            model.output_shape(input_shape)
        else:
            model.build(input_shape)
    if x is None:
        wires = Wires(model, model.input_shape if input_shape is None else input_shape)
    else:
        x = admit_input(model, x)
        shape = tuple(part.shape[1:] for part in x) if model.several_inputs else x.shape[1:]
        if input_shape not in (None, shape):
            raise ValueError(f"x expected examples of the input_shape {batch(input_shape)}, got {batch(shape)}")
        wires = Wires(model, shape)
        wires.run(several(x))
    return Picture(model, wires, x is not None).drawing()


class Picture:
    """The shapes and texts of the drawing, one after the other."""

    def __init__(self, model, wires, values):
        self.model, self.wires, self.values = model, wires, values
        self.owners = {id(node.layer): f"{node.place} {node.title}" for node in wires.nodes}
        self.lines = {node: self.lines_of(node) for node in wires.nodes}
        pitch = 34 if values else 18
        sizes = {}
        for node, lines in self.lines.items():
            width = max(width_of(text, size, bold) for text, size, bold, _ in lines)
            height = max(len(lines) * LINE, len(node.takes) * pitch, len(node.gives) * pitch)
            sizes[node] = (width + 20, height + 14)
        self.sums = {  # what stands where a value fans out
            (node, number): addition([edge.gradient for edge in edges]) if values else "\u03a3"
            for node in wires.nodes
            for number, edges in enumerate(node.gives)
            if len(edges) > 1
        }
        trunks = {value: width_of(text, SMALL, True) + 18 for value, text in self.sums.items()}
        landings = dict.fromkeys(wires.edges, 14)
        if values:
            for (node, number), room in trunks.items():
                trunks[node, number] = max(room, width_of(entries(node.gives[number][0].value), SMALL) + 18)
            for edge in wires.edges:
                landings[edge] = max(width_of(entries(part), SMALL) for part in (edge.value, edge.gradient)) + 22
        self.layout = Layout(wires, sizes, trunks, landings, pitch)

    def lines_of(self, node):
        """(text, size, bold, colour) of what stands in a node."""
        lines = [(node.title, SMALL + 1 if node.layer is None else LARGE, True, INK)]
        layer = node.layer
        if layer is None:
            shape = node.takes[0].shape if node.takes else node.shapes[0]
            return [*lines, (batch(shape), SMALL, False, GREY)]
        place = " ".join(filter(None, (node.place, repr(layer.name) if layer.name else "")))
        lines += [(place, SMALL, False, GREY)] if place else []
        texts = [batch(tuple(node.shapes) if len(node.shapes) > 1 else node.shapes[0])]
        if layer._owner is not None and layer.params:
            owner = layer._owned
            texts.append(f"parameters of {self.owners.get(id(owner), owner.label)}")
        elif layer.params:
            texts.append(count(layer._size, "parameter"))
        texts += [count_flops(node.flops)] if node.flops else []
        texts += ["frozen"] if layer.frozen and layer.params else []
        return lines + [(text, SMALL, False, INK) for text in texts]

    def drawing(self):
        """The SVG text."""
        parts = [self.edge(edge) for edge in self.wires.edges]
        parts += [self.fan_out(value) for value in self.sums]
        parts += [self.node(node) for node in self.wires.nodes]
        width, height = self.layout.width, self.layout.height
        notes = [*self.legend(), (self.totals(), INK)]
        for text, colour in notes:
            height += 20
            parts.append(label(0, height + 8, text, colour, SMALL, "start"))
            width = max(width, width_of(text, SMALL))
        width, height = round(width + 2 * MARGIN), round(height + 8 + 2 * MARGIN)
        title = f"{self.model.label}: {self.totals()}"
        return Drawing(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="{-MARGIN} {-MARGIN} {width} {height}" role="img" '
            'font-family="Helvetica, Arial, DejaVu Sans, sans-serif">\n'
            f"<title>{written(title)}</title>\n"
            f'<rect x="{-MARGIN}" y="{-MARGIN}" width="{width}" height="{height}" fill="white"/>\n'
            + "\n".join(parts)
            + "\n</svg>\n"
        )

    def node(self, node):
        """A box, or an end, with its lines."""
        x, y, width, height = self.layout.boxes[node]
        kind, radius, fill = ("end", height / 2, "white") if node.layer is None else ("box", 7, "#f4f6f9")
        lines = self.lines[node]
        first = y + height / 2 - (len(lines) - 1) * LINE / 2 + 4
        texts = [
            label(x + width / 2, first + place * LINE, text, colour, size, "middle", bold)
            for place, (text, size, bold, colour) in enumerate(lines)
        ]
        rect = f'<rect x="{x:.6g}" y="{y:.6g}" width="{width:.6g}" height="{height:.6g}" rx="{radius:.6g}"'
        return f'<g class="{kind}">{rect} fill="{fill}" stroke="#8d97a5"/>{"".join(texts)}</g>'

    def edge(self, edge):
        """A line with an arrowhead; the value above its last stretch, the gradient below."""
        (x, y), *stations, (end, height) = self.layout.routes[edge]
        path = f"M {x:.6g} {y:.6g}"
        for (start, a), (stop, b) in zip(stations[::2], stations[1::2], strict=True):
            middle = (start + stop) / 2
            path += f" L {start:.6g} {a:.6g} C {middle:.6g} {a:.6g} {middle:.6g} {b:.6g} {stop:.6g} {b:.6g}"
        path += f" L {end:.6g} {height:.6g}"
        head = f"M {end - 8:.6g} {height - 4:.6g} L {end:.6g} {height:.6g} L {end - 8:.6g} {height + 4:.6g} Z"
        texts = ""
        if self.values:
            texts = label(end - 12, height - 5, entries(edge.value), FORWARD, SMALL, "end")
            texts += label(end - 12, height + 13, entries(edge.gradient), BACKWARD, SMALL, "end")
        return (
            f'<g class="edge"><path d="{path}" fill="none" stroke="{GREY}" stroke-width="1.3"/>'
            f'<path d="{head}" fill="{GREY}"/>{texts}</g>'
        )

    def fan_out(self, value):
        """The dot where a value splits, and the sum of the gradients that come back there."""
        node, number = value
        x, y = self.layout.dots[value]
        left = self.layout.boxes[node][0] + self.layout.boxes[node][2]
        texts = label(x - 8, y + 13, self.sums[value], BACKWARD, SMALL, "end", bold=True)
        if self.values:
            texts = label(x - 8, y - 5, entries(node.gives[number][0].value), FORWARD, SMALL, "end") + texts
        return (
            f'<g class="dot"><path d="M {left:.6g} {y:.6g} L {x:.6g} {y:.6g}" stroke="{GREY}" stroke-width="1.3"/>'
            f'<circle cx="{x:.6g}" cy="{y:.6g}" r="4" fill="{BACKWARD}"/>{texts}</g>'
        )

    def legend(self):
        """What the colours mean, of those that are drawn: (text, colour)."""
        notes = []
        if self.values:
            notes.append(("\u2192 forward, above a line: the value that flows along it", FORWARD))
            notes.append(
                (f"\u2190 backward, below a line: the gradient of {self.score()} that comes back along it", BACKWARD)
            )
            if any(edge.value.size > 3 for edge in self.wires.edges):
                notes.append(("rms: root mean square of more than three numbers", GREY))
        if self.sums:
            notes.append(("\u25cf a value fans out: the gradients that come back are added (\u03a3)", BACKWARD))
        return notes

    def score(self):
        """What the gradients are of: the output, or the sum of all that comes out."""
        names = ", ".join(node.title for node in self.wires.outputs)
        numbers = sum(node.takes[0].value.size for node in self.wires.outputs)
        return names if numbers == 1 else f"the sum of {names}"

    def totals(self):
        paths, edges = self.wires.paths()
        flops = sum(node.flops for node in self.wires.nodes)
        ways = f"{count(paths, 'path')} along {count(edges, 'edge')} into layers"
        return f"{count(self.model._size, 'parameter')}, {count_flops(flops)} an example, {ways}"


def label(x, y, text, colour, size, anchor, bold=False):
    weight = ' font-weight="bold"' if bold else ""
    place = f'x="{x:.6g}" y="{y:.6g}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}"{weight}>{written(text)}</text>'

"""The table that model.summary() gives."""

from .guards import batch


class Summary(str):
    """Text that an interactive session shows as it is printed."""

    def __repr__(self):
        return str(self)


def summary(model):
    """A line for each layer, indented where it stands within another, and the totals."""
    if not model.built:
        raise RuntimeError(f"{model.label} is not built yet, so there are no shapes: call build(input_shape) first")
    rows = [("layer", "output shape", "parameters", ""), *lines(model, "", "", {})]
    trained = sum(layer._size for layer in model.walk() if not layer.children and not layer.frozen)
    rest = f"{trained:,} trained" + (f", {model._size - trained:,} frozen" if trained < model._size else "")
    rows.append(("total", "", f"{model._size:,}", rest))
    first, second, third = (max(len(row[column]) for row in rows) for column in range(3))
    return Summary("\n".join(f"{a:<{first}}  {b:<{second}}  {c:>{third}}  {d}".rstrip() for a, b, c, d in rows))


def lines(model, indent, path, paths):
    """(what, output shape, parameters, remarks) of each child, and of the children within.

    path: the model's own, as in names of parameters; paths: those of the layers so far, filled on the way.
    """
    for place, layer in zip(model.places, model.children, strict=True) if model.children else [("", model)]:
        name = f"{indent}{place} {layer.label}" if place else layer.label
        paths[id(layer)] = f"{path}{place} {layer.label}"
        remarks = [f"from {', '.join(model.sources[place])}"] if getattr(model, "place_word", "") == "node" else []
        if layer._owner is not None and layer.params:
            remarks.append(f"uses the parameters of {paths.get(id(layer._owned), layer._owned.label)}")
        if layer.frozen and layer.params:
            remarks.append("frozen")
        if layer.lr_factor != 1:
            remarks.append(f"lr x {layer.lr_factor:g}")
        yield name, batch(layer._built_shape), f"{layer._size:,}", ", ".join(remarks)
        if layer.children:
            yield from lines(layer, indent + "  ", f"{path}{place}.", paths)

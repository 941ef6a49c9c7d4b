"""The model of a config: layers, with layers within them."""

import layers

from .aliases import did_you_mean
from .components import Components
from .registry import LAYER_KEYS, arguments, with_defaults
from .wording import words


class Models(Components):
    """Makes models too. layer_paths: [(layer, its path)], for what goes wrong later."""

    def __init__(self, *places_and_known):
        super().__init__(*places_and_known)
        self.layer_paths = []

    def model(self, spec):
        """(Sequential, the spelled-out list) of a list of layers, or (None, ...)."""
        made = self.layers(spec, ("model",))
        inner = [layer for layer, _ in made]
        return None if None in inner or not inner else layers.Sequential(*inner), [values for _, values in made]

    def layers(self, spec, path):
        if not isinstance(spec, list) or not spec:
            if spec is not ...:
                self.refuse(path, path[-1], "a list of layers", spec)
            return []
        return [self.layer(layer, (*path, place)) for place, layer in enumerate(spec)]

    def layer(self, spec, path):
        """(the layer, its spelled-out spec), or (None, None); layers within it are made first."""
        if not (parts := self.component(spec, path, "model")):
            return None, None
        name, options, base = parts
        cls, wrong = self.known["model"][name], len(self.errors)
        common = {key: options.pop(key) for key in LAYER_KEYS if key in options}
        for key, value in common.items():
            kind, words_for_it = LAYER_KEYS[key]
            if not isinstance(value, kind) or (key == "lr_factor" and (isinstance(value, bool) or value < 0)):
                self.refuse((*base, key), key, words_for_it, value)
        values, inner = with_defaults(cls, options), ()
        if "layers" in arguments(cls):
            where = (*base, "layers") if (*base, "layers") in self.places else base
            made = self.layers(options.pop("layers", None), where)
            inner, values = [layer for layer, _ in made], {"layers": [values for _, values in made], **values}
        if cls is layers.Graph:
            made = self.nodes(options["nodes"], (*base, "nodes"))
            options["nodes"] = {node: (taken, layer) for node, (taken, layer, _) in made.items()}
            values["nodes"] = {node: {"from": taken, **(values or {})} for node, (taken, _, values) in made.items()}
        if len(self.errors) > wrong:
            return None, None
        layer = self.attempt(cls, options, base, *inner)
        if layer is None:
            return None, None
        self.layer_paths.append((layer, base))
        for key, value in common.items():
            setattr(layer, key, value)
        return layer, {cls.__name__: {**values, **common}}

    def nodes(self, spec, path):
        """{node: (from, the layer, its spelled-out spec)} of a graph's nodes."""
        form = "{from: ..., Layer: ...}"
        if not isinstance(spec, dict) or not spec:
            self.refuse(path, "nodes", f"nodes, each name: {form}", spec)
            return {}
        made = {}
        for node, inner in spec.items():
            at, got = (*path, node), f"node {node!r:.80} must be {form}"
            if not isinstance(inner, dict):
                self.report(at, f"{got}, got {words(inner)}.")
            elif "from" not in inner:
                guess = next((key for key in inner if "'from'" in did_you_mean(key, ["from"])), None)
                self.report(at, f"{got}, and has no from" + (f": write from for {guess}." if guess else "."))
            elif len(inner) == 1:
                self.report(at, f"{got}, and has no layer.")
            else:
                made[node] = inner["from"], *self.layer({k: v for k, v in inner.items() if k != "from"}, at)
        return made

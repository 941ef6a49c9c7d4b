"""key=value on the command line, in the config."""

from ..errors import ConfigError
from .aliases import did_you_mean
from .loader import read_yaml
from .places import Place, Source, dotted
from .registry import spelled_out
from .wording import words

WHOLE = {  # what a config may lack, and what it then looks like
    ("schedule",): "schedule='{Cosine: {warmup_epochs: 1}}'",
    ("train", "early_stop"): "train.early_stop='{metric: valid_loss, patience: 3}'",
}


def apply_override(values, places, override, rank, known):
    """Sets one key=value in the config; the path steps over component names, as in model.0.out_features=8.

    rank: its place on the command line, from 1. known: the classes that a config may name.
    Raises ConfigError, pointing into the override, where the path leads nowhere or the value is no YAML.
    """
    text, equals, _ = override.partition("=")
    steps = text.split(".")
    places_of_steps = []
    for i in range(len(steps)):
        column = len(".".join(steps[: i + 1])) - len(steps[i])
        places_of_steps.append(Place(rank, 0, column, Source(override, [override])))
    if not equals or not all(steps):
        raise ConfigError("an override is key=value without spaces, such as optimizer.lr=0.01.", places_of_steps[0])
    value, inner = read_yaml(override, override, rank, start=len(text) + 1)
    walk = Walk(values, places, known.get(steps[0], {}))
    for i, step in enumerate(steps[:-1]):
        walk.into(step, steps[i + 1], places_of_steps[i])
    walk.set(steps[-1], value, inner, places_of_steps[-1])


class Walk:
    """A way into a config. here: the mapping or list that it has reached, at `path`; component: whose options."""

    def __init__(self, values, places, registry):
        self.here, self.path, self.component = values, (), None
        self.places, self.registry = places, registry

    def key(self, step, place):
        """The step as a key of a mapping or an index of a list; "layers" may be left out."""
        if isinstance(self.here, dict) and step.isdecimal() and isinstance(self.here.get("layers"), list):
            self.here = self.here["layers"]
            self.path += ("layers",) if (*self.path, "layers") in self.places else ()
        if not isinstance(self.here, list):
            return step
        if not (step.isdecimal() and step.isascii()) or int(step) >= len(self.here):
            raise ConfigError(f"a place from 0 to {len(self.here) - 1} must stand here, got {step!r:.80}.", place)
        return int(step)

    def into(self, step, then, place):
        """Goes to what is under a step; into the options, where that is a component.

        Where a graph's node holds both its layer and where it takes from, `then`, the step after this one, decides.
        """
        if step == self.component:  # spelled out, as messages do, or stepped over
            self.component = None
            return
        key = self.key(step, place)
        if isinstance(self.here, dict) and key not in self.here:
            whole = WHOLE.get((*self.path, key))
            if whole:
                raise ConfigError(f"{key} is not given yet, so give the whole of it, as in {whole}.", place)
            where = f"{self.component}, which stands there" if self.component else dotted(self.path) or "the config"
            raise ConfigError(f"no key {key!r:.80} in {where}{did_you_mean(key, self.here)}", place)
        value, outer = self.here[key], self.here
        self.path, self.component = (*self.path, key), None
        node = {"from": value["from"]} if isinstance(value, dict) and "from" in value else {}
        rest = {name: inner for name, inner in value.items() if name != "from"} if node else value
        name, options = spelled_out(rest, self.registry)
        if isinstance(options, dict) and name in self.registry and not (node and then == "from"):
            outer[key] = {**node, name: options}
            self.here, self.component, self.path = options, name, (*self.path, name)
        elif isinstance(value, (dict, list)):
            self.here = value
        else:
            raise ConfigError(f"{step!r:.80} is {words(value)} and has nothing inside.", place)

    def set(self, step, value, inner, place):
        key = self.key(step, place)
        self.here[key] = value
        inner[()] = inner[()]._replace(key=place)
        self.places.put((*self.path, key), inner)

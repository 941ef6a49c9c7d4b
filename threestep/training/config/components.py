"""Components: what a config names, made from class names and constructors' arguments.

A component is `Name`, `Name: value` (its first argument) or `Name: {key: value}`; names are class names, keys the
constructors' arguments. A path, such as ("model", 2, "Dense", "out_features"), says where in the config a value stands.
"""

from ..errors import ConfigError, ConfigErrors
from .aliases import did_you_mean
from .places import Places, dotted
from .registry import KINDS, LAYER_KEYS, REGISTRIES, arguments, spelled_out, with_defaults
from .wording import REFUSAL, SUBJECT, listed, must_be, words


class Components:
    """Makes the components of one config; what is wrong with them is collected in `errors`, and they are None.

    Attributes:
        known: {kind: {name: class}}, all that the config may name.
    """

    def __init__(self, places=None, known=REGISTRIES):
        self.places, self.known, self.errors = Places() if places is None else places, known, []

    def error(self, path, what, of_value=False):
        """A ConfigError that points at the key, or the value, of a path; without a text, it names the path."""
        place = self.places.value(path) if of_value else self.places.key(path)
        return ConfigError(what if place or not path else f"{dotted(path)}: {what}", place)

    def report(self, *error, **of_value):
        self.errors.append(self.error(*error, **of_value))

    def raise_errors(self):
        if self.errors:
            raise ConfigErrors(self.errors)

    def refuse(self, path, name, expected, value, more=""):
        """Reports a value that is not what is expected."""
        spot = self.places.get(path)
        written = spot.written if spot and not isinstance(value, str) else None
        self.report(path, must_be(name, expected, value, written, more), of_value=True)

    def check(self, check, path, value, *arguments):
        """Reports a value that check(name, value, ...) refuses."""
        self.attempt(lambda **named: check(*named, *named.values(), *arguments), {dotted(path): value}, ())

    def attempt(self, make, options, base, *inner):
        """make(*inner, **options), or None: what it refuses is reported, at each option that it names."""
        try:
            return make(*inner, **options)
        except (ValueError, TypeError, OverflowError, MemoryError) as error:
            text = str(error) or type(error).__name__
            taken = arguments(make) if isinstance(make, type) else {}
            defaults = {key: p.default for key, p in taken.items() if p.default is not p.empty}
            values, match = defaults | options, REFUSAL.fullmatch(text)
            if not match or match[1] not in values:
                subject = SUBJECT.match(text)[1]
                known = subject in options
                return self.report((*base, subject) if known else base, text, of_value=known)
            name, value, indices = match[1], values[match[1]], [int(i) for i in match[2][1:-1].split("][") if i]
            for i in indices:
                value = value[i]
            path = (*base, name, *indices) if base else (*name.split("."), *indices)
            if match[4].startswith(repr(value)):
                self.refuse(path, f"{name}{match[2]}", match[3], value, match[4].removeprefix(repr(value)))
            else:  # part of the value, in words of the constructor's own
                self.report(path, f"{name}{match[2]} must be {match[3]}, got {match[4]}", of_value=True)
            if name in defaults and name in options:
                self.attempt(make, {key: v for key, v in options.items() if key != name}, base, *inner)  # the others

    def component(self, spec, path, kind):
        """(name, options, path of the name) of a component; None where it is reported."""
        if spec is ...:  # missing, as is reported already
            return None
        registry, (noun, plural) = self.known[kind], KINDS[kind]
        name, options = spelled_out(spec, registry)
        base = (*path, name)
        if name is None and isinstance(spec, dict) and spec:
            return self.report_beside(spec, path, registry)
        if name is None:
            subject = path[0] if len(path) == 1 else f"a {noun}"
            return self.refuse(path, subject, "Name, Name: value or Name: {key: value}", spec)
        if name not in registry:
            guess = did_you_mean(name, registry)
            own = "" if "?" in guess or kind == "data" else ", or give a class of your own by --plugins FILE.py"
            return self.report(base, f"no {noun} {name!r:.80}{guess} See: train.py list {plural}{own}")
        if not isinstance(options, dict):
            return self.report(base, f"{name} takes no options, got {words(options)}.", of_value=True)
        extra = LAYER_KEYS if kind == "model" else ()
        options = self.fitting(registry[name], name, options, base, extra)
        return None if options is None else (name, options, base)

    def fitting(self, cls, name, options, base, extra=()):
        """The options that the constructor takes, or None where one that it needs is missing; others are reported."""
        known = arguments(cls)
        needed = [key for key, p in known.items() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
        unknown = [key for key in options if key not in known and key not in extra]
        for key in unknown:
            takes = f"Options: {', '.join([*known, *extra])}." if known or extra else "It has none."
            guess = did_you_mean(key, [*known, *extra])
            if extra and key == "activation":  # Keras's, and spelt like dilation
                guess = ". An activation is a layer of its own, such as '- ReLU'."
            self.report((*base, key), f"{name} has no option {key!r:.80}{guess} {takes}")
        if set(needed) <= set(options):
            return {key: value for key, value in options.items() if key not in unknown}
        if not unknown:  # else one of them is meant, most often
            form = ", ".join(f"{key}: ..." for key in needed)
            self.report(base, f"{name} needs {listed(needed)}, as in {name}: {{{form}}}.")
        return None

    def report_beside(self, spec, path, registry):
        """Several keys where one component stands: options that are not indented, most often."""
        name, *rest = spec
        item = "- " * isinstance(path[-1], int)
        if name not in registry or spec[name] is not None or set(rest) & set(registry):
            return self.report(path, f"expected one component, got {len(spec)} keys ({', '.join(map(str, spec)):.80}).")
        spot = self.places.get((*path, rest[0]))
        first = (spot and spot.written) or "..."
        form = f"{item}{name}: {{{rest[0]}: {first}{', ...' * (len(rest) > 1)}}}."
        mend = f"Write {form}"
        start, top = self.places.key((*path, rest[0])), self.places.key((*path, name))
        if start and start.line > top.line:
            end = max(self.places.last_line((*path, key)) for key in rest)
            lines = f"line {start.line + 1}" if end == start.line else f"lines {start.line + 1}-{end + 1}"
            mend = f"Indent {lines} by two more spaces, or write {form}"
        self.report((*path, name), f"{name!r} is empty and {rest[0]!r} sits beside it. {mend}")

    def make(self, spec, path, kind):
        """(the object, its spelled-out spec) of a component, or (None, None)."""
        if not (parts := self.component(spec, path, kind)):
            return None, None
        (name, options, base), cls = parts, self.known[kind][parts[0]]
        return self.attempt(cls, options, base), {name: with_defaults(cls, options)}

"""play: carries out a script of calls on a layer, a loss, an optimizer or a function, and notes what was seen.

This file needs NumPy alone, so that the same code examines an object here, and a submission in a process of its own
that knows neither the library nor what is expected. It judges nothing.

A script is {"class": name, "arguments": {...}, "takes": [take, ...]} beside named arrays. A take is {"name", "calls"}:
calls on one fresh subject, in order, each [verb, argument, ...], where an argument that names something is the name of
an array (a list of names: a tuple of arrays). What a call returns is kept as "take.result".

    ["build", input_shape, dtype, rng]      ["train"], ["eval"]            ["rewind"]: the generators, as after build
    ["set", "params" | "state", prefix]     copies arrays prefix.NAME in   ["read", "grads" | "state", result]
    ["forward", x, y]  ["backward", g, dx]  ["update"]                     ["sweep", parameter, points, x, result]
    ["loss", prediction, target, l]         ["slope", dp]                  ["loss_sweep", points, target, result]
    ["step", theta, gradient, result]       ["answer", arguments, result]: a function of the file
"""

import copy
import traceback
import warnings

import numpy as np


def play(script, arrays, namespace):
    """(answers, notes): {"take.result": array}, and for each take what happened, for JSON.

    script may name a function "make" of the namespace, which returns the subject, in place of the class.
    """
    name = script.get("make") or script.get("class") or script["function"]
    if name not in namespace:
        error = {"call": "find", "type": "NameError", "message": "is not in the file", "line": None}
        return {}, {
            take["name"]: {"error": error, "written": [], "moved": [], "shares": []} for take in script["takes"]
        }
    known = namespace[name]
    make = (lambda: known) if "function" in script else lambda: known(**script.get("arguments", {}))
    return play_takes(script["takes"], arrays, make, namespace.get("__file__"))


def play_takes(takes, arrays, make, file=None, ready=lambda subject: None):
    """As play, with a function that makes a fresh subject, and one that is called when it is built."""
    answers, notes = {}, {}
    world = np.random.get_state()  # noqa: NPY002 - a student may use it
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for take in takes:
                np.random.seed(0)  # noqa: NPY002
                stage = Stage(arrays, ready)
                notes[take["name"]] = stage.carry_out(take, make, file)
                answers.update({f"{take['name']}.{name}": array for name, array in stage.answers.items()})
    finally:
        np.random.set_state(world)  # noqa: NPY002
    return answers, notes


class Stage:
    """One take: the subject, what it was given and has returned, and what became of them."""

    def __init__(self, arrays, ready):
        self.arrays, self.ready, self.answers = arrays, ready, {}
        self.watched = []  # [(word, array, its copy)] of what was given and returned
        self.note = {"error": None, "written": [], "moved": [], "shares": []}

    def carry_out(self, take, make, file):
        call = ["make"]
        try:
            self.subject = make()
            for call in take["calls"]:
                before = self.parameters()
                getattr(self, f"do_{call[0]}")(*call[1:])
                self.look_around(call[0], before)
        except Exception as error:
            self.note["error"] = told(error, call[0], file)
        return self.note

    def parameters(self):
        return {name: np.array(array) for name, array in mapping(self.subject, "params").items()}

    def look_around(self, verb, before):
        """Notes what a call has changed that it was only given, or had returned before."""
        for i, (word, array, kept) in enumerate(self.watched):
            if not same(array, kept):
                self.note["written"].append([word, verb])
                self.watched[i] = word, array, array.copy()
        if verb in ("forward", "backward", "update"):
            after = mapping(self.subject, "params")
            moved = [name for name in before if not same(np.asarray(after.get(name)), before[name])]
            self.note["moved"] += [[name, verb] for name in moved]
            for name in moved:
                self.answers.setdefault(f"moved_in_{verb}.{name}", np.array(after.get(name), float))

    def given(self, names):
        """Copies of the arrays of these names, watched from now on."""
        if isinstance(names, list):
            return tuple(map(self.given, names))
        array = self.arrays[names].copy()
        self.watched.append((names, array, array.copy()))
        return array

    def keep(self, name, value, given=()):
        """Keeps what a step returned; notes memory that it shares with parameters, or with other values given."""
        if isinstance(value, tuple):
            for i, part in enumerate(value):
                self.keep(f"{name}.{i}", part, given)
            return
        if value is None:
            return
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} is {type(value).__name__}, expected an array of numbers")
        self.answers[name] = array.copy()
        for word in ("params", "grads"):
            for key, inside in mapping(self.subject, word).items():
                if isinstance(inside, np.ndarray) and np.may_share_memory(array, inside):
                    self.note["shares"].append([name, f"{word}[{key!r}]"])
        for part in given if isinstance(given, tuple) else (given,):
            if np.may_share_memory(array, part) and not np.array_equal(array.ravel(), part.ravel()):
                self.note["shares"].append([name, "what was given"])
        if isinstance(value, np.ndarray):
            self.watched.append((name, value, value.copy()))

    def do_build(self, input_shape, dtype, rng):
        shape = (
            tuple(map(tuple, input_shape)) if input_shape and isinstance(input_shape[0], list) else tuple(input_shape)
        )
        if getattr(self.subject, "built", False):
            self.subject.astype(dtype)
        elif hasattr(self.subject, "build"):
            self.subject.build(shape, rng=rng, dtype=np.dtype(dtype))
        for word in ("params", "grads", "state"):
            convert(self.subject, mapping(self.subject, word), np.dtype(dtype))
        self.ready(self.subject)
        self.start = generators(self.subject)

    def do_set(self, word, prefix):
        arrays = mapping(self.subject, word)
        for key in (key for key in self.arrays if key.startswith(f"{prefix}.")):
            name, value = key[len(prefix) + 1 :], self.arrays[key]
            if word == "state" and name not in arrays and hasattr(self.subject, name):
                arrays = vars(self.subject)  # a class of its own may hold it so
            if name not in arrays:
                raise ValueError(f"{word} expected {name!r}, got {', '.join(map(repr, arrays)) or 'nothing'}")
            if np.shape(arrays[name]) != value.shape:
                raise ValueError(f"{word}[{name!r}] expected shape {value.shape}, got {np.shape(arrays[name])}")
            if isinstance(arrays[name], np.ndarray) and arrays[name].dtype.kind == "f":
                arrays[name][...] = value
            else:
                arrays[name] = value.copy()

    def state(self, name):
        """An array of the state, which a class of its own may hold as an attribute."""
        return mapping(self.subject, "state").get(name, getattr(self.subject, name, None))

    def do_train(self):
        set_mode(self.subject, "train", True)

    def do_eval(self):
        set_mode(self.subject, "eval", False)

    def do_rewind(self):
        for generator, state in self.start:
            generator.bit_generator.state = state
        np.random.seed(0)  # noqa: NPY002

    def do_read(self, word, result):
        arrays = mapping(self.subject, word)
        if word == "state":
            arrays = {key[6:]: self.state(key[6:]) for key in self.arrays if key.startswith("state.")}
        for name, array in arrays.items():
            array = np.asarray(array)
            if array.dtype.kind in "fiub":
                self.answers[f"{result}.{name}"] = array.copy()

    def do_forward(self, x, y):
        x = self.given(x)
        self.keep(y, expected(self.subject.forward(x), "forward"), x)

    def do_backward(self, g, dx):
        g = self.given(g)
        self.keep(dx, expected(self.subject.backward(g), "backward"), g)

    def do_update(self):
        if hasattr(self.subject, "update") or mapping(self.subject, "params"):
            self.subject.update()

    def do_sweep(self, parameter, points, x, result):
        """y at each of several values of x, of one of several x (an int says which), or of one parameter."""
        found = []
        arrays = mapping(self.subject, "params")
        for point in self.arrays[points]:
            self.do_rewind()
            given = [self.arrays[name].copy() for name in (x if isinstance(x, list) else [x])]
            if parameter is None or isinstance(parameter, int):
                given[parameter or 0] = point.copy()
            else:
                arrays[parameter][...] = point
            found.append(self.subject.forward(tuple(given) if isinstance(x, list) else given[0]))
        self.answers[result] = np.array(found, float)

    def do_loss(self, prediction, target, result):
        value = self.subject.forward(self.given(prediction), self.given(target))
        self.keep(result, expected(value, "forward"))

    def do_slope(self, result):
        self.keep(result, expected(self.subject.backward(), "backward"))

    def do_loss_sweep(self, points, target, result):
        target = self.arrays[target]
        values = [self.subject.forward(point.copy(), target.copy()) for point in self.arrays[points]]
        self.answers[result] = np.array(values, float)

    def do_step(self, theta, gradient, result):
        """One displacement of the theta of this take, which stays the same array from step to step."""
        held = next((array for word, array, _ in self.watched if word == "theta"), None)
        if held is None:
            held = self.arrays[theta].copy()
            self.watched.append(("theta", held, held.copy()))
        returned = self.subject.step(held, self.given(gradient))
        self.watched = [(w, a, a.copy() if w == "theta" else kept) for w, a, kept in self.watched]
        self.answers[result] = held.copy()
        if isinstance(returned, np.ndarray) and returned is not held:
            self.answers[f"returned.{result}"] = returned.copy()

    def do_answer(self, arguments, result):
        value = self.subject(*copy.deepcopy(arguments))
        self.answers[result] = np.asarray(expected(value, "the function"))
        if self.answers[result].dtype.kind not in "fiub":
            raise TypeError(f"expected a number, got {type(value).__name__}")


def mapping(subject, word):
    """subject.params and the like; a class of its own may have none."""
    found = getattr(subject, word, None)
    return found if hasattr(found, "items") else {}


def convert(subject, arrays, dtype):
    """Gives float arrays this dtype, also under the names by which a class of its own may hold them as attributes."""
    for name, array in arrays.items():
        if isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.dtype != dtype:
            arrays[name] = array.astype(dtype)
            for attribute in [key for key, value in getattr(subject, "__dict__", {}).items() if value is array]:
                setattr(subject, attribute, arrays[name])


def expected(value, step):
    if value is None:
        raise TypeError(f"{step} returned None: is a return missing?")
    return value


def set_mode(subject, name, training):
    if hasattr(subject, name):
        getattr(subject, name)()
    elif hasattr(subject, "__dict__"):
        subject.training = training


def generators(subject):
    """[(generator, its state)] of those that the subject, and the layers within, hold as attributes."""
    parts = list(subject.walk()) if hasattr(subject, "walk") else [subject]
    held = [value for part in parts for value in getattr(part, "__dict__", {}).values()]
    return [(value, value.bit_generator.state) for value in held if isinstance(value, np.random.Generator)]


def same(array, kept):
    return array.shape == kept.shape and array.dtype == kept.dtype and array.tobytes() == kept.tobytes()


def told(error, verb, file):
    """What a call raised, and where in the submission."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    kind = type(error).__name__
    return {"call": verb, "type": kind, "message": str(error)[:500], "line": lines[-1] if lines else None}

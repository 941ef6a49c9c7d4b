"""diagnose: which bug is it? For any layer, loss or optimizer with the three steps."""

import copy
import warnings
from inspect import Parameter, signature

import numpy as np

import layers
import losses
import optim

from ..gradients import each
from .exam import NOISE, built, fresh, kind_of, layer_exam, loosen, loss_exam, optimizer_exam
from .finding import Diagnosis, Finding
from .play import mapping, play_takes
from .scripts import example_shape, examples
from .signatures import close


def diagnose(subject, x=None, target=None, like=None, rng=0):
    """Says what is wrong with a layer, a loss or an optimizer: where, what is seen, and what it is consistent with.

    The subject is tried on made-up data, and held against the right one, against finite differences of its own forward,
    and against itself. What differs is compared with a bank of wrong formulas, then with algebraic signatures (a ratio
    of 1 / batch size, a transpose, entries that are wrong only where windows overlap). bugs.py lists what has a name.

    Args:
        subject: an instance with forward, backward and update (a loss: forward and backward; an optimizer: step),
            whether or not it inherits from Layer, Loss or Optimizer. Copies are tried; it is left as it is.
        x: at least five examples stacked on axis 0, or a tuple of such arrays; for a loss the predictions. target: the
            loss's. Both are made up unless given.
        like: an instance that does the right thing, with parameters of the same names. Unless given: the library's
            class of that name, with the subject's own settings. Where there is none, only finite differences, the
            contract and the algebra speak.
        rng: an int or Generator, for what is made up.

    Returns a Diagnosis, true when nothing is wrong. Print it, assert it.
    """
    if isinstance(subject, type):
        raise TypeError(
            f"expected an instance to examine, got the class {subject.__name__}: write {subject.__name__}(...)"
        )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            subject = copy.deepcopy(getattr(subject, "_owned", subject))
        except Exception as error:
            return stopped(subject, f"cannot be copied: {error}")
        return examined(subject, x, target, like, np.random.default_rng(rng))


def examined(subject, x, target, like, rng):
    known = like or right_one(subject)
    kind = kind_of(known or subject)
    if kind == "layer" and target is not None:
        kind = "loss"
    if kind == "optimizer" and known is None:
        raise ValueError(f"no optimizer is called {type(subject).__name__}: give the right one as like=")
    if type(known).__name__ in NOISE and getattr(subject, "p", None) == 0.5:  # at a half, p and 1 - p are the same
        subject, known = other_p(subject), other_p(known)
    try:
        exam = {"layer": of_layer, "loss": of_loss, "optimizer": of_optimizer}[kind](subject, known, x, target, rng)
        answers, notes = play_takes(exam.takes, exam.arrays, lambda: fresh(lambda: subject), ready=loosen)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit, too
        if known is not None and isinstance(error, Exception):
            raise  # what the right one says of the caller's x, or like
        return stopped(subject, f"raises {type(error).__name__}: {error}")
    exam.called = type(subject).__name__
    return exam.diagnosis(answers, notes)


def stopped(subject, symptom):
    """The Diagnosis of what cannot be examined at all."""
    name = type(subject).__name__
    finding = Finding("forward", name, None, symptom, f"{name}, before it could be examined")
    return Diagnosis(name, {"forward": False, "backward": None, "contract": None}, [finding])


def of_layer(subject, known, x, _, rng):
    name = type(known or subject).__name__
    x = made_up(known or subject, name, rng) if x is None else each(lambda part: np.array(part, np.float64), x)
    known = known or lookalike(subject, x)
    if known is not None and fits(subject, known, x):
        name = type(known).__name__
        exam = layer_exam(name, lambda: known, settings_of(known), x, rng)
        names = [key for key in exam.arrays if key.startswith("state.")]
        if not all(keeps(built(subject, x), key[6:]) for key in names):  # under names of its own: left as built
            exam.arrays = {key: array for key, array in exam.arrays.items() if key not in names}
        return exam
    return layer_exam(type(subject).__name__, lambda: subject, {}, x, rng, alone=True)


def lookalike(subject, x):
    """The library's layer that makes the same of x, whatever the subject is called, with its settings; or None."""
    try:
        mine = built(subject, x)
        y = mine.forward(x)
    except Exception:
        return None  # it will be told what it raises
    for cls in (getattr(layers, name) for name in layers.__all__):
        if not (isinstance(cls, type) and issubclass(cls, layers.Layer)) or cls in (layers.Layer, layers.Identity):
            continue
        try:
            known = with_settings(cls, subject)
            right = built(known, x)
            if sizes(right) == sizes(mine):
                right.params.update(mapping(mine, "params"))
                if close(y, right.forward(x), 1e-10):
                    return known
        except Exception:
            continue  # another number of inputs or axes, or settings that it needs and the subject has not
    return None


def made_up(model, name, rng):
    """Examples that the layer takes: of the shape that its name says, else rows, sequences or images."""
    for shape in (example_shape(name, settings_of(model)), (7,), (7, 3), (7, 6, 3)):
        x = examples(shape, rng)
        try:
            built(model, x).forward(x)
        except Exception:
            continue
        return x
    return examples((7,), rng)  # what is raised for it will be told


def fits(subject, known, x):
    """Whether the two have parameters of the same names and sizes; else the name says another layer than it is."""
    try:
        mine = built(subject, x)
    except Exception:
        return True  # it will be told what it raises
    return sizes(mine) == sizes(built(known, x))


def keeps(subject, name):
    """Whether a running statistic of the right one is found under its name, in `state` or as an attribute."""
    return name in mapping(subject, "state") or hasattr(subject, name)


def of_loss(subject, known, x, target, rng):
    make = (lambda: known) if known is not None else None
    return loss_exam(type(known or subject).__name__, make, settings_of(known), x, target, rng)


def of_optimizer(subject, known, x, target, rng):
    return optimizer_exam(type(known).__name__, lambda: known, settings_of(known), rng)


def right_one(subject):
    """An instance of the library's class of the subject's name (or of a base class's), with its settings; or None."""
    for base in type(subject).__mro__:
        for package in (layers, losses, optim):
            cls = getattr(package, base.__name__, None)
            if isinstance(cls, type) and base.__name__ not in ("Layer", "Loss", "Optimizer"):
                try:
                    return with_settings(cls, subject)
                except (TypeError, ValueError):
                    return None
    return None


def with_settings(cls, subject):
    """An instance of cls, with the subject's own settings."""
    positional, named = arguments(cls, subject)
    return cls(*positional, **named)


def arguments(cls, subject):
    """(positional, named) arguments for a class, from the attributes of the subject that are called like them."""
    positional, named = [], {}
    for name, parameter in signature(cls.__init__).parameters.items():
        if name == "self" or not hasattr(subject, name):
            continue
        value = copy.deepcopy(getattr(subject, name))
        if parameter.kind is Parameter.VAR_POSITIONAL:
            positional = list(value)
        else:
            named[name] = value
    return positional, named


def settings_of(known):
    """The constructor's arguments of the right one by name, for formulas."""
    return arguments(type(known), known)[1] if known is not None else {}


def other_p(subject):
    try:
        return type(subject)(p=0.3)
    except TypeError:
        return subject


def sizes(subject):
    return {name: np.size(array) for name, array in mapping(subject, "params").items()}

"""diagnose: which bug is it? For any layer, loss or optimizer with the three steps."""

import copy
from inspect import Parameter, signature

import numpy as np

import layers
import losses
import optim

from .diagnosis import Diagnosis
from .evidence import Evidence
from .gradients import each
from .judge import judge_layer
from .judge_loss import judge_loss
from .judge_noise import judge_noise
from .judge_optimizer import judge_optimizer
from .play import mapping, play_takes
from .scripts import example_shape, examples, layer_script, loss_script, optimizer_script
from .targets import loss_inputs

NOISE = ("Dropout", "SpatialDropout")


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
    rng = np.random.default_rng(rng)
    subject = getattr(subject, "_owned", subject)
    known = like or right_one(subject)
    name = type(known or subject).__name__
    if isinstance(subject, optim.Optimizer) or (hasattr(subject, "step") and not hasattr(subject, "forward")):
        return of_optimizer(subject, known, name, rng)
    if isinstance(subject, losses.Loss) or isinstance(known, losses.Loss) or target is not None:
        return of_loss(subject, known, name, x, target, rng)
    return of_layer(subject, known, name, x, rng)


def right_one(subject):
    """An instance of the library's class of the subject's name (or of a base class's), with its settings; or None."""
    for base in type(subject).__mro__:
        for package in (layers, losses, optim):
            cls = getattr(package, base.__name__, None)
            if isinstance(cls, type) and base.__name__ not in ("Layer", "Loss", "Optimizer"):
                try:
                    return cls(*arguments(cls, subject)[0], **arguments(cls, subject)[1])
                except (TypeError, ValueError):
                    return None
    return None


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


def of_layer(subject, known, name, x, rng):
    if name in NOISE and getattr(subject, "p", None) == 0.5:  # at a half, p and 1 - p are the same
        subject, known = other_p(subject), other_p(known)
    x = examples(example_shape(name), rng) if x is None else each(lambda part: np.array(part, np.float64), x)
    model = built(known, x) if known is not None and known is not subject else None
    mine = None
    try:
        mine = built(subject, x)
    except Exception:
        if model is None:
            raise
    if model is not None and mine is not None and sizes(model) != sizes(mine):
        model = None  # parameters of other names or sizes: it is not the layer that its name says
    takes, arrays = layer_script(copy.deepcopy(model or mine), x, rng)
    answers, notes = play_takes(takes, arrays, lambda: fresh(subject), ready=loosen)
    right = (lambda takes, arrays: play_takes(takes, arrays, lambda: fresh(known), ready=loosen)[0]) if model else None
    case = Evidence(
        type(subject).__name__ if right is None else name, takes, arrays, answers, notes, right, settings_of(known)
    )
    return (judge_noise if name in NOISE else judge_layer)(case)


def other_p(subject):
    try:
        return type(subject)(p=0.3)
    except TypeError:
        return subject


def built(subject, x):
    """A copy, built in float64; where it has no build it is what it is."""
    subject = fresh(subject)
    if getattr(subject, "built", False):
        return subject.astype(np.float64)
    if hasattr(subject, "build"):
        subject.build(each(lambda part: part.shape[1:], x), rng=0, dtype=np.float64)
    return subject


def sizes(subject):
    return {name: np.size(array) for name, array in mapping(subject, "params").items()}


def fresh(subject):
    subject = copy.deepcopy(subject)
    for layer in subject.walk() if isinstance(subject, layers.Layer) else ():
        layer.frozen, layer.lr_factor = False, 1.0
    return subject


def loosen(layer):
    """Takes the guards off a Layer that is built, so that arrays of a wrong shape are seen instead of an error."""
    if not isinstance(layer, layers.Layer) or layer.children:
        return
    layer._grads = dict(layer._grads)
    for verb in ("forward", "backward", "update"):
        setattr(layer, verb, unguarded(layer, verb))


def unguarded(layer, verb):
    step = getattr(type(layer), verb)

    def call(*arguments):
        outer, layer._step = layer._step, verb
        try:
            return step(layer, *arguments)
        finally:
            layer._step = outer

    return call


def of_loss(subject, known, name, x, target, rng):
    made, made_target, extreme = loss_inputs(name, rng)
    prediction = made if x is None else np.array(x, np.float64)
    target = made_target if target is None else np.asarray(target)
    takes, arrays = loss_script(prediction, target, extreme if x is None else None, rng)
    answers, notes = play_takes(takes, arrays, lambda: copy.deepcopy(subject))
    right = (lambda takes, arrays: play_takes(takes, arrays, lambda: copy.deepcopy(known))[0]) if known else None
    return judge_loss(Evidence(name, takes, arrays, answers, notes, right, settings_of(known)))


def of_optimizer(subject, known, name, rng):
    takes, arrays = optimizer_script(rng)
    answers, notes = play_takes(takes, arrays, lambda: copy.deepcopy(subject))
    if known is None:
        raise ValueError(f"no optimizer is called {name}: give the right one as like=")
    right = lambda takes, arrays: play_takes(takes, arrays, lambda: copy.deepcopy(known))[0]  # noqa: E731
    return judge_optimizer(Evidence(name, takes, arrays, answers, notes, right, settings_of(known)))


__all__ = ["Diagnosis", "diagnose"]

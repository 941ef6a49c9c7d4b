"""An exam: the script for a subject, and what the right one makes of it, by which the answers are judged."""

import copy
from dataclasses import dataclass
from functools import partial
from inspect import signature

import numpy as np

import layers
import losses
import optim
from layers.guards import shapes_of

from ..gradients import each
from .evidence import Evidence
from .judge_layer import judge_layer
from .judge_loss import judge_loss
from .judge_noise import judge_noise
from .judge_optimizer import judge_optimizer
from .play import play_takes
from .scripts import example_shape, examples, layer_script, loss_script, optimizer_script
from .targets import loss_inputs

NOISE = ("Dropout", "SpatialDropout")


@dataclass
class Exam:
    """What a subject is tried with, and the right one beside it.

    Attributes: name, by which the bank knows the class; takes, arrays: the script (see play.py); right: None, or a
    function that plays takes on the right one and returns its answers; settings: its constructor's arguments; judge: a
    function of an Evidence; make: a function that returns the right one, where it has settings to change;
    called: what messages call the subject, its name unless given.
    """

    name: str
    takes: list
    arrays: dict
    right: object
    settings: dict
    judge: object
    make: object = None
    called: str | None = None

    def diagnosis(self, answers, notes):
        """The Diagnosis of a subject from the answers and notes with which it came out of the script."""
        case = Evidence(self.name, self.takes, self.arrays, answers, notes, self.right, self.settings, self.called)
        case.make = self.make
        with np.errstate(all="ignore"):
            result = self.judge(case)
        result.evidence = case
        return result


def layer_exam(name, make, settings, x=None, rng=0, alone=False):
    """The exam for a layer like the one that make() returns; alone: it is no right one, only the one to be examined."""
    rng = np.random.default_rng(rng)
    x = examples(example_shape(name, settings), rng) if x is None else each(lambda part: np.array(part, np.float64), x)
    takes, arrays = layer_script(built(make(), x), x, rng)
    judge = judge_noise if name in NOISE and not alone else judge_layer
    return Exam(name, takes, arrays, None if alone else player(make), settings, judge)


def loss_exam(name, make, settings, prediction=None, target=None, rng=0):
    """The exam for a loss like the one that make() returns."""
    rng = np.random.default_rng(rng)
    made, made_target, extremes = loss_inputs(name, rng)
    takes, arrays = loss_script(
        made if prediction is None else np.array(prediction, np.float64),
        made_target if target is None else np.asarray(target),
        extremes if prediction is None else {},
        rng,
    )
    return Exam(name, takes, arrays, make and player(make), settings, judge_loss)


def optimizer_exam(name, make, settings, rng=0):
    """The exam for an optimizer like the one that make() returns."""
    takes, arrays = optimizer_script(np.random.default_rng(rng))
    return Exam(name, takes, arrays, player(make), settings, judge_optimizer, make)


def kind_of(subject):
    """ "layer", "loss" or "optimizer", by its base class or by what it can do: a loss's forward needs two arguments."""
    if isinstance(subject, optim.Optimizer) or (hasattr(subject, "step") and not hasattr(subject, "forward")):
        return "optimizer"
    if isinstance(subject, layers.Layer) or not hasattr(subject, "forward"):
        return "layer"
    needed = [
        p for p in signature(subject.forward).parameters.values() if p.default is p.empty and p.kind < p.VAR_POSITIONAL
    ]
    return "loss" if isinstance(subject, losses.Loss) or len(needed) == 2 else "layer"


def player(make):
    """A function from takes and arrays to the answers of what make() returns."""

    def right(takes, arrays):
        return play_takes(takes, arrays, partial(fresh, make), ready=loosen)[0]

    return right


def fresh(make):
    """A subject of its own, unfrozen."""
    subject = copy.deepcopy(make())
    for layer in subject.walk() if isinstance(subject, layers.Layer) else ():
        layer.frozen, layer.lr_factor = False, 1.0
    return subject


def built(subject, x):
    """A copy, built in float64; where it has no build it is what it is."""
    subject = fresh(lambda: subject)
    if getattr(subject, "built", False):
        return subject.astype(np.float64)
    if hasattr(subject, "build"):
        subject.build(each(lambda part: part.shape[1:], x), rng=0, dtype=np.float64)
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
            result = step(layer, *arguments)
        finally:
            layer._step = outer
        if verb == "forward":  # what the guard would keep
            layer._x_shape = shapes_of(arguments[0])
            layer._output = getattr(result, "shape", None), getattr(result, "dtype", None)
        return result

    return call

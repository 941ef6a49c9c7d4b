"""One set of parameters in several places: the slides' total derivative.

A layer that stands in several places of a model, or is named by another's `share`, is the owner of its parameters. Each
further place holds a twin: a layer that reads the owner's parameters and state, and keeps the x, g and gradient of its
own use. After update, the container that holds both adds the twin's gradient to the owner's:

    dl/dW = sum over the uses u of dl/dW_u

so the gradient is complete, and neither theta nor gradient holds anything twice.

Source: slide "Total derivative (example)".
"""

from .parameters import Parameters


def twin(layer):
    """Another use of a layer, with its settings, and later its parameters; a container's twin is made of twins."""
    other = object.__new__(type(layer))
    vars(other).update(vars(layer))
    other._params, other._grads, other._state = Parameters(), Parameters(), Parameters()
    other._theta = other._gradient = None
    other.built, other._owner = False, layer._owned
    other.children = tuple(map(twin, layer.children))
    other._forget()
    return other


def pair(layer, owner, where):
    """Makes a layer, and the layers within, further uses of another: what `share` does. where: for messages."""
    if layer in owner.walk() or len(layer.children) != len(owner.children):
        raise ValueError(f"{where}, but {owner.label} is built otherwise, or shares it in turn")
    if layer.built:
        raise RuntimeError(f"{where}, but {layer.label} is built and has parameters of its own")
    if layer._frozen or layer.lr_factor != 1:
        raise ValueError(f"{where}: set frozen and lr_factor of {owner.label}, whose parameters move")
    layer._owner = owner
    for mine, its in zip(layer.children, owner.children, strict=True):
        pair(mine, its, where)


def prepare_twin(layer):
    """Before a twin's build: it draws parameters like any layer, into arrays of its own, to be compared and dropped."""
    if layer._owner is not None and not layer.children:
        layer._params, layer._state = Parameters(), Parameters()


def join_owner(layer):
    """After a twin's build: the owner's parameters and state take the place of its own, once they are known to fit."""
    owner = layer._owned
    if owner is layer or layer.children:
        return
    for mine, its in ((layer.params, owner.params), (layer.state, owner.state)):
        if sizes(mine) != sizes(its):
            raise ValueError(f"{layer.label} has {sizes(mine)}, expected {sizes(its)} as {owner.label} that it shares")
    layer._params, layer._state = owner._params, owner._state


def sizes(arrays):
    """How arrays are told apart in messages: W (3, 4), b (3,)."""
    return ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "no parameters"

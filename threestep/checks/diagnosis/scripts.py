"""Scripts: what is tried on a layer, a loss, an optimizer or a function, for play to carry out.

Sizes of made-up inputs are distinct primes, 5 examples of 7 features, so that a ratio names an axis and a transposed
array cannot fit; g is random, as ones would hide what softmax and normalization get wrong.
"""

import numpy as np

from ..gradients import each, parts
from .play import expected

EXAMPLES, FEATURES = 5, 7
STEP = 6e-6  # of the finite differences, times max(1, |x|), and doubled for the second pair
ENTRIES = 120  # up to which an array is swept entry by entry; beyond, along random directions
DIRECTIONS = 16
IMAGES = ("Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d", "GlobalAvgPool", "GlobalMaxPool", "Upsample", "Pad")
IMAGES = (*IMAGES, "InstanceNorm", "Flatten", "Permute")
SHAPES = {  # of a made-up example where a row will not do
    **dict.fromkeys(IMAGES, (7, 6, 3)),
    **dict.fromkeys(("Conv1d", "MaxPool1d", "AvgPool1d"), (7, 3)),
    **dict.fromkeys(("Add", "Multiply", "Concat"), ((7,), (7,))),
    "GroupNorm": (6,),
    "Dropout": (83,),  # so many that a share can be told
    "SpatialDropout": (3, 2, 83),
}


def example_shape(name, settings):
    """One example's shape, or a tuple of them, for a layer of the library of this name and with these settings."""
    shape = SHAPES.get(name, (FEATURES,))
    last = next((settings[key] for key in ("in_channels", "in_features", "num_features") if settings.get(key)), None)
    return (*shape[:-1], last) if last else shape


def examples(shape, rng, count=EXAMPLES):
    """Values of magnitude 0.2 to 4, away from the kinks at 0, on both sides of those at 1 and 3."""
    if shape and isinstance(shape[0], (tuple, list)):
        return tuple(examples(part, rng, count) for part in shape)
    size = (count, *shape)
    return rng.choice([-1, 1], size) * rng.uniform(0.2, 4, size)


def layer_script(model, x, rng):
    """(takes, arrays) for a layer like `model`, a built one in float64 whose shapes are those expected.

    Raises what the model raises for x.
    """
    y = each(np.asarray, expected(model.forward(x), "forward"))
    if any(part.ndim == 0 for part in parts(y)):
        raise TypeError("forward returned one number, expected an array of one row for each example")
    arrays, params = layer_arrays(model, x, y, rng), getattr(model, "params", {})
    X, G = reference("x", x), reference("g", y)

    def start(seed, mode="train", dtype="float64"):
        shapes = each(lambda part: list(part.shape[1:]), x)
        build = ["build", list(shapes), dtype, 0]
        return [build, ["set", "params", f"{seed}.params"], ["set", "state", "state"], [mode]]

    def steps(data, y="y", dx="dx", grads="d"):
        return [["forward", X(data), y], ["backward", G(data), dx], ["update"], ["read", "grads", grads]]

    def before(data):
        """The three steps with other data, after which everything has to be as if they had not been."""
        return [*steps(data, "old_y", "old_dx", "old"), ["rewind"]]

    first, *rest = steps("a")
    again = [["update"], ["read", "grads", "again"], ["rewind"], *steps("a", "y2", "dx2", "anew")]
    slopes = [["backward", G(data), f"dx_{data}"] for data in ("a", "b", "mix", "twice")]
    takes = {
        "main": [*start("a"), first, ["read", "state", "state"], *rest, *again],
        "second": [*start("b"), *steps("b")],
        "stale": [*start("a"), *before("b"), *steps("a")],
        "shrunk": [*start("a"), *before("a"), *steps("3")],
        "grown": [*start("a"), *before("3"), *steps("a")],
        **{f"of {count}": [*start("a"), *steps(count)] for count in "123"},
        "evaluation": [*start("a", "eval"), *steps("a"), ["read", "state", "state"]],
        "linear": [*start("a"), first, *slopes],
        "float32": [*start("a", dtype="float32"), *steps("32")],
        **{at: [*start("a"), ["forward", X(at), "y"], ["backward", G("a"), "dx"]] for at in ("ties", "huge", "low")},
        "again": [*start("a"), first, ["forward", X("a"), "y2"]],
        "sweep": start("a"),
    }
    moved = {f"x.{i}": i for i in range(len(x))} if isinstance(x, tuple) else {"x": None}
    for name, place in (moved | {name: name for name in params}).items():
        takes["sweep"].append(["sweep", place, f"sweep.{name}", X("a"), name])
        at = arrays[f"a.{name}" if name in moved else f"a.params.{name}"]
        arrays[f"directions.{name}"], arrays[f"sweep.{name}"] = sweep(at, rng)
    return [{"name": name, "calls": calls} for name, calls in takes.items()], arrays


def layer_arrays(model, x, y, rng):
    """What a layer is tried with: x, g and parameters twice, parts of them, and x where there is something special."""
    arrays = {"weights": rng.standard_normal(2)}
    p, q = arrays["weights"]
    for seed, value in {
        "a": x,
        "b": each(lambda part: part[::-1] * 0.5 + rng.uniform(-0.5, 0.5, part.shape), x),
    }.items():
        put(arrays, f"{seed}.x", value)
        put(arrays, f"{seed}.g", each(lambda part: rng.standard_normal(part.shape), y))
        for name, array in getattr(model, "params", {}).items():
            arrays[f"{seed}.params.{name}"] = rng.standard_normal(array.shape) * 0.5 + 0.2
    for name, array in getattr(model, "state", {}).items():
        positive = "var" in name or "std" in name
        arrays[f"state.{name}"] = rng.uniform(0.5, 2, array.shape) if positive else rng.standard_normal(array.shape)
    a, b = named(arrays, "a.g", y), named(arrays, "b.g", y)
    for count in (1, 2, 3):
        put(arrays, f"{count}.x", each(lambda part, count=count: part[:count], x))
        put(arrays, f"{count}.g", each(lambda part, count=count: part[:count], a))
    put(arrays, "32.x", each(np.float32, x))
    put(arrays, "32.g", each(np.float32, a))
    put(arrays, "mix.g", join(lambda a, b: p * a + q * b, a, b))
    put(arrays, "twice.g", each(lambda part: 2 * part, a))
    put(arrays, "ties.x", each(lambda part: rng.integers(-1, 2, part.shape).astype(float), x))
    put(arrays, "huge.x", each(lambda part: 1000.0 + 2 * np.round(part), x))
    put(arrays, "low.x", each(lambda part: -1000.0 + 2 * np.round(part), x))
    return arrays


def loss_script(prediction, target, extremes, rng):
    """(takes, arrays) for a loss; extremes: {take: (prediction, target)} at the ends of what it takes."""
    arrays = {"a.p": prediction, "a.t": target, "b.p": prediction[::-1].copy(), "b.t": np.roll(target, 1, axis=0)}
    for count in (1, 2, 3):
        arrays |= {f"{count}.p": prediction[:count], f"{count}.t": target[:count]}
    arrays["32.p"], arrays["32.t"] = prediction.astype(np.float32), target
    if target.dtype.kind == "f":
        arrays["32.t"] = target.astype(np.float32)
    takes = {
        "main": [*both("a"), *both("a", "l2", "dp2")],
        "second": both("b"),
        "stale": [*both("b", "old_l", "old_dp"), *both("a")],
        "shrunk": [*both("a", "old_l", "old_dp"), *both("3")],
        "grown": [*both("3", "old_l", "old_dp"), *both("a")],
        **{f"of {count}": both(str(count)) for count in (1, 2, 3)},
        "float32": both("32"),
        "sweep": [["loss_sweep", "sweep.p", "a.t", "p"]],
    }
    if target.shape == prediction.shape:
        arrays["column.p"], arrays["column.t"] = prediction[:, :1], target[:, :1]
        takes["column"] = both("column")
    for name, (at, wanted) in extremes.items():
        arrays[f"{name}.p"], arrays[f"{name}.t"] = at, wanted
        takes[name] = both(name)
    arrays["directions.p"], arrays["sweep.p"] = sweep(prediction, rng)
    return [{"name": name, "calls": calls} for name, calls in takes.items()], arrays


def both(data, loss="l", slope="dp"):
    return [["loss", f"{data}.p", f"{data}.t", loss], ["slope", slope]]


def optimizer_script(rng, steps=5, size=6):
    """(takes, arrays) for an optimizer: a walk of several steps with random gradients, twice."""
    arrays, takes = {}, []
    scales = 10.0 ** -np.arange(size)  # some so small that eps shows
    for seed in "ab":
        arrays[f"{seed}.theta"] = rng.standard_normal(size)
        arrays |= {f"{seed}.g{t}": rng.standard_normal(size) * scales for t in range(steps)}
        calls = [["step", f"{seed}.theta", f"{seed}.g{t}", f"theta{t}"] for t in range(steps)]
        takes.append({"name": {"a": "main", "b": "second"}[seed], "calls": calls})
    arrays |= {f"32.{name[2:]}": array.astype(np.float32) for name, array in arrays.items() if name.startswith("a.")}
    calls = [["step", "32.theta", f"32.g{t}", f"theta{t}"] for t in range(2)]
    return [*takes, {"name": "float32", "calls": calls}], arrays


def function_script(calls):
    """(takes, arrays) for a function: its answers to several lists of arguments."""
    takes = [{"name": f"call {i}", "calls": [["answer", arguments, "answer"]]} for i, arguments in enumerate(calls)]
    return takes, {}


def sweep(x, rng):
    """(directions, points): x moved by +h, -h, +2h, -2h along each direction, as 4 K arrays like x."""
    if x.size <= ENTRIES:
        directions = np.eye(x.size).reshape(-1, *x.shape) * np.maximum(1, np.abs(x))
    else:
        directions = rng.choice([-1.0, 1.0], (DIRECTIONS, *x.shape))
    moves = np.concatenate([move * STEP * directions for move in (1, -1, 2, -2)])
    return directions, x + moves


def put(arrays, name, value):
    if isinstance(value, tuple):
        arrays.update({f"{name}.{i}": np.asarray(part) for i, part in enumerate(value)})
    else:
        arrays[name] = np.asarray(value)


def named(arrays, name, like):
    """The array of this name, or the tuple of them where `like` is one."""
    return tuple(arrays[f"{name}.{i}"] for i in range(len(like))) if isinstance(like, tuple) else arrays[name]


def reference(word, like):
    """A function from the data's name to the name, or list of names, by which a script calls it."""
    if isinstance(like, tuple):
        return lambda data: [f"{data}.{word}.{i}" for i in range(len(like))]
    return lambda data: f"{data}.{word}"


def join(function, first, second):
    joined = tuple(function(a, b) for a, b in zip(parts(first), parts(second), strict=True))
    return joined if isinstance(first, tuple) else joined[0]

"""What is refused around the steps, and what is let through."""

import numpy as np
import pytest

from layers import BatchNorm, Conv2d, Dense, Flatten, GlobalAvgPool, Layer, ReLU, Sequential, Sigmoid


@pytest.fixture
def model():
    model = Sequential(Dense(4), ReLU(), Sequential(Dense(3), Sigmoid()), Dense(2))
    model.build((5,), dtype=np.float64)
    return model


def test_what_g_and_x_may_be(model):
    model.forward(np.ones((3, 5)))
    with pytest.raises(TypeError, match=r"needs floating-point g, got int64: use g.astype\(np.float64\)"):
        model.backward(np.ones((3, 2), int))
    assert model.backward(np.ones((3, 2), np.float32)).dtype == np.float64
    with pytest.raises(ValueError, match="expected examples stacked on axis 0, got a single number"):
        ReLU().forward(1.5)


def test_a_layer_that_holds_another_without_being_a_container_is_told():
    class Block(Layer):
        def __init__(self, n):
            self.n, self.inner = n, Dense(n)

        def forward(self, x):
            return self.inner.forward(x)

    class Whole(Sequential):
        def __init__(self, n):
            self.n = n
            super().__init__(Dense(n), ReLU())

    with pytest.raises(
        TypeError, match="layer 0 Block holds a layer in .inner, which would not be trained: make Block a sub"
    ):
        Sequential(Block(3)).build((2,))
    model = Sequential(Whole(3), Whole(4))
    assert model.build((2,)) == (4,) and model.theta.size == 9 + 16 and repr(model) == "Sequential(Whole(3), Whole(4))"


@pytest.mark.parametrize("shape", [(0,), (-1,), (2.5,), (3, 0)])
def test_a_shape_that_no_example_has_is_refused(shape):
    with pytest.raises(ValueError, match=r"Sequential.build expected one example's shape"):
        Sequential(ReLU()).build(shape)


def test_a_forward_that_forgets_to_return_is_named():
    class Forgetful(Layer):
        def forward(self, x):
            self.y = x

        def backward(self, g):
            return g

    with pytest.raises(TypeError, match=r"layer 1 Forgetful.forward returned NoneType, expected an array"):
        Sequential(Flatten(), Forgetful()).forward(np.ones((2, 2)))


def test_several_outputs_are_arrays_and_at_least_one():
    class Gives(Layer):
        def __init__(self, y):
            self.y = y

        def forward(self, x):
            return self.y

    for y in ((), (np.ones((2, 1)), "b")):
        with pytest.raises(TypeError, match="Gives.forward returned tuple, expected an array"):
            Gives(y).forward(np.ones((2, 1)))


def test_a_wrong_dx_is_blamed_on_the_layer_that_returned_it():
    class Half(ReLU):
        def backward(self, g):
            return g[:1]

    class Nothing(ReLU):
        def backward(self, g):
            pass

    for last, message in ((Half(), r"shape \(1, 3\)"), (Nothing(), "NoneType")):
        model = Sequential(Dense(3), last)
        g = model.forward(np.ones((2, 4), np.float32))
        with pytest.raises(ValueError, match=rf"layer 1 \w+.backward returned {message}, expected x's shape \(2, 3\)"):
            model.backward(g)
        with pytest.raises(RuntimeError, match="update before backward"):
            model.update()


def test_a_build_without_a_shape_is_blamed_on_the_layer():
    class Silent(Dense):
        def build(self, input_shape, rng=0, dtype=np.float32):
            super().build(input_shape, rng, dtype)

    with pytest.raises(TypeError, match="layer 0 Silent.build returned None, expected the output's shape"):
        Sequential(Silent(2), ReLU()).build((3,))


def test_a_failed_build_leaves_everything_as_it_was():
    model, fresh = (Sequential(Dense(4), Dense(3), Dense(2, in_features=5)) for _ in range(2))
    with pytest.raises(ValueError, match=r"layer 2 Dense expected x of shape \(N, 5\), got \(N, 3\)"):
        model.build((7,))
    assert not any(layer.built or layer.params for layer in model.walk())
    model.layers[2].in_features = fresh.layers[2].in_features = 3
    model.build((6,), rng=1)
    fresh.build((6,), rng=1)
    assert np.array_equal(model.theta, fresh.theta)


def test_a_new_forward_makes_the_old_backward_stale(model):
    x = np.ones((3, 5))
    model.backward(model.forward(x))
    model.forward(x)
    with pytest.raises(RuntimeError, match="update before backward"):
        model.update()
    with pytest.raises(ValueError, match="layer 0 Dense expected"):
        model.forward(np.ones((3, 6)))
    model.build((5,), dtype=np.float64)
    with pytest.raises(RuntimeError, match="backward before forward"):
        model.backward(np.ones((3, 2)))


def test_steps_may_call_super_and_come_from_a_mixin():
    class Column(Dense):
        def forward(self, x):
            return super().forward(x)[..., None]

        def backward(self, g):
            return super().backward(g[..., 0])

        def output_shape(self, input_shape):
            return (*super().output_shape(input_shape), 1)

        def build(self, input_shape, rng=0, dtype=np.float32):
            return (*super().build(input_shape, rng, dtype),)

    class Doubles:
        def forward(self, x):
            return 2 * x

        def backward(self, g):
            return 2 * g

    class Mixed(Doubles, Layer):
        pass

    plain, column = Dense(2), Column(2)
    plain.build((3,), rng=4)
    column.build((3,), rng=4)
    assert np.array_equal(plain.theta, column.theta)
    model = Sequential(Mixed(), column)
    y = model.forward(np.ones((5, 3), np.float32))
    assert y.shape == (5, 2, 1) and model.backward(y).shape == (5, 3)
    with pytest.raises(RuntimeError, match="Mixed.backward before forward"):
        Mixed().backward(np.ones((2, 2)))


def test_a_backward_that_fails_makes_update_wait():
    class Moody(Dense):
        def backward(self, g):
            if g[0, 0] < 0:
                raise FloatingPointError("no")
            return super().backward(g)

    layer = Moody(2)
    y = layer.forward(np.ones((3, 4)))
    layer.backward(np.ones_like(y))
    with pytest.raises(FloatingPointError):
        layer.backward(-np.ones_like(y))
    with pytest.raises(RuntimeError, match="update before backward"):
        layer.update()


def test_one_example_without_its_batch_axis_is_recognized():
    model = Sequential(Flatten(), Dense(3))
    model.build((8, 8, 1))
    with pytest.raises(ValueError, match=r"x has shape \(8, 8, 1\)\): is it one example\? x\[None\] is a batch of one"):
        model.forward(np.zeros((8, 8, 1)))
    layer = Dense(3)
    layer.build((4,))
    with pytest.raises(ValueError, match=r"Dense expected x of shape \(N, 4\), got \(4,\): is it one example\?"):
        layer.forward(np.zeros(4))
    with pytest.raises(ValueError, match=r"got \(2, 5\)$"):
        layer.forward(np.zeros((2, 5)))


@pytest.mark.parametrize(("given", "kept"), [("f2", "f4"), (">f4", "f4"), (">f8", "f8"), ("f4", "f4"), ("f8", "f8")])
def test_every_float_is_computed_in_float32_or_float64(given, kept):
    for layer in (ReLU(), BatchNorm(affine=False), GlobalAvgPool()):
        y = layer.forward(np.ones((3, 2, 2), given))
        dx = layer.backward(np.ones(y.shape, given))
        assert y.dtype == dx.dtype == np.dtype(kept)


def test_a_rebuild_that_fails_puts_state_and_shapes_back():
    model = Sequential(Conv2d(4, 3), BatchNorm(), GlobalAvgPool(), Dense(2))
    model.forward(np.random.default_rng(0).normal(size=(4, 9, 9, 3)))
    before, flops = model.state["1.running_mean"].copy(), model.flops
    model[3].init = "nonsense"
    with pytest.raises(ValueError, match="layer 3 Dense: init expected one of"):
        model.build((12, 12, 3))
    assert before.any() and np.array_equal(model.state["1.running_mean"], before)
    assert model.flops == flops and {layer.input_shape for layer in (model, model[0])} == {(9, 9, 3)}


def test_a_single_number_after_a_vector_is_told():
    layer = ReLU()
    layer.forward(np.ones(3))
    with pytest.raises(ValueError, match="expected examples stacked on axis 0, got a single number"):
        layer.forward(np.array(1.0))

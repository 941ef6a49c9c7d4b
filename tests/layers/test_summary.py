"""The table of a model."""

import pytest

from layers import Add, Dense, Dropout, Flatten, Graph, ReLU, Residual, Sequential


def test_a_line_for_each_layer_and_totals():
    layer = Dense(8)
    model = Sequential(Flatten(), layer, Residual(Dense(8), ReLU()), layer, Dropout(0.2), Dense(3))
    model[5].name, model[5].lr_factor, model[2][0].frozen = "head", 0.5, True
    model.build((2, 4, 1))
    assert str(model.summary()).splitlines() == [
        "layer           output shape  parameters",
        "0 Flatten       (N, 8)                 0",
        "1 Dense         (N, 8)                72",
        "2 Residual      (N, 8)                72",
        "  0 Dense       (N, 8)                72  frozen",
        "  1 ReLU        (N, 8)                 0",
        "3 Dense         (N, 8)                 0  uses the parameters of 1 Dense",
        "4 Dropout       (N, 8)                 0",
        "5 Dense 'head'  (N, 3)                27  lr x 0.5",
        "total                                171  99 trained, 72 frozen",
    ]
    assert repr(model.summary()) == str(model.summary())


def test_a_graph_says_what_each_node_takes():
    a, b = Dense(3), Dense(3)
    b.share = "a"
    nodes = {"a": ("x", a), "b": ("z", b), "y": (["a", "b"], Add())}
    model = Sequential(Graph(["x", "z"], nodes, "y"))
    model.build([(4,), (4,)])
    assert str(model.summary()).splitlines()[1:5] == [
        "0 Graph    (N, 3)                15",
        "  a Dense  (N, 3)                15  from x",
        "  b Dense  (N, 3)                 0  from z, uses the parameters of 0.a Dense",
        "  y Add    (N, 3)                 0  from a, b",
    ]


def test_a_part_whose_parameters_are_elsewhere():
    layer = Dense(3)
    model = Sequential(layer, Sequential(layer, ReLU(), ReLU()))
    model.build((3,))
    model.frozen = True  # also of the layers that have nothing to freeze, which is not worth a word
    assert str(model[1].summary()).splitlines()[1:] == [
        "0 Dense  (N, 3)                 0  uses the parameters of Dense, frozen",
        "1 ReLU   (N, 3)                 0",
        "2 ReLU   (N, 3)                 0",
        "total                           0  0 trained",
    ]


def test_a_single_layer_and_one_not_built():
    layer = Dense(3)
    with pytest.raises(
        RuntimeError, match=r"Dense is not built yet, so there are no shapes: call build\(input_shape\)"
    ):
        layer.summary()
    layer.build((4,))
    assert str(layer.summary()).splitlines()[1:] == [
        "Dense  (N, 3)                15",
        "total                        15  15 trained",
    ]
    layer.frozen = True
    assert str(layer.summary()).endswith("15  0 trained, 15 frozen")

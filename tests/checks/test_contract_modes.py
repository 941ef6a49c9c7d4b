"""The contract check knows layers that do something else in training than in evaluation, and what they may not do."""

import numpy as np
import pytest

from layers import BatchNorm, Dense, Dropout, Residual, Sequential
from threestep.checks import check_contract

X = np.random.default_rng(0).normal(size=(5, 4)) + 3


class RefusesOne(Dense):
    """Refuses one example in every mode."""

    def forward(self, x):
        if len(x) == 1 and (self.training or self.always):
            raise self.error("one is too few")
        return super().forward(x)

    always, error = True, ValueError


class RefusesOneByAnotherError(RefusesOne):
    always, error = False, RuntimeError


class RefusesThree(Dense):
    def forward(self, x):
        if self.training and len(x) == 3:
            raise ValueError("three is a crowd")
        return super().forward(x)


class RefusesOneAfterMore(Dense):
    """Takes one example in training as long as it has seen no other number."""

    most = 1

    def forward(self, x):
        self.most = max(self.most, len(x))
        if self.training and len(x) == 1 < self.most:
            raise ValueError("one is too few now")
        return super().forward(x)


class ScalesByFirstBatch(BatchNorm):
    """Refuses one row in training and takes it in evaluation, where it remembers how many rows came first."""

    first = None

    def forward(self, x):
        self.first = self.first or len(x)
        return super().forward(x) * (1 if len(x) > 1 else self.first)


class FrozenByBatch(BatchNorm):
    """Normalizes by the batch when frozen too."""

    def forward(self, x):
        frozen, self._frozen = self._frozen, False
        y = super().forward(x)
        self._frozen = frozen
        return y


class FrozenMoves(BatchNorm):
    """Uses the running statistics when frozen, and goes on moving them."""

    def forward(self, x):
        y = super().forward(x)
        self.state["running_var"] = 0.9 * self.state["running_var"]
        return y


class FrozenBackward(BatchNorm):
    """Goes back through a mean that frozen forward did not calculate."""

    def hat_backward(self, dxhat):
        return super().hat_backward(dxhat) - self.frozen * dxhat.mean(axis=0)


class QuietWhenFrozen(Dropout):
    """A layer without state has no reason to rest when it is frozen."""

    def forward(self, x):
        return super().forward(x * (1 + self.frozen))


def block(layer):
    return Sequential(Dense(4), layer, Dropout(0.5), Residual(layer))


@pytest.mark.parametrize(
    ("mutant", "sentence", "seen"),
    [
        (RefusesOne(3), "batch size may change", "one is too few"),
        (RefusesOneByAnotherError(3), "batch size may change", "one is too few"),
        (RefusesThree(3), "batch size may change", "three is a crowd"),
        (RefusesOneAfterMore(3), "batch size may change", "one is too few now"),
        (ScalesByFirstBatch(), "batch size may change", "y for 1 examples depends on how many"),
        (FrozenByBatch(), "frozen", "freezing changes y"),
        (FrozenMoves(), "frozen", "freezing changes state.running_var"),
        (FrozenBackward(), "frozen", "freezing changes dx"),
        (QuietWhenFrozen(), "frozen", "freezing changes y"),
        (block(FrozenByBatch()), "frozen", "freezing changes y"),
        (block(FrozenMoves()), "frozen", "freezing changes state.1.running_var"),
    ],
    ids=repr,
)
def test_a_broken_layer_fails_its_clause(mutant, sentence, seen):
    failures = {row.what: row.seen for row in check_contract(mutant, X).failures}
    assert any(sentence in what and seen in text for what, text in failures.items()), failures


@pytest.mark.parametrize("wrap", [lambda layer: layer, block, lambda layer: Residual(layer, Dropout(0.5))])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_keeps_the_contract_alone_and_beside_dropout(wrap, training):
    model = wrap(BatchNorm())
    assert check_contract(model if training else model.eval(), X)


def test_a_class_that_is_no_layer_has_no_other_mode():
    class Plain:
        def forward(self, x):
            if len(x) == 1:
                raise ValueError("one is too few")
            return 2 * x

        def backward(self, g):
            return 2 * g

        def update(self):
            pass

    (row,) = check_contract(Plain(), X).failures
    assert "batch size may change" in row.what and row.seen == "ValueError: one is too few"


class NormalizesAlways(BatchNorm):
    """Uses the batch's statistics in evaluation too."""

    def forward(self, x):
        mode, self.training = self.training, True
        y = super().forward(x)
        self.training = mode
        return y


class FollowsAlways(BatchNorm):
    """Moves its running statistics in evaluation too."""

    def forward(self, x):
        y = super().forward(x)
        self.state["running_mean"] = 0.9 * self.state["running_mean"] + 0.1 * x.mean(axis=0)
        return y


@pytest.mark.parametrize(
    ("layer", "seen"),
    [(NormalizesAlways(momentum=0.0), "y of two examples is another among 5"), (FollowsAlways(), "running_mean")],
)
def test_examples_are_on_their_own_in_evaluation(layer, seen):
    assert any("no other example" in row.what and seen in row.seen for row in check_contract(layer, X).failures)


class OneRow:
    """A plain class whose y is the batch's sum."""

    def forward(self, x):
        self.n = len(x)
        return x.sum(axis=0)

    def backward(self, g):
        return np.tile(g, (self.n, 1))

    def update(self):
        pass


class Doubles(OneRow):
    """A plain class that promotes to float64."""

    def forward(self, x):
        return x * np.float64(2)

    def backward(self, g):
        return g * np.full(g.shape, 2.0)


@pytest.mark.parametrize(
    ("subject", "sentence", "seen"),
    [
        (OneRow(), "y has a row for each example", "5 examples give y of shape (4,)"),
        (Doubles(), "float32 stays float32, float64 stays float64", "is float64 where everything given is float32"),
    ],
)
def test_a_plain_class_keeps_rows_and_dtypes(subject, sentence, seen):
    assert [row.seen for row in check_contract(subject, X).failures if row.what == sentence and seen in row.seen]

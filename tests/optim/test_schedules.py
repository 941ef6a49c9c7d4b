"""Every schedule: its formula in plain Python beside it, warm-up, state, arguments longer than the run."""

import copy
import json
import math

import numpy as np
import pytest

import optim
from optim import SGD, Adam, Cosine, Exponential, Linear, MultiStep, OneCycle, Plateau, Rprop, Schedule, Step

EPOCHS, STEPS, BASE = 12, 5, 0.4

ROWS = [
    (Step(4), lambda t: 0.1 ** (t // 4)),
    (Step(3, gamma=0.5, warmup_epochs=2), lambda t: 0.5 ** (t // 3)),
    (MultiStep([2, 3.4, 3.4, 9]), lambda t: 0.1 ** ((t >= 2) + 2 * (t >= 3.4) + (t >= 9))),
    (MultiStep((1,), gamma=0.5, warmup_epochs=0.5), lambda t: 0.5 ** (t >= 1)),
    (Exponential(0.7), lambda t: 0.7**t),
    (Exponential(0.7, warmup_epochs=1.3), lambda t: 0.7**t),
    (Cosine(), lambda t: (1 + math.cos(math.pi * t / 12)) / 2),
    (Cosine(warmup_epochs=2), lambda t: (1 + math.cos(math.pi * t / 10)) / 2),
    (Cosine(T_max=8, eta_min=0.1), lambda t: 0.25 + 0.75 * (1 + math.cos(math.pi * t / 8)) / 2),
    (Linear(), lambda t: 1 / 3 + 2 / 3 * min(t / 5, 1)),
    (Linear(1, 0.2, 7.5, warmup_epochs=3), lambda t: 1 - 0.8 * min(t / 7.5, 1)),
    (OneCycle(0.25, "linear", 10, 100), lambda t: np.interp(5 * t, [0, 14, 59], [0.1, 1, 0.001])),
    (OneCycle(0.25, "linear", 10, 100, True), lambda t: np.interp(5 * t, [0, 14, 28, 59], [0.1, 1, 0.1, 0.001])),
    (OneCycle(1, "linear", 10, 100), lambda t: np.interp(5 * t, [0, 59], [0.1, 1])),
    (OneCycle(div_factor=10), lambda t: one_cycle(5 * t)),
    (Plateau(patience=0, factor=0.5), lambda t: 0.5 ** max(math.floor(t) - 1, 0)),
    (Plateau(patience=2, factor=0.5, warmup_epochs=2), lambda t: 0.5 ** (math.floor(t) // 3)),
]


def one_cycle(step):
    (begin, start), (end, stop) = ((0, 0.1), (17, 1)) if step <= 17 else ((17, 1), (59, 1e-5))
    return start + (stop - start) * (1 - math.cos(math.pi * (step - begin) / (end - begin))) / 2


def run(schedule, optimizer, steps, first=0):
    """The learning rate of each step; after an epoch schedules observe a loss that gets no better."""
    lrs = []
    for step in range(first, first + steps):
        lrs.append(optimizer.lr)
        optimizer.step(np.zeros(2), np.ones(2))
        schedule.step()
        if (step + 1) % STEPS == 0:
            schedule.observe(1.0)
    return lrs


def test_every_schedule_has_a_row():
    public = {getattr(optim, name) for name in optim.__all__}
    assert {type(schedule) for schedule, _ in ROWS} == {s for s in public if Schedule in getattr(s, "__mro__", ())[1:]}


@pytest.mark.parametrize(("schedule", "formula"), ROWS, ids=repr)
class TestEach:
    def test_formula(self, schedule, formula):
        schedule, optimizer = copy.deepcopy(schedule), SGD(lr=BASE)
        schedule.start(optimizer, EPOCHS, STEPS)
        warmup = round(schedule.warmup_epochs * STEPS)
        rise = [BASE * (i + 1) / warmup for i in range(warmup)]
        course = [BASE * formula(i / STEPS) for i in range(EPOCHS * STEPS - warmup)]
        assert np.allclose(run(schedule, optimizer, EPOCHS * STEPS), rise + course, rtol=1e-12, atol=1e-15)

    def test_state_goes_on_where_it_stopped(self, schedule, formula):
        def started(lr, state=None):
            mine, optimizer = copy.deepcopy(schedule), SGD(lr=lr)
            mine.start(optimizer, EPOCHS, STEPS, state)
            return mine, optimizer

        lrs = run(*started(BASE), EPOCHS * STEPS)
        for stop in (3, 17, 30):
            first, optimizer = started(BASE)
            assert run(first, optimizer, stop) == lrs[:stop]
            saved = first.state
            assert all(type(value) in (int, float) for value in saved.values())
            assert json.loads(json.dumps(saved)) == saved
            run(first, optimizer, 7, stop)
            assert saved != first.state  # a copy
            assert run(*started(optimizer.lr, saved), EPOCHS * STEPS - stop, stop) == lrs[stop:]
            second, optimizer = started(7.0)
            second.state = {name: np.float64(value) for name, value in saved.items()}
            assert second.state == saved and type(second.state["steps"]) is int
            assert run(second, optimizer, EPOCHS * STEPS - stop, stop) == lrs[stop:]

    def test_lr_stays_a_learning_rate_after_the_run(self, schedule, formula):
        schedule, optimizer = copy.deepcopy(schedule), SGD(lr=np.float32(BASE))
        schedule.start(optimizer, EPOCHS, STEPS)
        lrs = run(schedule, optimizer, 3 * EPOCHS * STEPS)
        assert all(type(lr) is float and 0 <= lr <= 0.41 for lr in lrs)

    def test_before_the_start(self, schedule, formula):
        schedule = copy.deepcopy(schedule)
        with pytest.raises(RuntimeError, match=r"\.step before start\(optimizer, epochs, steps_per_epoch\)"):
            schedule.step()
        with pytest.raises(RuntimeError, match=r"\.state before start"):
            _ = schedule.state
        with pytest.raises(RuntimeError, match=r"\.state before start"):
            schedule.state = {"base_lr": 0.1, "steps": 3}

    def test_the_state_of_something_else(self, schedule, formula):
        schedule, optimizer = copy.deepcopy(schedule), SGD(lr=BASE)
        with pytest.raises(ValueError, match=r"state expected base_lr, steps.*, got steps"):
            schedule.start(optimizer, EPOCHS, STEPS, {"steps": 3})
        assert optimizer.lr == BASE
        schedule.start(optimizer, EPOCHS, STEPS)
        with pytest.raises(ValueError, match=r"state expected base_lr, steps.*, got None"):
            schedule.state = None


@pytest.mark.parametrize(
    ("schedule", "epochs", "message"),
    [
        (Step(30), 20, "^Step: step_size 30 is longer than the run of 20 epochs$"),
        (Step(20), 20, "^Step: step_size 20 is as long as the run of 20 epochs$"),
        (
            Step(18, warmup_epochs=3),
            20,
            "^Step: step_size 18 after a warm-up of 3 is longer than the run of 20 epochs$",
        ),
        (MultiStep([5, 25]), 20, "^MultiStep: milestones 25 is longer than the run of 20 epochs$"),
        (MultiStep([5, 20]), 20, "milestones 20 is as long as the run"),
        (
            MultiStep([0.333333333333333], warmup_epochs=2 / 3),
            1,
            "milestones 0.333333 after a warm-up of 0.666667 is as",
        ),
        (Cosine(20.5), 20, "^Cosine: T_max 20.5 is longer than the run of 20 epochs$"),
        (Cosine(18, warmup_epochs=3), 20, "T_max 18 after a warm-up of 3 is longer than"),
        (Cosine(warmup_epochs=20), 20, "^Cosine: warmup_epochs 20 is as long as the run of 20 epochs$"),
        (Exponential(0.5, warmup_epochs=30), 20, "warmup_epochs 30 is longer than the run of 20 epochs"),
        (Linear(), 4, "^Linear: total_iters 5 is longer than the run of 4 epochs$"),
        (Plateau(), 10, "^Plateau: patience 10 is as long as the run of 10 epochs$"),
    ],
)
def test_longer_than_the_run(schedule, epochs, message):
    optimizer = SGD(lr=BASE)
    with pytest.raises(ValueError, match=message):
        schedule.start(optimizer, epochs, 45)
    assert optimizer.lr == BASE
    with pytest.raises(RuntimeError):
        schedule.step()


@pytest.mark.parametrize(
    ("schedule", "epochs"),
    [
        (Step(19), 20),
        (MultiStep([19.9]), 20),
        (Cosine(17.8, warmup_epochs=2.2), 20),
        (Cosine(0.666666666666667, warmup_epochs=1 / 3), 1),
        (Linear(), 5),
        (Plateau(patience=9), 10),
        (OneCycle(), 1),
    ],
)
def test_as_long_as_the_run_allows(schedule, epochs):
    schedule.start(SGD(), epochs, 45)


def test_a_run_of_a_few_steps():
    for epochs, pct_start in ((1, 0.3), (1, 1), (2, 0.5), (2, 0), (10, 0.1)):
        for three_phase in (False, pct_start <= 0.5):
            schedule, optimizer = OneCycle(pct_start, three_phase=three_phase), SGD(lr=1)
            schedule.start(optimizer, epochs, 1)
            lrs = run(schedule, optimizer, epochs + 1)
            assert max(lrs) <= 1 and lrs[-1] == lrs[-2] == pytest.approx(1 if pct_start == 1 else 1 / 25e4)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((SGD(), 0, 5), ValueError, "epochs expected a whole number of 1 or more, got 0"),
        ((SGD(), 2.0, 5), ValueError, "epochs expected a whole number of 1 or more, got 2.0"),
        ((SGD(), 2, True), ValueError, "steps_per_epoch expected a whole number of 1 or more, got True"),
        ((0.1, 2, 5), TypeError, r"Cosine\.start expected an optimizer, got 0\.1"),
    ],
)
def test_start_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        Cosine().start(*arguments)


def plateau_lrs(schedule, values, lr=1.0):
    optimizer = Adam(lr=lr)
    schedule.start(optimizer, 100, 1)
    lrs = []
    for value in values:
        schedule.step()
        schedule.observe(value)
        lrs.append(round(optimizer.lr, 9))
    return lrs


def test_plateau_waits_falls_cools_down_and_stops_at_min_lr():
    lrs = plateau_lrs(Plateau(patience=1, cooldown=2, min_lr=0.02), [1.0] * 13)
    assert lrs == [1, 1, 0.1, 0.1, 0.1, 0.1, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02]


@pytest.mark.parametrize(
    ("options", "values", "falls"),
    [
        ({}, [1, 0.95], [0, 1]),
        ({}, [1, 0.85], [0, 0]),
        ({"threshold_mode": "abs"}, [10, 9.95, 9.8], [0, 1, 1]),
        ({"mode": "max"}, [1, 1.05, 1.15], [0, 1, 1]),
        ({"mode": "max", "threshold_mode": "abs"}, [10, 10.05, 10.15], [0, 1, 1]),
        ({}, [1, float("nan")], [0, 1]),
        ({"eps": 0.95}, [1, 1], [0, 0]),
    ],
)
def test_plateau_knows_what_is_better(options, values, falls):
    lrs = plateau_lrs(Plateau(patience=0, threshold=0.1, **options), values)
    assert lrs == [round(0.1**n, 9) for n in falls]


def test_plateau_observes_nothing_before_its_start():
    with pytest.raises(RuntimeError, match=r"Plateau\.observe before start"):
        Plateau().observe(1.0)


def test_plateau_ignores_what_it_observes_during_the_warm_up():
    schedule, optimizer = Plateau(patience=0, warmup_epochs=3), SGD(lr=0.3)
    schedule.start(optimizer, 10, 1)
    for value, lr in ((0.0, 0.2), (0.0, 0.3), (5.0, 0.3), (4.0, 0.3), (6.0, 0.03)):
        schedule.step()
        schedule.observe(value)
        assert optimizer.lr == pytest.approx(lr)


def test_rprop_under_a_schedule_moves_as_without():
    free, scheduled, schedule = Rprop(lr=0.1), Rprop(lr=0.1), Exponential(0.5)
    schedule.start(scheduled, 10, 2)
    theta, other = np.zeros(2), np.zeros(2)
    for _ in range(20):
        free.step(theta, np.ones(2))
        scheduled.step(other, np.ones(2))
        schedule.step()
    assert scheduled.lr < 1e-4 and np.array_equal(theta, other)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(0), "step_size expected a whole number of 1 or more, got 0"),
        (lambda: Step(2.5), "step_size expected a whole number of 1 or more, got 2.5"),
        (lambda: Step(3, gamma=0), "gamma expected a number above 0, got 0"),
        (lambda: Step(3, warmup_epochs=-1), "warmup_epochs expected a number of 0 or more, got -1"),
        (lambda: MultiStep(3), "milestones expected a list of numbers, got 3"),
        (lambda: MultiStep([]), r"milestones expected a list of numbers, got \[\]"),
        (lambda: MultiStep([3, 0]), r"milestones\[1\] expected a number above 0, got 0"),
        (lambda: Exponential("0.9"), "gamma expected a number above 0, got '0.9'"),
        (lambda: Cosine(T_max=0), "T_max expected a number above 0, got 0"),
        (lambda: Cosine(eta_min=-1), "eta_min expected a number of 0 or more, got -1"),
        (lambda: Linear(start_factor=0), "start_factor expected a number above 0, up to 1, got 0"),
        (lambda: Linear(end_factor=1.1), "end_factor expected a number from 0 to 1, got 1.1"),
        (lambda: Linear(total_iters=0), "total_iters expected a number above 0, got 0"),
        (lambda: OneCycle(1.5), "pct_start expected a number from 0 to 1, got 1.5"),
        (
            lambda: OneCycle(0.6, three_phase=True),
            "pct_start expected a number from 0 to 0.5 with three_phase, got 0.6",
        ),
        (lambda: OneCycle(anneal_strategy="sin"), "anneal_strategy expected 'cos' or 'linear', got 'sin'"),
        (lambda: OneCycle(div_factor=0), "div_factor expected a number above 0"),
        (lambda: OneCycle(final_div_factor=0), "final_div_factor expected a number above 0"),
        (lambda: OneCycle(three_phase=1), "three_phase expected true or false, got 1"),
        (lambda: Plateau("low"), "mode expected 'min' or 'max', got 'low'"),
        (lambda: Plateau(factor=1), "factor expected a number from 0 to below 1, got 1"),
        (lambda: Plateau(patience=1.5), "patience expected a whole number of 0 or more, got 1.5"),
        (lambda: Plateau(threshold=-1), "threshold expected a number of 0 or more"),
        (lambda: Plateau(threshold_mode=["rel"]), r"threshold_mode expected 'rel' or 'abs', got \['rel'\]"),
        (lambda: Plateau(cooldown=-1), "cooldown expected a whole number of 0 or more, got -1"),
        (lambda: Plateau(min_lr=None), "min_lr expected a number of 0 or more, got None"),
        (lambda: Plateau(eps=-1), "eps expected a number of 0 or more, got -1"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        (Cosine(), "Cosine()"),
        (Cosine(warmup_epochs=1), "Cosine(warmup_epochs=1.0)"),
        (MultiStep([3, 6], gamma=0.5), "MultiStep((3.0, 6.0), gamma=0.5)"),
        (Step(30), "Step(30)"),
        (OneCycle(three_phase=True), "OneCycle(three_phase=True)"),
        (Plateau(mode="max", patience=3), "Plateau(mode='max', patience=3)"),
    ],
)
def test_repr_is_the_constructor_call(schedule, text):
    assert repr(schedule) == text


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (Cosine(eta_min=5), "Cosine: eta_min 5 is above lr 0.4"),
        (Plateau(min_lr=0.5), "Plateau: min_lr 0.5 is above lr 0.4"),
    ],
)
def test_the_least_lr_is_not_above_the_first(schedule, message):
    with pytest.raises(ValueError, match=message):
        schedule.start(SGD(lr=BASE), EPOCHS, STEPS)


def test_a_warm_up_is_measured_as_it_was_written_and_may_round_up_to_the_whole_run():
    Cosine(T_max=0.5, warmup_epochs=1.5).start(SGD(lr=BASE), 2, 1)
    with pytest.raises(ValueError, match="T_max 0.9 after a warm-up of 1.4 is longer than the run of 2 epochs"):
        Cosine(T_max=0.9, warmup_epochs=1.4).start(SGD(lr=BASE), 2, 1)
    optimizer, schedule = SGD(lr=BASE), Cosine(warmup_epochs=0.9)
    schedule.start(optimizer, 1, 3)
    assert run(schedule, optimizer, 3) == pytest.approx([BASE / 3, 2 * BASE / 3, BASE])


def test_a_rate_beyond_all_numbers_is_infinite():
    """And refused by the optimizer, in a message of its own."""
    assert Exponential(1e200).at(0.1, 2) == math.inf

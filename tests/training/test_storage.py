import numpy as np
import pytest

from layers import Add, Dense, Flatten, Graph, ReLU, Sequential, Standardize
from threestep.training import CheckpointError, load, save
from threestep.training.storage import parse_checkpoint, read_checkpoint, write_checkpoint


def make(width=4):
    return Sequential(Standardize(), Sequential(Dense(width), ReLU()), Dense(2))


@pytest.fixture
def model():
    model = make()
    model.build((3,), rng=1)
    model[0].fit(np.random.default_rng(0).normal(2, 3, (20, 3)))
    return model


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saving_and_loading_is_exact(model, tmp_path, dtype):
    model.astype(dtype)
    save(tmp_path / "w.npz", model)
    fresh, built = make(), make()
    built.build((3,), rng=9, dtype=dtype)
    x = np.random.default_rng(1).normal(size=(5, 3)).astype(dtype)
    for other in (fresh, built):
        assert load(tmp_path / "w.npz", other) is other
        assert other.theta.tobytes() == model.theta.tobytes() and other.theta.dtype == dtype
        assert other.forward(x).tobytes() == model.forward(x).tobytes()
    assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]


def test_the_same_model_gives_the_same_bytes(model, tmp_path):
    save(tmp_path / "a.npz", model)
    save(tmp_path / "b.npz", model)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_another_model_is_told_and_left_alone(model, tmp_path):
    save(tmp_path / "w.npz", model)
    other = make(width=5)
    other.build((3,))
    before = other.theta.copy()
    with pytest.raises(CheckpointError) as caught:
        load(tmp_path / "w.npz", other)
    assert str(caught.value) == (
        f"{tmp_path / 'w.npz'} does not fit this model: layer 1 Sequential: layer 0 Dense W is (4, 3) in the file, "
        "(5, 3) here (layers are counted from 0)."
    )
    assert np.array_equal(other.theta, before)
    longer = Sequential(*make().layers, Dense(2))
    with pytest.raises(CheckpointError, match="layer 3 Dense W is not in the file"):
        load(tmp_path / "w.npz", longer)
    with pytest.raises(CheckpointError, match=r"it has no place for params 1.0.W"):
        load(tmp_path / "w.npz", Sequential(Standardize(), ReLU()))


def test_another_input_is_told(model, tmp_path):
    save(tmp_path / "w.npz", model)
    with pytest.raises(CheckpointError, match="does not fit this model: layer 0 Dense expected"):
        load(tmp_path / "w.npz", Sequential(Dense(4, in_features=7)))


@pytest.mark.parametrize("content", [b"not a zip", b"PK\x03\x04 but no more", b"0" * 64, b"PK\5\6" + bytes(18)])
def test_what_is_no_checkpoint(tmp_path, content):
    (tmp_path / "w.npz").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"w.npz is not a threestep checkpoint$"):
        load(tmp_path / "w.npz", make())


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "w.npz").touch()
    with pytest.raises(CheckpointError, match=r"w.npz is empty$"):
        load(tmp_path / "w.npz", make())
    with pytest.raises(CheckpointError, match=r"cannot be read: (Is a directory|Permission denied)"):
        load(tmp_path, make())


def test_a_missing_file_is_told_with_its_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError) as caught:
        load("nowhere.npz", make())
    assert str(caught.value) == f"{tmp_path / 'nowhere.npz'} not found"


def test_every_truncation_is_told(model, tmp_path):
    save(tmp_path / "w.npz", model)
    whole = (tmp_path / "w.npz").read_bytes()
    for length in range(43, len(whole), 37):
        with pytest.raises(
            CheckpointError, match="truncated or damaged: its SHA-256 is not the one it was written with"
        ):
            parse_checkpoint(whole[:length], "w.npz")


def test_foreign_npz(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.zeros(3))
    with pytest.raises(CheckpointError, match="is not a threestep checkpoint$"):
        load(tmp_path / "w.npz", make())
    write_checkpoint(tmp_path / "w.npz", {"a": np.zeros(3)}, {})
    with pytest.raises(CheckpointError, match="holds no weights of a model$"):
        load(tmp_path / "w.npz", make())


def test_an_unbuilt_model_cannot_be_saved(tmp_path):
    with pytest.raises(ValueError, match="not built"):
        save(tmp_path / "w.npz", make())


def test_a_file_in_another_dtype_is_told(model, tmp_path):
    save(tmp_path / "w.npz", model)
    other = make()
    other.build((3,), dtype=np.float64)
    with pytest.raises(CheckpointError, match=r"W is float32 \(4, 3\) in the file, float64 \(4, 3\) here"):
        load(tmp_path / "w.npz", other)


def test_nothing_is_filled_before_all_is_known_to_fit(model, tmp_path):
    save(tmp_path / "w.npz", model)
    arrays, facts = read_checkpoint(tmp_path / "w.npz")
    arrays["params/2.b"] = np.zeros(9, np.float32)
    write_checkpoint(tmp_path / "w.npz", arrays, facts)
    built, unbuilt = make(), make()
    built.build((3,))
    before = built.theta.copy()
    for other in (built, unbuilt):
        with pytest.raises(CheckpointError, match="layer 2 Dense b"):
            load(tmp_path / "w.npz", other)
    assert np.array_equal(built.theta, before) and not unbuilt.built


def test_a_float64_standardize_alone_can_be_loaded(tmp_path):
    layer = Standardize().fit(np.random.default_rng(0).normal(1e9, 1, (9, 2)))
    save(tmp_path / "w.npz", layer)
    assert np.array_equal(load(tmp_path / "w.npz", Standardize()).state["mean"], layer.state["mean"])


@pytest.mark.parametrize("shapes", [((4,), (4,)), ((4,), (3, 2))])
def test_several_inputs(tmp_path, shapes):
    def make():
        nodes = {"a": ("x", Dense(3)), "f": ("z", Flatten()), "b": ("f", Dense(3)), "y": (["a", "b"], Add())}
        return Graph(["x", "z"], nodes, "y")

    model = make()
    model.build(shapes, rng=1)
    save(tmp_path / "w.npz", model)
    again = load(tmp_path / "w.npz", make())
    assert again.input_shape == shapes and again.theta.tobytes() == model.theta.tobytes()


def test_shared_parameters_are_saved_once_and_with_their_owner(tmp_path):
    def make():
        layer = Dense(3)
        return Sequential(Dense(3), layer, Sequential(ReLU(), layer))

    model = make()
    model.build((3,), rng=1)
    save(tmp_path / "w.npz", model)
    with np.load(tmp_path / "w.npz") as arrays:
        assert arrays.files == ["manifest.json", *(f"params/{i}.{n}" for i in (0, 1) for n in "Wb")]
    assert load(tmp_path / "w.npz", make()).theta.tobytes() == model.theta.tobytes()
    with pytest.raises(ValueError, match="Sequential uses parameters of a layer outside it: save the whole model"):
        save(tmp_path / "part.npz", model[2])
    assert not (tmp_path / "part.npz").exists()


@pytest.mark.parametrize("shape", ["{", 3, None, {"a": 1}, [3.0], [True], [-1], [[3], [[4]]], [float("nan")]])
def test_an_input_shape_that_is_none(tmp_path, shape):
    write_checkpoint(tmp_path / "w.npz", {}, {"input_shape": shape})
    with pytest.raises(CheckpointError) as caught:
        load(tmp_path / "w.npz", make())
    assert str(caught.value) == f"{tmp_path / 'w.npz'} holds no weights of a model: its input_shape is {shape}"


def test_a_model_whose_only_state_is_whole_numbers(tmp_path):
    class Count(ReLU):
        def build(self, input_shape, rng=0, dtype=np.float32):
            self.state["n"] = np.array([3])
            return input_shape

    model = Count()
    model.build((2,))
    save(tmp_path / "w.npz", model)
    assert load(tmp_path / "w.npz", Count()).state["n"].tolist() == [3]

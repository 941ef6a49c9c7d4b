import io
import json
import zipfile
from hashlib import sha256

import numpy as np
import pytest

from benchmarks.reliability import flips
from layers import Add, Dense, Flatten, Graph, ReLU, Sequential, Standardize
from threestep.training import CheckpointError, load, save
from threestep.training.storage import (
    fill_model,
    model_arrays,
    npy_header,
    parse_checkpoint,
    read_checkpoint,
    write_checkpoint,
)


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
    with pytest.raises(CheckpointError, match=r"it has no place for parameter 1.0.W"):
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


def test_every_truncation_is_told():
    data = flips.example()
    assert flips.values(data) is not None
    for length in range(43, len(data), 37):  # what is shorter does not say what it is
        with pytest.raises(
            CheckpointError, match="truncated or damaged: its SHA-256 is not the one it was written with$"
        ):
            parse_checkpoint(data[:length], "w.npz")


def test_every_flipped_bit_is_detected():
    data = flips.example()
    bits = np.random.default_rng(1).integers(0, 8 * len(data), 2000).tolist()
    assert flips.count(data, (flips.flipped(data, bit) for bit in bits)) == (2000, 0, 0)
    with pytest.raises(CheckpointError, match="truncated or damaged"):
        parse_checkpoint(flips.flipped(data, 8 * 35), "w.npz")  # in the manifest's name
    assert flips.count(data, [data, flips.flipped(data, 0)]) == (1, 1, 0)


def test_foreign_npz(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.zeros(3))
    with pytest.raises(CheckpointError, match="is not a threestep checkpoint$"):
        load(tmp_path / "w.npz", make())
    write_checkpoint(tmp_path / "w.npz", {"a": np.zeros(3)}, {})
    with pytest.raises(CheckpointError, match="holds no weights of a model$"):
        load(tmp_path / "w.npz", make())


@pytest.mark.parametrize(("name", "other"), [("best.npz", "last.npz"), ("last.npz", "best.npz")])
def test_the_other_checkpoint_is_offered_where_it_is_whole(tmp_path, name, other):
    write_checkpoint(tmp_path / other, {}, {"epoch": 5})
    (tmp_path / name).write_bytes(b"junk")
    offer = f"The other checkpoint is whole: {tmp_path / other}"
    for content, facts, said in [
        (b"junk", {"epoch": 5}, f"{tmp_path / name} is not a threestep checkpoint. {offer} (epoch 5)."),
        (b"", {}, f"{tmp_path / name} is empty. {offer}."),
        (b"", {"epoch": "5"}, f"{tmp_path / name} is empty. {offer}."),
    ]:
        (tmp_path / name).write_bytes(content)
        write_checkpoint(tmp_path / other, {}, facts)
        with pytest.raises(CheckpointError) as caught:
            read_checkpoint(tmp_path / name)
        assert str(caught.value) == said
    (tmp_path / name).unlink()
    with pytest.raises(CheckpointError, match="not found. The other checkpoint is whole"):
        read_checkpoint(tmp_path / name)
    (tmp_path / other).write_bytes(b"PK")
    (tmp_path / name).touch()
    with pytest.raises(CheckpointError, match=r"is empty$"):
        read_checkpoint(tmp_path / name)
    write_checkpoint(tmp_path / other, {}, {})
    with pytest.raises(CheckpointError, match=r"first.npz not found$"):
        read_checkpoint(tmp_path / "first.npz")


ARRAYS = {
    "params/0.W": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    "state/número": np.array(-0.0),
    "optimizer/m": np.array([np.nan, np.inf, -np.inf, 5e-324]),
    "order": np.arange(5, dtype=np.int64)[::-1],
    "callbacks/mask": np.array([True, False]),
    "empty": np.zeros((0, 3), np.uint16),
    "foreign": np.arange(3, dtype=">f8"),
    "half": np.array([[[1.5]]], np.float16),
}
FACTS = {"state": 2**128 - 1, "best": np.inf, "lr": 0.1, "none": None, "text": "ünï", "nested": {"a": [1, [2.5, True]]}}


def test_arrays_and_facts_come_back_exactly(tmp_path):
    write_checkpoint(tmp_path / "w.npz", ARRAYS, FACTS)
    arrays, facts = read_checkpoint(tmp_path / "w.npz")
    assert facts == FACTS and list(arrays) == list(ARRAYS)
    for name, array in arrays.items():
        assert array.tobytes() == ARRAYS[name].astype(ARRAYS[name].dtype.newbyteorder("=")).tobytes()
        assert array.shape == ARRAYS[name].shape and array.dtype == ARRAYS[name].dtype.newbyteorder("=")
        assert array.flags.writeable and array.flags.owndata and array.flags.c_contiguous and array.flags.aligned
    write_checkpoint(tmp_path / "again.npz", arrays, facts)
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "w.npz").read_bytes()


def test_other_programs_can_open_it(tmp_path):
    write_checkpoint(tmp_path / "w.npz", ARRAYS, FACTS)
    with np.load(tmp_path / "w.npz", allow_pickle=False) as arrays:
        for name, array in ARRAYS.items():
            assert np.array_equal(arrays[name], array, equal_nan=True) and arrays[
                name
            ].dtype == array.dtype.newbyteorder("=")
    data = (tmp_path / "w.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "w.npz") as archive:
        assert archive.testzip() is None and archive.namelist() == [
            "manifest.json",
            *(f"{name}.npy" for name in ARRAYS),
        ]
        assert {(info.create_system, info.external_attr >> 16) for info in archive.infolist()} == {(3, 0o100644)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.comment.decode() == sha256(data[:-64]).hexdigest()
        manifest = json.loads(archive.read("manifest.json").decode("utf-8"))
    kinds = {name: [array.dtype.newbyteorder("<").str, list(array.shape)] for name, array in ARRAYS.items()}
    assert manifest == {"format": 1, "arrays": kinds, "facts": FACTS}


def test_the_npy_header_is_numpy_s():
    for dtype, shape in [("<f4", (3, 4)), ("|b1", ()), ("<i8", (7,)), ("<f8", (10**9,) * 20)]:
        file = io.BytesIO(npy_header(dtype, shape))
        assert np.lib.format.read_magic(file) == (1, 0)
        assert np.lib.format.read_array_header_1_0(file) == (shape, False, np.dtype(dtype))
        assert file.tell() == len(file.getvalue()) and file.tell() % 64 == 0


@pytest.mark.parametrize(
    "name", ["", ".", "/a", "../a", "a/../../b", "C:a", "C:/a", "\\\\host\\a", "a\\..\\b", "a\0", "a" * 1001]
)
def test_names_that_lead_out_of_the_folder_are_not_written(tmp_path, name):
    with pytest.raises(ValueError, match="is no name for an array"):
        write_checkpoint(tmp_path / "w.npz", {name: np.zeros(1)}, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("array", [[None], ["a"], [1j], np.zeros(1, "M8[s]"), np.zeros(1, "f4,i4"), [b"a"]])
def test_arrays_that_are_no_numbers_are_not_written(tmp_path, array):
    with pytest.raises(ValueError, match="w is .*; a checkpoint holds booleans, integers and floats of up to 64 bits"):
        write_checkpoint(tmp_path / "w.npz", {"w": array}, {})
    assert not list(tmp_path.iterdir())


def test_facts_that_are_no_json_leave_the_old_file(tmp_path):
    write_checkpoint(tmp_path / "w.npz", {}, {"a": 1})
    with pytest.raises(TypeError, match="not JSON serializable"):
        write_checkpoint(tmp_path / "w.npz", {}, {"a": {1}})
    assert read_checkpoint(tmp_path / "w.npz") == ({}, {"a": 1})


def test_a_run_s_checkpoint_is_loaded_without_the_rest(model, tmp_path):
    arrays = {"optimizer/m": np.zeros(7), "order": np.arange(3), **model_arrays(model), "callbacks/0/w": np.ones(2)}
    write_checkpoint(tmp_path / "last.npz", arrays, {"input_shape": [3], "epoch": 2})
    fresh, built = make().eval(), make()
    built.build((3,))
    for other in (fresh, built):
        assert load(tmp_path / "last.npz", other).theta.tobytes() == model.theta.tobytes()
        assert other.theta.dtype == np.float32
    assert not fresh.training and built.training


def test_model_arrays_are_the_model_s_own(model):
    arrays = model_arrays(model)
    assert np.shares_memory(arrays["params/2.W"], model.theta) and "state/0.mean" in arrays
    other = make()
    other.build((3,), rng=5)
    fill_model("w.npz", arrays | {"order": np.arange(3)}, other)
    assert other.theta.tobytes() == model.theta.tobytes()


def test_a_save_that_fails_says_so(model, tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot save .*w.npz: No such file or directory; what was there before"):
        save(tmp_path / "no" / "w.npz", model)


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


@pytest.mark.parametrize("length", [10**15, 10**30])
def test_an_input_shape_that_no_memory_holds(tmp_path, length):
    write_checkpoint(tmp_path / "w.npz", {}, {"input_shape": [length]})
    with pytest.raises(CheckpointError, match="does not fit this model"):
        load(tmp_path / "w.npz", Sequential(Dense(4)))


def test_a_model_whose_only_state_is_whole_numbers(tmp_path):
    class Count(ReLU):
        def build(self, input_shape, rng=0, dtype=np.float32):
            self.state["n"] = np.array([3])
            return input_shape

    model = Count()
    model.build((2,))
    save(tmp_path / "w.npz", model)
    assert load(tmp_path / "w.npz", Count()).state["n"].tolist() == [3]

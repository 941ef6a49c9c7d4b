"""A run: a config, trained, with everything it leaves behind in one folder; and a run that goes on."""

import time
from pathlib import Path

import numpy as np

from . import report
from .callbacks import Best
from .checkpoint import Saver
from .config import load_config
from .environment import environment
from .errors import ConfigError, Diverged, typed
from .files import write_whole
from .folder import Records, make_folder, run_files, write_json
from .loop import evaluate, fit
from .metrics import default_metrics
from .prepare import prepare
from .resuming import (
    finished,
    require_more_epochs,
    require_run,
    require_same_config,
    require_same_data,
    require_same_schedule,
)
from .signals import signals
from .storage import load, read_checkpoint, write_checkpoint


def train(path, overrides=(), out=None, *, plugins=None, overwrite=False, init_from=None, **told):
    """Trains what a config file says; returns (the run's folder, the number of the signal that ended it or None).

    Nothing is written before data and model are known to fit. README says what the folder then holds.

    Args:
        overrides: "key=value" texts. plugins: a file with classes of the user's own. out: the run's folder; unless
        given, runs/NAME/DATE-TIME. overwrite: removes the run that is there. init_from: a checkpoint with whose
        parameters and state the run starts. told: quiet, verbose and bar, as in report.callbacks.

    Raises ConfigError, DataError, CheckpointError; Diverged, after the weights before the step have been saved.
    """
    with signals() as caught:
        config = load_config(path, overrides, plugins)
        parts = prepare(config)
        if init_from is not None:
            load(init_from, config.model)
        env = environment(parts)
        caught.patient = True
        folder = make_folder(Path(config.name).stem.strip("<>"), out, overwrite)
        write_whole(folder / "config.yaml", lambda file: file.write(config.source))
        write_json(folder / "env.json", env)
        return go(config, parts, folder, caught, env, told)


def resume(run, overrides=(), *, plugins=None, reschedule=False, **told):
    """Goes on where a run stopped, as if it never had; returns what `train` returns.

    Args:
        run: its folder, or one of the checkpoints within. overrides: train.epochs and the checkpoint keys may change.
        reschedule: lets a schedule that depends on train.epochs follow a new number of them. plugins, told: as train.

    Raises ConfigError where anything else differs, CheckpointError, and what train raises.
    """
    with signals() as caught:
        folder, file = run_files(run)
        arrays, facts = read_checkpoint(file)
        require_run(folder, file, facts)
        config = run_config(folder, file, overrides, plugins)
        require_same_config(folder, config, facts)
        require_more_epochs(config, facts)
        if file.name == "last.npz" and finished(folder, config, facts):
            epoch = facts["epoch"]
            way = "It stopped early." if facts["stop"] else f"To go on: train.epochs=N, with N above {epoch}."
            report.say(f"{folder} is finished, after epoch {epoch}. {way}")
            return folder, None
        parts = prepare(config)
        env = environment(parts)
        require_same_data(folder, env, facts)
        if not reschedule:
            require_same_schedule(config, facts, parts["train"][1])
        caught.patient = True
        write_checkpoint(folder / "last.npz", arrays, facts)  # it may have been best.npz
        return go(config, parts, folder, caught, env, told, start=(arrays, facts))


def go(config, parts, folder, caught, env, told, start=None):
    """Trains from the start or from a checkpoint, evaluates, and says so; returns (folder, signal or None)."""
    begun, log = time.monotonic(), report.Log(folder)
    write_whole(folder / "resolved.yaml", lambda file: file.write(config.to_yaml().encode()))
    best = config.early_stop or Best("valid_loss" if len(parts["valid"][1]) else "train_loss")
    facts = {"config": config.values, "plugins": config.plugins}
    facts |= {name: env[name] for name in ("fingerprint", "data_sha256")}
    saver = Saver(folder, best, facts, config.checkpoint_steps, config.checkpoint_minutes)
    metrics = config.metrics or default_metrics(config.loss)
    found, failure = {}, None
    try:
        fit(
            config.model,
            config.loss,
            config.optimizer,
            *parts["train"],
            epochs=config.epochs,
            batch_size=config.batch_size,
            valid=parts["valid"],
            metrics=metrics,
            rng=np.random.default_rng(config.seed),
            callbacks=[best, Records(folder), caught, saver, *report.callbacks(config, parts, folder, log, **told)],
            start=start,
            **config.fit_options,
        )
        if not caught.number:
            part = "test" if len(parts["test"][1]) else "train"
            found[part] = evaluate(config.model, config.loss, *parts[part], metrics=metrics)
    except Diverged as error:
        failure = Diverged(f"{error}. {saver.words} Try {ways_out(config)}.")
        log(f"error: {failure}")
    summary = {
        "status": "diverged" if failure else "interrupted" if caught.number else "finished",
        "epoch": saver.epoch,
        "best": {"metric": best.metric, "value": best.value, "epoch": best.epoch},
        "seconds": round(time.monotonic() - begun, 3),
        **found,
    }
    write_json(folder / "summary.json", summary)
    if failure:
        raise failure
    text = report.closing(summary, config, parts, folder)
    log(text)
    report.say(text)
    return folder, caught.number


def ways_out(config):
    """What may keep the config from diverging."""
    lr = f"optimizer.lr={config.optimizer.lr / 10:g}"
    return lr if config.fit_options["clip_norm"] else f"{lr} or train.clip_norm=1"


def run_config(folder, file, overrides, plugins):
    """The Config that a run left; where it names classes of the user's own, the error names the file they were in."""
    try:
        return load_config(folder / "resolved.yaml", overrides, plugins)
    except ConfigError:
        own = read_checkpoint(file)[1].get("plugins")
        if plugins or not own:
            raise
        raise ConfigError(f"{folder} has classes of its own: give --plugins {typed(own['file'])} again") from None


def load_run(run, plugins=None):
    """(the trained model, in evaluation mode, and its Config) of a run's folder, or of one of the checkpoints within.

    A folder stands for the weights that the run evaluated: the best where it stops early, else the last.
    """
    folder, file = run_files(run)
    config = run_config(folder, file, (), plugins)
    if config.early_stop and Path(run).is_dir() and (folder / "best.npz").exists():
        file = folder / "best.npz"
    return load(file, config.model).eval(), config

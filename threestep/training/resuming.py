"""What a run that goes on must have in common with itself."""

import json
import warnings
from copy import deepcopy

from threestep.data import batches

from .environment import fingerprint
from .errors import CheckpointError, ConfigError

MAY_CHANGE = ("train.epochs", "train.checkpoint_steps", "train.checkpoint_minutes")


def require_run(folder, file, facts):
    """CheckpointError for a file of weights alone; ConfigError where going on would only diverge again."""
    if "config" not in facts:
        raise CheckpointError(f"{file} holds weights, and no run that could go on: use --init-from {file}")
    if facts["stop"] == "diverged":
        raise ConfigError(
            f"{folder} diverged in step {facts['step']}, and would do so again. Start anew from the weights before it: "
            f"train.py CONFIG --init-from {file} optimizer.lr=..."
        )


def require_same_config(folder, config, facts):
    """ConfigError with every key that differs from the run's, unless it is one that may."""
    before, now = flat(facts["config"]), flat(config.values)
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key) and key not in MAY_CHANGE]
    if (facts["plugins"] or {}).get("sha256") != (config.plugins or {}).get("sha256"):
        keys.append("--plugins")
        for values, where in ((before, facts["plugins"]), (now, config.plugins)):
            if where:
                values["--plugins"] = f"{where['file']} (SHA-256 {where['sha256'][:12]})"
    if keys:
        words = [
            f"\n  {key}: {before.get(key, 'not given')} in the run, {now.get(key, 'not given')} here" for key in keys
        ]
        raise ConfigError(
            f"{folder} can only go on with its own config, of which {', '.join(MAY_CHANGE)} may change:{''.join(words)}"
        )


def require_same_data(folder, env, facts):
    """CheckpointError for other data; a warning where the machine may round otherwise."""
    if env["data_sha256"] != facts["data_sha256"]:
        raise CheckpointError(
            f"the data is not what {folder} was trained on: its SHA-256 is {env['data_sha256'][:12]}..., "
            f"expected {facts['data_sha256'][:12]}..."
        )
    for name, value in fingerprint().items():
        if value != facts["fingerprint"][name]:
            warnings.warn(f"not bit-exact: {name} was {facts['fingerprint'][name]} and is {value}", stacklevel=2)


def require_more_epochs(config, facts):
    """ConfigError for fewer epochs than the run has begun."""
    if config.epochs < facts["epoch"]:
        raise config.error(
            ("train", "epochs"), f"train.epochs is {config.epochs}, and the run is in epoch {facts['epoch']}."
        )


def require_same_schedule(config, facts, y):
    """ConfigError where another number of epochs gives another learning rate to a step that both have."""
    schedule, epochs = config.fit_options["schedule"], facts["config"]["train"]["epochs"]
    if schedule is None or epochs == config.epochs:
        return
    steps = sum(1 for _ in batches(y, y, config.batch_size * config.fit_options["accumulate"]))
    before, now = (rates(schedule, config.optimizer, n, steps) for n in (epochs, config.epochs))
    apart = [(abs(old - new), step, old, new) for step, (old, new) in enumerate(zip(before, now, strict=False))]
    most, step, old, new = max(apart, key=lambda found: found[0])  # where they are told apart best, also in few digits
    if most:
        name, place = type(schedule).__name__, f"after {step / steps:.4g} epochs"
        raise ConfigError(
            f"{name} depends on train.epochs: {place} lr is {old:.3g} in the schedule of {epochs} epochs, "
            f"{new:.3g} in that of {config.epochs}. Add --reschedule to follow it"
        )


def rates(schedule, optimizer, epochs, steps_per_epoch):
    """The learning rate of each step of a run, as far as it does not depend on how the run goes."""
    schedule, optimizer = deepcopy(schedule), deepcopy(optimizer)
    schedule.start(optimizer, epochs, steps_per_epoch)
    for _ in range(epochs * steps_per_epoch):
        yield optimizer.lr
        schedule.step()


def finished(folder, config, facts):
    """Whether the run has come to its end, and its figures are written that stand for it."""
    try:
        summary = json.loads((folder / "summary.json").read_bytes())
        written = summary["status"] == "finished" and summary["epoch"] == facts["epoch"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    over = facts["stop"] == "early" or (facts["epoch"] == config.epochs and not facts["inside"])
    return over and written


def flat(values, path=""):
    """{dotted key: value} of nested dicts and lists."""
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    if not inner:
        return {path: values}
    return {
        key: leaf for name, part in inner for key, leaf in flat(part, f"{path}.{name}" if path else str(name)).items()
    }

"""A config's figures on data never trained on, over several seeds: python -m benchmarks.accuracy CONFIG [seeds]"""

import sys

import numpy as np

from threestep.training import evaluate, fit, load_config
from threestep.training.prepare import prepare


def measure(path, seed, overrides=()):
    """The test figures (the training figures where there is no test part) of one run, nothing written."""
    config = load_config(path, [f"seed={seed}", *overrides])
    parts = prepare(config)
    options = {"epochs": config.epochs, "batch_size": config.batch_size, "rng": np.random.default_rng(seed)}
    if config.early_stop:
        options |= {"callbacks": [config.early_stop], "valid": parts["valid"]}
    fit(config.model, config.loss, config.optimizer, *parts["train"], **options, **config.fit_options)
    part = "test" if len(parts["test"][0]) else "train"
    return evaluate(config.model, config.loss, *parts[part], metrics=config.metrics)


def main(path, seeds=5):
    found = []
    for seed in range(seeds):
        found.append(measure(path, seed))
        print(f"seed {seed}: " + ", ".join(f"{name} {value:.4f}" for name, value in found[-1].items()), flush=True)
    for name in found[0]:
        values = [figures[name] for figures in found]
        print(f"{name}: mean {np.mean(values):.4f}, from {min(values):.4f} to {max(values):.4f} over {seeds} seeds")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))

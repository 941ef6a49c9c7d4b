"""One training step of the same network in each system: forward, loss, backward, parameter gradient, displacement.

Run as a process of its own, which times as many steps as each line of its input says:

    python -m benchmarks.contenders threestep mlp-784-512-512-10
"""

import sys
from itertools import pairwise
from time import perf_counter

import numpy as np

CASES = {  # name: (sizes of the layers, batch size, options of SGD, steps timed in one turn)
    "mlp-784-512-512-10": ((784, 512, 512, 10), 128, {"lr": 0.01, "momentum": 0.9}, 60),
    "mlp-64-32-10": ((64, 32, 10), 32, {"lr": 0.01}, 3000),
}


def example_batch(sizes, batch_size):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch_size, sizes[0]), dtype=np.float32)
    return x, rng.integers(0, sizes[-1], batch_size)


def threestep_step(sizes, batch_size, options):
    from layers import Dense, ReLU, Sequential
    from losses import CrossEntropy
    from optim import SGD

    inner = [layer for size in sizes[1:] for layer in (Dense(size), ReLU())][:-1]
    model, criterion, optimizer = Sequential(*inner), CrossEntropy(), SGD(**options)
    model.build((sizes[0],))
    x, y = example_batch(sizes, batch_size)

    def step():
        loss = criterion.forward(model.forward(x), y)
        model.backward(criterion.backward(), input_gradient=False)
        model.update()
        optimizer.step(model.theta, model.gradient)
        return loss

    return step


def torch_step(sizes, batch_size, options):
    import torch

    inner = [layer for n_in, n_out in pairwise(sizes) for layer in (torch.nn.Linear(n_in, n_out), torch.nn.ReLU())][:-1]
    model, criterion = torch.nn.Sequential(*inner), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), **options)
    x, y = map(torch.from_numpy, example_batch(sizes, batch_size))

    def step():
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


SYSTEMS = {"threestep": threestep_step, "torch": torch_step}


def main(system, case):
    sizes, batch_size, options, _ = CASES[case]
    step = SYSTEMS[system](sizes, batch_size, options)
    print("ready", flush=True)
    for line in sys.stdin:
        count = int(line)
        for _ in range(count // 4):  # caches, clocks and sleeping threads back to work
            step()
        start = perf_counter()
        for _ in range(count):
            step()
        print((perf_counter() - start) / count, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Speed and accuracy, measured: python -m benchmarks, python -m benchmarks.accuracy CONFIG."""

"""How well wrong layers, losses and optimizers are named: python -m benchmarks.diagnosis"""

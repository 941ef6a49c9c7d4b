"""Trains what a YAML file says: python train.py configs/digits_mlp.yaml"""

import sys

from threestep.cli import main

if __name__ == "__main__":
    sys.exit(main())

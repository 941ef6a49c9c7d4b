import sys

from threestep.cli import main

sys.exit(main())

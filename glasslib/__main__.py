"""``python -m glasslib`` is the command ``glasslib``."""

from glasslib.cli import main

if __name__ == "__main__":
    main()

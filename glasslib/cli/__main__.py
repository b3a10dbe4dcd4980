"""``python -m glasslib.cli`` is ``glasslib``."""

from glasslib.cli import main

if __name__ == "__main__":
    main()

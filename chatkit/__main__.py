"""``python -m chatkit`` is the ``chatkit`` command."""

from chatkit.cli import main

if __name__ == "__main__":
    main()

"""Write what every case answers now: `make answers`."""

from __future__ import annotations

from tests.regression.summary import KEPT, answered, cases
from tests.regression.sweeps import SWEEPS


def answers() -> dict[str, str]:
    """What is kept, by name."""
    found = {name: answered(name, command) for name, command in cases().items()}
    return found | {name: "\n".join(sweep()) + "\n" for name, sweep in SWEEPS.items()}


def main() -> None:
    """Replace the folder's files."""
    KEPT.mkdir(exist_ok=True)
    for path in KEPT.glob("*.txt"):
        path.unlink()
    for name, text in answers().items():
        (KEPT / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

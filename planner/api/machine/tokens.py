"""Rates of tokens that tools have measured elsewhere, and files of them that `serve` takes as anchors.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.engines.imports.tokens.rates import TokenImport

_READERS = {
    "llama-bench": "llama_bench",
    "vllm": "vllm",
    "genai-perf": "aiperf",
    "aiperf": "aiperf",
    "llm-bench": "llm_bench",
}
TOKEN_TOOLS = tuple(_READERS)
"""Tools whose results `import_tokens` reads."""


def import_tokens(tool: str, file: str | Path) -> TokenImport:
    """Read what a tool wrote of a language model: tokens a second, first tokens (s), users, contexts.

    `tool` is one of `TOKEN_TOOLS`. Raises `UnknownIdError` for another and `InputError` with everything that
    is wrong with a file.

    >>> import_tokens("llama-bench", "bench.json").rates[0].prompt_tokens_per_s  # doctest: +SKIP
    7100.0
    """
    import importlib

    from planner.errors import UnknownIdError

    if tool not in _READERS:
        raise UnknownIdError("tool", tool, TOKEN_TOOLS)
    reader = importlib.import_module(f"planner.engines.imports.tokens.{_READERS[tool]}")
    found: TokenImport = reader.read(Path(file))
    return found


def write_anchors(
    found: TokenImport,
    path: str | Path,
    *,
    device: str,
    unit: str | None = None,
    mode: str | None = None,
    engine: str | None = None,
    model: str | None = None,
    weights: str | None = None,
) -> None:
    """Write imported rates as a file that `serve(..., anchor=[path])` takes.

    `device` is the part that was measured; its unit is that of the engine's unless given. What else the tool
    does not say has to be given. Raises `InputError` with all that is missing, `UnknownIdError` for a part,
    unit or engine that is unknown and `OutputError` where the file cannot be written.

    >>> write_anchors(import_tokens("vllm", "result.json"), "own.yaml", device="jetson-agx-orin-64",
    ...               model="zoo:llama3.1-8b", weights="fp16")  # doctest: +SKIP
    """
    from planner.engines.imports.tokens.anchors import MeasuredSetting, anchor_text
    from planner.files import require_writable, write_bytes
    from planner.hardware.catalog import read_device
    from planner.language.engines.catalogue import chosen, language_engine

    require_writable(Path(path))
    name = engine or next((rate.engine for rate in found.rates if rate.engine), None)
    name = None if name is None else language_engine(name).id
    part = read_device(device)
    if unit is None or unit not in part.units:
        unit = chosen(part, unit, name, None)[0].unit
    text = anchor_text(found, MeasuredSetting(device, unit, mode, name, model, weights))
    write_bytes(Path(path), text.encode())

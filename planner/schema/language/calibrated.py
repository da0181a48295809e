"""Schema of the file of a calibration of llama.cpp: `planner calibrate --engine llama.cpp` writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planner.schema.reading.quantity import Bytes, BytesPerSecond, Ratio, Seconds
from planner.schema.reading.strict import StrictModel

Hour = Annotated[Seconds, Field(le=3600)]
Factor = Annotated[float, Field(ge=1e-4, le=1e4)]
Logarithm = Annotated[float, Field(ge=-10, le=10)]


class TypeCostsFile(StrictModel):
    """Time of one number of a weight, by type of block."""

    number_s: Annotated[Hour, Field(gt=0)]
    bits_power: Logarithm
    blocks_of_256: Factor
    floats: Factor
    bits_apart: Factor
    own: dict[str, Logarithm]


class SmallCostsFile(StrictModel):
    """Time of what is not a product with weights."""

    pass_s: Hour
    node_s: Hour
    element_s: Hour
    attention_mac_s: Hour
    attention_byte_s: Hour
    attention_token_s: Hour


class StepCostsFile(StrictModel):
    """What a step's time follows from."""

    types: TypeCostsFile
    small: SmallCostsFile
    bandwidth_bytes_per_s: Annotated[BytesPerSecond, Field(ge=1e3)]
    cache_bytes: Annotated[Bytes, Field(ge=1)]
    overlap: Annotated[float, Field(ge=0.1, le=50)]
    sharpness: Annotated[float, Field(ge=0.01, le=50)]
    last_factor: Factor
    repacked_factor: Factor
    unshared_factor: Factor


class PromptCostsFile(StrictModel):
    """What a prompt's time follows from."""

    types: TypeCostsFile
    small: SmallCostsFile
    step_share: Annotated[float, Field(ge=0, le=1e3)]


class LeftOutErrors(StrictModel):
    """Measured over predicted time of probes: their architecture, or that and their format, left out."""

    kind: Literal["step", "prompt"]
    known: bool
    """Whether the format stayed in the fit, and its architecture alone was left out."""
    rows: int = Field(ge=1)
    mape: float = Field(ge=0)
    low: Annotated[float, Field(gt=0, le=1)]
    high: Annotated[float, Field(ge=1, le=1e4)]


class ThreadCostsFile(StrictModel):
    """One number of threads."""

    threads: int = Field(ge=1)
    main_types: list[str] = Field(min_length=1)
    step: StepCostsFile
    prompt: PromptCostsFile
    errors: list[LeftOutErrors] = Field(min_length=1)


class LlamaCalibrationFile(StrictModel):
    """llama.cpp on this machine."""

    schema_version: Literal[1] = Field(alias="schema")
    engine: Literal["llama.cpp"]
    engine_version: str
    cpu: str
    date: str
    probes: int = Field(ge=1)
    rejected: int = Field(ge=0)
    reference_s: Annotated[Hour, Field(gt=0)]
    reference_spread_ratio: Ratio
    largest_probe_bytes: Annotated[Bytes, Field(gt=0)]
    level: Annotated[float, Field(gt=0, lt=1)]
    threads: list[ThreadCostsFile] = Field(min_length=1)

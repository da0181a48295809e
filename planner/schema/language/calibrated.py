"""Schema of the file of a calibration of llama.cpp: `planner calibrate --engine llama.cpp` writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planner.schema.reading.strict import StrictModel

Seconds = Annotated[float, Field(ge=0, le=3600)]
Factor = Annotated[float, Field(ge=1e-4, le=1e4)]
Logarithm = Annotated[float, Field(ge=-10, le=10)]


class TypeCostsFile(StrictModel):
    """Time of one number of a weight, by type of block."""

    number_s: Annotated[float, Field(gt=0, le=1)]
    bits_power: Logarithm
    blocks_of_256: Factor
    floats: Factor
    own: dict[str, Logarithm]


class SmallCostsFile(StrictModel):
    """Time of what is not a product with weights."""

    pass_s: Seconds
    node_s: Seconds
    element_s: Seconds
    attention_mac_s: Seconds
    attention_token_s: Seconds


class StepCostsFile(StrictModel):
    """What a step's time follows from."""

    types: TypeCostsFile
    small: SmallCostsFile
    bandwidth_bytes_per_s: Annotated[float, Field(ge=1e3, le=1e16)]
    cache_bytes: Annotated[float, Field(ge=1, le=1e13)]
    overlap: Annotated[float, Field(ge=0.5, le=50)]


class PromptCostsFile(StrictModel):
    """What a prompt's time follows from."""

    types: TypeCostsFile
    small: SmallCostsFile
    step_share: Annotated[float, Field(ge=0, le=1e3)]


class LeftOutErrors(StrictModel):
    """Measured over predicted time of probes whose architecture and format were left out of the fit."""

    kind: Literal["step", "prompt"]
    known: bool
    """Whether the rest of the probes had blocks of all types of the file."""
    rows: int = Field(ge=1)
    mape: float = Field(ge=0)
    low: Annotated[float, Field(gt=0, le=1)]
    high: Annotated[float, Field(ge=1, le=1e4)]


class ThreadCostsFile(StrictModel):
    """One number of threads."""

    threads: int = Field(ge=1)
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
    reference_s: Seconds
    reference_spread_ratio: float = Field(ge=0)
    largest_probe_bytes: float = Field(gt=0)
    level: Annotated[float, Field(gt=0, lt=1)]
    threads: list[ThreadCostsFile] = Field(min_length=1)

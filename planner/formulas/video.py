"""Formulas of video: decoders, processor cores, and chains of steps on a part."""

from __future__ import annotations

from planner.formulas.formula import Formula

VIDEO = (
    Formula(
        "decoder_clock",
        "Rate of a video engine in a power mode",
        "px/s(mode) = px/s x clock(mode) / clock",
        "NVIDIA, NVDEC Application Note: performance scales (almost) linearly with the clock",
        "Where the clock of a mode is not known, the stated rate is taken for all modes.",
    ),
    Formula(
        "core_speed",
        "Speed of a core at video in software",
        "speed = clock x (FP32 operations a clock)^0.5, over the same of the core that was measured",
        "This project: an assumption (hardware_db/video/costs.yaml), band 1.6 x either way",
        "Other decoders, content and memory; two threads on one core count as one.",
    ),
    Formula(
        "chain_use",
        "Use of a unit by chains",
        "U_u = sum over streams of rate x sum over steps of share of frames x time on u, over servers of u",
        "Utilisation law; Denning and Buzen, ACM Computing Surveys 10(3), 1978",
        "Times are means: a frame with more objects takes longer.",
    ),
    Formula(
        "chain_items",
        "Batches that the objects of a frame fill",
        "E[ceil(min(K, most) / B)], K Poisson with the stated mean or fixed",
        "This project: objects in a scene as independent events",
        "Crowds: objects that come together vary more than Poisson says.",
    ),
    Formula(
        "chain_wait",
        "Mean wait at a unit that several steps share",
        "W = (1 + c_s^2) / 2 x W(M/M/c)",
        "Allen and Cunneen's approximation for G/G/c, with Poisson arrivals",
        "Cameras come at fixed intervals and wait less; frames that come together wait more.",
    ),
)

"""Signals: windows, spectra and filter banks, whose sizes are values."""

from __future__ import annotations

from collections.abc import Mapping

from planner.workload.file.onnx_rules import RuleError
from planner.workload.output_rules.site import NOT_COVERED, NodeContext, OutputRule, OutputTypes, one
from planner.workload.output_rules.standard import name_of


def _window(site: NodeContext) -> OutputTypes:
    size = site.whole(0)
    if size is None:
        return NOT_COVERED
    return one(name_of(site.number("output_datatype", 1)), (size,))


def _mel_weights(site: NodeContext) -> OutputTypes:
    bins, length = site.whole(0), site.whole(1)
    if bins is None or length is None:
        return NOT_COVERED
    return one(name_of(site.number("output_datatype", 1)), (length // 2 + 1, bins))


def _short_time_spectrum(site: NodeContext) -> OutputTypes:
    """`STFT`: frames of the window's length, or of a length that is given, every so many samples."""
    batch, length, *_ = site.shape(0)
    step, frame = site.whole(1), site.shape(2)[0] if site.has(2) else site.whole(3)
    if step is None or frame is None:
        return NOT_COVERED
    if step < 1 or not 1 <= frame <= length:
        raise RuleError(f"frames of {frame} samples every {step} of {length}")
    bins = frame // 2 + 1 if site.number("onesided", 1) else frame
    return one(site.spec(0).dtype, (batch, (length - frame) // step + 1, bins, 2))


RULES: Mapping[str, OutputRule] = {
    **dict.fromkeys(("HannWindow", "HammingWindow", "BlackmanWindow"), _window),
    "MelWeightMatrix": _mel_weights,
    "STFT": _short_time_spectrum,
}

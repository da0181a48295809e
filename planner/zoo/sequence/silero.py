"""Silero VAD 5 and 6: whether a short piece of sound is speech (the network that the package ships)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_SAMPLES, _PAD = 576, 64
"""512 samples at 16 kHz with 64 of the piece before, and as many reflected behind."""
_WINDOW, _STEP, _BANDS = 256, 128, 129
_LAYERS = ((128, 1), (64, 2), (64, 2), (128, 1))
"""Channels and stride of the convolutions over frames."""
_HIDDEN = 128


def silero_vad(name: str) -> Graph:
    """Answers the probability of speech in 32 ms, and the state for the next piece."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", _SAMPLES))
    hidden = net.input("h", ("batch", 1, _HIDDEN))
    cell = net.input("c", ("batch", 1, _HIDDEN))
    x = net.unsqueeze(net.pad_end(x, (0, _PAD), mode="reflect"), (1, 2))
    spectrum = net.conv(x, 2 * _BANDS, (1, _WINDOW), stride=_STEP, padding=0, name="stft.basis")
    real, imaginary = net.split(spectrum, (_BANDS, _BANDS), axis=1)
    power = net.add(net.mul(real, real, name="square"), net.mul(imaginary, imaginary, name="square"))
    x = net.map("Sqrt", power, name="magnitude")
    for layer, (channels, stride) in enumerate(_LAYERS):
        x = net.conv(x, channels, (1, 3), stride=stride, padding=(0, 1), bias=True, name=f"encoder.{layer}")
        x = net.relu(x)
    # Frames before the batch, as the operator has them.
    steps = net.transpose(net.squeeze(x, 2), (2, 0, 1))
    y, hidden, cell = net.lstm_from(steps, hidden, cell, "decoder.rnn")
    features = net.unsqueeze(net.transpose(y, (1, 2, 0)), (2,))
    speech = net.sigmoid(net.conv(net.relu(features), 1, bias=True, name="decoder.2"))
    return net.finish(net.reshape(speech, (0, 1)), hidden, cell)

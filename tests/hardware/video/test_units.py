"""What parts have for video: every shipped part has an entry, and its numbers are what makers say."""

from __future__ import annotations

import pytest

from planner.hardware.catalog import read_device, shipped_devices
from planner.hardware.video.units import (
    codecs_of,
    cores_of,
    decoder_of,
    encoder_of,
    parts_video,
    scaler_of,
    video_costs,
    video_of,
    video_sources,
)
from planner.provenance import Provenance
from planner.schema.hardware.video import VideoUnits
from planner.schema.reading.quantity import numbers_in

FULL_HD = 1920 * 1080


def test_every_shipped_part_says_what_it_decodes_or_that_it_does_not():
    for device in shipped_devices():
        known = video_of(device)
        assert known is not None, device.id
        assert known.decoders or known.no_decoder, device.id
    with_decoder = [part for part, units in parts_video().items() if units.decoders]
    assert len(with_decoder) >= 45


@pytest.mark.parametrize(
    ("part", "codec", "frames_per_s"),
    [
        # NVDEC Application Note 13.0: frames of 1080p of one NVDEC x engines x clock / clock of the note.
        ("t4", "h265", 2 * 1316 * 1470 / 1860),
        ("nvidia-l4", "h264", 4 * 903 * 1770 / 2160),
        ("nvidia-h200-sxm", "vp9", 7 * 932 * 1545 / 1860),
        # Tables of streams: 11 and 52 of 1080p at 30 FPS; 4K60 of a Raspberry Pi is four times 1080p60.
        ("jetson-orin-nano-8", "h265", 11 * 30),
        ("jetson-agx-xavier-32", "h265", 52 * 30),
        ("atlas-300i-duo", "h264", 256 * 30),
        ("raspberry-pi-5", "h265", 4 * 60),
        ("rk3588", "h265", 32 * 30),
    ],
)
def test_decoders_carry_what_makers_publish(part, codec, frames_per_s):
    unit = decoder_of(read_device(part), "default", codec)
    assert unit is not None
    assert unit.servers / unit.time_s(FULL_HD) == pytest.approx(frames_per_s, rel=5e-3)


@pytest.mark.parametrize(
    ("part", "codec"),
    [
        ("raspberry-pi-5", "h264"),  # HEVC alone
        ("coral-edgetpu-usb", "h264"),
        ("qualcomm-aic100-pcie-pro", "h265"),
        ("t4", "av1"),
        ("xeon-8380", "h264"),
        ("hailo-15h", "h264"),
    ],
)
def test_what_a_part_cannot_decode_has_no_decoder(part, codec):
    assert decoder_of(read_device(part), "default", codec) is None
    assert codec not in codecs_of(read_device(part))


def test_orin_nano_has_no_encoder_and_deeper_samples_need_a_decoder_of_them():
    device = read_device("jetson-orin-nano-8")
    assert encoder_of(device, "25W", "h265") is None
    assert decoder_of(device, "25W", "h265", bits=10) is not None
    assert decoder_of(device, "25W", "h265", bits=12) is None
    assert scaler_of(device) is not None


def test_a_core_is_as_fast_as_its_clock_and_the_root_of_its_vectors():
    """Raspberry Pi 5: 2.4 GHz and 16 operations a clock against 4.1 GHz and 64: 2.4 / 4.1 x sqrt(1 / 4)."""
    cores = cores_of(read_device("raspberry-pi-5"), "default")
    assert cores is not None
    assert (cores.count, cores.provenance) == (4, Provenance.ASSUMED)
    assert cores.speed == pytest.approx(2.4 / 4.1 / 2, rel=1e-6)
    assert cores_of(read_device("t4"), "default") is None


def test_rates_follow_the_clock_of_a_mode_where_it_is_known():
    origin = {"source": "test", "status": "vendor"}
    units = VideoUnits.model_validate(
        {
            "decoders": {
                "one": {
                    **origin,
                    "name": "One",
                    "count": 1,
                    "clock": "800 MHz",
                    "clocks": {"slow": "400 MHz"},
                    "rates": {"hevc": "800 Mpx/s"},
                    "frame": {"H.265": "10 us"},
                }
            }
        }
    )
    device = read_device("t4").model_copy(update={"video": units})
    fast, slow = decoder_of(device, "default", "h265"), decoder_of(device, "slow", "h265")
    assert fast is not None
    assert slow is not None
    assert (fast.time_s(8e6), slow.time_s(8e6)) == (pytest.approx(10.01e-3), pytest.approx(20.02e-3))


def test_a_number_is_said_with_its_source_and_none_is_unused():
    for device in shipped_devices():
        used = {entry.number.source for entry in numbers_in(video_of(device))}
        assert used == set(video_sources(device)), device.id
        for source in used & set(device.sources):
            assert device.sources[source].title == video_sources(device)[source].title
    assert video_costs().software.decode_px_per_s["h265"].status.value == "measured"

"""Colour profiles made by hand, and what their colours are in sRGB, reckoned without a colour library."""

import struct
from dataclasses import dataclass

import numpy as np

SRGB_TO_XYZ = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
"""Of D50, as the profile of IEC 61966-2-1 says."""
ADOBE_TO_XYZ = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
P3_TO_XYZ = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
D50 = (0.9642, 1.0, 0.8249)


@dataclass(frozen=True)
class Profile:
    """A display whose light is a power of its samples."""

    gamma: float
    to_xyz: np.ndarray | None = None
    """``(3, 3)``, D50; None: grey."""

    def icc(self) -> bytes:
        """ICC.1:2001-04, the least that readers take."""
        tags = {b"wtpt": _xyz(D50)}
        if self.to_xyz is None:
            tags[b"kTRC"] = self._curve()
        else:
            for column, name in enumerate((b"r", b"g", b"b")):
                tags[name + b"XYZ"] = _xyz(self.to_xyz[:, column])
                tags[name + b"TRC"] = self._curve()
        at = 128 + 4 + 12 * len(tags)
        table, data = struct.pack(">I", len(tags)), b""
        for name, content in tags.items():
            table += name + struct.pack(">II", at + len(data), len(content))
            data += content
        space = b"GRAY" if self.to_xyz is None else b"RGB "
        head = struct.pack(
            ">I4xI4s4s4s12x4s28x", at + len(data), 0x02400000, b"mntr", space, b"XYZ ", b"acsp"
        )
        return head + _xyz(D50)[8:] + bytes(48) + table + data

    def _curve(self) -> bytes:
        return b"curv" + struct.pack(">4xIH2x", 1, round(self.gamma * 256))

    def to_srgb(self, pixels: np.ndarray) -> np.ndarray:
        """``(.., 3)`` or ``(..)`` of grey to ``(.., 3)``, both 0 to 255; what sRGB cannot show is cut off."""
        light = (np.asarray(pixels, float) / 255) ** self.gamma
        if self.to_xyz is None:
            light = np.repeat(light[..., None], 3, axis=-1)
        else:
            light = light @ (np.linalg.inv(SRGB_TO_XYZ) @ self.to_xyz).T
        light = light.clip(0, 1)
        return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _xyz(values) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


ADOBE_RGB = Profile(2.2, ADOBE_TO_XYZ)
DISPLAY_P3 = Profile(2.2, P3_TO_XYZ)
OLD_MAC = Profile(1.8, SRGB_TO_XYZ)
NEARLY_SRGB = Profile(2.2, SRGB_TO_XYZ)
GREY_OF_A_MAC = Profile(1.8)
GREY_OF_A_PC = Profile(2.2)

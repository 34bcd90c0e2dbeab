"""Quantization that is trained through."""

import torch

from case import Operand, b, case, given, on_host, x

BYTES = (-128, 127)


def zeros(count: int) -> Operand:
    """Zero points."""
    return given(count, dtype=torch.int32)


FLAG = given(1, dtype=torch.int64)
OBSERVER = (FLAG, FLAG, b(1), b(1), b(1), zeros(1), 0.01, *BYTES, 0)

CASES = [
    on_host(case("fake_quantize_per_tensor_affine.default", x(2, 6), 0.1, 0, *BYTES)),
    on_host(case("fake_quantize_per_tensor_affine.tensor_qparams", x(2, 6), b(1), zeros(1), *BYTES)),
    on_host(case("fake_quantize_per_channel_affine.default", x(2, 4, 3), b(4), zeros(4), 1, *BYTES)),
    on_host(case("fused_moving_avg_obs_fake_quant.default", x(2, 6), *OBSERVER)),
]

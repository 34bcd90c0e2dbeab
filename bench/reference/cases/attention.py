"""
scaled_dot_product_attention chooses its kernel by the GPU: for float32 the memory-efficient one, for bfloat16 the flash kernel.
Both are called by name here, where there is no GPU to choose (aten/src/ATen/native/transformers/cuda/sdp_utils.cpp).
"""

from dataclasses import replace
from typing import Any

import torch

from case import Case, Operand, case, first, given, p, x


def attention(*operands: Operand, variant: str = "", mask: Operand | None = None, **options: Any) -> Case:
    """The public operator, and what it comes to with a mask or without."""
    cuda = first(case("_scaled_dot_product_efficient_attention.default", *operands, mask, True, **options))
    masked = [] if mask is None else [mask]
    return replace(case("scaled_dot_product_attention.default", *operands, *masked, variant=variant), on_cuda=cuda)


def written_out(*operands: Operand, variant: str, mask: Operand | None = None, **options: Any) -> Case:
    """What no fused kernel takes (sdp_utils.cpp: check_tensor_shapes, check_batch_size_and_num_heads_dense)."""
    cuda = first(case("_scaled_dot_product_attention_math.default", *operands, mask, **options))
    masked = [] if mask is None else [mask]
    return replace(case("scaled_dot_product_attention.default", *operands, *masked, variant=variant, **options), on_cuda=cuda)


HEADS = x(2, 4, 40, 16)
FIVE = x(2, 4, 3, 40, 16)
FIVE_TURNED = x(2, 3, 40, 4, 16).permuted(0, 3, 1, 2, 4)
THREE = x(8, 40, 16)
TURNED = x(2, 40, 4, 16).permuted(0, 2, 1, 3)
HALF = x(2, 4, 40, 16, dtype=torch.bfloat16)
FLASH = first(case("_scaled_dot_product_flash_attention.default", HALF, HALF, HALF))

CASES = [
    attention(HEADS, HEADS, HEADS),
    attention(HEADS, x(2, 4, 24, 16), x(2, 4, 24, 8), variant="of other sizes"),
    attention(TURNED, TURNED, TURNED, variant="of turned heads"),
    attention(HEADS, HEADS, HEADS, mask=given(2, 1, 40, 40), variant="with a mask"),
    attention(HEADS, HEADS, HEADS, mask=p(1, 4, 40, 40), variant="with a trained mask"),
    written_out(FIVE, FIVE, FIVE, variant="of five axes"),
    written_out(FIVE_TURNED, FIVE_TURNED, FIVE_TURNED, variant="of five axes, turned"),
    written_out(THREE, THREE, THREE, variant="of three axes"),
    written_out(THREE, THREE, THREE, mask=given(8, 40, 40), variant="of three axes with a mask"),
    written_out(THREE, THREE, THREE, mask=p(8, 40, 40), variant="of three axes with a trained mask"),
    written_out(HEADS, x(2, 2, 40, 16), x(2, 2, 40, 16), variant="of grouped heads", enable_gqa=True),
    written_out(HEADS, x(2, 1, 40, 16), x(2, 1, 40, 16), variant="of one head of keys"),
    first(case("_scaled_dot_product_efficient_attention.default", HEADS, HEADS, HEADS, None, True)),
    first(case("_scaled_dot_product_cudnn_attention.default", HALF, HALF, HALF, None, True)),
    first(case("_scaled_dot_product_flash_attention_for_cpu.default", HEADS, HEADS, HEADS)),
    FLASH,
    replace(case("scaled_dot_product_attention.default", HALF, HALF, HALF, variant="of bfloat16"), on_cuda=FLASH),
]

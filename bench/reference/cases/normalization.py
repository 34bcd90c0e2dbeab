"""Norms in training mode."""

from typing import Any

from case import Operand, b, case, first, frozen, given, p, x

IMAGE = x(2, 4, 8, 8)
AFFINE = (p(4), p(4))
RUNNING = (b(4), b(4))


def batch_norm(image: Operand, *affine: Operand | None, variant: str = "") -> Any:
    """With running statistics."""
    return case("batch_norm.default", image, *affine, *RUNNING, True, 0.1, 1e-5, True, variant=variant)


CASES = [
    batch_norm(IMAGE, *AFFINE),
    batch_norm(x(2, 8, 8, 4).permuted(0, 3, 1, 2), *AFFINE, variant="channels last"),
    batch_norm(x(2, 8, 8, 4).permuted(0, 3, 2, 1), *AFFINE, variant="of turned axes"),
    batch_norm(IMAGE, None, None, variant="without scales"),
    batch_norm(IMAGE, frozen(4), frozen(4), variant="frozen"),
    batch_norm(given(2, 4, 8, 8), *AFFINE, variant="of the batch"),
    batch_norm(x(6, 4), *AFFINE, variant="of rows"),
    first(case("native_batch_norm.default", IMAGE, *AFFINE, *RUNNING, True, 0.1, 1e-5)),
    first(case("_native_batch_norm_legit.default", IMAGE, *AFFINE, *RUNNING, True, 0.1, 1e-5)),
    first(case("_native_batch_norm_legit_functional.default", IMAGE, *AFFINE, *RUNNING, True, 0.1, 1e-5)),
    first(case("cudnn_batch_norm.default", IMAGE, *AFFINE, *RUNNING, True, 0.1, 1e-5)),
    case("layer_norm.default", x(2, 5, 8), [8], p(8), p(8)),
    case("layer_norm.default", x(2, 5, 8), [8], variant="without scales"),
    case("layer_norm.default", x(2, 8, 5).permuted(0, 2, 1), [8], p(8), p(8), variant="of turned axes"),
    case("layer_norm.default", x(2, 5, 8), [5, 8], p(5, 8), p(5, 8), variant="of two axes"),
    first(case("native_layer_norm.default", x(2, 5, 8), [8], p(8), p(8), 1e-5)),
    case("rms_norm.default", x(2, 5, 8), [8], p(8)),
    first(case("_fused_rms_norm.default", x(2, 5, 8), [8], p(8), None)),
    case("group_norm.default", IMAGE, 2, *AFFINE),
    case("group_norm.default", IMAGE, 2, variant="without scales"),
    first(case("native_group_norm.default", IMAGE, *AFFINE, 2, 4, 64, 2, 1e-5)),
    case("_weight_norm.default", p(4, 3), p(4, 1), 0),
    case("_weight_norm.default", p(4, 3, 2), p(1, 1, 2), 2, variant="of the last axis"),
    case("_weight_norm.default", p(4, 3), frozen(4, 1), 0, variant="frozen"),
    case("_weight_norm.default", p(4, 3, 2), p(1, 3, 1), 1, variant="of an axis in the middle"),
    first(case("_weight_norm_interface.default", p(4, 3), p(4, 1), 0)),
    case("instance_norm.default", IMAGE, *AFFINE, None, None, True, 0.1, 1e-5, True),
    case("instance_norm.default", IMAGE, None, None, None, None, True, 0.1, 1e-5, True, variant="without scales"),
]

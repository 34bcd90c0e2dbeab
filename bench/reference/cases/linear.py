"""Products of matrices."""

import torch

from case import Operand, case, frozen, given, p, x

HALF = x(16, 32, dtype=torch.bfloat16)
EXPERTS = Operand("parameter", (2, 32, 64), torch.bfloat16)

CASES = [
    case("linear.default", x(2, 6), p(5, 6), p(5)),
    case("linear.default", x(2, 3, 6), p(5, 6), p(5), variant="of rank 3"),
    case("linear.default", x(2, 3, 6), p(5, 6), variant="without a bias"),
    case("linear.default", x(2, 3, 6), frozen(5, 6), frozen(5), variant="frozen"),
    case("linear.default", given(2, 6), p(5, 6), p(5), variant="of the batch"),
    case("linear.default", x(2, 6, 3).permuted(0, 2, 1), p(5, 6), p(5), variant="of turned axes"),
    case("linear.default", x(6), p(5, 6), p(5), variant="of a vector"),
    case("addmm.default", p(5), x(2, 6), p(6, 5)),
    case("baddbmm.default", x(2, 3, 5), x(2, 3, 6), x(2, 6, 5)),
    case("matmul.default", x(2, 6), x(6, 5)),
    case("matmul.default", x(2, 4, 3, 6), x(2, 4, 6, 5), variant="of rank 4"),
    case("matmul.default", x(2, 4, 3, 6), x(2, 4, 5, 6).permuted(0, 1, 3, 2), variant="by turned keys"),
    case("matmul.default", x(2, 3, 4, 6).permuted(0, 2, 1, 3), x(2, 4, 6, 5), variant="of turned heads"),
    case("matmul.default", x(2, 3, 6), p(6, 5), variant="by a matrix"),
    case("matmul.default", x(3, 6), x(2, 6, 5), variant="of a matrix"),
    case("matmul.default", x(2, 4, 3, 6), x(1, 6, 5), variant="of a stretched batch"),
    case("mm.default", x(2, 6), x(6, 5)),
    case("mm.default", x(2, 6), p(6, 5), variant="by a parameter"),
    case("bmm.default", x(2, 3, 6), x(2, 6, 5)),
    case("linalg_matmul.default", x(2, 6), x(6, 5)),
    case("addmv.default", x(4), x(4, 6), x(6)),
    case("mv.default", x(2, 6), x(6)),
    case("dot.default", x(6), x(6)),
    case("einsum.default", "bhqd,bhkd->bhqk", [x(2, 4, 3, 6), x(2, 4, 5, 6)]),
    case("einsum.default", "bqhd,bkhd->bhqk", [x(2, 3, 4, 6), x(2, 5, 4, 6)], variant="of heads behind"),
    case("einsum.default", "nchw,nc->nchw", [x(2, 4, 3, 3), x(2, 4)], variant="of one axis"),
    case("einsum.default", "bij->bji", [x(2, 3, 4)], variant="of one tensor"),
    case("_grouped_mm.default", HALF, EXPERTS, given(2, dtype=torch.int32)),
]

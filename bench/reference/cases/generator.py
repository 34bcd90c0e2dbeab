"""Tensors that are made of a shape, or like another; and what is written into one."""

import torch

from case import case, ints, p, x

X = x(2, 6)
SIZE = [2, 6]
LARGE = [2, 4096]
FLOAT = {"dtype": torch.float32}

CASES = [
    case("zeros.default", SIZE),
    case("eye.default", 4),
    case("eye.m", 4, 6),
    case("linspace.default", 0.0, 1.0, 4),
    case("randperm.default", 4),
    case("empty.memory_format", SIZE),
    case("new_zeros.default", X, SIZE),
    case("new_empty.default", X, SIZE),
    case("new_empty.default", X, LARGE, variant="too large to be folded"),
    case("new_empty.default", X, LARGE, **FLOAT, variant="of a dtype"),
    case("new_ones.default", X, SIZE),
    case("new_full.default", X, SIZE, 2.0),
    case("new_empty_strided.default", X, SIZE, [6, 1]),
    case("empty_strided.default", SIZE, [6, 1]),
    case("empty_permuted.default", SIZE, [0, 1]),
    case("ones.default", SIZE),
    case("full.default", SIZE, 2.0),
    case("zeros_like.default", X),
    case("empty_like.default", X),
    case("zeros_like.default", x(*LARGE), variant="too large to be folded"),
    case("ones_like.default", X),
    case("full_like.default", X, 2.0),
    case("zero.default", X),
    case("zero_.default", X),
    case("fill.Scalar", X, 2.0),
    case("fill_.Scalar", X, 2.0),
    case("scalar_tensor.default", 2.0, **FLOAT),
    case("arange.default", 6),
    case("arange.start", 2, 6),
    case("arange.start_step", 0, 6, 2),
    case("randn.default", SIZE),
    case("randn_like.default", X),
    case("rand.default", SIZE),
    case("rand_like.default", X),
    case("randint.default", 5, SIZE),
    case("normal_.default", X),
    case("uniform_.default", X),
    case("bernoulli.default", X),
    case("bernoulli_.float", X, 0.5),
    case("copy.default", X, X),
    case("copy_.default", X, X),
    case("slice_scatter.default", X, x(2, 3), 1, 0, 3),
    case("select_scatter.default", X, x(2), 1, 0),
    case("copy_.default", X, p(6), variant="of a row"),
    case("copy_.default", X, ints(2, 6), variant="of integers"),
]

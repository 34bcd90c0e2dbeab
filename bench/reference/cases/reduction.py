"""Reductions, running totals and orders."""

import torch

from case import bools, case, first, x

X = x(3, 8)
ALONG = (X, [1])

CASES = [
    case("var_mean.correction", x(2, 6), [1]),
    case("std_mean.correction", x(2, 6), [1]),
    case("mean.dim", *ALONG),
    case("mean.default", X),
    case("mean.dim", x(2, 4, 8, 8), [2, 3], True, variant="of images"),
    case("sum.dim_IntList", *ALONG),
    case("sum.default", X),
    case("sum.dim_IntList", *ALONG, dtype=torch.float64, variant="in float64"),
    case("prod.dim_int", X, 1),
    case("amax.default", *ALONG),
    case("amin.default", *ALONG),
    case("max.default", X),
    case("min.default", X),
    case("max.dim", X, 1),
    case("max.dim", X, 1, True, variant="with its axis"),
    case("min.dim", X, 1),
    case("mode.default", X, 1),
    case("median.dim", X, 1),
    case("logsumexp.default", *ALONG),
    case("var.dim", *ALONG),
    case("var.correction", *ALONG, correction=0),
    case("std.dim", *ALONG),
    case("std.correction", *ALONG, correction=0),
    case("linalg_vector_norm.default", X, 2.0, [1]),
    case("linalg_vector_norm.default", X, 1.0, [1], variant="of order 1"),
    case("linalg_vector_norm.default", X, float("inf"), [1], variant="of order infinity"),
    case("norm.ScalarOpt_dim", X, 2, [1]),
    case("any.dim", bools(3, 8), 1),
    case("all.dim", bools(3, 8), 1),
    case("argmax.default", X, 1),
    case("argmin.default", X, 1),
    case("cumsum.default", X, 1),
    case("cumprod.default", X, 1),
    case("sort.default", X, 1),
    case("argsort.default", X, 1),
    case("topk.default", X, 2, 1),
    first(case("topk.default", X, 2, 1), "of values alone"),
    first(case("max.dim", X, 1), "of values alone"),
    case("histc.default", X, 10),
]

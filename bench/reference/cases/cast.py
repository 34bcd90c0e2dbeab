"""Changes of dtype."""

import torch

from case import case, given, x

CASES = [
    case("to.dtype", x(2, 6), torch.float16),
    case("to.dtype", x(2, 6), torch.float32, variant="that it has"),
    case("to.dtype", x(2, 6), torch.int64, variant="of integers"),
    case("to.dtype_layout", x(2, 6), dtype=torch.bfloat16),
    case("to.device", x(2, 6), torch.device("cpu"), torch.float32),
    case("to.other", x(2, 6), given(1, dtype=torch.float16)),
    case("_to_copy.default", x(2, 6), dtype=torch.float64),
    case("type_as.default", x(2, 6), given(1, dtype=torch.float16)),
]

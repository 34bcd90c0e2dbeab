"""Functions of one tensor."""

from case import case, first, p, x

X = x(2, 6)
PLAIN = """
    neg abs sqrt rsqrt exp log reciprocal sign floor ceil round sin cos tan asin acos atan sinh cosh asinh acosh atanh erf
    log1p log2 log10 exp2 expm1 trunc nan_to_num negative absolute log_sigmoid
    arcsin arccos arctan arcsinh arccosh arctanh special_expit special_erf erfc lgamma digamma sinc logit sgn frac
    relu sigmoid tanh elu celu selu hardsigmoid hardswish softplus hardshrink softshrink silu mish gelu leaky_relu
""".split()
IN_PLACE = """
    neg abs sqrt rsqrt exp log reciprocal sin cos relu sigmoid tanh elu celu selu hardsigmoid hardswish silu mish gelu
    leaky_relu
""".split()

CASES = [
    *(case(f"{name}.default", X) for name in PLAIN),
    *(case(f"{name}_.default", X) for name in IN_PLACE),
    case("gelu.default", X, approximate="tanh", variant="by tanh"),
    case("glu.default", X),
    case("glu.default", x(2, 4, 3), 1, variant="of channels"),
    case("threshold.default", X, 0.5, 0.0),
    case("erfinv.default", X),
    case("polygamma.default", 1, X),
    case("rrelu.default", X, 0.1, 0.3, True),
    case("rrelu_.default", X, 0.1, 0.3, True),
    case("prelu.default", x(2, 4, 3), p(4)),
    case("prelu.default", x(2, 4, 3), p(1), variant="of one slope"),
    case("_prelu_kernel.default", x(2, 4, 3), p(1, 4, 1)),
    case("softmax.int", X, -1),
    case("softmax.int", x(2, 4, 3).permuted(0, 2, 1), -1, variant="of turned axes"),
    case("_softmax.default", X, -1, False),
    case("special_softmax.default", X, -1),
    case("log_softmax.int", X, -1),
    case("special_log_softmax.default", X, -1),
    case("_log_softmax.default", X, -1, False),
    case("dropout.default", X, 0.5, True),
    case("dropout.default", X, 0.0, True, variant="of nothing"),
    case("dropout_.default", X, 0.5, True),
    first(case("native_dropout.default", X, 0.5, True)),
    case("alpha_dropout.default", X, 0.5, True),
    case("feature_alpha_dropout.default", x(2, 4, 3, 3), 0.5, True),
    case("feature_dropout.default", x(2, 4, 3, 3), 0.5, True),
]

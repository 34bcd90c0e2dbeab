"""Names of torch.special, NumPy's other names, and less common functions of one tensor or two."""

from case import case, given, ints, p, x

X = x(2, 6)
ROW = p(6)
BOTH = (X, X)
PLAIN = """
    special_expm1 special_log1p special_erfc special_erfinv special_exp2 special_digamma special_psi special_gammaln
    special_logit special_round special_sinc fix positive deg2rad rad2deg signbit resolve_conj resolve_neg special_ndtr
    special_log_ndtr special_entr special_i0 i0 special_i0e
""".split()

CASES = [
    *(case(f"{name}.default", X) for name in PLAIN),
    *(case(f"{name}_.default", X) for name in ("fix", "deg2rad", "i0")),
    case("special_logsumexp.default", X, [1]),
    case("special_xlog1py.default", *BOTH),
    case("special_xlog1py.other_scalar", X, 2.0),
    case("special_xlog1py.self_scalar", 2.0, X),
    case("logaddexp2.default", *BOTH),
    case("logaddexp2.default", X, ROW, variant="of a row"),
    case("ldexp.Tensor", *BOTH),
    case("ldexp.Tensor", X, ints(2, 6), variant="by integers"),
    case("copysign.Tensor", *BOTH),
    case("copysign.Tensor", given(2, 6), X, variant="of a constant"),
    case("copysign.Scalar", X, 2.0),
    case("heaviside.default", *BOTH),
    case("float_power.Tensor_Tensor", *BOTH),
    case("float_power.Tensor_Scalar", X, 2.0),
    case("float_power.Scalar", 2.0, X),
]

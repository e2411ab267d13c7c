"""Writes numpy-cases.json beside it: what NumPy makes of small tensors (run with NumPy 2, any platform).

Numbers are exact: floats as the shortest text that gives them back, 64-bit integers as text.
"""
import json
import pathlib

import numpy as np

rng = np.random.default_rng(2026)
cases = []


def tensor(array):
    array = np.asarray(array)
    data = [str(v) if array.dtype.kind in "iu" and array.itemsize == 8 else v.item() for v in array.ravel()]
    if array.dtype.kind == "f":
        data = [v if np.isfinite(v) else str(v) for v in data]
    return {"type": str(array.dtype), "shape": list(array.shape), "data": data}


def case(node, expected, **inputs):
    values = {k: tensor(v) if isinstance(v, (np.ndarray, np.generic)) else v for k, v in inputs.items()}
    cases.append({"node": node, "inputs": values, "expected": tensor(expected)})


def floats(*shape, dtype="float32"):
    return (rng.normal(size=shape) * 3).astype(dtype)


def integers(*shape, dtype="int32"):
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, size=shape, dtype=dtype, endpoint=True)


operations = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "min": np.minimum, "max": np.maximum, "pow": np.power,
}
shapes = [((2, 3), (2, 3)), ((4, 1, 3), (5, 1)), ((3,), (2, 3)), ((), (2, 2)), ((2, 1, 2, 1), (3, 1, 4)), ((0, 3), (1, 3))]
with np.errstate(all="ignore"):
    for name, apply in operations.items():
        for a, b in shapes:
            for dtype in ["float32", "float64", "float16"]:
                x, y = floats(*a, dtype=dtype), floats(*b, dtype=dtype)
                case("tensor_math", apply(np.abs(x) if name == "pow" else x, y), a=np.abs(x) if name == "pow" else x, b=y, operation=name)
        for dtype in ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]:
            x, y = integers(4, 3, dtype=dtype), integers(3, dtype=dtype)
            if name == "pow":
                y = (np.abs(y.astype("float64")) % 7).astype(dtype)
            if name == "div":
                y = np.where(y == 0, np.array(1, dtype), y)
                if np.iinfo(dtype).min < 0:
                    y = np.where(y == -1, np.array(3, dtype), y)
                # NumPy's // goes down; towards zero is exact division of what is left without the remainder.
                expected = (x - np.fmod(x, y)) // y
                case("tensor_math", expected, a=x, b=y, operation=name)
            else:
                case("tensor_math", apply(x, y), a=x, b=y, operation=name)

    special = np.array([0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, np.inf, -np.inf, np.nan, 1e-3, 88.0], "float32")
    unary = {
        "abs": np.abs, "neg": np.negative, "relu": lambda x: np.where(x < 0, x.dtype.type(0), x), "sign": np.sign, "round": np.round,
        "floor": np.floor, "ceil": np.ceil, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "reciprocal": np.reciprocal,
        "sigmoid": lambda x: (1 / (1 + np.exp(-x.astype("float64")))).astype(x.dtype), "tanh": np.tanh,
    }
    for name, apply in unary.items():
        for x in [special, floats(3, 5), floats(4, dtype="float64"), floats(4, dtype="float16")]:
            case("tensor_unary", apply(x), tensor=x, operation=name)
    for name in ["abs", "neg", "relu", "sign"]:
        for dtype in ["int8", "int32", "int64"]:
            x = integers(6, dtype=dtype)
            case("tensor_unary", unary[name](x), tensor=x, operation=name)

    for dtype in ["float16", "int64", "uint8"]:
        x = np.arange(24).astype(dtype).reshape(2, 3, 4)
        for axis in [-3, 1, 2]:
            for part in [slice(None), slice(1, None), slice(None, -1), slice(None, None, -1), slice(5, -9, -2), slice(0, 2, 2), slice(2, 1), slice(-100, 100), slice(-1, None, -1)]:
                index = [slice(None)] * 3
                index[axis] = part
                case("tensor_slice", x[tuple(index)], tensor=x, axis=axis, start=part.start, stop=part.stop, step=1 if part.step is None else part.step)
        for axes in [[], [0, 2, 1], [2, 0, 1], [-1, 0, 1], [0, 1, 2]]:
            case("tensor_transpose", np.transpose(x, axes or None), tensor=x, axes=axes)
    for shape in [[4, 6], [-1], [2, -1, 2], [24, 1, 1], [3, 8]]:
        x = floats(2, 3, 4)
        case("tensor_reshape", x.reshape(shape), tensor=x, shape=shape)

    for x in [floats(2, 5), floats(3, 2, 4), floats(2, 3, dtype="float16"), special[:7].reshape(1, 7)]:
        for axis in range(-1, x.ndim):
            wide = x.astype("float64")
            e = np.exp(wide - wide.max(axis=axis, keepdims=True))
            case("tensor_softmax", (e / e.sum(axis=axis, keepdims=True)).astype(x.dtype), tensor=x, axis=axis)

    reductions = {"mean": np.mean, "sum": np.sum, "min": np.min, "max": np.max}
    for name, apply in reductions.items():
        for axes in [[], [-1], [0, 2], [1]]:
            for keep in [False, True]:
                x = floats(2, 3, 4)
                along = tuple(axes) if axes else None
                wide = apply(x.astype("float64"), axis=along, keepdims=keep)
                case("tensor_reduce", np.asarray(wide).astype("float32"), tensor=x, operation=name, axes=axes, keep_dims=keep)
                if name != "mean":
                    for dtype in ["int8", "uint16", "uint64"]:
                        y = integers(2, 3, 4, dtype=dtype)
                        case("tensor_reduce", apply(y, axis=along, keepdims=keep), tensor=y, operation=name, axes=axes, keep_dims=keep)
    for x in [floats(3, 4, 2), integers(3, 4, 2, dtype="int64"), np.array([[1, 3, 3], [2, 2, 1]], "uint8")]:
        for axis in range(-1, x.ndim):
            for keep in [False, True]:
                case("tensor_argmax", np.argmax(x, axis=axis, keepdims=keep), tensor=x, axis=axis, keep_dims=keep)

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases")

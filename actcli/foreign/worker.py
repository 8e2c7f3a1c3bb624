"""Computes a function in the interpreter that has its framework. It runs as a script and imports nothing of actcli.

Messages on stdin and stdout: the length of a JSON header in four bytes, the header, and "size" bytes. Numbers are bit
patterns of their type. The function's own output goes to stderr.

    {"load": {"framework": "torch", "call": "torch.relu(x)", "parameters": {}}}   ->  {"name": ..., "version": ...}
    {"load": {"path": "module:function"}}, {"load": {"model": "model.onnx"}}
    {"dtype": "float32", "order": 0, "shape": [n], "size": 4 n, "grad": false}    ->  {"dtype": ..., "size": ...}
    an error                                                                      ->  {"error": "one line"}
"""

import importlib
import json
import os
import struct
import sys
from typing import Any

BITS = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "bfloat16": "<u2",
    "float8_e4m3fn": "u1",
    "float8_e5m2": "u1",
}


class NotOfferedError(Exception):
    """The implementation lacks something; the text is the whole message."""


class RefusedError(Exception):
    """The answer is unusable; the text is the whole message."""


class Arrays:
    """Adapter for functions of NumPy arrays."""

    name, module = "NumPy", "numpy"

    def __init__(self) -> None:
        self.np = importlib.import_module("numpy")

    def tensor(self, bits: Any, dtype: Any) -> Any:
        if BITS[dtype][1] != "f":
            return bits.view(self._narrow(dtype))
        return bits

    def _narrow(self, dtype: Any) -> Any:
        try:
            return getattr(importlib.import_module("ml_dtypes"), dtype)
        except ImportError:
            raise NotOfferedError(f"NumPy has no {dtype} without the package ml_dtypes") from None

    def derivative(self, function: Any, x: Any, order: Any, grad: Any) -> Any:
        if order:
            raise NotOfferedError(f"{self.name} has no derivatives: only order 0 can be audited")
        return function(x)

    def result(self, y: Any) -> Any:
        """Bit patterns and type of an answer."""
        y = self.np.asarray(y)
        if not y.dtype.isnative:
            y = y.astype(y.dtype.newbyteorder("="))
        dtype = str(y.dtype)
        if dtype not in BITS:
            raise RefusedError(f"the answer is {dtype}, none of the types of --dtype")
        bits = self.np.ascontiguousarray(y)
        return bits if BITS[dtype][1] == "f" else bits.view(BITS[dtype]), dtype


class SciPy(Arrays):
    """Adapter for SciPy's functions of NumPy arrays."""

    name, module = "SciPy", "scipy"

    def __init__(self) -> None:
        super().__init__()
        importlib.import_module("scipy.special")


class Torch:
    """Adapter for PyTorch's tensors and autograd."""

    name, module = "PyTorch", "torch"

    def __init__(self) -> None:
        self.np = importlib.import_module("numpy")
        self.torch = importlib.import_module("torch")

    def tensor(self, bits: Any, dtype: Any) -> Any:
        signed = bits if BITS[dtype][1] == "f" else bits.view({1: "i1", 2: "i2"}[bits.itemsize])
        return self.torch.from_numpy(signed.copy()).view(getattr(self.torch, dtype))

    def derivative(self, function: Any, x: Any, order: Any, grad: Any) -> Any:
        if not order:
            return function(x)
        x.requires_grad_(True)
        y = function(x)
        for n in range(1, order + 1):
            ones = self.torch.ones_like(y) if grad is None or n < order else grad
            (y,) = self.torch.autograd.grad(y, x, ones, create_graph=n < order)
        return y

    def result(self, y: Any) -> Any:
        if not isinstance(y, self.torch.Tensor):
            raise RefusedError(f"the answer is a {type(y).__name__}, no tensor")
        dtype = str(y.dtype).replace("torch.", "")
        if dtype not in BITS:
            raise RefusedError(f"the answer is {dtype}, none of the types of --dtype")
        y = y.detach().cpu().contiguous()
        if BITS[dtype][1] == "f":
            return y.numpy(), dtype
        return y.view({1: self.torch.uint8, 2: self.torch.int16}[y.element_size()]).numpy().view(BITS[dtype]), dtype


class Jax(Arrays):
    """Adapter for JAX's arrays and vjp."""

    name, module = "JAX", "jax"

    def __init__(self) -> None:
        super().__init__()
        self.jax = importlib.import_module("jax")
        importlib.import_module("jax.scipy.special")
        self.jax.config.update("jax_enable_x64", True)  # without it float64 is rounded to float32

    def tensor(self, bits: Any, dtype: Any) -> Any:
        return self.jax.numpy.asarray(super().tensor(bits, dtype))

    def derivative(self, function: Any, x: Any, order: Any, grad: Any) -> Any:
        if not order:
            return function(x)

        def backward(inner: Any, times: Any) -> Any:
            def slope(t: Any) -> Any:
                y, pull = self.jax.vjp(inner, t)
                return pull(self.jax.numpy.ones_like(y) if times is None else times)[0]

            return slope

        for n in range(1, order + 1):
            function = backward(function, grad if n == order else None)
        return function(x)


class TensorFlow(Arrays):
    """Adapter for TensorFlow's tensors and gradient tape."""

    name, module = "TensorFlow", "tensorflow"

    def __init__(self) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        super().__init__()
        self.tensorflow = importlib.import_module("tensorflow")

    def tensor(self, bits: Any, dtype: Any) -> Any:
        return self.tensorflow.constant(super().tensor(bits, dtype))

    def derivative(self, function: Any, x: Any, order: Any, grad: Any) -> Any:
        if not order:
            return function(x)
        with self.tensorflow.GradientTape() as tape:
            tape.watch(x)
            y = self.derivative(function, x, order - 1, None)
        return tape.gradient(y, x, output_gradients=grad)


def keras() -> Any:
    """Adapter for Keras: the one of its backend."""
    module = importlib.import_module("keras")
    backend = module.backend.backend()
    adapter: Any = {"torch": Torch, "jax": Jax, "tensorflow": TensorFlow}.get(backend, Arrays)()
    adapter.name, adapter.module = f"Keras on {backend}", "keras"
    return adapter


class Onnx(Arrays):
    """Adapter for ONNX Runtime: a model in a file, or a model of one node."""

    name, module = "ONNX Runtime", "onnxruntime"

    def __init__(self) -> None:
        super().__init__()
        self.runtime = importlib.import_module("onnxruntime")

    def session(self, model: Any) -> Any:
        options = self.runtime.SessionOptions()
        options.log_severity_level = 4
        # Optimisations would replace the node.
        options.graph_optimization_level = self.runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
        return self.runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def node(self, operator: Any, attributes: Any) -> Any:
        """A function of arrays: a model of one node, built for each type of input."""
        onnx = importlib.import_module("onnx")
        sessions = {}

        def function(x: Any) -> Any:
            dtype = str(x.dtype)
            try:
                if dtype not in sessions:
                    sessions[dtype] = self.session(self._model(onnx, operator, attributes, x.dtype).SerializeToString())
                return sessions[dtype].run(None, {"x": x})[0]
            except Exception as error:  # classes that the runtime does not export
                if type(error).__name__ in ("NotImplemented", "InvalidGraph") or "Numpy_type" in str(error):
                    raise NotOfferedError(f"this operator is not computed in {dtype} on the CPU") from None
                raise

        return function

    @staticmethod
    def _model(onnx: Any, operator: Any, attributes: Any, dtype: Any) -> Any:
        kind = onnx.helper.np_dtype_to_tensor_dtype(dtype)
        ends = [onnx.helper.make_tensor_value_info(name, kind, None) for name in "xy"]
        node = onnx.helper.make_node(operator, ["x"], ["y"], **attributes)
        graph = onnx.helper.make_graph([node], "one_node", ends[:1], ends[1:])
        # The newest operator set that the runtime supports officially.
        opset = [onnx.helper.make_opsetid("", min(onnx.defs.onnx_opset_version(), 24))]
        return onnx.helper.make_model(graph, opset_imports=opset, ir_version=10)

    def file(self, path: Any) -> Any:
        session = self.session(path)
        names = [one.name for one in session.get_inputs()]
        if len(names) != 1:
            raise NotOfferedError(f"the model has {len(names)} inputs, and an activation has one")
        return lambda x: session.run(None, {names[0]: x})[0]


FRAMEWORKS = {
    "torch": Torch,
    "jax": Jax,
    "tensorflow": TensorFlow,
    "keras": keras,
    "numpy": Arrays,
    "scipy": SciPy,
    "onnxruntime": Onnx,
}


class Worker:
    """The function loaded last, and the adapter for its arrays."""

    def __init__(self) -> None:
        self.adapters: dict[str, Any] = {}
        self.adapter: Any = None
        self.function: Any = None
        self.path = ""

    def adapter_of(self, framework: Any) -> Any:
        if framework not in self.adapters:
            self.adapters[framework] = FRAMEWORKS[framework]()
        return self.adapters[framework]

    def load(self, given: Any) -> Any:
        self.path = given.get("path", "")
        if "model" in given:
            self.adapter = self.adapter_of("onnxruntime")
            self.function = self.adapter.file(given["model"])
            return given["model"]
        if "operator" in given:
            self.adapter = self.adapter_of("onnxruntime")
            self.function = self.adapter.node(given["operator"], given["attributes"])
            return given["operator"]
        if "call" in given:
            self.adapter = self.adapter_of(given["framework"])
            root = given["call"].split(".")[0]
            names = {root: importlib.import_module(root), **given["parameters"]}
            code = compile(given["call"], given["call"], "eval")
            self.function = lambda x: eval(code, {**names, "x": x})
            return given["call"]
        self.function = self._named(given["path"])
        return given["path"]

    def _named(self, path: Any) -> Any:
        """A function by its path, module:function or module.function."""
        before, colon, _ = path.partition(":")
        parts = path.replace(":", ".").split(".")
        if len(parts) == 1 or not parts[0]:
            raise NotOfferedError("neither a framework nor a function, which is written module:function")
        cuts = [len(before.split("."))] if colon else range(len(parts) - 1, 0, -1)
        for cut in cuts:
            name = ".".join(parts[:cut])
            try:
                module = importlib.import_module(name)
            except ModuleNotFoundError as error:
                if error.name and (name == error.name or name.startswith(error.name + ".")):
                    missing = error.name
                    continue
                raise
            found = module
            for part in parts[cut:]:
                if not hasattr(found, part):
                    raise NotOfferedError(f"{getattr(found, '__name__', name)} has no {part}")
                found = getattr(found, part)
            if isinstance(found, type) and hasattr(found, "forward"):  # the class of a torch.nn.Module
                found = found()
            if not callable(found):
                raise NotOfferedError(f"{path} is a {type(found).__name__}, no function")
            self.adapter = self.adapter_of(self._framework(module, found))
            return found
        raise NotOfferedError(f"there is no module {missing}")

    @staticmethod
    def _framework(module: Any, function: Any) -> Any:
        """The framework whose arrays the function takes: its module, or the one that its module imports."""
        root = module.__name__.split(".")[0]
        if root in FRAMEWORKS:
            return root
        space = getattr(function, "__globals__", None) or vars(module)
        roots = {getattr(value, "__name__", "").split(".")[0] for value in space.values() if type(value) is type(sys)}
        roots |= {
            (getattr(value, "__module__", None) or "").split(".")[0] for value in space.values() if callable(value)
        }
        used = [name for name in ("torch", "jax", "tensorflow", "keras") if name in roots]
        return used[0] if len(used) == 1 else "numpy"

    def run(self, request: Any, payload: Any) -> Any:
        np = self.adapter.np
        dtype, shape = request["dtype"], request["shape"]
        numbers = np.frombuffer(payload, BITS[dtype]).copy()
        x, *grad = np.split(numbers, 2) if request["grad"] else [numbers]
        grad_output = self.adapter.tensor(grad[0].reshape(shape), dtype) if grad else None
        inputs = self.adapter.tensor(x.reshape(shape), dtype)
        y = self.adapter.derivative(self.function, inputs, request["order"], grad_output)
        if y is None:
            raise RefusedError("the answer is None")
        bits, answered = self.adapter.result(y)
        results = request.get("results", shape)
        if list(bits.shape) != results:
            where = "the inputs have" if results == shape else f"for inputs of {tuple(shape)} it should have"
            raise RefusedError(f"the answer has the shape {tuple(bits.shape)}, {where} {tuple(results)}")
        return {"dtype": answered, "shape": list(bits.shape)}, bits.astype(BITS[answered], copy=False).tobytes()


_OF_SINGLE_NUMBERS = ("converted to Python scalar", "truth value of an array", "Boolean value of Tensor")
"""Parts of the errors of a function, such as math.tanh or `x if x > 0 else 0`, that is called with an array."""


def one_line(error: Any, path: Any = "") -> Any:
    """The error in one line; path: of the user's function, empty for a framework's."""
    text = " ".join(str(error).split())
    if path and any(part in text for part in _OF_SINGLE_NUMBERS):
        function = path.replace(":", ".")
        module, _, _ = path.partition(":") if ":" in path else path.rpartition(".")
        given = f"import numpy, {module}; f = numpy.vectorize({function}, [float])"
        return f"it takes one number at a time, not an array; with `{given}` in each.py, give --against each:f"
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def missing(error: Any) -> Any:
    """The missing module of a ModuleNotFoundError, else None."""
    return (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else None


def main() -> None:
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path[0] = os.getcwd()  # instead of this file's directory
    worker = Worker()
    while length := inbox.read(4):
        request = json.loads(inbox.read(struct.unpack("<I", length)[0]))
        payload = inbox.read(request.get("size", 0))
        answer, data = {}, b""
        try:
            if "load" in request:
                answer["name"] = worker.load(request["load"])
                adapter = worker.adapter
                version = getattr(importlib.import_module(adapter.module), "__version__", "")
                answer.update(framework=adapter.name, version=version)
            else:
                answer, data = worker.run(request, payload)
        except (NotOfferedError, RefusedError) as error:
            answer = {"error": str(error)}
        except BaseException as error:  # all exceptions of the function, SystemExit included, are answers
            answer = {"error": one_line(error, worker.path), "missing": missing(error)}
        header = json.dumps({**answer, "size": len(data)}).encode()
        outbox.write(struct.pack("<I", len(header)) + header + data)
        outbox.flush()


if __name__ == "__main__":
    main()

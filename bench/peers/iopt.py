"""libiopt from Python, as much of it as a benchmark needs (include/iopt/*.h says what it means)."""
import ctypes
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_int, c_int64, c_size_t, c_void_p

import numpy

MAX_RANK = 10
F32 = 1


class Shape(Structure):
    _fields_ = [("rank", c_int), ("dim", c_int64 * MAX_RANK)]

    def dims(self):
        return list(self.dim[: self.rank])


class Error(Structure):
    _fields_ = [("status", c_int), ("text", c_char * 512)]


class Tensor(Structure):
    _fields_ = [("dtype", c_int), ("shape", Shape), ("data", c_void_p), ("bytes", c_size_t),
                ("owner", c_void_p)]


class PlanOptions(Structure):
    _fields_ = [("threads", c_size_t), ("engine", c_int), ("batch", c_int64),
                ("shapes", c_void_p), ("n_shapes", c_size_t), ("cpu", c_char_p)]


class Port(Structure):
    _fields_ = [("name", c_char_p), ("dtype", c_int), ("shape", Shape)]


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        for name in ("iopt_plan_input", "iopt_plan_output"):
            getattr(self.lib, name).restype = POINTER(Port)
            getattr(self.lib, name).argtypes = [c_void_p, c_size_t]
        self.lib.iopt_plan_interpreted.restype = c_char_p
        self.lib.iopt_plan_interpreted.argtypes = [c_void_p]
        for name in ("iopt_run_rest", "iopt_run_destroy", "iopt_plan_destroy", "iopt_graph_destroy"):
            getattr(self.lib, name).argtypes = [c_void_p]
            getattr(self.lib, name).restype = None

    def call(self, name, *arguments):
        error = Error()
        if getattr(self.lib, name)(*arguments, byref(error)) != 0:
            raise RuntimeError(error.text.decode())


class Model:
    """A graph, optimized with the float recipe."""

    def __init__(self, library, path):
        self.library, self.graph = library, c_void_p()
        library.call("iopt_graph_load", path.encode(), None, byref(self.graph))
        library.call("iopt_graph_optimize", byref(self.graph), None, None)

    def network(self, batch, threads):
        return Network(self.library, self.graph, batch, threads)


class Network:
    """A plan with a run and tensors for its one input and its first output."""

    def __init__(self, library, graph, batch, threads):
        self.library, self.plan, self.run_ = library, c_void_p(), c_void_p()
        options = PlanOptions(threads=threads, batch=batch)
        library.call("iopt_plan_create", graph, byref(options), byref(self.plan))
        library.call("iopt_run_create", self.plan, byref(self.run_))
        why = library.lib.iopt_plan_interpreted(self.plan)
        if why:
            raise RuntimeError("the plan is interpreted: " + why.decode())
        in_port = library.lib.iopt_plan_input(self.plan, 0).contents
        out_port = library.lib.iopt_plan_output(self.plan, 0).contents
        self.input_name, self.output_name = in_port.name.decode(), out_port.name.decode()
        self.input_dims = in_port.shape.dims()
        self.out = numpy.zeros(out_port.shape.dims(), numpy.float32)
        self.out_tensor = self.tensor(self.out, out_port.shape)
        self.in_shape = in_port.shape
        self.out_list = (POINTER(Tensor) * 1)(ctypes.pointer(self.out_tensor))

    @staticmethod
    def tensor(array, shape):
        return Tensor(F32, shape, array.ctypes.data, array.nbytes, None)

    def feed(self, array):
        self.array = array  # keeps it alive
        self.in_tensor = self.tensor(array, self.in_shape)
        self.in_list = (POINTER(Tensor) * 1)(ctypes.pointer(self.in_tensor))

    def run(self):
        self.library.call("iopt_run", self.run_, self.in_list, self.out_list)

    def rest(self):
        self.library.lib.iopt_run_rest(self.run_)

    def close(self):
        self.library.lib.iopt_run_destroy(self.run_)
        self.library.lib.iopt_plan_destroy(self.plan)

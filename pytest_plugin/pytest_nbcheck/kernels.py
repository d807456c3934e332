"""Where the plugin takes kernels from: the library's, under a name that tests can put others in the place of."""

from nbcheck.execution.kernels import Kernels, kernel_environment

__all__ = ["Kernels", "kernel_environment"]

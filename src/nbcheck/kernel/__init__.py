"""Kernels: a front that owns the sockets, an executor that runs the code."""

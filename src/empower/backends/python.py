"""Temporary."""
from empower.backends.interpret import Interpreter
class Compiled(Interpreter):
    def __init__(self, program): self.program = program

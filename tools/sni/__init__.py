"""The compiler of sni_rules: a trained network in, static C out.

Data flows one way, one package or module a step:
import (importers/) -> normalise and optimise (passes/) -> lower (ops/) -> plan memory (memory/) -> emit (emit/).
"""

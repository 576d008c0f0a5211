"""What happens before and after the network: read from a JSON file, checked against the network, turned into C.

`docs/pipeline.md` is the reference of the format.
"""

from tools.sni.pipeline.bind import BoundPipeline, bind
from tools.sni.pipeline.describe import describe
from tools.sni.pipeline.model import Pipeline
from tools.sni.pipeline.read import read_pipeline
from tools.sni.pipeline.render import PipelineCode, render

__all__ = ["BoundPipeline", "Pipeline", "PipelineCode", "bind", "describe", "read_pipeline", "render"]

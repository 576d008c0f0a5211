"""Archives in TVM's Model Library Format, which `tvmc compile --output-format=mlf` wrote until TVM 0.18.

Nothing here needs TVM: the archive brings the C code and the headers of its time.
"""

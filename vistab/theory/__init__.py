"""The paper's equations E1 to E19, each checked by numbers where it can be exact.

Small problems only: finite sets, densities on fine grids, Gaussians in closed form. Every equation
is written as the paper states it and compared with a direct calculation that does not use it.
Source: J. Su, "Variational Inference: A Unified Framework of Generative Models and Some
Revelations", arXiv 1807.05936.
"""

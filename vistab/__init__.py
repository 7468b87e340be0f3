"""vistab: pre-registered stability studies of generative models.

Importing this package pulls in neither torch nor ray; see README.md for the two commands.
"""

__version__ = "0.1.0"

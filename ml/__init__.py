"""The example: credit-risk models, how they are trained, judged, registered and served.

Serving code (`serving`, `serving_brittle`) is uploaded alone, so it imports nothing from here.
"""

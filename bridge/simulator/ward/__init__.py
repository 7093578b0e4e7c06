"""Simulated hospital pumps: large-volume and syringe pumps of a ward, their nurses, and the messages of their gateway.

Promises: every message says that it is simulated (MSH-11 `T`); no float; the same seed gives the same bytes; what
is charted can be compared with what every pump really delivered. People, serials and orders are invented, drugs are
real names with strengths that are in use: nothing here is a recommendation.
"""

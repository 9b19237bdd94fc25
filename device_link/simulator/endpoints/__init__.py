"""The endpoints of the device API, one module per area; `registry` joins them. Handlers are plain functions of
(unit, call) that change the unit's memory and return an answer; none of them knows a socket.
"""

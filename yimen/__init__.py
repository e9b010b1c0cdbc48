"""
Yimen (一门): one door for social assistance.

Rooms, from the ground up: office, registry and policies, evidence and benefits, screening. People and machines
come in through web, api and jobs. Each room is entered by two doors only: `actions` changes, `queries` asks.
"""

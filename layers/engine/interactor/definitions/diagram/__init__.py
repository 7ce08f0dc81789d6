"""Diagrams of a definition, and of the way an instance took through it: a graph, its Mermaid text and its SVG."""

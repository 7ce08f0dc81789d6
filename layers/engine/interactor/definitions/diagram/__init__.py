"""Pictures of a definition, and of where an instance went in it: a graph, its Mermaid text and its SVG."""

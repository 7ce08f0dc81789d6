"""Values in, values out: the rules of definitions and instances, without any input or output."""

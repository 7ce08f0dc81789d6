"""The HTTP side: requests become typed values, answers JSON, and errors, in one place, the documented body."""

"""Mails that tell people of their tasks: from the history, by a queue, through Amazon SES, each at most once.

``relay.py`` makes messages of a record, ``send.py`` makes mails of a message, ``letters.py`` writes one of them.
"""

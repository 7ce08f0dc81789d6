"""The directory of people: groups and their members, names and addresses, absence and substitutes.

It owns the items of groups and of people. Who a person is comes from a token (``access``); what of a task a person may
do is decided with what the directory says. ``rules`` decides by values.

Open first: ``directory.py`` (what others ask), then ``groups.py`` (how members change).
"""

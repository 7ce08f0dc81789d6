"""Tasks: what people do about a halt that is theirs, the signed links that lead there, and the mails that tell them.

It owns the keys of links and the marks of mails that were sent. The task itself is the halt, which ``instances`` owns.

Open first: ``rules/link_tokens.py`` (a link's token), then ``link_keys.py`` (the key it is made with).
"""

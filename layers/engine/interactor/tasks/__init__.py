"""Tasks: what people are asked, as they meet it: their inbox, one task and what they may do at it, signed links, mail.

How a task moves is ``instances``'; this area owns who may do it, the lists of inboxes, how a task is found and told,
the keys of links and the marks of mails that were sent. Open first: ``responses.py``, for links
``rules/link_tokens.py``.
"""

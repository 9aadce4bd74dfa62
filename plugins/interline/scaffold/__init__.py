"""Files written for a person: a new product, a new domain, a new major version, a request for access.

``product``, ``domain`` and ``major_version`` make files or refuse (``errors``) without having written any;
``access_request`` edits two files that are there.
"""

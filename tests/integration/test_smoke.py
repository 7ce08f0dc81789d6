from tests.integration.definitions import example


def test_a(deployment):
    deployment.define(example("approval_workflow"))
    made = deployment.start("approval_workflow", {"id": "req_456", "amount": 5000})
    print(made)
    r = deployment.resume(made["id"], {"approved": True, "comment": "x"})
    print(r.data)
    deployment.drain()
    print(deployment.outside.requests)
    print(deployment.get(made["id"]))

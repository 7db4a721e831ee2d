"""A house that is ready, and answers everything else with a fault of its own."""

import os

import uvicorn


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200 if scope["path"] == "/readyz" else 500, "headers": []})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(app, host=os.environ["FORBEAR_HOST"], port=int(os.environ["FORBEAR_PORT"]), lifespan="off")

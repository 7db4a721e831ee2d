"""The smallest house: answers /readyz, and shows what it was told."""

import os

import uvicorn


async def app(scope, receive, send):
    told = "\n".join(f"{name}={value}" for name, value in os.environ.items() if name.startswith("FORBEAR_"))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": told.encode() if scope["path"] == "/told" else b""})


if __name__ == "__main__":
    uvicorn.run(app, host=os.environ["FORBEAR_HOST"], port=int(os.environ["FORBEAR_PORT"]), lifespan="off")

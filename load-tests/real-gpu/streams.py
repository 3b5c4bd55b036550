"""One request to an OpenAI server, and when its tokens came."""
import http.client
import json
import time
import uuid


def unsent():
    """What is known of a request that was not answered, as one is that there was no time for."""
    return {"request": uuid.uuid4().hex, "status": 0, "first": None, "seconds": None, "prompt": None, "cached": None, "output": None}


def streamed(port, body, timeout):
    """Sends a chat completion and reads its answer to the end; seconds are from the sending."""
    stream = body.get("stream", True)
    asked = {**body, "stream": stream}
    if stream:
        asked["stream_options"] = {"include_usage": True}
    said = unsent()
    identity = said["request"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=max(1, timeout))
    begun = time.monotonic()
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(asked).encode(),
                           {"content-type": "application/json", "x-request-id": identity})
        answer = connection.getresponse()
        if answer.status == 200 and stream:
            usage = read_events(answer, said, begun)
        else:
            usage = json.loads(answer.read()).get("usage")
        said["seconds"] = time.monotonic() - begun
        if usage:
            said["prompt"], said["output"] = usage.get("prompt_tokens"), usage.get("completion_tokens")
            said["cached"] = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
        said["status"] = answer.status
    except (OSError, ValueError, http.client.HTTPException) as failed:
        said["failed"] = repr(failed)
    finally:
        connection.close()
    return said


def read_events(answer, said, begun):
    usage = None
    for line in answer:
        if not line.startswith(b"data:") or line[5:].strip() == b"[DONE]":
            continue
        event = json.loads(line[5:])
        if said["first"] is None and event.get("choices"):
            said["first"] = time.monotonic() - begun
        usage = event.get("usage") or usage
    return usage

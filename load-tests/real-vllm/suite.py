"""What Kvasir predicted that engines would find in their caches, beside what they found."""

import argparse
import collections
import http.client
import os
import signal
import sys
import threading
import time
import uuid

from conversations import DIALECTS, Answer, Chat, Completion, TokenIds
from parts import BLOCK, BLOCKS, HOST, MODEL, Engine, Envoy, Kvasir, get, model_folder, until

# what the program itself says of a prediction that was not exact, where that is a reason
REASONS = {"cleared-meanwhile", "evicted-meanwhile", "stored-meanwhile", "duplicate-evicted"}
# why an estimate answered where engines' word was there, where that is a reason: a lookup met writes all the while
FALLBACKS = {"contended"}
# phases in which an engine's word is not there for a while, so that what was sent is what is known
BREAKS = {"reset", "killed", "restarted"}
WARM_UP = "warm-up"


class Asked:
    """One request and its answer."""

    def __init__(self, identity, phase, door, dialect, status, answer, headers):
        self.identity, self.phase, self.door, self.dialect, self.status = identity, phase, door, dialect, status
        self.actual, self.prompt = answer.cached, answer.prompt
        said = headers.get("x-kvasir-cached-tokens")
        self.in_head = None if said is None else int(said)
        self.predicted = self.view = self.tokens = self.code = self.endpoint = self.fallback = None

    def logged(self, line):
        self.predicted = line.get("predictedCachedTokens")
        self.view, self.tokens = line.get("prefixView"), line.get("tokens")
        self.code, self.endpoint = line.get("prediction"), line.get("endpoint")
        self.fallback = line.get("prefixFallback")

    @property
    def known(self):
        return self.status == 200 and self.actual is not None and self.predicted is not None

    @property
    def exact(self):
        return self.known and self.predicted == self.actual

    @property
    def near(self):
        return self.known and abs(self.predicted - self.actual) <= BLOCK

    @property
    def reason(self):
        """Why it is not exact, in the program's words; None where it has none."""
        if not self.known:
            return None
        if self.view == "precise":
            return self.code if self.code in REASONS else None
        if self.fallback in FALLBACKS:
            return self.fallback
        return f"view {self.view}, tokens {self.tokens}" if self.phase in BREAKS else None

    def __str__(self):
        return (
            f"{self.phase}, {self.door}, {self.dialect}, {self.identity}: status {self.status}, prompt {self.prompt}, predicted "
            f"{self.predicted}, found {self.actual}, view {self.view} ({self.fallback}), tokens {self.tokens}, {self.code}, at "
            f"{self.endpoint}"
        )


class Suite:
    def __init__(self, given):
        self.given, self.asked, self.lock = given, [], threading.Lock()
        folder = model_folder(given.work, given.tokenizer)
        self.engines = [Engine(given.work, given.python, folder, f"engine-{i}") for i in range(2)]
        self.kvasir = Kvasir(given.work, given.root, self.engines, None if given.tokens == "engine" else folder)
        self.envoy = Envoy(given.work, given.root, given.envoy, self.kvasir)
        self.doors = {"proxy": self.kvasir.http, "envoy": self.envoy.port}

    def start(self):
        for engine in self.engines:
            engine.start()
        self.kvasir.start()
        self.kvasir.await_ready()
        self.envoy.start()
        self.envoy.await_ready()
        for engine in self.engines:
            engine.await_ready()
            # an engine that has told of nothing yet is not believed
            self.send(engine.port, Completion(f"first of {engine.name}"), "-")
        self.kvasir.await_events()

    def stop(self):
        for part in (self.envoy, self.kvasir, *self.engines):
            part.stop()

    def send(self, port, conversation, identity):
        connection = http.client.HTTPConnection(HOST, port, timeout=120)
        try:
            headers = {"content-type": "application/json", "x-request-id": identity, "anthropic-version": "2023-06-01"}
            connection.request("POST", conversation.path, conversation.body(), headers)
            response = connection.getresponse()
            raw = response.read()
            if response.status != 200:
                print(f"{conversation.path}: {response.status} {raw[:300]!r}", file=sys.stderr)
                return response.status, Answer(), response
            return response.status, Answer.of(raw, conversation.stream), response
        except (OSError, http.client.HTTPException) as error:
            print(f"{conversation.path}: {error!r}", file=sys.stderr)
            return 0, Answer(), {}
        finally:
            connection.close()

    def ask(self, phase, door, conversation, turn):
        identity = str(uuid.uuid4())
        status, answer, response = self.send(self.doors[door], conversation, identity)
        with self.lock:
            self.asked.append(
                Asked(identity, phase, door, conversation.dialect, status, answer, response.headers if status else {})
            )
        conversation.heard(answer.text, turn)

    def talk(self, phase, doors, conversations, turns):
        """All conversations take turns, one request at a time."""
        for turn in range(turns):
            for i, conversation in enumerate(conversations):
                self.ask(phase, doors[(turn + i) % len(doors)], conversation, turn)

    def side_by_side(self, phase, doors, conversations, turns):
        """All conversations at once."""
        def go(i, conversation):
            for turn in range(turns):
                self.ask(phase, doors[(turn + i) % len(doors)], conversation, turn)

        threads = [threading.Thread(target=go, args=each) for each in enumerate(conversations)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def run(self):
        both = ["proxy", "envoy"]
        some = [kind(f"some {i}", stream=i % 2 == 1) for i, kind in enumerate(DIALECTS)]
        self.talk(WARM_UP, both, [kind("warm", stream=False) for kind in DIALECTS], 2)
        for door in both:
            for i in range(2):
                self.talk(f"turns, {door}", [door], [kind(f"{door} {i}", stream=i == 1) for kind in DIALECTS], 4)
        salted = [kind("salted", salt=salt) for kind in DIALECTS for salt in ("a", "b", None)]
        self.talk("salts", both, salted, 2)
        # more conversations than the engines have room for, and then the first ones again
        many = [kind(f"many {i}") for i in range(4) for kind in (Chat, TokenIds, *DIALECTS[3:6])]
        self.talk("evictions", both, many, 4)
        self.talk("evictions", both, [type(each)(f"many {i // 5}") for i, each in enumerate(many)], 1)
        self.side_by_side("at once", both, [kind("at once") for kind in DIALECTS], 3)
        self.talk("reset", both, some, 2)
        for engine in self.engines:
            status, text = get(engine.url + "/reset_prefix_cache", b"")
            if status != 200:
                raise SystemExit(f"/reset_prefix_cache: {status} {text}")
        self.talk("reset", both, some, 2)
        self.kill_and_restart(both)

    def kill_and_restart(self, both):
        engine = self.engines[0]
        engine.stop(signal.SIGKILL)
        self.talk("killed", both, [kind("killed") for kind in DIALECTS], 2)
        engine.start()
        engine.await_ready()
        until(f"{engine.name} at Kvasir", lambda: self.kvasir.endpoints()[engine.name]["state"] == "up", 60)
        self.talk("restarted", both, [kind("restarted", stream=True) for kind in DIALECTS], 3)
        self.side_by_side("restarted", both, [kind(f"later {i}") for i in range(2) for kind in DIALECTS], 2)

    def join(self):
        wanted = {each.identity for each in self.asked if each.status == 200}
        until(
            "the access log", lambda: wanted <= self.kvasir.finished_requests().keys(), 30
        )
        lines = self.kvasir.finished_requests()
        for each in self.asked:
            each.logged(lines.get(each.identity, {}))


def row(name, asked):
    reasons = collections.Counter(each.reason for each in asked if not each.exact and each.reason)
    exact = sum(each.exact for each in asked)
    near = sum(each.near for each in asked if not each.exact)
    lost = [each for each in asked if not each.exact and not each.reason]
    why = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items())) or "-"
    return f"| {name} | {len(asked)} | {exact} | {near} | {why} | {len(lost)} |", lost


def table(title, groups):
    print(f"| {title} | requests | exact | else within a block | explained by | unexplained |\n|---|---|---|---|---|---|")
    for name, asked in groups.items():
        print(row(name, asked)[0])
    print()


def grouped(asked, key):
    groups = collections.OrderedDict()
    for each in asked:
        groups.setdefault(key(each), []).append(each)
    return groups


def report(suite, least):
    counted = [each for each in suite.asked if each.phase != WARM_UP]
    table("phase", grouped(suite.asked, lambda each: each.phase))
    table("dialect", grouped(counted, lambda each: each.dialect))
    line, lost = row("all after warm-up", counted)
    print(line)
    sources = collections.Counter((each.view, each.tokens) for each in counted)
    print("\nviews and sources of tokens: " + ", ".join(f"{v}/{t}: {n}" for (v, t), n in sources.most_common()))
    twice = [each for each in suite.asked if each.known and each.in_head is not None and each.in_head != each.predicted]
    shares = collections.Counter(each.endpoint for each in counted)
    print("answered by: " + ", ".join(f"{name} {count}" for name, count in sorted(shares.items(), key=str)))
    for each in lost[:40]:
        print(f"unexplained: {each}", file=sys.stderr)
    for each in twice[:10]:
        print(f"head says {each.in_head}: {each}", file=sys.stderr)
    families = ("kvasir_prefix_predictions_total", "kvasir_token_", "kvasir_kv_event_incidents", "kvasir_kv_event_batches",
                "kvasir_kv_event_endpoints", "kvasir_kv_event_blocks")
    print("\n".join(suite.kvasir.metrics(*families)), file=sys.stderr)
    exact = sum(each.exact for each in counted) / len(counted)
    good = 1 - len(lost) / len(counted)
    print(f"exact: {exact:.2%}, exact or explained: {good:.2%}")
    return good >= least and not twice


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    for name in ("work", "root", "python", "envoy", "tokenizer"):
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--tokens", choices=["tokenizer", "engine"], default="tokenizer",
                           help="who tokenises: Kvasir itself, or the engines' render pages")
    arguments.add_argument("--least", type=float, default=0.99, help="share that must be exact or explained")
    given = arguments.parse_args()
    given.work, given.tokenizer, given.envoy = (os.path.abspath(p) for p in (given.work, given.tokenizer, given.envoy))
    suite = Suite(given)
    begun = time.monotonic()
    # the engines' processes end with the suite, however that ends
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        suite.start()
        started = time.monotonic()
        suite.run()
        suite.join()
        print(f"vLLM 0.32.0 twice, {BLOCKS} blocks of {BLOCK} tokens each, model {MODEL}, tokens by {given.tokens}; "
              f"started in {started - begun:.0f} s, ran for {time.monotonic() - started:.0f} s\n")
        good = report(suite, given.least)
    finally:
        suite.stop()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

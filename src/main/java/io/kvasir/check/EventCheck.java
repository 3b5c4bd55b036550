package io.kvasir.check;

import static io.kvasir.check.Severity.OK;
import static io.kvasir.check.Severity.PROBLEM;
import static io.kvasir.check.Severity.UNKNOWN;
import static io.kvasir.check.Severity.WARNING;

import io.kvasir.failure.FailureText;
import io.kvasir.kvevents.KvEventSettings;
import io.kvasir.kvevents.KvEvents;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PolledAddress;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.PreciseView;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixNamespace;
import io.kvasir.prefix.PromptKeyer;
import io.kvasir.prefix.PromptKeys;
import io.kvasir.request.PromptSink.Part;
import io.kvasir.scrape.EngineProbe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Listens to the endpoints' KV events as {@code serve} would: whether they come, and whether they tell of what is sent. */
final class EventCheck implements AutoCloseable {
    private static final String TOPIC = "kv-events";
    private static final Pattern TCP = Pattern.compile("tcp://(\\[[^\\]]+]|[^:/]+):(\\d{1,5})");
    private static final long POLL_MILLIS = 10;
    private static final int USUAL_BLOCK = 16;
    private static final int BLOCKS_SENT = 4;
    private static final int PROMPTS = 3;
    private static final int LONGEST_SENT = 1_024;
    /** Ids that any vocabulary has. */
    private static final int LEAST_ID = 200;

    private static final int MOST_ID = 1_000;

    private final PreciseView view;
    private final KvEvents events;
    private final HttpProbe http;
    private final PortProbe port;
    private final Duration timeout;
    private final boolean tries;
    private final Findings findings;

    /** @param tries whether each engine is sent a prompt */
    EventCheck(Pool pool, HttpProbe http, PortProbe port, Duration timeout, boolean tries, Findings findings) {
        this.http = http;
        this.port = port;
        this.timeout = timeout;
        this.tries = tries;
        this.findings = findings;
        view = new PreciseView(Math.max(1, pool.snapshot().slots()), System.nanoTime());
        events = new KvEvents(view, KvEventSettings.DEFAULT, System::nanoTime);
        events.start(pool.snapshot().endpoints().stream()
                .filter(endpoint -> !isPolled(endpoint))
                .toList());
    }

    /** What is read of its events is taken away from who reads them. */
    private static boolean isPolled(Endpoint endpoint) {
        String address = endpoint.spec().kvEvents();
        return address != null && PolledAddress.is(address);
    }

    private void add(Severity severity, Endpoint endpoint, String text) {
        findings.add(severity, endpoint.spec().name(), TOPIC, text);
    }

    /** Looks at one endpoint, whose models and page are known by now as far as they can be. */
    void check(Endpoint endpoint) {
        String address = endpoint.spec().kvEvents();
        if (isPolled(endpoint)) {
            add(UNKNOWN, endpoint, address + " is not read here: each reading takes events away");
            return;
        }
        if (address == null) {
            askEngine(endpoint);
        }
        if (address != null ? speaksZeroMq(endpoint, address) : isTold(endpoint)) {
            comes(endpoint);
        }
    }

    private boolean isTold(Endpoint endpoint) {
        var told = endpoint.replica().toldEvents();
        if (told.ranks().isEmpty() && told.problem() == null) {
            add(UNKNOWN, endpoint, "nobody says whether it publishes KV events");
            return false;
        }
        return true;
    }

    private void askEngine(Endpoint endpoint) {
        String path = new EngineProbe(endpoint.spec().engine()).eventsPath();
        try {
            var answer =
                    path == null ? null : http.get(endpoint, endpoint.spec().port(), path);
            var told = answer == null || answer.status() != 200 ? null : EngineProbe.events(answer.body());
            if (told != null) {
                endpoint.replica().toldEvents(told);
            }
        } catch (IOException e) {
            // one without such a page may answer anything
        }
    }

    private boolean speaksZeroMq(Endpoint endpoint, String address) {
        Matcher tcp = TCP.matcher(address.replaceFirst("\\?.*", ""));
        if (!tcp.matches()) {
            add(UNKNOWN, endpoint, address + " cannot be looked at from here");
            return false;
        }
        String host = tcp.group(1).equals("*")
                ? endpoint.spec().address()
                : tcp.group(1).replaceAll("[\\[\\]]", "");
        try {
            boolean greets = port.zeroMq(host, Integer.parseInt(tcp.group(2)));
            add(
                    greets ? OK : PROBLEM,
                    endpoint,
                    greets ? "on: " + address + " speaks ZeroMQ" : address + " does not speak ZeroMQ");
            return greets;
        } catch (IOException | IllegalArgumentException e) {
            add(PROBLEM, endpoint, address + " cannot be read: " + FailureText.of(e));
            return false;
        }
    }

    private static boolean isKnown(String state) {
        return state.equals("complete") || state.equals("partial");
    }

    private static String state(Endpoint endpoint) {
        return endpoint.replica().kvEvents().state();
    }

    private void comes(Endpoint endpoint) {
        boolean came = await(tries ? timeout.dividedBy(4) : timeout, () -> isKnown(state(endpoint)));
        String state = state(endpoint);
        if (tries && (came || state.equals("unheard"))) {
            sent(endpoint);
        } else if (came) {
            add(OK, endpoint, "its events come: " + state + "; whether they match tells --try-kv-events");
        } else if (state.equals("unheard")) {
            add(
                    UNKNOWN,
                    endpoint,
                    "nothing came: an idle engine that replays nothing says nothing; whether its events come and match"
                            + " tells --try-kv-events");
        } else {
            add(
                    state.equals("waiting") || state.equals("uncertain") ? WARNING : PROBLEM,
                    endpoint,
                    "its events do not come: " + state);
        }
    }

    /** Sends a prompt that nobody has sent before, and sees whether events tell of it. */
    private void sent(Endpoint endpoint) {
        String model = endpoint.baseModel();
        if (model == null) {
            add(UNKNOWN, endpoint, "not tried: nobody says what model it serves");
            return;
        }
        int block = endpoint.stats().blockSize() > 0 ? endpoint.stats().blockSize() : USUAL_BLOCK;
        int length = Math.min(LONGEST_SENT, BLOCKS_SENT * Math.max(USUAL_BLOCK, block));
        int held = 0;
        // where nothing is replayed, what is published before the connection is made is not heard
        for (int prompts = 0; prompts < PROMPTS && held == 0; prompts++) {
            int[] prompt = new SplittableRandom(System.nanoTime())
                    .ints(length + 1L, LEAST_ID, MOST_ID)
                    .toArray();
            String refused = refusal(endpoint, model, prompt);
            if (refused != null) {
                add(WARNING, endpoint, "not tried: a prompt of " + prompt.length + " token ids " + refused);
                return;
            }
            var _ = await(timeout.dividedBy(PROMPTS), () -> held(endpoint, model, prompt) > 0);
            held = held(endpoint, model, prompt);
        }
        boolean told = held > 0;
        int sent = length + 1;
        String where = endpoint.replica().kvEvents().way() + ", " + state(endpoint);
        add(
                told ? OK : PROBLEM,
                endpoint,
                told
                        ? "its events come and match: they tell of " + held + " tokens of " + sent
                                + " that were sent there (" + where + ")"
                        : isKnown(state(endpoint))
                                ? "its events come and do not match: of " + sent
                                        + " tokens that were sent there they tell of none (" + where
                                        + "); are they its own, and does it cache prefixes?"
                                : "its events do not come: " + sent + " tokens were sent there (" + where
                                        + "); does it publish them, and does it cache prefixes?");
    }

    /** What became of the prompt, where it was not answered. */
    private @Nullable String refusal(Endpoint endpoint, String model, int[] prompt) {
        String body = "{\"model\":\"" + model.replace("\\", "\\\\").replace("\"", "\\\"")
                + "\",\"max_tokens\":1,\"prompt\":" + Arrays.toString(prompt) + "}";
        try {
            int status = http.post(endpoint, "/v1/completions", body.getBytes(StandardCharsets.UTF_8))
                    .status();
            return status == 200 ? null : "is answered " + status;
        } catch (IOException e) {
            return "is not answered: " + FailureText.of(e);
        }
    }

    private int held(Endpoint endpoint, String model, int[] prompt) {
        var answer = new PrefixMatches();
        view.match(PrefixNamespace.of(model, null, null), keys(prompt), endpoint.ordinal() + 1, answer);
        return answer.tokens(endpoint.ordinal());
    }

    private PromptKeys keys(int[] prompt) {
        var keyer = new PromptKeyer();
        keyer.reset(view.schemes());
        keyer.begin(Part.PROMPT);
        for (int id : prompt) {
            keyer.token(id);
        }
        keyer.end(Part.PROMPT);
        return keyer.finish();
    }

    private static boolean await(Duration most, BooleanSupplier what) {
        long until = System.nanoTime() + most.toNanos();
        while (!what.getAsBoolean()) {
            if (System.nanoTime() - until >= 0) {
                return false;
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        events.close();
    }
}

package io.kvasir.app;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gentle made-up traffic for the demo, through the HTTP proxy as any client's: agents whose conversations grow and share how
 * they begin, people who chat and want to be answered soon, and a batch of documents now and then. A few requests a second.
 */
final class DemoTraffic implements AutoCloseable {
    private static final int AGENTS = 4;
    private static final int PEOPLE = 6;
    private static final int DOCUMENTS = 6;
    private static final long BATCH_MILLIS = 15_000;
    private static final int TURNS = 10;
    private static final int HURRY_MILLIS = 400;
    private static final int MOST_CONNECTIONS = 32;
    private static final long GIVE_UP_SECONDS = 60;
    private static final String[] WORDS = {
        "river",
        "answer",
        "seven",
        "where",
        "mead",
        "wise",
        "raven",
        "because",
        "letter",
        "measure",
        "between",
        "stone",
        "count",
        "winter",
        "harbour",
        "reason",
        "token",
        "gentle",
        "question",
        "north"
    };

    private final Vertx vertx;
    private final HttpClient client;
    private final String host;
    private final int port;
    private final String model;
    private final SplittableRandom random = new SplittableRandom(7);
    private final String guide = words(1_800);
    private final Context loop;
    private volatile boolean closed;

    private DemoTraffic(Vertx vertx, String host, int port, String model) {
        this.vertx = vertx;
        this.host = host;
        this.port = port;
        this.model = model;
        loop = vertx.getOrCreateContext();
        client = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(2_000).setIdleTimeout((int) GIVE_UP_SECONDS),
                new PoolOptions().setHttp1MaxSize(MOST_CONNECTIONS).setMaxWaitQueueSize(MOST_CONNECTIONS));
    }

    /**
     * Begins to send.
     *
     * @param host that the proxy listens on
     * @param model that is asked for
     */
    static DemoTraffic start(Vertx vertx, String host, int port, String model) {
        boolean any = host.equals("0.0.0.0") || host.equals("0:0:0:0:0:0:0:0");
        var traffic = new DemoTraffic(vertx, any ? "127.0.0.1" : host, port, model);
        // one loop for all of it, so that nothing here is shared between threads
        traffic.loop.runOnContext(_ -> traffic.begin());
        return traffic;
    }

    private void begin() {
        for (int i = 0; i < AGENTS; i++) {
            after(200 + 300L * i, new Agent(i)::turn);
        }
        for (int i = 0; i < PEOPLE; i++) {
            after(100 + 350L * i, new Person(i % 2 == 0 ? HURRY_MILLIS : 0)::ask);
        }
        after(BATCH_MILLIS / 3, this::batch);
    }

    private void after(long millis, Runnable next) {
        if (!closed) {
            vertx.setTimer(Math.max(1, millis), _ -> {
                if (!closed) {
                    next.run();
                }
            });
        }
    }

    /** Between so many and twice as many. */
    private int about(int amount) {
        return amount + random.nextInt(amount);
    }

    private String words(int count) {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
        }
        return text.toString();
    }

    private static JsonObject message(String role, String content) {
        return new JsonObject().put("role", role).put("content", content);
    }

    /** A conversation that grows turn by turn, and begins anew after some. */
    private final class Agent {
        private final String name;
        private JsonArray messages = new JsonArray();
        private int turns;
        private int conversations;

        Agent(int number) {
            name = "agent-" + number;
        }

        void turn() {
            if (messages.isEmpty() || turns >= TURNS) {
                messages = new JsonArray().add(message("system", guide));
                turns = 0;
                conversations++;
            }
            turns++;
            messages.add(message("user", words(about(120))));
            var body = chat(messages, about(40));
            send(body, name + "/" + conversations, 0, () -> {
                messages.add(message("assistant", words(50)));
                after(about(500), this::turn);
            });
        }
    }

    /** Asks something short. */
    private final class Person {
        private final int hurry;

        /** @param hurry milliseconds in which the answer is to begin; 0 for any */
        Person(int hurry) {
            this.hurry = hurry;
        }

        void ask() {
            var messages = new JsonArray().add(message("user", words(about(30))));
            send(chat(messages, about(50)), null, hurry, () -> after(about(900), this::ask));
        }
    }

    private void batch() {
        for (int i = 0; i < DOCUMENTS; i++) {
            var messages = new JsonArray().add(message("user", "Sum this up: " + words(about(500))));
            send(chat(messages, 24), null, 0, () -> {});
        }
        after(BATCH_MILLIS, this::batch);
    }

    private JsonObject chat(JsonArray messages, int tokens) {
        return new JsonObject()
                .put("model", model)
                .put("stream", true)
                .put("stream_options", new JsonObject().put("include_usage", true))
                .put("max_tokens", tokens)
                .put("messages", messages);
    }

    /**
     * @param firstTokenMillis that are wanted; 0 for none
     * @param then what follows, whatever came of it
     */
    private void send(JsonObject body, @Nullable String session, int firstTokenMillis, Runnable then) {
        client.request(HttpMethod.POST, port, host, "/v1/chat/completions")
                .compose(request -> {
                    request.putHeader("content-type", "application/json");
                    if (session != null) {
                        request.putHeader("x-session-id", session);
                    }
                    if (firstTokenMillis > 0) {
                        request.putHeader("x-slo-ttft-ms", Integer.toString(firstTokenMillis));
                    }
                    return answered(request, body);
                })
                .onComplete(result -> {
                    if (result.succeeded()) {
                        then.run();
                    } else {
                        after(1_000, then);
                    }
                });
    }

    private static Future<Void> answered(HttpClientRequest request, JsonObject body) {
        return request.send(body.toBuffer())
                .compose(response -> response.handler(_ -> {}).end())
                .timeout(GIVE_UP_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        closed = true;
        // behind what runs there now, which may be about to send
        loop.runOnContext(_ -> client.close());
    }
}

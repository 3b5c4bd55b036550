package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.route.StoredObject;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Finds who keeps something by asking the endpoints for it, as after a restart nobody remembers, nor where another
 * replica of the router saw it made. Bounded in endpoints, time and number of searches; on one event loop.
 */
final class HolderSearch {
    /** Endpoints that are asked, at most. */
    private static final int MOST_ASKED = 256;

    private static final int AT_ONCE = 8;
    private static final int MILLIS = 1_000;

    /** Searches of one loop at a time, and in a second. */
    private static final int MOST_SEARCHES = 8;

    private static final int MOST_A_SECOND = 20;
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final ProxyLoop loop;
    private int running;
    private int begun;
    private long secondBegan;

    HolderSearch(ProxyLoop loop) {
        this.loop = loop;
    }

    /**
     * Searches where that may help.
     *
     * @param authorization the client's own, which the engines are to judge; null for none
     * @param done run when somebody was found or nobody is left to ask
     * @return false where nobody is asked; {@code done} then is not run
     */
    boolean search(StoredObject object, @Nullable String authorization, Runnable done) {
        var router = loop.router();
        var snapshot = router.pool().snapshot();
        var known = router.stored().holder(Objects.requireNonNull(object.id()));
        if (snapshot.size() < 2 || (known != null && known.is(snapshot.byHostPort(known.hostPort())))) {
            return false;
        }
        if (!admit(router.nanoTime())) {
            loop.counts().holderSearch(false);
            return false;
        }
        loop.counts().holderSearch(true);
        var endpoints = new ArrayDeque<Endpoint>();
        for (int i = 0; i < snapshot.size() && endpoints.size() < MOST_ASKED; i++) {
            var endpoint = snapshot.at(i);
            if (endpoint.health().routable() && endpoint.spec().role().decodes()) {
                endpoints.add(endpoint);
            }
        }
        new Search(object, authorization, endpoints, done).start();
        return true;
    }

    private boolean admit(long now) {
        if (now - secondBegan > SECOND_NANOS) {
            secondBegan = now;
            begun = 0;
        }
        if (running >= MOST_SEARCHES || begun >= MOST_A_SECOND) {
            return false;
        }
        running++;
        begun++;
        return true;
    }

    private final class Search {
        private final StoredObject object;
        private final @Nullable String authorization;
        private final Queue<Endpoint> left;
        private final Runnable done;
        private int asked;
        private boolean over;

        Search(StoredObject object, @Nullable String authorization, Queue<Endpoint> left, Runnable done) {
            this.object = object;
            this.authorization = authorization;
            this.left = left;
            this.done = done;
        }

        void start() {
            for (int i = 0; i < AT_ONCE; i++) {
                next();
            }
        }

        private void next() {
            var endpoint = over ? null : left.poll();
            if (endpoint != null) {
                asked++;
                ask(endpoint);
            } else if (asked == 0) {
                end();
            }
        }

        private void ask(Endpoint endpoint) {
            var spec = endpoint.spec();
            var options = new RequestOptions()
                    .setHost(spec.address())
                    .setPort(spec.port())
                    .setMethod(HttpMethod.GET)
                    .setURI(object.path() + "/" + object.id())
                    .setTimeout(MILLIS);
            loop.client(endpoint)
                    .request(options)
                    .compose(request -> {
                        var on = UpstreamConnection.of(request.connection());
                        if (on != null) {
                            on.begin();
                        }
                        if (authorization != null) {
                            request.putHeader("authorization", authorization);
                        }
                        return request.send();
                    })
                    .onComplete(head ->
                            answered(endpoint, head.succeeded() && head.result().statusCode() / 100 == 2));
        }

        private void answered(Endpoint endpoint, boolean keeps) {
            asked--;
            if (keeps && !over) {
                loop.router().stored().forget(Objects.requireNonNull(object.id()));
                loop.router().stored().remember(Objects.requireNonNull(object.id()), endpoint);
                end();
            } else {
                next();
            }
        }

        private void end() {
            if (!over) {
                over = true;
                running--;
                done.run();
            }
        }
    }
}

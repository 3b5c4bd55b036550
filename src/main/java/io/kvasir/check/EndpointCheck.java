package io.kvasir.check;

import static io.kvasir.check.Severity.OK;
import static io.kvasir.check.Severity.PROBLEM;
import static io.kvasir.check.Severity.UNKNOWN;
import static io.kvasir.check.Severity.WARNING;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.failure.FailureText;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.ServedModel;
import io.kvasir.schedule.PoolAdvice;
import io.kvasir.scrape.EngineProbe;
import java.io.IOException;
import java.util.Locale;

/** Looks at one endpoint; what it reports is put on the endpoint, as the scraper would. */
final class EndpointCheck {
    private static final ModelCatalogue MODELS = ModelCatalogue.load();

    private final HttpProbe http;
    private final PortProbe port;
    private final EventCheck events;
    private final Findings findings;

    EndpointCheck(HttpProbe http, PortProbe port, EventCheck events, Findings findings) {
        this.http = http;
        this.port = port;
        this.events = events;
        this.findings = findings;
    }

    void check(Endpoint endpoint) {
        if (!reachable(endpoint)) {
            hardware(endpoint);
            add(UNKNOWN, endpoint, "engine", "not asked for health, models and metrics: it cannot be reached");
            return;
        }
        var engine = new EngineProbe(endpoint.spec().engine());
        if (health(endpoint, engine)) {
            models(endpoint, engine);
        }
        metrics(endpoint, engine);
        events.check(endpoint);
        // what it serves is known by now
        hardware(endpoint);
    }

    private void add(Severity severity, Endpoint endpoint, String topic, String text) {
        findings.add(severity, endpoint.spec().name(), topic, text);
    }

    private void hardware(Endpoint endpoint) {
        var spec = endpoint.spec();
        String product = (spec.product() == null ? spec.vendor() == null ? "nothing" : spec.vendor() : spec.product())
                + (spec.partition() == null ? "" : "/" + spec.partition());
        String part = spec.sharing() > 1 ? ", each shared by " + spec.sharing() + " replicas" : "";
        if (!endpoint.hardware().known() && spec.weight() == 0) {
            add(
                    WARNING,
                    endpoint,
                    "hardware",
                    String.format(
                            Locale.ROOT,
                            "%s is told of its hardware; it counts as %.2g of an H100, by %s%s",
                            product,
                            endpoint.hardware().relativeCapacity(),
                            endpoint.hardware().basis().words(),
                            part));
            return;
        }
        String advice = PoolAdvice.shared(endpoint, MODELS);
        add(
                advice == null ? OK : WARNING,
                endpoint,
                "hardware",
                String.format(
                                Locale.ROOT,
                                "%s: class %s, %d of them%s, weight %.3g",
                                product,
                                endpoint.hardware().name(),
                                spec.count(),
                                part,
                                endpoint.weight())
                        + (advice == null ? "" : "; " + advice));
    }

    private boolean reachable(Endpoint endpoint) {
        var spec = endpoint.spec();
        try {
            long millis = port.connect(spec.address(), spec.port());
            add(OK, endpoint, "reachable", endpoint.hostPort() + " in " + millis + " ms");
            return true;
        } catch (IOException e) {
            add(PROBLEM, endpoint, "reachable", endpoint.hostPort() + " cannot be connected to: " + FailureText.of(e));
            return false;
        }
    }

    /** Whether it speaks HTTP. */
    private boolean health(Endpoint endpoint, EngineProbe engine) {
        String path = engine.healthPath();
        try {
            int status = http.get(endpoint, endpoint.spec().port(), path).status();
            if (status == 400 && speaksHttp2(endpoint, path)) {
                add(
                        WARNING,
                        endpoint,
                        "protocol",
                        "answers HTTP/1.1 with 400 and speaks HTTP/2; serve finds that out, others are told by protocol:"
                                + " h2c in the endpoint file or appProtocol: kubernetes.io/h2c in the InferencePool");
                status = http.get(endpoint, endpoint.spec().port(), path).status();
            }
            if (status == 200) {
                add(OK, endpoint, "health", path + " is 200");
            } else if (status < 500 || status == 501) {
                add(OK, endpoint, "health", path + " is " + status + ": alive, without a probe");
            } else {
                add(PROBLEM, endpoint, "health", path + " is " + status + ": it counts as down");
            }
            return true;
        } catch (IOException e) {
            String tls = speaksTls(endpoint.spec().address(), endpoint.spec().port());
            if (!tls.isEmpty()) {
                add(PROBLEM, endpoint, "tls", "the port speaks " + tls + ", but engines are asked over plain HTTP");
                return false;
            }
            add(PROBLEM, endpoint, "health", path + " is not answered: " + FailureText.of(e));
            return false;
        }
    }

    private boolean speaksHttp2(Endpoint endpoint, String path) {
        var before = endpoint.protocol();
        endpoint.speaks(EngineProtocol.H2C);
        try {
            return http.get(endpoint, endpoint.spec().port(), path).status() < 500;
        } catch (IOException e) {
            endpoint.speaks(before);
            return false;
        }
    }

    /** Its version of TLS, empty if it speaks none. */
    private String speaksTls(String host, int number) {
        try {
            return port.tls(host, number).protocol();
        } catch (IOException e) {
            return "";
        }
    }

    private void models(Endpoint endpoint, EngineProbe engine) {
        String path = engine.modelsPath();
        try {
            var answer = http.get(endpoint, endpoint.spec().port(), path);
            if (answer.status() == 401 || answer.status() == 403) {
                add(
                        WARNING,
                        endpoint,
                        "models",
                        path + " is " + answer.status()
                                + ": the engine demands a key (engine-api-key-file, or apiKey in the endpoint file); without it"
                                + " names that its description does not have are passed unchecked");
                return;
            }
            var models = answer.status() == 200 ? EngineProbe.models(answer.body()) : null;
            if (models == null) {
                add(WARNING, endpoint, "models", path + " is no list of models (status " + answer.status() + ")");
                return;
            }
            endpoint.serves(models);
            served(endpoint);
        } catch (IOException e) {
            add(WARNING, endpoint, "models", path + " is not answered: " + FailureText.of(e));
        }
    }

    private void served(Endpoint endpoint) {
        var ids = endpoint.models().stream().map(ServedModel::id).toList();
        String model = endpoint.spec().model();
        if (model != null && !ids.contains(model)) {
            add(PROBLEM, endpoint, "models", "serves " + ids + ", but is described as serving " + model);
        } else if (ids.isEmpty()) {
            add(WARNING, endpoint, "models", "serves no model");
        } else {
            int longest = endpoint.maxModelLen();
            add(OK, endpoint, "models", "serves " + ids + (longest > 0 ? ", up to " + longest + " tokens" : ""));
        }
    }

    private void metrics(Endpoint endpoint, EngineProbe engine) {
        var spec = endpoint.spec();
        String authority = EndpointSpec.hostPort(spec.address(), spec.metricsPort());
        String where = authority + engine.metricsPath();
        EngineProbe.Page page;
        try {
            var answer = http.get(endpoint, spec.metricsPort(), engine.metricsPath());
            if (answer.status() != 200) {
                add(PROBLEM, endpoint, "metrics", where + " is " + answer.status());
                return;
            }
            page = engine.page(answer.body());
        } catch (IOException e) {
            String tls = speaksTls(spec.address(), spec.metricsPort());
            add(
                    PROBLEM,
                    endpoint,
                    "metrics",
                    where + " is not answered: "
                            + (tls.isEmpty()
                                    ? FailureText.of(e)
                                    : "the port speaks " + tls
                                            + ", but is asked over plain HTTP (serve: --model-server-metrics-scheme)"));
            return;
        }
        if (page.found().isEmpty()) {
            add(
                    PROBLEM,
                    endpoint,
                    "metrics",
                    where + " has nothing of what " + spec.engine().label()
                            + " shows; is it another engine (key engine, label llm-d.ai/engine-type)?");
            return;
        }
        endpoint.report(page.stats());
        quantities(endpoint, page);
        blocks(endpoint, page);
    }

    private void quantities(Endpoint endpoint, EngineProbe.Page page) {
        String found = "found " + String.join(", ", page.found())
                + (page.missing().isEmpty() ? "" : "; missing " + String.join(", ", page.missing()))
                + (page.unmapped().isEmpty() ? "" : "; not known of this engine " + String.join(", ", page.unmapped()))
                + (page.malformed() == 0 ? "" : "; " + page.malformed() + " lines not understood");
        if (page.missingLoad().isEmpty() && page.malformed() == 0) {
            add(OK, endpoint, "metrics", found);
        } else {
            add(WARNING, endpoint, "metrics", found);
        }
    }

    private void blocks(Endpoint endpoint, EngineProbe.Page page) {
        int size = page.stats().blockSize();
        long tokens = endpoint.kvTokens();
        if (size <= 0) {
            add(UNKNOWN, endpoint, "blocks", "the page does not tell the block size");
        } else {
            add(OK, endpoint, "blocks", size + " tokens" + (tokens > 0 ? ", " + tokens + " tokens of KV cache" : ""));
        }
        if (tokens <= 0) {
            add(WARNING, endpoint, "blocks", "nobody tells how many tokens its KV cache holds (key kvTokens)");
        }
    }
}

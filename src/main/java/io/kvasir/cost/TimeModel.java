package io.kvasir.cost;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointLoad;
import java.util.List;
import java.util.function.Consumer;

/**
 * Predicts what a request costs on an endpoint, in seconds of that endpoint. Parameters come from the hardware and model
 * catalogues. Safe for any thread; the only shared state is a table of rates.
 */
public final class TimeModel {
    /** What one 400 Gb/s NIC with GPUDirect moves, in bytes/s, and what a transfer takes beside it; no fabric tells of itself. */
    private static final double TRANSFER_RATE = 40e9;

    private static final double TRANSFER_OVERHEAD_SECONDS = 0.002;

    /** Tokens taken for a queued prompt of which nothing is known but that it waits. */
    private static final int UNSEEN_PROMPT = 2048;

    /** Share of a longer wait that who finds it loses: all by staying, nothing where another replica is as good. */
    private static final double LOST_BY_LATER = 0.5;

    private final RateTable rates;

    public TimeModel(ModelCatalogue models) {
        rates = new RateTable(models);
    }

    /** Has classes of replicas that are met from now on start from what was learned of them before. */
    public void remember(List<LearnedRates> learned) {
        rates.remember(learned);
    }

    /** What was learned of all classes, for {@link #remember}; a few thousand at most. */
    public List<LearnedRates> learned() {
        return rates.learned();
    }

    /** Has a listener told when a class starts or ceases to {@linkplain ClassRates#drifted drift}; one, not held up. */
    public void onDrift(Consumer<ClassRates> listener) {
        rates.onDrift(listener);
    }

    /** Classes of replicas whose rates {@linkplain ClassRates#drifted drift} now. */
    public List<ClassRates> drifting() {
        return rates.drifting();
    }

    /**
     * The rates of an endpoint where a request names that model or adapter: those of the base model that it runs there. By
     * the name itself only where nobody told which that is.
     */
    public ClassRates rates(Endpoint endpoint, String model) {
        return rates.of(endpoint, model);
    }

    /**
     * Seconds until the engine starts on a new prompt: our own prefills placed there and not finished, less what the
     * first of them has had already, and the prompts that its metrics showed waiting beyond ours when they came; where there
     * are none, what is left of the step that is under way. Prompts of answers in one piece, whose end does not show, count
     * until they should be computed, unless a fresh page shows a queue.
     */
    public double waitSeconds(Endpoint endpoint, EndpointRates rates, long nowNanos, long freshNanos) {
        double queued = queuedSeconds(endpoint, rates, nowNanos, freshNanos);
        return queued >= 0 ? queued : stepLeftSeconds(endpoint, rates, nowNanos);
    }

    /** The same where somebody is in line; below 0 where nobody is. */
    private static double queuedSeconds(Endpoint endpoint, EndpointRates rates, long nowNanos, long freshNanos) {
        EndpointLoad load = endpoint.load();
        long prefills = load.prefills();
        double own = prefills > 0 ? load.pendingNanos(nowNanos) * 1e-9 : 0;
        boolean pending = prefills > 0;
        if (pending && load.unshown() > 0) {
            own = Math.max(own, queueSeconds(endpoint, nowNanos, freshNanos));
            pending = own > 0 || load.pendingPrefills(nowNanos) > 0;
        }
        long others = load.othersWaiting();
        if (others > 0 && endpoint.stats().ageNanos(nowNanos) <= freshNanos) {
            double unseen = prefills > 0
                    ? Math.max(0, load.prefillNanos()) * 1e-9 / prefills
                    : endpoint.pace().factor(nowNanos) * rates.prefillSeconds(UNSEEN_PROMPT, 0, 0);
            return own + others * unseen;
        }
        return pending ? own : -1;
    }

    /** Seconds of our own prefills that the endpoint's page shows waiting: no more than all, 0 where the page is old. */
    private static double queueSeconds(Endpoint endpoint, long nowNanos, long freshNanos) {
        var load = endpoint.load();
        var page = endpoint.stats();
        long prefills = load.prefills();
        if (prefills <= 0 || page.waiting() <= 0 || page.ageNanos(nowNanos) > freshNanos) {
            return 0;
        }
        return Math.max(0, load.prefillNanos()) * 1e-9 * Math.min(1, (double) page.waiting() / prefills);
    }

    /** Seconds that a step under way has left where those in flight decode, see {@link #left}. */
    public static double stepLeftSeconds(Endpoint endpoint, EndpointRates rates, long nowNanos) {
        var load = endpoint.load();
        double decoding = load.decodingWithOthers(nowNanos);
        double step = stepSeconds(rates, endpoint.pace().factor(nowNanos), decoding, load.heldWithOthers());
        return left(step, decoding);
    }

    /** Of a step that long with so many who decode is half left, as it may be met anywhere; nothing where nobody decodes. */
    private static double left(double step, double decoding) {
        return decoding > 0 ? step / 2 : 0;
    }

    /** Seconds that a step takes in which so many sequences, with so many tokens held, decode on a replica of that pace. */
    private static double stepSeconds(EndpointRates rates, double pace, double decoding, double held) {
        return pace * rates.interTokenSeconds(decoding, held);
    }

    /** Seconds in which the KV of that many tokens goes from one endpoint to another. */
    public double transferSeconds(ClassRates rates, double tokens) {
        return TRANSFER_OVERHEAD_SECONDS + tokens * rates.key().model().kvBytesPerToken() / TRANSFER_RATE;
    }

    /**
     * Seconds until KV blocks for a request are free: 0 while its tokens fit beside those in flight, else the time in
     * which ending sequences give back what is missing. Of a request that no empty cache could hold a part is enough. By the
     * rates: a replica's own pace is not in it.
     */
    public double kvWaitSeconds(Endpoint endpoint, EndpointRates rates, Work work) {
        return kvWaitSeconds(endpoint, rates, work, 0);
    }

    /** @param cachedTokens leading tokens of the first prompt that it holds, of which others may hold the blocks already */
    private static double kvWaitSeconds(Endpoint endpoint, EndpointRates rates, Work work, double cachedTokens) {
        long capacity = endpoint.kvTokens();
        if (capacity <= 0) {
            return 0;
        }
        EndpointLoad load = endpoint.load();
        long booked = load.promptTokens() + load.outputTokens();
        if (booked + load.othersTokens() + work.kvTokens() <= capacity) {
            return 0;
        }
        double distinct = load.distinctShare();
        double held = distinct * booked + load.othersTokens();
        double missing = held + Math.min(newBlocks(work, cachedTokens, distinct), capacity) - capacity;
        long requests = load.requests() + load.othersRunning();
        if (missing <= 0 || requests <= 0) {
            return 0;
        }
        double perRequest = Math.max(1, held / requests);
        double life = Math.max(1, work.outputTokens())
                * rates.interTokenSeconds(
                        Math.max(requests, load.sequences() + load.othersRunning()), Math.min(held, capacity));
        return missing / perRequest * life / requests;
    }

    /** Tokens for which a request needs blocks that nobody holds: like those in flight, and all that is not cached. */
    private static double newBlocks(Work work, double cachedTokens, double distinct) {
        double cached = Math.min(cachedTokens, work.promptTokens());
        return Math.max(distinct * work.kvTokens(), work.kvTokens() - cached);
    }

    /** Seconds until an endpoint begins with a request: prompts before it, and until blocks for it are free. */
    public double waitSeconds(Endpoint endpoint, EndpointRates rates, Work work, long nowNanos, long freshNanos) {
        double kvWait = kvWaitSeconds(endpoint, rates, work);
        return waitSeconds(endpoint, rates, nowNanos, freshNanos)
                + (kvWait > 0 ? endpoint.pace().factor(nowNanos) * kvWait : 0);
    }

    /**
     * Seconds in which an endpoint computes a request's prompts.
     *
     * @param cachedTokens leading tokens of the first prompt that it holds
     */
    public double prefillSeconds(Endpoint endpoint, EndpointRates rates, Work work, double cachedTokens) {
        return prefillSeconds(rates, work, cachedTokens, endpoint.load().heldWithOthers());
    }

    private static double prefillSeconds(EndpointRates rates, Work work, double cachedTokens, double held) {
        double uncached = work.uncachedTokens(cachedTokens);
        return prefillSeconds(rates, work, cachedTokens, uncached, rates.chunks(uncached), held);
    }

    private static double prefillSeconds(
            EndpointRates rates, Work work, double cachedTokens, double uncached, long chunks, double held) {
        double cached = cachedTokens < work.promptTokens() ? cachedTokens : work.promptTokens();
        return rates.prefillSeconds(work.shareOfPrompt(), uncached, chunks, cached, held);
    }

    /** Seconds between two tokens of each of a request's sequences, beside those that decode there. */
    public double tokenSeconds(Endpoint endpoint, EndpointRates rates, Work work, long nowNanos) {
        var load = endpoint.load();
        return rates.interTokenSeconds(
                load.decodingWithOthers(nowNanos) + work.sequences(), load.heldWithOthers() + work.attendedTokens());
    }

    /**
     * Prices a request on an endpoint that prefills and decodes it.
     *
     * @param price where that is told, in place of what is there
     * @param rates of the endpoint
     * @param cachedTokens leading tokens of the first prompt that it holds
     */
    public void price(
            Price price,
            Endpoint endpoint,
            EndpointRates rates,
            Work work,
            double cachedTokens,
            long nowNanos,
            long freshNanos) {
        EndpointLoad load = endpoint.load();
        double pace = endpoint.pace().factor(nowNanos);
        double decoding = load.decodingWithOthers(nowNanos);
        double held = load.heldWithOthers();
        double step = stepSeconds(rates, pace, decoding, held);
        double kvWait = kvWaitSeconds(endpoint, rates, work, cachedTokens);
        double queued = queuedSeconds(endpoint, rates, nowNanos, freshNanos);
        double line = queued >= 0 ? queued : left(step, decoding);
        double uncached = work.uncachedTokens(cachedTokens);
        long chunks = rates.chunks(uncached);
        double prefill = pace * prefillSeconds(rates, work, cachedTokens, uncached, chunks, held);
        double perToken = work.sequences() <= 0
                ? 0
                : stepSeconds(rates, pace, decoding + work.sequences(), held + work.attendedTokens());
        price.waiting = line + pace * kvWait;
        price.prefill = prefill;
        price.perToken = perToken;
        // prompts that come meanwhile put as much between tokens as they take of the time
        double lately = load.lately(nowNanos);
        double amid = 1 / (1 - load.stretchedShare(lately));
        price.perTokenAmidPrompts = amid * perToken;
        price.behind = behindSeconds(load.promptsPerSecond(lately), amid, price.waiting, prefill);
        price.delays.clear();
        if (kvWait > 0) {
            double again = preemptionSeconds(endpoint, work, cachedTokens, prefill);
            double tokens = Math.max(1, work.outputTokens());
            price.delays.add(1, price.perTokenAmidPrompts, again / tokens, tokens);
        }
        others(price.delays, endpoint, rates, pace, work, chunks, price.waiting, prefill, step, perToken, amid);
        double displacing = load.displacing();
        price.displaced = 0;
        if (displacing > 0) {
            double tokens = displacing * (uncached + work.allOutputTokens());
            displaced(price, load, rates, pace, work, tokens, step, amid, lately);
        }
    }

    /**
     * What it costs that tokens are computed again which a request drives out of an endpoint's cache: seconds until the first
     * tokens of those who ask for them, of those in line behind them, and the decoding of those who are there then, who are
     * taken to be those of now. Derived in docs/time-model.md.
     *
     * @param tokens so many
     * @param step seconds between two tokens of those who decode there
     * @param amid one over the share of the time that prompts leave
     */
    private static void displaced(
            Price price,
            EndpointLoad load,
            EndpointRates rates,
            double pace,
            Work work,
            double tokens,
            double step,
            double amid,
            double lately) {
        // of prompts as long as this one
        double again = tokens * pace * rates.tokenOfPromptSeconds(work.promptTokens());
        // they come one by one, each to a line as long as this one
        price.displaced = again * (1 + LOST_BY_LATER * load.promptsPerSecond(lately) * amid * price.waiting);
        long sequences = load.sequences();
        long users = users(load, sequences, load.othersRunning());
        if (users > 0) {
            double left = outputLeft(load, sequences, 1);
            price.delays.add(users, amid * step, again / left, left);
        }
    }

    /** Who is there: several sequences of a request are one user, and so is each that others placed. */
    private static long users(EndpointLoad load, long sequences, long foreign) {
        return Math.max(0, Math.min(sequences, load.requests())) + foreign;
    }

    /** Tokens that each of so many sequences of ours has left, 1 at least; {@code otherwise} where there are none. */
    private static double outputLeft(EndpointLoad load, long sequences, double otherwise) {
        return sequences > 0 ? Math.max(load.outputTokens(), sequences) / (double) sequences : otherwise;
    }

    /**
     * Seconds that those who come later lose by a prompt: who comes before the line is empty again, finds it longer by that
     * prompt, and makes it longer in turn. Half of that, since they may go where they lose less. Derived in
     * docs/time-model.md.
     *
     * @param amid one over the share of the time that prompts leave
     */
    static double behindSeconds(double promptsPerSecond, double amid, double wait, double prefill) {
        return LOST_BY_LATER * promptsPerSecond * amid * prefill * (wait + prefill / 2);
    }

    /** Seconds by which a request's chunks stretch the steps of an endpoint that take them, as busy as that is. */
    public double stretchSeconds(Endpoint endpoint, Prediction expected, long nowNanos) {
        var load = endpoint.load();
        var now = expected.by().rates();
        double pace = endpoint.pace().factor(nowNanos);
        double step = stepSeconds(now, pace, load.decodingWithOthers(nowNanos), load.heldWithOthers());
        double chunks = now.chunks(expected.work().uncachedTokens(expected.cachedTokens()));
        return stretchSeconds(now, pace, expected.prefill(), chunks, step);
    }

    /** What is not a step's holds nobody up, and each chunk's step would have come without it. */
    private static double stretchSeconds(
            EndpointRates rates, double pace, double prefill, double chunks, double without) {
        double longer = prefill - pace * rates.overheadSeconds() - chunks * without;
        return longer > 0 ? longer : 0;
    }

    /**
     * What a request adds to the decoding of those in flight on an endpoint: its prefill's chunks stretch their steps, and one
     * more in the batch makes each of their tokens later for as long as both run.
     * Assumes that what is ahead of it is served first, that lengths are memoryless, so that each has its mean left, and
     * that the engine decodes along with every chunk. Derived in docs/time-model.md.
     *
     * @param delays to which that is added
     * @param pace how many times as long as by the rates things take there
     * @param chunks in which the endpoint computes its prompts
     * @param wait seconds until the endpoint begins with it
     * @param prefill seconds in which the endpoint computes its prompts
     * @param without seconds between two tokens of those who decode there
     * @param perToken the same once it decodes there too
     * @param amid how many times as far apart tokens are with the prompts of those who come meanwhile, 1 or more
     */
    void others(
            Delays delays,
            Endpoint endpoint,
            EndpointRates rates,
            double pace,
            Work work,
            long chunks,
            double wait,
            double prefill,
            double without,
            double perToken,
            double amid) {
        EndpointLoad load = endpoint.load();
        long sequences = load.sequences();
        long foreign = load.othersRunning();
        if (sequences <= 0 && foreign == 0) {
            return;
        }
        double output = work.outputTokens();
        // those of others are taken to be like ours; like this one where there are none
        double left = outputLeft(load, sequences, Math.max(1, output));
        double apart = amid * without;
        double life = left * apart;
        long users = users(load, sequences, foreign);
        double alive = users * life / (life + wait);
        double stretched = stretchSeconds(rates, pace, prefill, chunks, without) / (left + chunks);
        double slower = perToken > without ? perToken - without : 0;
        delays.add(alive, apart, stretched + output / (output + left) * amid * slower, left);
    }

    /**
     * Seconds in which a request's prompts are computed again, as expected of one that blocks will not suffice for: engines
     * take in what fits now, and the youngest gives way when outputs grow. 0 while all tokens in flight fit with it.
     *
     * @param cachedTokens leading tokens of the first prompt that the endpoint holds
     * @param prefill seconds in which the endpoint computes its prompts
     */
    double preemptionSeconds(Endpoint endpoint, Work work, double cachedTokens, double prefill) {
        long capacity = endpoint.kvTokens();
        if (capacity <= 0) {
            return 0;
        }
        EndpointLoad load = endpoint.load();
        double distinct = load.distinctShare();
        double needed = Math.max(1, Math.min(newBlocks(work, cachedTokens, distinct), capacity));
        double booked = load.promptTokens() + load.outputTokens();
        double missing = distinct * booked + load.othersTokens() + needed - capacity;
        return missing <= 0 || load.requests() + load.othersRunning() <= 0
                ? 0
                : prefill * Math.min(1, missing / needed);
    }

    /**
     * Seconds until an endpoint that prefills itself has a request's first token.
     *
     * @param cachedTokens leading tokens of the first prompt that it holds
     */
    public double firstTokenSeconds(
            Endpoint endpoint, EndpointRates rates, Work work, double cachedTokens, long nowNanos, long freshNanos) {
        return waitSeconds(endpoint, rates, work, nowNanos, freshNanos)
                + endpoint.pace().factor(nowNanos) * prefillSeconds(endpoint, rates, work, cachedTokens);
    }

    /**
     * All that is expected of a request on an endpoint that prefills and decodes it.
     *
     * @param model as requested
     * @param cachedTokens leading tokens of the first prompt that it holds
     */
    public Prediction predict(
            Endpoint endpoint, String model, Work work, double cachedTokens, long nowNanos, long freshNanos) {
        var by = rates(endpoint, model);
        var price = new Price();
        price(price, endpoint, by.rates(), work, cachedTokens, nowNanos, freshNanos);
        return new Prediction(
                price.waiting,
                price.prefill,
                0,
                price.perToken,
                price.delays.seconds(),
                price.felt(DecodeWeight.USUAL, work),
                work,
                cachedTokens,
                by);
    }

    /**
     * What is expected of the part of a request that an endpoint does for another.
     *
     * @param work all of it
     * @param cachedTokens leading tokens of the first prompt that {@code prefill} holds
     * @param decodeCachedTokens those that {@code decode} holds, which need no transfer
     */
    public Prediction predictPrefill(
            Endpoint prefill,
            Endpoint decode,
            String model,
            Work work,
            double cachedTokens,
            double decodeCachedTokens,
            long nowNanos,
            long freshNanos) {
        var by = rates(prefill, model);
        var now = by.rates();
        var part = work.prefillOnly();
        return new Prediction(
                waitSeconds(prefill, now, part, nowNanos, freshNanos),
                prefill.pace().factor(nowNanos) * prefillSeconds(prefill, now, part, cachedTokens),
                transferSeconds(rates(decode, model), work.uncachedTokens(decodeCachedTokens)),
                0,
                0,
                0,
                part,
                cachedTokens,
                by);
    }

    /**
     * All that is expected of a request on an endpoint that decodes what another prefills: it waits for that, for blocks
     * and for a step of its own.
     *
     * @param first what the other one does, from {@link #predictPrefill}
     */
    public Prediction predictPair(
            Prediction first, Endpoint decode, String model, Work work, double decodeCachedTokens, long nowNanos) {
        var by = rates(decode, model);
        double pace = decode.pace().factor(nowNanos);
        double perToken = pace * tokenSeconds(decode, by.rates(), work, nowNanos);
        return new Prediction(
                first.waiting() + pace * kvWaitSeconds(decode, by.rates(), work),
                first.prefill() + perToken,
                first.transfer(),
                perToken,
                0,
                DecodeWeight.USUAL.answer(work.outputTokens(), perToken),
                work,
                decodeCachedTokens,
                by);
    }
}

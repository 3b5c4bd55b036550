package io.kvasir.kvevents;

import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.PolledAddress;
import io.kvasir.pool.ToldEvents;
import io.kvasir.prefix.PreciseView;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What is followed of one endpoint. For the thread that polls. */
final class Followed {
    /** How long after dialling has failed it is tried again, in ns. */
    private static final long AGAIN_NANOS = 5_000_000_000L;

    Endpoint endpoint;
    final @Nullable PolledAddress page;

    @Nullable
    PolledSource polled;

    /** By rank. */
    final Map<Integer, Subscriber> dialled = new LinkedHashMap<>();

    final Map<Integer, BoundRank> bound = new LinkedHashMap<>();
    /** Why what comes is not believed, as a reason code; null where it may be. */
    @Nullable
    String doubt;

    boolean shared;
    /** Whether it is followed no more. */
    boolean left;
    /** Whether its description says where its events are, so that nobody else is asked. */
    private final boolean described;
    /** Where its ranks are to be dialled; empty for nowhere. */
    private List<ToldEvents.Rank> ranks = List.of();

    private ToldEvents told = ToldEvents.NONE;
    private final Map<String, @Nullable InetAddress> found = new HashMap<>();
    /** Why nothing is dialled, as a reason code. */
    private @Nullable String problem;

    private boolean dialling;
    private boolean failed;
    private long again;
    private boolean ever;
    private long asked;

    Followed(Endpoint endpoint) {
        this.endpoint = endpoint;
        String text = endpoint.spec().kvEvents();
        described = text != null;
        PolledAddress read = null;
        if (text != null) {
            try {
                if (PolledAddress.is(text)) {
                    read = PolledAddress.parse(text);
                } else {
                    var address = EventAddress.parse(text).of(endpoint.spec().address());
                    ranks = IntStream.range(0, address.ranks())
                            .mapToObj(rank -> new ToldEvents.Rank(rank, address.ofRank(rank)))
                            .toList();
                }
            } catch (IllegalArgumentException e) {
                problem = "unsupported-address";
            }
        }
        page = read;
    }

    /**
     * Begins to follow a rank whose events are published.
     *
     * @param model by whose name requests ask for what has no adapter
     * @param replays whether there is somebody to ask for what was missed
     */
    EventSource source(PreciseView view, EventCounts counts, int rank, String model, boolean replays) {
        boolean sglang = endpoint.spec().engine() == EngineKind.SGLANG;
        var cache = view.cache(endpoint.tenancy(), rank, model, sglang);
        var source = new EventSource(
                cache, sglang ? EventDialect.SGLANG : EventDialect.VLLM, counts, replays, endpoint.kvTokens());
        expect(source);
        return source;
    }

    /** Ranks at whose ports nobody listens while others of the engine are there are those that it does not have. */
    void dropAbsent(long now) {
        if (dialled.size() > 1
                && dialled.values().stream()
                        .anyMatch(each -> each.source().presence().isThere())) {
            for (Subscriber subscriber : dialled.values()) {
                if (subscriber.source().presence().isAbsent(now)) {
                    subscriber.source().gone();
                }
            }
        }
    }

    /** How much of what its engine says is known now, at each of those who say it; of none that is gone. */
    List<EventState> states() {
        var all = new ArrayList<EventState>();
        for (Subscriber subscriber : dialled.values()) {
            if (!subscriber.source().presence().isGone()) {
                all.add(subscriber.source().state());
            }
        }
        bound.values().forEach(rank -> all.add(rank.source().state()));
        var reader = polled;
        if (reader != null) {
            all.add(reader.state());
        }
        return all;
    }

    /** What its blocks are by its engine's page, which counts until it tells of one. */
    void expectWhatItsPageSays() {
        dialled.values().forEach(subscriber -> expect(subscriber.source()));
        bound.values().forEach(rank -> expect(rank.source()));
    }

    private void expect(EventSource source) {
        var page = endpoint.stats();
        source.expects(
                page.blockSize(), HashScheme.parse(page.cache().hashScheme()).orElse(null));
    }

    /** The way in which its events come. */
    String way() {
        return polled != null ? "polled" : !dialled.isEmpty() ? "dialled" : bound.isEmpty() ? "none" : "bound";
    }

    /**
     * Takes over what its engine says of where its events are, where nobody else says it.
     *
     * @param ownPort where engines dial us; 0 for nowhere
     * @return whether it is to be dialled otherwise than before
     */
    boolean takeTold(int ownPort) {
        var says = endpoint.replica().toldEvents();
        if (described || says.same(told)) {
            return false;
        }
        told = says;
        var way = new EventPlaces(endpoint.spec().address(), ownPort);
        ranks = way.dialled(says);
        problem = ranks.isEmpty() ? way.problem(says) : null;
        dialling = false;
        failed = false;
        return true;
    }

    /** Where its ranks are to be dialled. */
    List<ToldEvents.Rank> ranks() {
        return ranks;
    }

    /** The hosts that are looked for: those of its ranks, and its own where they must be that. */
    Set<String> hosts() {
        var all = ranks.stream().map(rank -> rank.address().host()).collect(Collectors.toSet());
        if (!described) {
            all.add(endpoint.spec().address());
        }
        return all;
    }

    /** Whether its engine says an address that is not the endpoint's own, which it cannot make anybody dial. */
    boolean isElsewhere() {
        var own = found.get(endpoint.spec().address());
        return !described
                && own != null
                && ranks.stream()
                        .map(rank -> found.get(rank.address().host()))
                        .anyMatch(there -> there == null
                                || !(there.equals(own) || there.isLoopbackAddress() && own.isLoopbackAddress()));
    }

    /** Whether it is to be dialled now. */
    boolean isToBeDialled(long now) {
        return !ranks.isEmpty()
                && endpoint.baseModel() != null
                && dialled.isEmpty()
                && !dialling
                && (!failed || now - again >= 0);
    }

    /** Whether its addresses are looked for now. */
    boolean isDialling() {
        return dialling;
    }

    /** Its addresses are looked for. */
    void dialling() {
        dialling = true;
        found.clear();
    }

    /**
     * A host's address is found, or not.
     *
     * @return whether nothing is looked for any more
     */
    boolean found(String host, @Nullable InetAddress address) {
        found.put(host, address);
        return found.size() == hosts().size();
    }

    /** The address of a host; null for one that nobody knows. */
    @Nullable
    InetAddress addressOf(String host) {
        return found.get(host);
    }

    /** It is dialled. */
    void isDialled() {
        dialling = false;
        failed = false;
        problem = null;
    }

    /** It cannot be dialled, for that reason; not now at least. */
    void cannotBeDialled(String reason, long now) {
        dialling = false;
        failed = true;
        problem = reason;
        again = now + AGAIN_NANOS;
    }

    /** Whether its engine is to be asked again where its events are: it said it, and nobody is there. */
    boolean isToBeAsked(boolean disconnected, long now) {
        boolean due = !described && disconnected && (!ever || now - asked >= AGAIN_NANOS);
        if (due) {
            ever = true;
            asked = now;
        }
        return due;
    }

    /** Why nothing comes, as a reason code. */
    String problem() {
        String known = problem;
        return known != null ? known : !ranks.isEmpty() || page != null ? "model-unknown" : "not-configured";
    }

    /** Whether events from there, an address without port, can be its. */
    boolean comesFrom(String peer) {
        return EventPlaces.same(endpoint.spec().address(), peer);
    }
}

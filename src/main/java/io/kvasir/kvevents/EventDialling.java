package io.kvasir.kvevents;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.ToldEvents;
import io.kvasir.prefix.PreciseView;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZContext;

/**
 * Dials engines that say where their events are, or of which somebody else says it. What one endpoint's address is like
 * keeps nobody else up. For the thread that polls.
 */
final class EventDialling {
    private final ZContext context;
    private final PreciseView view;
    private final KvEventSettings settings;
    private final EventCounts counts;
    private final ContainedFailures failures;
    private final HostNames names;
    private final Executor thread;
    private final LongSupplier nanoClock;
    private final Subscriber.Line line = new Lines();
    private boolean changed;

    /** @param thread the one that polls, for what is found out by others */
    EventDialling(
            ZContext context,
            PreciseView view,
            KvEventSettings settings,
            EventCounts counts,
            ContainedFailures failures,
            HostNames names,
            Executor thread,
            LongSupplier nanoClock) {
        this.context = context;
        this.view = view;
        this.settings = settings;
        this.counts = counts;
        this.failures = failures;
        this.names = names;
        this.thread = thread;
        this.nanoClock = nanoClock;
    }

    /**
     * Dials endpoints as soon as it is known by what name requests ask for their models.
     *
     * @param ownPort where engines dial us; 0 for nowhere
     */
    void dial(Collection<Followed> followed, int ownPort) {
        long now = nanoClock.getAsLong();
        for (Followed known : followed) {
            if (known.takeTold(ownPort)) {
                hangUp(known);
            }
            if (known.isToBeDialled(now)) {
                known.dialling();
                var ranks = known.ranks();
                for (String host : known.hosts()) {
                    names.find(host, found -> thread.execute(() -> found(known, ranks, host, found)));
                }
            }
        }
    }

    /** Whether there are other sockets than when it was last asked. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    private void found(Followed known, List<ToldEvents.Rank> ranks, String host, @Nullable InetAddress address) {
        // a search that was overtaken by another for the same ranks may come late
        boolean awaited = !known.left && known.isDialling() && known.ranks().equals(ranks);
        if (awaited && known.found(host, address)) {
            dial(known, ranks);
        }
    }

    private void dial(Followed known, List<ToldEvents.Rank> ranks) {
        String model = known.endpoint.baseModel();
        boolean found = known.hosts().stream().allMatch(host -> known.addressOf(host) != null);
        if (!found || model == null) {
            known.cannotBeDialled(found ? "model-unknown" : "unknown-host", nanoClock.getAsLong());
            return;
        }
        if (known.isElsewhere()) {
            known.cannotBeDialled("elsewhere", nanoClock.getAsLong());
            return;
        }
        try {
            for (ToldEvents.Rank rank : ranks) {
                var address = rank.address();
                dial(known, address.at(Objects.requireNonNull(known.addressOf(address.host()))), rank.rank(), model);
            }
            known.isDialled();
        } catch (RuntimeException e) {
            failures.failed(e);
            hangUp(known);
            known.cannotBeDialled("cannot-be-dialled", nanoClock.getAsLong());
        }
        changed = true;
    }

    private void dial(Followed known, EventAddress address, int rank, String model) {
        var source = known.source(view, counts, rank, model, address.replayPort() > 0);
        try {
            known.dialled.put(rank, new Subscriber(context, address, source, counts, settings, line));
        } catch (RuntimeException e) {
            source.cache().close();
            throw e;
        }
    }

    /** Dials it no more. */
    void hangUp(Followed known) {
        for (Subscriber subscriber : known.dialled.values()) {
            subscriber.close();
            subscriber.source().cache().close();
        }
        known.dialled.clear();
        changed = true;
    }

    private final class Lines implements Subscriber.Line {
        @Override
        public void greeted(Subscriber subscriber) {
            thread.execute(() -> {
                view.listened(subscriber.source().cache().tenancy());
                subscriber.source().connected(nanoClock.getAsLong());
            });
        }

        @Override
        public void broke(Subscriber subscriber) {
            thread.execute(() -> subscriber.source().disconnected());
        }

        @Override
        public void unanswered(Subscriber subscriber) {
            thread.execute(() -> subscriber.source().unresponsive());
        }

        @Override
        public void refused(Subscriber subscriber) {
            thread.execute(() -> subscriber.source().refused(nanoClock.getAsLong()));
        }
    }
}

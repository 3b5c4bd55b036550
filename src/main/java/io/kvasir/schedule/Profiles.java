package io.kvasir.schedule;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.request.RequestHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What decides, all of it: swapped as one.
 *
 * @param profile chooses endpoints, where no header names another
 * @param pairing finds prefill endpoints for those chosen, for doors that can use them
 * @param shadow is scored on the same traffic, never used; null for none
 * @param named profiles that a header names
 * @param dataParallelPort the port of a pod that requests are sent to, the pick being told in a header; 0 for the pick's own
 */
public record Profiles(
        Profile profile, Pairing pairing, @Nullable Profile shadow, NamedProfiles named, int dataParallelPort)
        implements Metered {

    /**
     * Profiles that a header names.
     *
     * @param header in lower case; empty where no header does
     */
    public record NamedProfiles(String header, Map<String, Profile> byName) {
        /** No header names any. */
        public static final NamedProfiles NONE = new NamedProfiles("", Map.of());

        public NamedProfiles {
            byName = Map.copyOf(byName);
        }
    }

    /** One profile for all requests. */
    public Profiles(Profile profile, Pairing pairing, @Nullable Profile shadow) {
        this(profile, pairing, shadow, NamedProfiles.NONE, 0);
    }

    /** The same with another profile in the shadow; null for none. */
    public Profiles withShadow(@Nullable Profile other) {
        return new Profiles(profile, pairing, other, named, dataParallelPort);
    }

    /** The profile for a request with these headers; null where they name one that there is not. */
    public @Nullable Profile of(RequestHeaders headers) {
        if (named.header.isEmpty()) {
            return profile;
        }
        String name = headers.other(named.header);
        return name == null ? profile : named.byName.get(name);
    }

    /** How long plug-ins take of all profiles that decide. */
    @Override
    public void describe(MetricSink sink) {
        var all = new LinkedHashMap<String, Profile>();
        all.put(profile.name(), profile);
        named.byName.values().forEach(other -> all.putIfAbsent(other.name(), other));
        pairing.profiles().forEach(other -> all.putIfAbsent(other.name(), other));
        all.values().forEach(each -> each.describe(sink));
    }

    /** Names of headers, in lower case, in which answers have the {@link SessionToken} of their endpoint. */
    public Set<String> tokenHeaders() {
        if (named.byName.isEmpty()) {
            return profile.tokenHeaders();
        }
        var all = new TreeSet<>(profile.tokenHeaders());
        named.byName.values().forEach(other -> all.addAll(other.tokenHeaders()));
        return all;
    }

    /** Names of the request headers that any of it reads, in lower case. */
    public Set<String> headers() {
        var all = new TreeSet<>(profile.headers());
        all.addAll(pairing.headers());
        if (shadow != null) {
            all.addAll(shadow.headers());
        }
        named.byName.values().forEach(other -> all.addAll(other.headers()));
        if (!named.header.isEmpty()) {
            all.add(named.header);
        }
        return Set.copyOf(all);
    }
}

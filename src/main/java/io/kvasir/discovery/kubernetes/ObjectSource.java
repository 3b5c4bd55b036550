package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.fabric8.kubernetes.client.dsl.Watchable;
import io.kvasir.cluster.ApiClients;

/** Where one kind of object is listed and watched; both block, and fail as the client does. */
interface ObjectSource<T extends HasMetadata> {

    /** In words, such as {@code inferencepools.inference.networking.k8s.io}. */
    String name();

    KubernetesResourceList<T> list(ListOptions options);

    /** Begins a watch that calls {@link Watcher#onClose} once when it ends, without connecting again by itself. */
    Watch watch(ListOptions options, Watcher<T> watcher);

    /** A resource of a client as {@link ApiClients#forStreams()} makes them. */
    static <T extends HasMetadata, L extends KubernetesResourceList<T>, R extends Listable<L> & Watchable<T>>
            ObjectSource<T> of(String name, R resource) {
        return new ObjectSource<>() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public KubernetesResourceList<T> list(ListOptions options) {
                return resource.list(options);
            }

            @Override
            public Watch watch(ListOptions options, Watcher<T> watcher) {
                return resource.watch(options, watcher);
            }
        };
    }
}

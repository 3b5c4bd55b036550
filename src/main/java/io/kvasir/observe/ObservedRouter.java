package io.kvasir.observe;

import io.kvasir.route.Router;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The router that the REST views show, once it runs. */
@ApplicationScoped
public class ObservedRouter {
    private volatile @Nullable Router router;

    /** Shows that router from now on. */
    public void show(Router running) {
        router = running;
    }

    /** The router, empty before it runs. */
    public Optional<Router> router() {
        return Optional.ofNullable(router);
    }
}

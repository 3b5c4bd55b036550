package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.Security;
import org.junit.jupiter.api.Test;

class NameLookupsTest {
    @Test
    void anEngineWhoseNameComesBackIsFoundWithinSeconds() {
        String found = Security.getProperty(NameLookups.FOUND);
        String notFound = Security.getProperty(NameLookups.NOT_FOUND);
        try {
            NameLookups.forgetSoon();
            assertThat(Integer.parseInt(Security.getProperty(NameLookups.FOUND)))
                    .isBetween(1, 5);
            assertThat(Integer.parseInt(Security.getProperty(NameLookups.NOT_FOUND)))
                    .isBetween(0, 1);
        } finally {
            Security.setProperty(NameLookups.FOUND, found == null ? "30" : found);
            Security.setProperty(NameLookups.NOT_FOUND, notFound == null ? "10" : notFound);
        }
    }
}

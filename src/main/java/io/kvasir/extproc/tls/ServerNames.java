package io.kvasir.extproc.tls;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Has the TLS servers of this process take clients by whatever name these call them (SNI, RFC 6066). Istio's gateway calls
 * a picker {@code outbound|9002||svc.ns.svc.cluster.local}; the JDK takes host names only, and ends a handshake that names
 * anything else before any code of ours sees it. No server here chooses its certificate by name, so the extension is left
 * unread: JSSE reads which those are once, from a system property, when its first server meets its first client. A native
 * image has read it when it was built, which is why the property is set for that, too (application.properties).
 */
public final class ServerNames {
    /** Extensions that servers leave unread, as the JSSE reference guide has it. */
    private static final String UNREAD = "jdk.tls.server.disableExtensions";

    private static final String SERVER_NAME = "server_name";

    private ServerNames() {}

    /** Must run before the first handshake of any TLS server in this process. Running it again changes nothing. */
    public static void takeAny() {
        var unread = names(System.getProperty(UNREAD, ""));
        if (!unread.contains(SERVER_NAME)) {
            unread.add(SERVER_NAME);
            System.setProperty(UNREAD, String.join(",", unread));
        }
    }

    private static List<String> names(String property) {
        return new ArrayList<>(Arrays.stream(property.replace("\"", "").split(",", -1))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList());
    }
}

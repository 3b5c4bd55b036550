package io.kvasir.discovery.kubernetes;

/** Why a pod that the selector matches is no endpoint. */
public enum IgnoredPod {
    NOT_READY("not_ready"),
    TERMINATING("terminating"),
    /** Ready, yet without an IP address. */
    NO_ADDRESS("no_address"),
    /** Its annotation names none of the target ports. */
    NO_ACTIVE_PORT("no_active_port"),
    /** Pods of its group are missing or not ready. */
    GROUP_INCOMPLETE("group_incomplete"),
    /** A worker that declares none of the target ports: its leader serves. */
    WORKER("worker");

    private final String code;

    IgnoredPod(String code) {
        this.code = code;
    }

    /** The name in metrics. */
    public String code() {
        return code;
    }
}

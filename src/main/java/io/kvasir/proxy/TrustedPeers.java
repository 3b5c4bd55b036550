package io.kvasir.proxy;

import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Peers whose forwarded headers are believed: addresses, and blocks of them as CIDR writes them (RFC 4632, RFC 4291). */
public final class TrustedPeers {
    /** Nobody. */
    public static final TrustedPeers NONE = new TrustedPeers(List.of());

    private static final Pattern PREFIX = Pattern.compile("\\d{1,3}");

    /** Addresses that have the first {@code bits} bits of this one. */
    private record Block(byte[] address, int bits) {
        boolean holds(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int i = 0; i < bits; i++) {
                if (((address[i >> 3] ^ other[i >> 3]) & (0x80 >> (i & 7))) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Block> blocks;

    private TrustedPeers(List<Block> blocks) {
        this.blocks = List.copyOf(blocks);
    }

    /**
     * Reads addresses and blocks, such as {@code 10.0.0.1}, {@code 10.0.0.0/8} or {@code fd00::/8}. Bits of a block's address
     * behind its prefix do not matter.
     *
     * @throws IllegalArgumentException with the text of the first that is neither
     */
    public static TrustedPeers of(List<String> texts) {
        var blocks = new ArrayList<Block>();
        for (String text : texts) {
            var block = block(text.strip());
            if (block == null) {
                throw new IllegalArgumentException(text);
            }
            blocks.add(block);
        }
        return new TrustedPeers(blocks);
    }

    private static @Nullable Block block(String text) {
        int slash = text.indexOf('/');
        String host = slash < 0 ? text : text.substring(0, slash);
        byte[] address = address(host);
        if (address == null) {
            return null;
        }
        if (slash < 0) {
            return new Block(address, 8 * address.length);
        }
        String prefix = text.substring(slash + 1);
        int mapped = address.length == 4 && host.indexOf(':') >= 0 ? 96 : 0;
        int bits = PREFIX.matcher(prefix).matches() ? Integer.parseInt(prefix) - mapped : -1;
        return bits < 0 || bits > 8 * address.length ? null : new Block(address, bits);
    }

    /** Whether that address is one of them. */
    boolean hold(String hostAddress) {
        if (blocks.isEmpty()) {
            return false;
        }
        byte[] address = address(hostAddress);
        if (address != null) {
            for (Block block : blocks) {
                if (block.holds(address)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** An IPv4 address in IPv6's clothes is that IPv4 address. */
    private static byte @Nullable [] address(String text) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(text);
        if (address == null || address.length != 16) {
            return address;
        }
        for (int i = 0; i < 12; i++) {
            if (address[i] != (i < 10 ? 0 : (byte) 0xff)) {
                return address;
            }
        }
        return new byte[] {address[12], address[13], address[14], address[15]};
    }
}

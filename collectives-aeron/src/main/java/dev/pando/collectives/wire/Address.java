package dev.pando.collectives.wire;

import dev.pando.collectives.memory.ProcessId;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// Says where a member's inbox is: the text that travels in control messages, taken apart.
///
/// @param host identity of the machine's running kernel; equal addresses of processes that can share memory
/// @param process who owns the inbox, see [ProcessId]
/// @param driver directory of the media driver at which the inbox is subscribed
/// @param stream of the inbox, unique at that driver
/// @param spans the file of the member's spans; empty if it shares none
/// @param token that is in this member's file alone
/// @param udp where the inbox listens for other hosts, `10.0.0.1:40123`; empty if nowhere
public record Address(String host, ProcessId process, String driver, int stream, String spans, long token, String udp) {
    private static final String SCHEME = "pando:";

    public static Address parse(String text) {
        if (!text.startsWith(SCHEME)) {
            throw new IllegalArgumentException("not the address of an Aeron member: " + text);
        }
        Map<String, String> fields = new HashMap<>();
        for (String field : text.substring(SCHEME.length()).split("\\|")) {
            int equals = field.indexOf('=');
            if (equals > 0) {
                fields.put(field.substring(0, equals), field.substring(equals + 1));
            }
        }
        try {
            return new Address(
                    fields.get("host"),
                    ProcessId.parse(fields.get("process")),
                    fields.get("driver"),
                    Integer.parseInt(fields.get("stream")),
                    Objects.requireNonNull(fields.get("spans")),
                    Long.parseLong(fields.get("token")),
                    Objects.requireNonNull(fields.get("udp")));
        } catch (RuntimeException incomplete) {
            throw new IllegalArgumentException("not the address of an Aeron member: " + text, incomplete);
        }
    }

    @Override
    public String toString() {
        return SCHEME
                + "host="
                + host
                + "|process="
                + process
                + "|driver="
                + driver
                + "|stream="
                + stream
                + "|spans="
                + spans
                + "|token="
                + token
                + "|udp="
                + udp;
    }
}

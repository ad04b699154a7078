package dev.pando.runtime.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// Answers to one question. Fails when they are not read any more.
public final class ResponseStream {
    static final String REFUSED = "refused";
    static final String UNAVAILABLE = "unavailable";

    private final OutputStream output;
    private final ReentrantLock lock = new ReentrantLock();

    ResponseStream(OutputStream output) {
        this.output = output;
    }

    /// @param what of several things that this tells
    public void tell(String what, Object value) throws IOException {
        byte[] line = ControlProtocol.line(Map.of(what, value));
        lock.lock();
        try {
            output.write(line);
            output.flush();
        } finally {
            lock.unlock();
        }
    }

    /// The last word: a sentence for the user.
    public void refuse(String sentence) throws IOException {
        tell(REFUSED, sentence == null ? "no reason is known" : sentence);
    }

    /// A record as it travels.
    public static JsonNode tree(Object value) {
        return ControlProtocol.JSON.valueToTree(value);
    }
}

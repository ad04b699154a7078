package dev.pando.runtime.journal;

import dev.pando.actors.owner.Ledger.Page;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A page as a file: one line that says how to read it, then its payload, which for a job is JSON that people can read.
final class PageText {
    private static final String SEPARATOR = "\t";
    private static final int FIELDS = 7;

    private PageText() {}

    static byte[] write(Page page) {
        String head =
                String.join(
                        SEPARATOR,
                        "page",
                        Long.toString(page.number()),
                        Integer.toString(page.serializer()),
                        page.manifest(),
                        page.writer(),
                        page.adapter(),
                        Long.toString(page.timestampMillis()));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes((head + "\n").getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(page.payload());
        return bytes.toByteArray();
    }

    static Page read(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        String[] head = new String(bytes, 0, end, StandardCharsets.UTF_8).split(SEPARATOR, -1);
        if (head.length != FIELDS || end == bytes.length) {
            throw new IllegalStateException("a page of a journal does not begin as one; was it written by hand?");
        }
        return new Page(
                Long.parseLong(head[1]),
                Integer.parseInt(head[2]),
                head[3],
                Arrays.copyOfRange(bytes, end + 1, bytes.length),
                head[4],
                head[5],
                Long.parseLong(head[6]));
    }
}

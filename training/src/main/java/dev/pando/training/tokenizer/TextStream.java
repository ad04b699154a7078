package dev.pando.training.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// Decodes tokens as they are generated: a character that is spread over several tokens appears when it is whole.
///
/// Not thread-safe. From [Tokenizer#stream].
public final class TextStream {
    private final Tokenizer tokenizer;
    private final CharsetDecoder decoder =
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] rest = new byte[0];

    TextStream(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /// The text that this token completes; often empty.
    public String next(int id) {
        return decode(tokenizer.bytes(id), false);
    }

    /// The text of what is left when no more tokens come: a replacement character where one was begun.
    public String end() {
        return decode(new byte[0], true);
    }

    private String decode(byte[] more, boolean last) {
        ByteBuffer bytes = ByteBuffer.allocate(rest.length + more.length).put(rest).put(more).flip();
        CharBuffer characters = CharBuffer.allocate(bytes.remaining() + 1);
        decoder.decode(bytes, characters, last);
        if (last) {
            decoder.flush(characters);
            decoder.reset();
        }
        rest = new byte[bytes.remaining()];
        bytes.get(rest);
        return characters.flip().toString();
    }
}

package dev.pando.data.prepare;

import dev.pando.data.document.JsonLines;
import dev.pando.data.recipe.Recipe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/// Makes small corpora of sentences that mean little, the same for the same seed.
final class Village {
    private static final List<String> WHO =
            List.of(
                    "The miller",
                    "Her sister",
                    "A carter",
                    "The old ferryman",
                    "Our neighbour",
                    "The baker",
                    "A traveller");
    private static final List<String> DID =
            List.of("carried", "mended", "sold", "forgot", "painted", "borrowed", "hid", "found", "weighed");
    private static final List<String> WHAT =
            List.of("the lamp", "a sack of rye", "two ladders", "the church key", "his boots", "some rope", "the bell");
    private static final List<String> WHEN =
            List.of(
                    "before dawn",
                    "after the fair",
                    "in the rain",
                    "with great care",
                    "and told no one of it",
                    "that winter");

    private final Random random;

    Village(long seed) {
        random = new Random(seed);
    }

    String sentence() {
        return pick(WHO)
                + " "
                + pick(DID)
                + " "
                + pick(WHAT)
                + " "
                + pick(WHEN)
                + " because of the number "
                + random.nextInt(1_000_000)
                + ".";
    }

    String text(int sentences) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < sentences; i++) {
            text.append(i == 0 ? "" : i % 4 == 0 ? "\n\n" : " ").append(sentence());
        }
        return text.toString();
    }

    private String pick(List<String> some) {
        return some.get(random.nextInt(some.size()));
    }

    /// A folder with texts, pages, JSON lines, copies and near-copies.
    static void write(Path folder, long seed) throws IOException {
        Village village = new Village(seed);
        Files.createDirectories(folder.resolve("notes"));
        for (int i = 0; i < 40; i++) {
            Files.writeString(folder.resolve("notes/n" + i + ".txt"), village.text(12));
        }
        Files.copy(folder.resolve("notes/n3.txt"), folder.resolve("notes/copy.txt"));
        Files.writeString(
                folder.resolve("notes/near.txt"),
                Files.readString(folder.resolve("notes/n4.txt")) + " And then it was evening.");
        Files.writeString(folder.resolve("notes/short.txt"), "Too little.");
        Files.writeString(
                folder.resolve("page.html"),
                "<title>Fair</title><p>" + village.text(10).replace("\n\n", "</p><p>") + "</p>");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            lines.append(
                    new String(
                            JsonLines.line(
                                    JsonLines.object()
                                            .put("id", "j" + i)
                                            .put("date", 2000 + i)
                                            .put(
                                                    "url",
                                                    "https://"
                                                            + (i % 5 == 0 ? "ads.example" : "village.example")
                                                            + "/"
                                                            + i)
                                            .put(
                                                    "text",
                                                    village.text(9)
                                                            + (i == 7 ? " Write to anna@village.example now." : ""))),
                            StandardCharsets.UTF_8));
        }
        Files.writeString(folder.resolve("more.jsonl"), lines);
        Files.writeString(folder.resolve("domains"), "# not these\nads.example\n");
    }

    /// @param steps HOCON objects
    static Recipe recipe(Path folder, String out, String paths, String steps) throws IOException {
        Path file = folder.resolve(out + ".conf");
        Files.writeString(
                file,
                """
                pando.data.corpus {
                  name = village
                  out = "%s"
                  sources = [{name = village, paths = [%s], exclude = ["domains", "*.conf", "out*/**"]}]
                  steps = [%s]
                  output.vocabulary = 300
                }
                """
                        .formatted(folder.resolve(out), paths, steps));
        return Recipe.load(file);
    }

    static String steps(Path folder) {
        return """
        {do = language}
        {do = blocked-domains, files = ["%s"]}
        {do = rules, c4.enabled = false, gopher-repetition.enabled = false}
        {do = exact}, {do = near}, {do = mask}
        {do = length, buckets = [600, 1000]}
        """
                .formatted(folder.resolve("domains"));
    }
}

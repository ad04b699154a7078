package dev.pando.data.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Oracle: what a person would copy out of pages that were written for these tests.
final class MainTextTest {
    private static final String FIRST =
            "The harbour of the small town froze early that winter, and the boats could not leave for eleven weeks.";
    private static final String SECOND =
            "Fishermen mended their nets in the church hall, where the stove was the only warm thing for miles, they"
                    + " said.";
    private static final String THIRD =
            "When the ice broke in March, the first boat came home with more herring than anyone had seen in ten"
                    + " years.";

    private final MainText mainText = new MainText(100_000);

    @Test
    void shouldKeepTheArticleAndLeaveOutWhatIsAroundIt() {
        String html =
                """
                <html><head><title>Ice in the harbour</title></head><body>
                <nav><ul><li><a href=/>Home</a></li><li><a href=/news>News</a></li></ul></nav>
                <div class="site-content"><article><h1>Ice in the harbour</h1><p class="byline">By A. Writer</p>
                <p>%s</p><div class="share-buttons"><a href=x>Share</a> this article with all of your friends now.</div>
                <h2>Nets</h2><p>%s</p><ul><li>herring</li><li>cod</li></ul><p>%s</p></article>
                <div id="comments"><p>I was there too, and it was even colder than this article says it was, believe me.</p></div>
                <aside class="related"><h3><a href=y>Other story</a></h3><p>Some teaser of a story that is not this one at all.</p></aside>
                </div><footer>Copyright 2024. All rights reserved by the newspaper of the small town.</footer></body></html>
                """
                        .formatted(FIRST, SECOND, THIRD);

        MainText.Extracted found = mainText.of(html);

        assertThat(found.title()).isEqualTo("Ice in the harbour");
        assertThat(found.text()).isEqualTo(String.join("\n\n", FIRST, "Nets", SECOND, "herring", "cod", THIRD));
    }

    @Test
    void shouldFindTextBetweenLineBreaks() {
        String html = "<body><div>%s<br><br>%s<br>%s</div></body>".formatted(FIRST, SECOND, THIRD);

        assertThat(mainText.of(html).text()).isEqualTo(FIRST + "\n\n" + SECOND + " " + THIRD);
    }

    @Test
    void shouldPutTheCellsOfARowOnOneLine() {
        String html =
                "<article><p>%s</p><table><tr><td>Anna</td><td>12</td></tr><tr><td>Bert</td><td>7</td></tr></table><p>%s</p></article>"
                        .formatted(FIRST, SECOND);

        assertThat(mainText.of(html).text()).contains("Anna 12\n\nBert 7");
    }

    @Test
    void shouldNotTrustANameThatWouldTakeTheTextAway() {
        String html =
                "<body><div class='sidebar'><p>%s</p><p>%s</p><p>%s</p></div></body>".formatted(FIRST, SECOND, THIRD);

        assertThat(mainText.of(html).text()).contains(FIRST, SECOND, THIRD);
    }

    @Test
    void shouldShowWhatIsThereWhereThereIsNoArticle() {
        assertThat(mainText.of("<body><h1>Opening hours</h1><p>Mo to Fr</p></body>").text()).contains("Mo to Fr");
    }

    @Test
    void shouldSurviveAnyNesting() {
        String html = "<div>".repeat(200_000) + FIRST;

        assertThat(new MainText(1_000_000).of(html).text()).contains("eleven weeks");
    }

    @Test
    void shouldLookAtNoMoreNodesThanItsBudget() {
        String html = "<body>" + "<p>%s</p>".formatted(FIRST).repeat(1000) + "</body>";

        MainText.Extracted found = new MainText(100).of(html);

        assertThat(found.cut()).isTrue();
        assertThat(found.text().length()).isLessThan(100 * FIRST.length());
    }

    @Test
    void shouldAnswerForTheOddest() {
        for (String odd :
                new String[] {"", " ", "<", "<html>", "no markup at all", "<body></body>", "\0\0", "<title>"}) {
            assertThat(mainText.of(odd).text()).isNotNull();
        }
    }
}

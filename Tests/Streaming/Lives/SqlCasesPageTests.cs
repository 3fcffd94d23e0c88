using System.Text;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>Goal: the reference of streaming SQL shows the cases as they are tested. Method: <c>FLOW_WRITE_DOCS=1</c> writes <c>docs/streaming/sql-cases.md</c>; without it the page is compared.</summary>
public sealed class SqlCasesPageTests
{
    private static string Page => Path.Combine(RepositoryRoot.Path, "docs", "streaming", "sql-cases.md");

    [Fact]
    public async Task Page_ShowsEveryCase()
    {
        var text = Write();
        if (Environment.GetEnvironmentVariable("FLOW_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Page, text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(text, await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken));
    }

    private static string Write()
    {
        var page = new StringBuilder();
        page.Append(
            """
            # Streaming SQL by its cases

            Generated from `Tests/Streaming/Lives/Cases` (`FLOW_WRITE_DOCS=1 ... -class "*SqlCasesPageTests"`). Each case is run in three lives: straight at parallelism 1; at 2 with
            a checkpoint every 300 rows and merged files, up to a stop; restored at 3 to the end. Both times its rows are those that DuckDB gives for the batch query beside it.
            `$output` and `$input` are folders of the test, and `$shared` one of files that several projects share. The rules are in [sql.md](sql.md).

            """);
        foreach (var chapter in LifeCase.Names.Select(LifeCase.Read).GroupBy(life => life.Chapter))
        {
            page.Append($"\n## {chapter.Key}\n");
            foreach (var life in chapter)
            {
                page.Append($"\n### {life.Name}\n{life.What}\n\n```sql\n{life.Sql}\n```\n");
                foreach (var (file, query) in life.Files)
                {
                    page.Append($"\n`$input/{file}` is written by DuckDB from\n\n```sql\n{query}\n```\n");
                }

                page.Append(life.Fails is { } words ? $"\nRefused: `{words}`\n" : "\nIn DuckDB, over the same rows:\n");
                foreach (var (sink, golden) in life.Goldens)
                {
                    page.Append(life.Goldens.Count > 1 ? $"\n```sql\n-- {sink}\n{golden}\n```\n" : $"\n```sql\n{golden}\n```\n");
                }
            }
        }

        return page.ToString();
    }
}

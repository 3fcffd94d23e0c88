namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Goal: the examples of docs/streaming/udfs.md give what the page says. Method: each block is run, and compared with the query in its last line.</summary>
public sealed class UdfPageTests : UdfTestBase
{
    private const string Same = "-- the same as: ";

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Examples_GiveWhatThePageSays()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "docs", "streaming", "udfs.md"), Token);
        var blocks = page.Split("```sql\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]).ToList();
        Assert.Equal(4, blocks.Count);
        foreach (var block in blocks)
        {
            var cut = block.IndexOf(Same, StringComparison.Ordinal);
            await AssertSameAsync(block[..cut], block[(cut + Same.Length)..].Trim());
        }
    }
}

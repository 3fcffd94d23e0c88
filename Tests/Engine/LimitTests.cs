using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Engine;

/// <summary>Limits of an instance: memory, temporary folder, options, files.</summary>
public sealed class LimitTests : EngineTestBase
{
    private const string Sort = "SELECT count(*) FROM (SELECT * FROM (SELECT range AS n, hash(range)::VARCHAR || repeat('x', 40) AS t FROM range(1500000)) ORDER BY t LIMIT 1400000)";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"flow-engine-{Guid.NewGuid():N}");

    protected override EngineOptions Options => new() { ThreadCount = 2, MemoryLimitBytes = 64L << 20 };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task Query_OverTheMemoryLimitWithoutATempFolder_FailsClearly()
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => RowsAsync(Sort));

        Assert.Equal(EngineErrorKind.OutOfMemory, error.Kind);
        Assert.Equal("53200", error.SqlState);
        Assert.Equal(1, await ValueAsync("SELECT 1"));
    }

    [Fact]
    public async Task Query_OverTheMemoryLimitWithATempFolder_Spills()
    {
        await using var instance = await EngineInstance.OpenAsync(Options with { TempFolder = _folder }, Token);
        await using var session = instance.OpenSession();

        Assert.Equal(1_400_000L, (await RowsAsync(session, Sort))[0][0]);
        Assert.True(Directory.Exists(_folder), "Nothing was spilled: the query fits in memory and tests nothing.");
    }

    [Fact]
    public async Task Open_OfAFile_KeepsItsTables()
    {
        Directory.CreateDirectory(_folder);
        var options = new EngineOptions { DatabasePath = Path.Combine(_folder, "a.db"), ThreadCount = 1 };
        await using (var instance = await EngineInstance.OpenAsync(options, Token))
        {
            await using var session = instance.OpenSession();
            await session.ExecuteAsync("CREATE TABLE t AS SELECT 42 AS n", null, Token);
        }

        await using (var instance = await EngineInstance.OpenAsync(options, Token))
        {
            Assert.Equal(42, (await RowsAsync(instance.OpenSession(), "SELECT n FROM t"))[0][0]);
        }
    }

    [Fact]
    public async Task Open_OfAFileThatIsNoDatabase_SaysSo()
    {
        Directory.CreateDirectory(_folder);
        var path = Path.Combine(_folder, "text.db");
        await File.WriteAllTextAsync(path, new string('x', 20_000), Token);

        var error = await Assert.ThrowsAsync<EngineException>(() => EngineInstance.OpenAsync(new EngineOptions { DatabasePath = path }, Token));

        Assert.Equal(EngineErrorKind.InputOutput, error.Kind);
        Assert.Contains("text.db", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<EngineOptions, string> BadOptions => new()
    {
        { new EngineOptions { MemoryLimitBytes = EngineOptions.MemoryLimitBytesMin - 1 }, "MemoryLimitBytes" },
        { new EngineOptions { ThreadCount = 0 }, "ThreadCount" },
        { new EngineOptions { ThreadCount = EngineOptions.ThreadCountMax + 1 }, "ThreadCount" },
        { new EngineOptions { TempFolder = " " }, "TempFolder" },
        { new EngineOptions { TempFolderBytesMax = 0 }, "TempFolderBytesMax" },
        { new EngineOptions { DatabasePath = "" }, "DatabasePath" },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public async Task Open_WithABadOption_NamesIt(EngineOptions options, string name) =>
        Assert.Contains(name, (await Assert.ThrowsAsync<ArgumentException>(() => EngineInstance.OpenAsync(options, Token))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Open_WithOptionsAtTheirLeast_Works()
    {
        await using var instance = await EngineInstance.OpenAsync(
            new EngineOptions { MemoryLimitBytes = EngineOptions.MemoryLimitBytesMin, ThreadCount = 1, TempFolder = _folder, TempFolderBytesMax = 1 << 20, PreserveInsertionOrder = false }, Token);
        await using var session = instance.OpenSession();

        Assert.Equal(["8.0 MiB", 1L, false], (await RowsAsync(session, "SELECT current_setting('memory_limit'), current_setting('threads'), current_setting('preserve_insertion_order')"))[0]);
    }

    [Fact]
    public async Task OpenSession_OfAClosedInstance_IsRefused()
    {
        var instance = await EngineInstance.OpenAsync(null, Token);
        await instance.DisposeAsync();
        await instance.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(instance.OpenSession);
    }
}

using OrleansFlow.Engine;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Tests.Engine;

public sealed class EngineTextTests : EngineTestBase
{
    [Theory]
    [InlineData("plain")]
    [InlineData("select")]
    [InlineData("two words")]
    [InlineData("a\"b'c;--")]
    [InlineData("ü🦆")]
    public async Task Quote_OfAnyName_MakesItUsableAsAColumn(string name)
    {
        await using var result = await Session.QueryAsync($"SELECT 1 AS {EngineText.Quote(name)}", null, Token);

        Assert.Equal(name, result.Schema.Fields[0].Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("it's")]
    [InlineData("back\\slash\\'")]
    [InlineData("'; DROP TABLE t; --")]
    [InlineData("line\nbreak ü🦆")]
    public async Task Literal_OfAnyText_MeansThatText(string text) =>
        Assert.Equal(text, await ValueAsync($"SELECT {EngineText.Literal(text)}"));

    [Fact]
    public void Quote_OfATextThatCannotBeAName_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => EngineText.Quote(""));
        Assert.Throws<ArgumentException>(() => EngineText.Quote("a\0b"));
        Assert.Throws<ArgumentException>(() => EngineText.Literal("a\0b"));
    }

    [Fact]
    public void Library_ThatIsMissing_NamesThePathsAndTheWayOut()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "no-such-folder", "libduckdb.so");

        var error = Assert.Throws<EngineException>(() => NativeLibraryLoader.Load(NativeLibraryLoader.CandidatePaths(path)));

        Assert.Equal(EngineErrorKind.Library, error.Kind);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("FLOW_DUCKDB_LIBRARY", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_ThatIsNoLibrary_SaysWhy()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "OrleansFlow.Engine.dll");

        var error = Assert.Throws<EngineException>(() => NativeLibraryLoader.Load([path]));

        Assert.Contains(path + " (", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_ByDefault_IsSoughtBesideTheAssembly()
    {
        Assert.Contains(Path.Combine(AppContext.BaseDirectory, NativeLibraryLoader.FileName), NativeLibraryLoader.CandidatePaths(null));
        Assert.StartsWith("v1.", EngineInstance.LibraryVersion, StringComparison.Ordinal);
    }
}

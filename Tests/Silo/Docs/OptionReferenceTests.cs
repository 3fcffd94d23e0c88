namespace OrleansFlow.Tests.Silo.Docs;

public sealed class OptionReferenceTests
{
    private static readonly string Page = RepositoryRoot.Combine("docs", "reference", "options.md");

    [Fact]
    public void OptionReference_IsWhatTheCodeSays()
    {
        var generated = OptionReference.Generate();
        if (Environment.GetEnvironmentVariable("FLOW_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Page)!);
            File.WriteAllText(Page, generated);
        }

        Assert.Equal(File.ReadAllText(Page), generated, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void OptionReference_SaysOfEveryKeyWhatItMeans()
    {
        var rows = OptionReference.Generate().Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Trim('|').Split(" | ")).ToList();

        Assert.True(rows.Count > 80, $"only {rows.Count} rows");
        Assert.All(rows, row => Assert.True(row.Length >= 2 && row.All(cell => cell.Trim().Length > 0), string.Join(" | ", row)));
    }
}

using System.Text;
using OrleansFlow.Streaming.Sql.Connectors;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Tests.Streaming.Connectors;

/// <summary>The options in docs/streaming/connectors.md are those of the code. To write them anew: FLOW_UPDATE_DOCS=1.</summary>
public class ConnectorPageTests
{
    private const string Begin = "## Options\n";
    private const string End = "\n## Files as a source\n";

    [Fact]
    public void OptionsOfThePage_AreThoseOfTheCode()
    {
        var path = Path.Combine(RepositoryRoot.Path, "docs", "streaming", "connectors.md");
        var page = File.ReadAllText(path);
        var (start, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        Assert.True(start >= 0 && end > start, $"{path} has no part of options.");
        var wanted = $"{page[..(start + Begin.Length)]}{Options()}{page[end..]}";
        if (Environment.GetEnvironmentVariable("FLOW_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, wanted);
            return;
        }

        Assert.Equal(wanted, page);
    }

    [Fact]
    public void EveryConnector_IsInTheTableOfThePage()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "streaming", "connectors.md"));

        Assert.All(KnownConnectors.All, connector => Assert.Contains($"| `{connector.Name}` |", page, StringComparison.Ordinal));
    }

    private static string Options()
    {
        var text = new StringBuilder("Generated from the code; a test compares it.\n");
        foreach (var connector in KnownConnectors.All)
        {
            var own = connector.Options.Where(option => !FormatOptions.All.Contains(option) && option != FormatOptions.Type).ToList();
            var shared = connector.Options.Any(FormatOptions.All.Contains) ? ", and those of formats" : "";
            Table(text, $"{connector.Name}{shared}", own);
            Metadata(text, connector.Metadata);
        }

        Table(text, "of formats", FormatOptions.All);
        Table(text, "of each table that is looked up", LookupOptions.All);
        Table(text, "of each connector", [FormatOptions.Type]);
        return text.ToString();
    }

    private static void Metadata(StringBuilder text, IReadOnlyList<ConnectorMetadata> metadata)
    {
        if (metadata.Count == 0)
        {
            return;
        }

        text.Append("\n| `METADATA FROM` | type | meaning |\n|---|---|---|\n");
        foreach (var one in metadata)
        {
            text.Append($"| `'{one.Key}'` | {one.TypeText} | {one.Meaning} |\n");
        }
    }

    private static void Table(StringBuilder text, string title, IReadOnlyList<ConnectorOption> options)
    {
        text.Append($"\n### {title}\n");
        if (options.Count == 0)
        {
            text.Append("No others.\n");
            return;
        }

        text.Append("| option | meaning |\n|---|---|\n");
        foreach (var option in options)
        {
            text.Append($"| `{option.Name}` | {option.Meaning.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }
    }
}

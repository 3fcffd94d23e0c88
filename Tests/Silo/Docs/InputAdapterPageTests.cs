using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Inputs;

namespace OrleansFlow.Tests.Silo.Docs;

/// <summary><c>docs/input-adapters.md</c> against the adapters: its graph is one, its code is compiled here, its tables have every argument.</summary>
public sealed class InputAdapterPageTests
{
    private static readonly string Page = File.ReadAllText(RepositoryRoot.Combine("docs", "input-adapters.md"));

    [Fact]
    public void Graph_OfThePage_IsTaken() =>
        Assert.Empty(Blocks("json").SelectMany(json => GraphParser.Parse(json, null, new Dictionary<string, AdapterSchema>()).Problems));

    [Fact]
    public void Code_OfThePage_IsThatOfTheTests()
    {
        var compiled = string.Concat(((string[])["TestHandlers.cs", "RunningSilo.cs"])
            .Select(name => File.ReadAllText(RepositoryRoot.Combine("Tests", "Silo", "Support", name)))).Replace("\r", "", StringComparison.Ordinal);

        Assert.All(Blocks("csharp"), block => Assert.Contains(block.Trim().TrimEnd(';').Replace("worker.AddInputAdapter", ".AddInputAdapter", StringComparison.Ordinal), compiled, StringComparison.Ordinal));
    }

    [Fact]
    public void Tables_OfThePage_HaveEveryArgumentAndAlias()
    {
        foreach (var schema in BuiltInAdapters.All)
        {
            var begin = Page.IndexOf($"\n## `{schema.Name}`", StringComparison.Ordinal);
            Assert.True(begin >= 0, schema.Name);
            var end = Page.IndexOf("\n## ", begin + 1, StringComparison.Ordinal);
            var section = Page[begin..end];
            var shared = schema.Name == BuiltInAdapters.Rechunk ? BuiltInAdapters.Find(BuiltInAdapters.FromArtifacts)!.Arguments : [];
            Assert.All(
                schema.Arguments.Where(argument => !shared.Contains(argument)),
                argument => Assert.Contains($"`{argument.Name}`", section, StringComparison.Ordinal));
            Assert.All(schema.Aliases, alias => Assert.Contains($"`{alias}`", section, StringComparison.Ordinal));
        }
    }

    private static IEnumerable<string> Blocks(string language) =>
        Page.Split($"```{language}\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]);
}

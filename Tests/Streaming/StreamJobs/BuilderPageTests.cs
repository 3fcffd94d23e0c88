using System.Text.RegularExpressions;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>Goal: what docs/streaming/builder.md shows compiles. Method: each of its examples is in <c>BuilderExamples.cs</c>, line by line.</summary>
public sealed class BuilderPageTests
{
    [Fact]
    public void EveryExample_IsCodeThatIsCompiled()
    {
        var folder = RepositoryRoot.Path;
        var code = Plain(File.ReadAllText(Path.Combine(folder, "Tests", "Streaming", "StreamJobs", "BuilderExamples.cs")));
        var page = File.ReadAllText(Path.Combine(folder, "docs", "streaming", "builder.md"));
        var examples = Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline, TimeSpan.FromSeconds(5));

        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Contains(Plain(example.Groups[1].Value), code, StringComparison.Ordinal));
    }

    [Fact]
    public void TheJobOfThePage_HasNoProblems() => Assert.Empty(BuilderExamples.Job().Validate());

    private static string Plain(string text) => Regex.Replace(text, "\\s+", " ", RegexOptions.None, TimeSpan.FromSeconds(5)).Trim();
}

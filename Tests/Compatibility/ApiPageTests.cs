using OrleansFlow.Tests.Compatibility.Api;

namespace OrleansFlow.Tests.Compatibility;

/// <summary>The page that says what the embedded runtime has of Orleans, held to what it has.</summary>
public sealed class ApiPageTests
{
    [Fact]
    public void OrleansApiPage_SaysWhatIsThereAndWhyTheRestIsNot()
    {
        using var evidence = ApiEvidence.TryLoad();
        Requires.That(evidence is not null, "the packages of Orleans, which a restore of this project downloads");
        using var ours = ApiAssembly.Load(Path.Combine(AppContext.BaseDirectory, "OrleansFlow.Embedded.dll"));
        var page = new ApiPage(new ApiProof(ours, evidence!));
        var path = RepositoryRoot.Combine("docs", "orleans-api.md");

        var text = page.Write();
        if (Environment.GetEnvironmentVariable("FLOW_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Faults.None(page.Unexplained.Select(subject => $"{subject}: absent; give the reason in AbsenceReasons, or add it"));
        var written = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        Assert.True(text == written, "docs/orleans-api.md is stale; its first lines say how to write it again.");
    }
}

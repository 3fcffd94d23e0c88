using OrleansFlow.Artifacts;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Tests.Worker.Data;

public class ArtifactSpanTests
{
    [Fact]
    public void Format_ThenParse_GivesTheSameSpansAndTheirPaths()
    {
        ArtifactSpan[] spans = [new(0, 0, 1, 1), new(0, 2, 2, 3), new(7, 5, 5, 12)];
        var text = ArtifactSpan.Format(spans);

        Assert.Equal("0.0-1.e1,0.2-2.e3,7.5-5.e12", text);
        Assert.True(ArtifactSpan.TryParse(text, out var read));
        Assert.Equal(spans, read);
        var paths = ArtifactSpan.PathsOf(new RunId("run"), "scan", read).ToList();
        Assert.Equal(["run/scan/0/0.e1.arrow", "run/scan/0/1.e1.arrow", "run/scan/0/2.e3.arrow", "run/scan/7/5.e12.arrow"], paths);
        Assert.All(paths, path => Assert.True(ArtifactPath.IsValid(path)));
    }

    [Fact]
    public void Of_AnArtifactsPath_ReadsItsEpoch() =>
        Assert.Equal(new ArtifactSpan(4, 9, 9, 31), ArtifactSpan.Of(4, 9, ArtifactPath.Of(TaskId.OfRun(new RunId("r"), "n.e5", 4), 31, 9)));

    [Theory]
    [InlineData(0, 0, 1, 1, true)]
    [InlineData(0, 0, 2, 1, false)]
    [InlineData(1, 0, 1, 1, false)]
    [InlineData(0, 0, 1, 2, false)]
    public void IsFollowedBy_OnlyTheNextBatchOfTheSameTaskAndEpoch(int task, int last, int first, long epoch, bool follows) =>
        Assert.Equal(follows, new ArtifactSpan(0, 0, last, 1).IsFollowedBy(new ArtifactSpan(task, first, first, epoch)));

    [Theory]
    [InlineData("")]
    [InlineData("0.0-1")]
    [InlineData("0.0-1.1")]
    [InlineData("0.1-0.e1")]
    [InlineData("0.0-1.e0")]
    [InlineData("-1.0-1.e1")]
    [InlineData("0.0-1.e1,")]
    [InlineData("0.0-2000000.e1")]
    [InlineData("../0.0-1.e1")]
    public void TryParse_OfAnythingElse_Fails(string text) => Assert.False(ArtifactSpan.TryParse(text, out _));

    [Theory]
    [InlineData(ArtifactSpan.SpansMax, true)]
    [InlineData(ArtifactSpan.SpansMax + 1, false)]
    public void TryParse_TakesAsManySpansAsATicketMayHave(int count, bool isTaken) =>
        Assert.Equal(isTaken, ArtifactSpan.TryParse(ArtifactSpan.Format(Enumerable.Range(0, count).Select(task => new ArtifactSpan(task, 0, 0, 1))), out _));
}

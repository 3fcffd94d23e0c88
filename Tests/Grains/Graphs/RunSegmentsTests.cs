using OrleansFlow.Grains.Graphs;

namespace OrleansFlow.Tests.Grains.Graphs;

public sealed class RunSegmentsTests
{
    [Fact]
    public void Remove_AfterTheHeadWasWritten_ChangesWhatTheNextHeadStores()
    {
        var segments = new RunSegments("run-checkpoint", null);
        segments.Change(0, "1");
        segments.Change(1, "2");
        Assert.Equal("1,2", segments.ToString());

        segments.Remove(0);

        Assert.Equal(",2", segments.ToString());
        Assert.Equal(["run-checkpoint-1.2"], new RunSegments("run-checkpoint", segments.ToString()).Names);
        segments.Remove(1);
        Assert.Empty(new RunSegments("run-checkpoint", segments.ToString()).Names);
    }
}

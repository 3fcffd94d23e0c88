using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Tests.Silo.Gateway;

public sealed class RunEndpointsTests
{
    [Fact]
    public void Cut_OfASmallOutput_IsOnePart()
    {
        var part = Assert.Single(RunEndpoints.Cut([Batch(0, 0), Batch(0, 1), Batch(0, 2, epoch: 2), Batch(1, 0)])!);

        Assert.Equal([new ArtifactSpan(0, 0, 1, 1), new ArtifactSpan(0, 2, 2, 2), new ArtifactSpan(1, 0, 0, 1)], part);
    }

    [Fact]
    public void Cut_OfALargeOutput_IsPartsThatKeepTheOrder()
    {
        var batches = Enumerable.Range(0, 10).Select(index => Batch(index / 5, index % 5, bytes: RunEndpoints.PartBytes / 2)).ToList();
        var parts = RunEndpoints.Cut(batches)!;

        Assert.Equal(5, parts.Count);
        Assert.Equal(
            batches.Select(batch => batch.Path), parts.SelectMany(part => ArtifactSpan.PathsOf(new OrleansFlow.Tasks.RunId("run"), "node", part)));
    }

    [Fact]
    public void Cut_OfManyTasks_KeepsEachTicketShort()
    {
        var parts = RunEndpoints.Cut([.. Enumerable.Range(0, 100).Select(task => Batch(task, 0))])!;

        Assert.All(parts, part => Assert.InRange(part.Count, 1, ArtifactSpan.SpansMax));
        Assert.Equal(100, parts.Sum(part => part.Count));
    }

    [Fact]
    public void Cut_OfMoreTasksThanTicketsCanName_IsLeftToTheGateway() =>
        Assert.Null(RunEndpoints.Cut([.. Enumerable.Range(0, 10_000).Select(task => Batch(task, 0))]));

    [Fact]
    public void Cut_OfNothing_IsNothing() => Assert.Empty(RunEndpoints.Cut([])!);

    private static ArtifactRef Batch(int task, int index, long epoch = 1, long bytes = 100) => new()
    {
        Node = "node",
        TaskIndex = task,
        Index = index,
        Rows = 1,
        Bytes = bytes,
        Path = $"run/node/{task}/{index}.e{epoch}.arrow",
    };
}

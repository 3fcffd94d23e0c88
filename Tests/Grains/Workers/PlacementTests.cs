using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Workers;

/// <summary>Labels, versions and nearness from the graph document to the worker that gets the task.</summary>
public sealed class PlacementTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task NodeWithLabels_RunsOnlyWhereTheyAre_AlsoAfterACrash()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.StartWorkerAsync("plain", 4, "r");
        await cluster.SubmitAsync("run", """{"id":"n","role":"r","labels":{"gpu":"true"}}""");
        var unserved = Assert.Single(await WhenUnservedAsync(cluster));
        Assert.Equal(("gpu=true", 1), (unserved.Needs, unserved.ReadyCount));
        Assert.Equal("the one worker of the role does not have label gpu=true", unserved.Reason);

        await cluster.CrashAsync();
        var plain = await cluster.StartWorkerAsync("plain", 4, "r");
        var labelled = new TestWorker(cluster, "gpu", 1, ["r"]) { Labels = { ["gpu"] = "true", ["zone"] = "eu" } };
        await labelled.RegisterAsync();

        var grant = await labelled.NextOfferAsync();
        Assert.Equal("run/n/0", grant.Token.TaskId.Value);
        Assert.True((await labelled.CompleteAsync(grant)).Accepted);
        Assert.Empty(await UnservedAsync(cluster));
        Assert.Empty(plain.Offered);
    }

    [Fact(Timeout = Watchdog)]
    public async Task NodeWithARoleVersion_RunsOnThatVersionOnly()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var old = new TestWorker(cluster, "old", 4, ["r"]) { RoleVersions = { ["r"] = "1.0" } };
        await old.RegisterAsync();
        await cluster.SubmitAsync("run", """{"id":"any","role":"r"},{"id":"pinned","role":"r","role_version":"2.0"}""");
        var any = await old.NextOfferAsync();
        Assert.Equal("run/any/0", any.Token.TaskId.Value);
        Assert.Equal("the one worker of the role does not have version 2.0 of it (announced: 1.0)", Assert.Single(await UnservedAsync(cluster)).Reason);

        var next = new TestWorker(cluster, "new", 1, ["r"]) { RoleVersions = { ["r"] = "2.0" } };
        await next.RegisterAsync();

        Assert.Equal("run/pinned/0", (await next.NextOfferAsync()).Token.TaskId.Value);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StandaloneTask_RunsOnlyWhereItsLabelsAndVersionAre_AlsoAfterACrash(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        await cluster.StartWorkerAsync("plain", 4, "r");
        var submission = new TaskSubmission { Role = "r", Labels = new Dictionary<string, string> { ["zone"] = "eu", ["gpu"] = "true" }, RoleVersion = "2.0" };
        Assert.True(await cluster.Task("t1").SubmitAsync(submission, FlowCluster.Token));
        var again = submission with { Labels = new Dictionary<string, string> { ["gpu"] = "true", ["zone"] = "eu" } };
        Assert.False(await cluster.Task("t1").SubmitAsync(again, FlowCluster.Token));
        foreach (var other in (TaskSubmission[])[submission with { RoleVersion = "2.1" }, submission with { Labels = null }, submission with { Labels = new Dictionary<string, string> { ["zone"] = "us", ["gpu"] = "true" } }])
        {
            Assert.Equal(FlowErrorCode.AlreadyExists, (await Assert.ThrowsAsync<FlowException>(() => cluster.Task("t1").SubmitAsync(other, FlowCluster.Token))).Code);
        }

        Assert.Equal(("gpu=true\nzone=eu\n@2.0", 1), Assert.Single(await WhenUnservedAsync(cluster)) is var unserved ? (unserved.Needs, unserved.ReadyCount) : default);
        await cluster.CrashAsync();
        var plain = await cluster.StartWorkerAsync("plain", 4, "r");
        var old = new TestWorker(cluster, "old", 1, ["r"]) { Labels = { ["gpu"] = "true", ["zone"] = "eu" }, RoleVersions = { ["r"] = "1.0" } };
        await old.RegisterAsync();
        var right = new TestWorker(cluster, "right", 1, ["r"]) { Labels = { ["gpu"] = "true", ["zone"] = "eu" }, RoleVersions = { ["r"] = "2.0" } };
        await right.RegisterAsync();

        Assert.Equal("t1", (await right.NextOfferAsync()).Token.TaskId.Value);
        Assert.Empty(plain.Offered);
        Assert.Empty(old.Offered);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("g p u", "x", null, "'g p u' is not a label")]
    [InlineData("gpu", "", null, "label 'gpu' has the value ''")]
    [InlineData("gpu", "x", "", "a role version has 1 to 128 characters")]
    public async Task StandaloneTask_WithABadLabelOrVersion_IsRefused(string label, string value, string? version, string message)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var submission = new TaskSubmission { Role = "r", Labels = new Dictionary<string, string> { [label] = value }, RoleVersion = version };

        var failure = await Assert.ThrowsAsync<FlowException>(() => cluster.Task("t1").SubmitAsync(submission, FlowCluster.Token));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Child_GoesToTheWorkerThatWroteItsInput()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var writer = await cluster.StartWorkerAsync("writer", 2, "r");
        await cluster.SubmitAsync("run", """{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]}""");
        var parent = await writer.NextOfferAsync();
        await writer.BatchAsync(parent, 0);
        var other = await cluster.StartWorkerAsync("other", 9, "r");

        await writer.CompleteAsync(parent, batches: 1);

        Assert.Equal("run/b/0", (await writer.NextOfferAsync()).Token.TaskId.Value);
        Assert.Empty(other.Offered);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Prefetch_IsOfferedBeyondTheSlots()
    {
        await using var cluster = await FlowCluster.StartAsync();
        for (var index = 0; index < 4; index++)
        {
            await cluster.Task($"t{index}").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        }

        var worker = new TestWorker(cluster, "w", 1, ["r"]) { Prefetch = 2 };
        await worker.RegisterAsync();
        var offered = new List<LeaseGrant>();
        while (offered.Count < 3)
        {
            offered.AddRange(await worker.NextOffersAsync());
        }

        Assert.Equal(3, (await cluster.Grains.GetGrain<IWorkerGrain>("w").GetAsync(FlowCluster.Token))!.Leases.Count);
        await worker.CompleteAsync(offered[0]);
        Assert.Equal("t3", (await worker.NextOfferAsync()).Token.TaskId.Value);
    }

    /// <summary>The queue learns of a run's tasks after the run was accepted.</summary>
    private static async Task<IReadOnlyList<UnservedTasks>> WhenUnservedAsync(FlowCluster cluster)
    {
        while (true)
        {
            FlowCluster.Token.ThrowIfCancellationRequested();
            if (await UnservedAsync(cluster) is { Count: > 0 } unserved)
            {
                return unserved;
            }

            await Task.Yield();
        }
    }

    private static async Task<IReadOnlyList<UnservedTasks>> UnservedAsync(FlowCluster cluster) =>
        (await cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").GetStatusAsync(FlowCluster.Token)).Unserved ?? [];
}

using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Workers;

/// <summary>Goal: a worker that starts again goes on with its leases, and the next attempt with the checkpoint of the last. Method: hand-made worker.</summary>
public sealed class AdoptionTests
{
    private static readonly TaskCheckpointData Saved = new(2, """{"next":5}""", 1);

    [Theory]
    [InlineData("alone")]
    [InlineData("run/a/0")]
    public async Task RestartedWorker_ResumesTheTasksWhoseLeasesStillStand(string task)
    {
        await using var cluster = await StartAsync(task);
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await worker.NextOfferAsync();
        await worker.BatchAsync(grant, 0);
        Assert.True((await cluster.Task(task).SaveCheckpointAsync(new CheckpointReport(grant.Token, Saved), FlowCluster.Token)).Accepted);
        await worker.DisconnectAsync();

        await worker.AdoptAsync();
        var again = await worker.NextOfferAsync();

        Assert.Equal((grant.Token, grant.Attempt, 1, 10L, Saved), (again.Token, again.Attempt, again.AcceptedBatches, again.TotalRows, again.Checkpoint));
        Assert.Equal(10.0, again.TotalMetrics!["rows"]);
        Assert.True((await worker.CompleteAsync(again, 1)).Accepted);
        Assert.Equal(FlowTaskStatus.Completed, (await cluster.Task(task).GetAsync(FlowCluster.Token))!.Status);
    }

    [Theory]
    [InlineData("alone")]
    [InlineData("run/a/0")]
    public async Task RestartedWorker_ThatDoesNotAdopt_LosesItsLeases(string task)
    {
        await using var cluster = await StartAsync(task);
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await worker.NextOfferAsync();
        await worker.DisconnectAsync();

        await worker.RegisterAsync();

        Assert.Equal(grant.Token.Epoch + 1, (await worker.NextOfferAsync()).Token.Epoch);
    }

    [Theory]
    [InlineData("alone")]
    [InlineData("run/a/0")]
    public async Task Checkpoint_IsGivenToTheNextAttempt(string task)
    {
        await using var cluster = await StartAsync(task);
        var first = await cluster.StartWorkerAsync("first", 1, "r");
        var grant = await first.NextOfferAsync();
        await cluster.Task(task).ReportBatchAsync(TestWorker.Report(grant, 0) with { Checkpoint = Saved, Uid = "b0" }, FlowCluster.Token);
        await cluster.CrashAsync();

        var second = await cluster.StartWorkerAsync("second", 1, "r");
        var next = await cluster.AdvanceUntilAsync(second.NextOfferAsync(), TimeSpan.FromSeconds(1), second);

        Assert.Equal((grant.Token.Epoch + 1, Saved), (next.Token.Epoch, next.Checkpoint));
        Assert.Equal([KeyValuePair.Create(0, "b0")], next.AcceptedUids);
    }

    [Theory]
    [InlineData("alone")]
    [InlineData("run/a/0")]
    public async Task Adoption_OfAnotherWorkersLease_IsRefused(string task)
    {
        await using var cluster = await StartAsync(task);
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await worker.NextOfferAsync();

        Assert.Null(await cluster.Task(task).AdoptAsync(grant.Token, new WorkerId("other"), "s", FlowCluster.Token));
        Assert.Null(await cluster.Task(task).AdoptAsync(grant.Token with { Epoch = 7 }, worker.Id, "s", FlowCluster.Token));
    }

    [Fact]
    public async Task Checkpoint_ThatIsTooLong_IsRefused()
    {
        await using var cluster = await StartAsync("alone");
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await worker.NextOfferAsync();
        foreach (var (length, accepted) in ((int, bool)[])[(TaskCheckpointData.JsonCharsMax, true), (TaskCheckpointData.JsonCharsMax + 1, false)])
        {
            var report = new CheckpointReport(grant.Token, new TaskCheckpointData(1, new string('1', length), 0));
            Assert.Equal(accepted, (await cluster.Task("alone").SaveCheckpointAsync(report, FlowCluster.Token)).Accepted);
        }
    }

    private static async Task<FlowCluster> StartAsync(string task)
    {
        var cluster = await FlowCluster.StartAsync();
        if (task == "alone")
        {
            await cluster.Task(task).SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        }
        else
        {
            await cluster.SubmitAsync("run", """{"id":"a","role":"r"}""");
        }

        return cluster;
    }
}

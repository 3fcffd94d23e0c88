using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Holder, silo and client are gone for longer than the lease: what the store holds is enough.</summary>
public sealed class ReminderAloneTests
{
    private const int Watchdog = 60_000;

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reminder_Alone_MakesTheTasksOfALostHolderReady(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var gone = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var lost = await gone.NextOfferAsync();
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Storage.AfterWrite = (name, json) =>
        {
            if (name.StartsWith("run-tasks-", StringComparison.Ordinal) && json.Contains("\"status\":1", StringComparison.Ordinal))
            {
                ready.TrySetResult(true);
            }
        };

        // From here on nobody calls: time passes, and the store is watched.
        await cluster.CrashAsync();
        await cluster.AdvanceUntilAsync(ready.Task, TimeSpan.FromSeconds(10));

        var worker = await cluster.StartWorkerAsync("w2", 1, "r");
        Assert.Equal((lost.Token.TaskId, lost.Token.Epoch + 1), (await worker.NextOfferAsync()).Token is var token ? (token.TaskId, token.Epoch) : default);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reminder_Alone_MakesTheStandaloneTaskOfALostHolderReady(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var gone = await cluster.StartWorkerAsync("w1", 1, "r");
        var task = TaskId.Standalone("t1");
        await cluster.Task("t1").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        var lost = await gone.NextOfferAsync();
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Storage.AfterWrite = (name, json) =>
        {
            if (name.StartsWith("log-", StringComparison.Ordinal) && json.Contains("\"status\":1", StringComparison.Ordinal) && json.Contains("\"epoch\":1", StringComparison.Ordinal))
            {
                ready.TrySetResult(true);
            }
        };

        await cluster.CrashAsync();
        await cluster.AdvanceUntilAsync(ready.Task, TimeSpan.FromSeconds(10));

        var worker = await cluster.StartWorkerAsync("w2", 1, "r");
        Assert.Equal((task, lost.Token.Epoch + 1), (await worker.NextOfferAsync()).Token is var token ? (token.TaskId, token.Epoch) : default);
    }
}

using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Streaming.Durable;

/// <summary>Goal: a job, also a changed one, begins from a savepoint; state is never lost without a word.</summary>
public sealed class SavepointJobTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task JobThatBeginsFromASavepoint_GivesWhatCameBehindItAgain()
    {
        await using var folder = new SqlJobFolder();
        await using (var first = await RunningJob.StartAsync(folder, setup => setup with { RetainedCheckpoints = 1 }))
        {
            await first.AdvanceAsync(4.5);
            await first.Job.SavepointAsync("four", thenStop: false, Token);
            await first.AdvanceAsync(4.5);
            await first.Job.CheckpointAsync(thenStop: false, Token);
            await first.FinishAsync();
        }

        await using var second = await RunningJob.StartAsync(folder, setup => setup with { Savepoint = "four" }, parallelism: 2);
        Assert.True(second.Job.Restored!.Epoch < second.Job.Latest!.Epoch);
        await second.FinishAsync();

        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ChangedProgram_GoesOnFromASavepoint_WithTheStateOfTheOperatorsThatStayed()
    {
        await using var folder = new SqlJobFolder();
        var windows = await StopAsync(folder, "old");
        var changed = folder.Job.Replace("SELECT counter % 23 AS k,", "SELECT 100 + counter % 23 AS k,", StringComparison.Ordinal);

        // Without the savepoint, and without a word that it is meant, the change is refused.
        var refused = await Assert.ThrowsAsync<FlowException>(() => RunningJob.StartAsync(folder, text: changed));
        Assert.Equal((FlowErrorCode.Unsupported, "Job 'job' has checkpoints of another program. Accept the change, begin from a savepoint, or take another folder."), (refused.Code, refused.Message));

        await using var job = await RunningJob.StartAsync(folder, setup => setup with { Savepoint = "old" }, text: changed);
        await job.FinishAsync();
        Assert.Equal(
            await folder.AskAsync($"SELECT CASE WHEN i // 1000 < {windows} THEN i % 23 ELSE 100 + i % 23 END AS k, count(*) AS c, sum(i)::BIGINT AS s FROM range(20000) AS t(i) GROUP BY i // 1000, i % 23, k", Token),
            folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ChangedProgram_ThatIsAccepted_GoesOnFromTheLatestCheckpoint()
    {
        await using var folder = new SqlJobFolder();
        var windows = await StopAsync(folder, "old");
        var changed = folder.Job.Replace("SELECT counter % 23 AS k,", "SELECT -(counter % 23) AS k,", StringComparison.Ordinal);

        await using var job = await RunningJob.StartAsync(folder, setup => setup with { AcceptsChangedProgram = true }, text: changed);
        await job.FinishAsync();
        Assert.Equal(
            await folder.AskAsync($"SELECT CASE WHEN i // 1000 < {windows} THEN i % 23 ELSE -(i % 23) END AS k, count(*) AS c, sum(i)::BIGINT AS s FROM range(20000) AS t(i) GROUP BY i // 1000, i % 23, k", Token),
            folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task StateThatTheProgramHasNoOperatorFor_IsRefusedByName_UnlessItMayBeDropped()
    {
        await using var folder = new SqlJobFolder();
        await StopAsync(folder, "old");
        var plain = $"{SqlJobFolder.Numbers}{folder.Sink}INSERT INTO o SELECT counter AS k FROM n WHERE counter % 1000 = 0;";

        var refused = await Assert.ThrowsAsync<FlowException>(() => RunningJob.StartAsync(folder, setup => setup with { Savepoint = "old" }, text: plain));
        Assert.Equal(FlowErrorCode.Unsupported, refused.Code);
        Assert.Contains("'o-window' of kind 'window' has state and is not in the program", refused.Message, StringComparison.Ordinal);

        await using var job = await RunningJob.StartAsync(folder, setup => setup with { Savepoint = "old", DropsUnknownState = true }, text: plain);
        await job.FinishAsync();
        Assert.Equal(
            await folder.AskAsync("SELECT i AS k FROM range(20000) AS t(i) WHERE i % 1000 = 0 AND i > 4900", Token),
            folder.Lines().Where(line => !line.Contains('|', StringComparison.Ordinal)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SavepointThatThereIsNot_IsSaidByName()
    {
        await using var folder = new SqlJobFolder();
        var missing = await Assert.ThrowsAsync<FlowException>(() => RunningJob.StartAsync(folder, setup => setup with { Savepoint = "none" }));
        Assert.Equal((FlowErrorCode.NotFound, "There is no savepoint 'none'."), (missing.Code, missing.Message));
    }

    /// <summary>Stops it with some windows open.</summary>
    /// <returns>How many windows have come out.</returns>
    private static async Task<int> StopAsync(SqlJobFolder folder, string savepoint)
    {
        await using var first = await RunningJob.StartAsync(folder);
        await first.AdvanceAsync(4.9);
        await first.Job.SavepointAsync(savepoint, thenStop: true, Token);
        await first.Run;
        Assert.InRange(folder.Lines().Count, 23, 4 * 23);
        return folder.Lines().Count / 23;
    }
}

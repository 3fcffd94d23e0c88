using System.Globalization;

namespace OrleansFlow.Tests.Streaming.Durable;

/// <summary>
/// Goal: whenever a process is gone, what all of them together wrote is what one undisturbed run writes. Method: each seed decides how many lives a job has, with what parallelism,
/// when checkpoints are taken, and what ends each life: the end of the process between or in the middle of checkpoints, or a store that is gone at any of its operations.
/// </summary>
/// <remarks>A few seeds by default; more by <c>FLOW_CHAOS_SEEDS=200</c>.</remarks>
public sealed class LocalJobChaosTests
{
    private const int SeedsByDefault = 6;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(
        1, int.TryParse(Environment.GetEnvironmentVariable("FLOW_CHAOS_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : SeedsByDefault)];

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Seeds))]
    public async Task JobThatIsKilledAtRandomInstants_WritesWhatAnUndisturbedOneWrites(int seed)
    {
        await using var folder = new SqlJobFolder();
        var random = new Random(seed);
        for (var life = random.Next(2, 6); life > 0; life--)
        {
            await LiveAndDieAsync(folder, random);
        }

        await using var last = await RunningJob.StartAsync(folder, parallelism: (uint)random.Next(1, 4));
        await last.FinishAsync();

        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
        Assert.DoesNotContain(Directory.GetFiles(folder.Out), file => file.Contains("staged", StringComparison.Ordinal));
    }

    private static async Task LiveAndDieAsync(SqlJobFolder folder, Random random)
    {
        var (parallelism, retained, compacted) = ((uint)random.Next(1, 4), random.Next(1, 4), random.Next(2, 5));
        var left = random.Next(2) == 0 ? random.Next(1, 80) : int.MaxValue;
        bool IsLast(string name) => Interlocked.Decrement(ref left) == 0;
        var store = new DyingStore(folder.Files);
        if (random.Next(2) == 0)
        {
            store.DiesBefore = IsLast;
        }
        else
        {
            store.DiesAfter = IsLast;
        }

        RunningJob job;
        try
        {
            job = await RunningJob.StartAsync(folder, setup => setup with { Store = store, RetainedCheckpoints = retained, CompactedCheckpoints = compacted }, parallelism);
        }
        catch (IOException)
        {
            // It died while it began.
            return;
        }

        for (var step = random.Next(6); step >= 0; step--)
        {
            job.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(900)));
            if (random.Next(2) == 0 && !await TryCheckpointAsync(job))
            {
                break;
            }
        }

        // Now and then in the middle of a checkpoint: it counts or it does not, and the next life finds out.
        var open = random.Next(2) == 0 ? TryCheckpointAsync(job) : Task.FromResult(true);
        await job.DisposeAsync();
        await open;
        await Assert.ThrowsAnyAsync<Exception>(() => job.Run);
    }

    private static async Task<bool> TryCheckpointAsync(RunningJob job)
    {
        try
        {
            await job.Job.CheckpointAsync(thenStop: false, Token);
            return true;
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            return false;
        }
    }
}

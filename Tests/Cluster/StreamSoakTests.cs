using System.Globalization;
using System.Text.Json;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: a job at full speed with a checkpoint every second neither grows nor falls behind. One minute here; <c>FLOW_SOAK_MINUTES=60</c> for an hour. Method: the real command; each
/// second's window tells by when it comes how far the watermark is behind the clock, and the process's memory is looked at with it. The last third is held against the one before.
/// </summary>
public sealed class StreamSoakTests : IDisposable
{
    private const int WatchdogMs = 4_200_000;
    private const int MinutesMax = 60;
    private const double GrowthMax = 1.25;
    private const double MemorySlackBytes = 64e6;
    private const double LagSlackMs = 1_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("flow-soak-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = WatchdogMs)]
    public async Task Job_AtFullSpeedWithACheckpointEverySecond_KeepsItsMemoryAndItsLag()
    {
        var windowCount = 60 * Math.Clamp(int.Parse(Environment.GetEnvironmentVariable("FLOW_SOAK_MINUTES") ?? "1", CultureInfo.InvariantCulture), 1, MinutesMax);
        var file = Path.Combine(_folder, "soak.sql");
        await File.WriteAllTextAsync(
            file,
            """
            CREATE TABLE numbers WITH (connector = 'impulse', event_rate = '0');
            CREATE TABLE nothing WITH (connector = 'blackhole');
            INSERT INTO nothing SELECT counter % 100000 AS key, count(*) AS n FROM numbers GROUP BY tumble(INTERVAL '10 seconds'), counter % 100000;
            SELECT epoch_ms(w."end") AS end_ms, n FROM (SELECT tumble(INTERVAL '1 second') AS w, count(*) AS n FROM numbers GROUP BY 1);
            """,
            Cancellation);
        var seconds = new List<(double LagMs, double Bytes)>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var run = FlowProcess.Flow(null, "run", file, "--state-dir", Path.Combine(_folder, "state"), "--checkpoint-interval", "1", "-v");
        run.LineCame = line =>
        {
            if (line.Contains("end_ms", StringComparison.Ordinal))
            {
                seconds.Add((TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - EndOf(line), MemoryOf(run.Id)));
                if (seconds.Count == windowCount)
                {
                    enough.TrySetResult();
                }
            }
        };
        await Task.WhenAny(enough.Task, run.WaitForExitAsync(Cancellation));
        Assert.True(enough.Task.IsCompleted, run.Output);
        await run.SignalAsync("INT");
        Assert.Equal(0, await run.WaitForExitAsync(Cancellation));

        var (before, last) = (seconds[(windowCount / 3)..(windowCount * 2 / 3)], seconds[(windowCount * 2 / 3)..windowCount]);
        AssertFlat("bytes of memory", before.Select(second => second.Bytes), last.Select(second => second.Bytes), MemorySlackBytes);
        AssertFlat("ms behind", before.Select(second => second.LagMs), last.Select(second => second.LagMs), LagSlackMs);
        var checkpoints = run.Output.Split(Environment.NewLine).Count(line => line.Contains(": checkpoint", StringComparison.Ordinal));
        Assert.True(checkpoints > windowCount / 6, $"only {checkpoints} checkpoints in {windowCount} seconds: {run.Output}");
    }

    private static void AssertFlat(string what, IEnumerable<double> before, IEnumerable<double> last, double slack)
    {
        var (first, second) = (Median(before), Median(last));
        Assert.True(second <= first * GrowthMax + slack, string.Create(CultureInfo.InvariantCulture, $"{second:0} {what} in the last third, after {first:0} in the one before"));
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static long EndOf(string line)
    {
        using var row = JsonDocument.Parse(line[line.IndexOf('{', StringComparison.Ordinal)..]);
        return row.RootElement.GetProperty("end_ms").GetInt64();
    }

    private static double MemoryOf(int process)
    {
        var line = File.ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1_024;
    }
}
